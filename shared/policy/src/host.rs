//! What a policy's surroundings must be able to do. `verdict-host` does it in a proxy; the tests do it natively.
//!
//! Every call has an answer for "this host cannot": nothing here fails in a way that a caller could forget.

use crate::attributes::Attributes;
use crate::contract::Call;
use crate::crypto::Crypto;
use crate::head::{Edit, Head};
use crate::render::Rendered;

/// The exchange that a call of the proxy belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u32);

/// One of the two messages of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What the client sends.
    Request,
    /// What it gets.
    Response,
}

/// What the proxy shall do with what it just told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Pass it on.
    Continue,
    /// Hold it.
    Pause,
}

/// A metric that the host knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricId(pub u32);

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// Is set.
    Gauge,
    /// Has a distribution.
    Histogram,
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A decision.
    Info,
    /// Something the operator should look at.
    Warn,
    /// Something the operator must mend.
    Error,
}

/// The proxy. Calls that concern an exchange concern the one in focus: the one whose event is being told, or the one that
/// [`Host::focus`] named.
pub trait Host: Attributes + Crypto {
    /// The wall clock, in nanoseconds since 1970.
    fn wall_clock(&self) -> u64;
    /// The monotonic clock, in nanoseconds since some moment.
    fn monotonic_clock(&self) -> u64;
    /// Bytes that nobody can guess.
    fn random(&self) -> [u8; 10];
    /// Turns to another exchange, or with `None` to the filter as a whole. `false` if the exchange is gone.
    fn focus(&self, exchange: Option<ExchangeId>) -> bool;
    /// All headers; an empty head if the host does not tell them.
    fn head(&self, side: Side) -> Head;
    /// The first value of one header.
    fn header(&self, side: Side, name: &str) -> Option<Vec<u8>>;
    /// Changes a header.
    fn edit(&self, side: Side, edit: &Edit);
    /// What is held of the body, at most `limit` bytes; `None` if the host does not tell.
    fn body(&self, side: Side, limit: usize) -> Option<Vec<u8>>;
    /// The trailers, once the host has told of them; an empty head where there are none.
    fn trailers(&self, side: Side) -> Head;
    /// Answers in place of the upstream. `false` if the host did not take it.
    fn reply(&self, response: &Rendered) -> bool;
    /// Cuts the exchange off, for want of a better end.
    fn reset(&self);
    /// Lets a message go on that was held.
    fn resume(&self, side: Side);
    /// Leaves a value with the exchange, for the access log.
    fn leave(&self, name: &str, value: &str);
    /// Makes a name known whose value, once left with an exchange, nobody can change, also where the proxy begins the exchange anew for an
    /// internal redirect. `false` where the host has no such thing.
    fn declare(&self, name: &str) -> bool;
    /// Leaves a value with the exchange under a declared name. `false` if there is one already.
    fn hand_over(&self, name: &str, value: &str) -> bool;
    /// Makes a metric known. `None` if the host has none.
    fn define(&self, kind: Kind, name: &str) -> Option<MetricId>;
    /// Adds to a counter, sets a gauge, or enters a value into a histogram.
    fn record(&self, kind: Kind, metric: MetricId, value: u64);
    /// Writes a line to the proxy's log.
    fn log(&self, level: Level, line: &str);
    /// Makes a call. The number that its reply will come under, or `None` if the host did not take it.
    fn call(&self, call: &Call) -> Option<u32>;
    /// Asks for a tick every so many milliseconds.
    fn tick_every(&self, milliseconds: u32);
}
