//! One request and its response, evaluated phase by phase.
//!
//! The host hands in what it knows when it knows it; each phase answers with an [`Outcome`]. Nothing is read from a clock, a file or a
//! network here, and nothing outlives the transaction.

mod body;
mod evaluate;
mod expand;
mod outcome;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod variables;
mod views;

use std::rc::Rc;

pub use outcome::{Cause, Found, Interruption, Matched, Outcome, Stop};

use crate::language::ast::{Allow, Switch, Variable};
use crate::ruleset::bits::Bits;
use crate::ruleset::target::Exclusion;
use crate::ruleset::{Processor, RuleSet};
use text::{TextId, Texts};
use variables::Variables;
use views::Views;

/// What a transaction is told when it begins.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    /// Seconds since 1970, UTC.
    pub epoch: u64,
    /// What tells this request from all others: `UNIQUE_ID`.
    pub unique_id: &'a [u8],
    /// How much work it may cost: bytes that operators and transformations read, and 16 for each time they are asked.
    pub budget: u64,
}

impl Start<'_> {
    /// Enough for the Core Rule Set at paranoia 4 over a body of 1 MiB; some ten seconds of work.
    pub const BUDGET: u64 = 8_000_000_000;
}

/// Whom the request comes from, and to whom.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connection<'a> {
    /// The address of the client.
    pub remote_address: &'a [u8],
    /// Its port.
    pub remote_port: u16,
    /// The address at which it arrived.
    pub server_address: &'a [u8],
    /// The port at which it arrived.
    pub server_port: u16,
}

/// One request and its response.
#[derive(Debug)]
pub struct Transaction {
    rules: Rc<RuleSet>,
    state: State,
}

/// Everything that changes.
#[derive(Debug)]
struct State {
    texts: Texts,
    variables: Variables,
    engine: Switch,
    epoch: u64,
    /// What is left of it.
    budget: u64,
    processor: Option<Processor>,
    /// Whether `REQUEST_BODY` is filled whatever the processor.
    force_body: bool,
    request_body: bool,
    response_body: bool,
    audit: bool,
    /// The combined size of all arguments, bytes.
    arguments_size: usize,
    /// The lowest number of a rule that matched: 0 is the worst.
    severity: Option<u8>,
    allow: Option<Allow>,
    removed: Bits,
    removed_targets: Vec<Removed>,
    interruption: Option<Interruption>,
    matched: Vec<Matched>,
    views: Views,
}

/// A target taken from rules for the rest of the transaction: the rule and the place of the effect that says so.
#[derive(Clone, Copy, Debug)]
struct Removed {
    rule: usize,
    link: usize,
    effect: usize,
}

impl Transaction {
    /// Begins a transaction.
    pub fn new(rules: &Rc<RuleSet>, start: &Start<'_>) -> Self {
        let settings = rules.settings();
        let mut state = State {
            texts: Texts::default(),
            variables: Variables::new(rules.tx().names().len()),
            engine: settings.engine,
            epoch: start.epoch,
            budget: start.budget,
            processor: None,
            force_body: false,
            request_body: settings.request_body,
            response_body: settings.response_body,
            audit: true,
            arguments_size: 0,
            severity: None,
            allow: None,
            removed: Bits::default(),
            removed_targets: Vec::new(),
            interruption: None,
            matched: Vec::new(),
            views: Views::new(rules),
        };
        state.set(Variable::UniqueId, start.unique_id);
        state.set(Variable::WebAppId, settings.application.as_bytes());
        for zero in [
            Variable::ArgsCombinedSize,
            Variable::Duration,
            Variable::FilesCombinedSize,
            Variable::InboundDataError,
            Variable::OutboundDataError,
            Variable::ReqbodyError,
            Variable::ReqbodyProcessorError,
            Variable::RequestBodyLength,
            Variable::UrlencodedError,
        ] {
            state.number(zero, 0);
        }
        state.number(Variable::HighestSeverity, 255);
        Self { rules: Rc::clone(rules), state }
    }

    /// Which application the request is for: `WEBAPPID`, in the place of what `SecWebAppId` says.
    pub fn application(&mut self, name: &[u8]) {
        self.state.set(Variable::WebAppId, name);
    }

    /// The body that follows is only the beginning of one that is too large: `INBOUND_DATA_ERROR`.
    pub fn cut_request_body(&mut self) {
        self.state.number(Variable::InboundDataError, 1);
    }

    /// The same for the response: `OUTBOUND_DATA_ERROR`.
    pub fn cut_response_body(&mut self) {
        self.state.number(Variable::OutboundDataError, 1);
    }

    /// The rules that matched and are told, in order.
    pub fn matched(&self) -> &[Matched] {
        &self.state.matched
    }

    /// The rules of this transaction.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// A member of `TX`, such as `blocking_inbound_anomaly_score`.
    pub fn tx(&self, key: &str) -> Option<&[u8]> {
        let id = self.state.variables.tx(key.as_bytes(), self.rules.tx())?;
        Some(self.state.texts.get(id))
    }

    /// What stopped the exchange.
    pub fn interruption(&self) -> Option<&Interruption> {
        self.state.interruption.as_ref()
    }

    /// Whether rules still look at anything, and whether they may stop it.
    pub fn engine(&self) -> Switch {
        self.state.engine
    }

    /// Whether the request body is to be handed in.
    pub fn wants_request_body(&self) -> bool {
        self.state.engine != Switch::Off && self.state.request_body
    }

    /// Whether the audit log is to be told.
    pub fn audit(&self) -> bool {
        self.state.audit
    }

    /// What is left of the work that it may cost.
    pub fn budget(&self) -> u64 {
        self.state.budget
    }

    /// Phase 5. Nothing can be stopped any more, so that there is no outcome.
    pub fn logging(&mut self) {
        let _ = self.state.phase(&self.rules, 5);
    }
}

impl State {
    fn text(&mut self, bytes: &[u8]) -> TextId {
        self.texts.add(bytes)
    }

    fn set(&mut self, variable: Variable, value: &[u8]) {
        let value = self.text(value);
        self.variables.set(variable, value);
    }

    fn number(&mut self, variable: Variable, number: usize) {
        let value = self.variables.number(number, &mut self.texts);
        self.variables.set(variable, value);
    }

    /// What a rule in that place took from other rules.
    fn exclusion(rules: &RuleSet, removed: Removed) -> Option<(&Bits, &Exclusion)> {
        use crate::ruleset::Effect;
        let link = rules.rules().get(removed.rule)?.links.get(removed.link)?;
        match link.effects.get(removed.effect)? {
            Effect::RemoveTarget(bits, exclusion) => Some((bits, exclusion)),
            Effect::Engine(_)
            | Effect::RequestBody(_)
            | Effect::ResponseBody(_)
            | Effect::Processor(_)
            | Effect::ForceBody(_)
            | Effect::Audit(_)
            | Effect::Remove(_)
            | Effect::SetScalar(..) => None,
        }
    }
}
