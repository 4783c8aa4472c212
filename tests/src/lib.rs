//! Runs scenarios, which are data, on every engine: natively, and in the real Envoy.
#![expect(clippy::indexing_slicing, reason = "it exists only to test, and a panic is how a test fails")]

pub mod envoy;
pub mod native;
pub mod scenario;
pub mod tokens;

/// The steps to a new filter: their example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../CONTRIBUTING.md")]
pub struct Contributing;
