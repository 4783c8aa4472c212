//! Runs scenarios, which are data, on every engine: natively, and in the real Envoy.

pub mod envoy;
pub mod native;
pub mod scenario;
