//! Why a fetch brought no document, for people and for the schedule.

use std::fmt;

use crate::contract::CallError;

/// Why a fetch brought no document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There was no reply.
    NoReply(CallError),
    /// There was no word of the call at all, long after its time-out.
    Lost,
    /// The status is neither 200 nor, where that was asked, 206 or 304.
    Status(u16),
    /// The body is empty.
    Empty,
    /// The body is larger than the source's `max_bytes`.
    TooLarge,
    /// The owner could not read the document, for that cause.
    Rejected(String),
}

/// Fetches that failed, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// How many since the last good answer.
    pub in_a_row: u32,
    /// The latest.
    pub latest: Failure,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoReply(CallError::Refused) => {
                f.write_str("the proxy did not take the call, check the cluster's name")
            }
            Self::NoReply(CallError::NoAnswer) => {
                f.write_str("no answer came in time, or one that the proxy takes for too large")
            }
            Self::NoReply(CallError::TooLarge) | Self::TooLarge => f.write_str("it is too large, raise `max_bytes`"),
            Self::Lost => f.write_str("the proxy lost the call"),
            Self::Status(status) => write!(f, "the answer has status {status}"),
            Self::Empty => f.write_str("the answer is empty"),
            Self::Rejected(why) => write!(f, "the document cannot be used, {why}"),
        }
    }
}
