//! End to end, in the real Envoy.

#[cfg(test)]
mod denial;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod swap;
