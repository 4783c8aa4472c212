//! The contract that every filter keeps, and all that each of them needs to decide and to tell why.
//!
//! Pure: no proxy, no clock, no randomness, no I/O. [`contract`] is the place to begin; [`gate`] runs a policy.

pub mod attributes;
pub mod audience;
pub mod chain;
pub mod cidrs;
pub mod client_address;
pub mod contract;
pub mod crypto;
pub mod date;
pub mod denial;
pub mod document;
pub mod fetched;
pub mod field;
pub mod gate;
pub mod head;
pub mod host;
pub mod identity;
pub mod json;
pub mod matching;
pub mod metrics;
pub mod network;
pub mod own_headers;
pub mod preflight;
pub mod presented;
pub mod problems;
pub mod reason;
pub mod record;
pub mod remembered;
pub mod render;
pub mod settings;
pub mod sorted;
pub mod stream;
pub mod time;
