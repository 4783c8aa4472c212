//! End to end, in the real Envoy.

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod cors;
#[cfg(test)]
mod denial;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod identities;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod spellings;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod swap;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod waf;
#[cfg(test)]
mod waiting;
#[cfg(test)]
mod watched;
