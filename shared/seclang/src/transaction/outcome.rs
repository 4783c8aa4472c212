//! What a phase comes to, and what matched on the way.

use crate::language::ast::Variable;

/// What a phase comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is in the way.
    Pass,
    /// A rule, or a limit, stops the exchange.
    Interrupted(Interruption),
    /// The work that one transaction may cost is used up: it was not looked at in full.
    OverBudget,
}

/// How the exchange is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// The status to answer with.
    pub status: u16,
    /// What stops it.
    pub cause: Cause,
    /// What is to be done.
    pub action: Stop,
}

/// What stops an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The rule with that id.
    Rule(u64),
    /// The request body is over `SecRequestBodyLimit`.
    RequestBodyLimit,
    /// The response body is over `SecResponseBodyLimit`.
    ResponseBodyLimit,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Answer.
    Deny,
    /// Close the connection; answer where the host cannot.
    Drop,
    /// Send to that place.
    Redirect(Vec<u8>),
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Its id.
    pub id: u64,
    /// Its place in [`crate::ruleset::RuleSet::rules`].
    pub index: usize,
    /// 1 to 5.
    pub phase: u8,
    /// `msg`, with what it names filled in.
    pub message: Vec<u8>,
    /// `logdata`, with what it names filled in.
    pub logdata: Vec<u8>,
    /// `tag`, likewise, in order.
    pub tags: Vec<Vec<u8>>,
    /// `severity`, 0 (emergency) to 7 (debug).
    pub severity: Option<u8>,
    /// Whether the rule stopped the exchange.
    pub disruptive: bool,
    /// Whether the audit log is told.
    pub audit: bool,
    /// Where the first rule of the chain matched, in order; empty for `SecAction`.
    pub found: Vec<Found>,
    /// How many values the last rule of the chain matched: so often did it do what it sets.
    pub hits: usize,
}

/// Where a rule matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The variable.
    pub variable: Variable,
    /// Its member, as the request names it, cut after [`Found::CUT`] bytes.
    pub key: Option<Vec<u8>>,
    /// Whether it was the count of such members that matched.
    pub counted: bool,
    /// What it was, transformed, cut after [`Found::CUT`] bytes.
    pub value: Vec<u8>,
}

impl Found {
    /// How many bytes of a value are kept.
    pub const CUT: usize = 512;
    /// How many places of one match are kept.
    pub const MOST: usize = 64;

    /// As rules write it: `ARGS:q`.
    pub fn name(&self) -> Vec<u8> {
        name(self.variable, self.key.as_deref())
    }
}

/// A variable and its member, as rules write it.
pub(super) fn name(variable: Variable, key: Option<&[u8]>) -> Vec<u8> {
    let mut name = variable.name().as_bytes().to_vec();
    if let Some(key) = key {
        name.push(b':');
        name.extend_from_slice(key);
    }
    name
}
