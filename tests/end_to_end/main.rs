//! End to end, in the real Envoy.

#[cfg(test)]
mod denial;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod stage;
