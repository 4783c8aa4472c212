//! End to end, in the real Envoy.
