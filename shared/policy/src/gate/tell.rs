//! Tells of decisions: to the client, the access log, the proxy's log and the metrics, joined by the denial's id.

use std::rc::Rc;

use super::{Gate, Outcome};
use crate::audience::Audience;
use crate::contract::{Answer, Decided, Gauge, Policy};
use crate::denial::Denial;
use crate::head::Head;
use crate::host::{Host, Kind, Level, MetricId, Side};
use crate::metrics::{self, Metric, Name};
use crate::record::{self, RateBound, Told};
use crate::render::{DenialId, Rendered, render};
use crate::settings::{Mode, Rule};
use crate::sorted::Sorted;

/// How a decision ended, as the metrics and the log call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The request went on.
    Allowed,
    /// It was refused.
    Denied,
    /// It went on, and would have been refused but for shadow mode.
    WouldDeny,
    /// Nobody could decide, for a cause that no client has a hand in.
    Unable,
    /// The request went on, and its client was not given what it needs to make use of the answer.
    Withheld,
}

impl Decision {
    fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::WouldDeny => "would_deny",
            Self::Unable => "unable",
            Self::Withheld => "withheld",
        }
    }
}

impl<P: Policy> Gate<P> {
    /// Refuses, unless the rule is in shadow mode.
    pub(super) fn refuse(&mut self, denial: &Denial, decision: Decision, request: &Head, host: &dyn Host) -> Outcome {
        if denial.rule.mode == Mode::Shadow {
            let decision = if decision == Decision::Denied { Decision::WouldDeny } else { decision };
            self.record(denial, decision, request, host);
            return Outcome::Go;
        }
        let id = DenialId::from_random(host.random());
        let show = Audience::of(denial, request, host).shown(&denial.rule.settings.disclosure);
        let rendered = render(denial, &id, show, request);
        let told = Some(Told { status: rendered.status, show });
        self.tell(denial, decision, &id, told, request, host);
        if !host.reply(&rendered) {
            // A request that cannot be answered must not pass for it.
            host.reset();
        }
        Outcome::Ended
    }

    /// Counts a decision that let the exchange go on, and tells of it where it would have been a refusal.
    pub(super) fn decided(&mut self, decided: &Decided, request: &Head, host: &dyn Host) {
        match decided {
            Decided::Allowed(rule) => self.meters.allowed(rule, host),
            Decided::WouldDeny(denial) => self.record(denial, Decision::WouldDeny, request, host),
            Decided::Unable(denial) => self.record(denial, Decision::Unable, request, host),
            Decided::Withheld(denial) => self.record(denial, Decision::Withheld, request, host),
        }
    }

    /// Tells of a decision that refused nothing. It has a number all the same, which joins the logs.
    pub(super) fn record(&mut self, denial: &Denial, decision: Decision, request: &Head, host: &dyn Host) {
        let id = DenialId::from_random(host.random());
        self.tell(denial, decision, &id, None, request, host);
    }

    /// Counts, logs, and leaves word for the access log.
    fn tell(
        &mut self,
        denial: &Denial,
        decision: Decision,
        id: &DenialId,
        told: Option<Told>,
        request: &Head,
        host: &dyn Host,
    ) {
        let rule = &denial.rule;
        let code = denial.code();
        self.meters.decision(rule, decision, &code, host);
        let line = record::line(denial, decision.name(), id, told, request);
        let leave = |name: &str, value: &str| host.leave(&format!("verdict.{}.{name}", rule.filter), value);
        leave("decision", decision.name());
        leave("reason", &code);
        leave("rule", &rule.name);
        leave("id", &id.to_string());
        leave("denial", &line);
        self.say(Level::Info, &line, rule, host);
    }

    /// Writes a line that a client can cause, unless there are too many.
    fn say(&mut self, level: Level, line: &str, rule: &Rule, host: &dyn Host) {
        let now = self.now(host).mono;
        if let Some(suppressed) = self.meters.bound.allow(now, rule.settings.log_lines_per_second) {
            if suppressed > 0 {
                let note = "lines were not written: more than `log_lines_per_second`";
                host.log(Level::Warn, &format!("{}: {suppressed} {note}", rule.filter));
            }
            host.log(level, line);
        }
    }

    /// Sends an answer that is no refusal.
    pub(super) fn answer(&mut self, answer: &Answer, host: &dyn Host) -> Outcome {
        self.meters.allowed(&answer.rule, host);
        if answer.rule.mode == Mode::Shadow {
            return Outcome::Go;
        }
        let rendered = Rendered {
            status: answer.status,
            headers: answer.headers.clone(),
            body: answer.body.clone(),
            grpc_status: None,
            details: format!("verdict:{}.answered", answer.rule.filter),
        };
        if !host.reply(&rendered) {
            host.reset();
        }
        Outcome::Ended
    }

    /// Says what keeps every body from arriving.
    pub(super) fn missing_flag(&mut self, side: Side, rule: &Rule, host: &dyn Host) {
        let (message, remedy) = match side {
            Side::Request => ("request", "set it, or set `hold` to `body`"),
            Side::Response => ("response", "set it"),
        };
        let line = format!(
            "{}: rule `{}` held a {message} for its body, and the proxy told of no part of it. Either none was sent, or the plugin \
             lacks `allow_on_headers_stop_iteration: true`: {remedy}.",
            rule.filter, rule.name
        );
        self.say(Level::Error, &line, rule, host);
    }
}

/// How many admitted requests are counted at once between two ticks: whoever tries a filter sees each. The others are counted with the next
/// tick, all together, since to tell the host of each costs (docs/costs.md).
const COUNTED_AT_ONCE: u32 = 16;

/// How many of one rule may be yet to be counted: not every host ticks.
const UNCOUNTED: u64 = 1000;

/// The metrics of a filter, as far as the host knows them already, and how many lines it may still log.
pub(super) struct Meters {
    filter: &'static str,
    /// By the address of the rule: the commonest decision is counted without a look at its name. With how many are yet to be counted.
    allowed: Vec<(*const Rule, Option<MetricId>, u64)>,
    /// How many may yet be counted at once.
    at_once: u32,
    /// With how much of a total was counted so far.
    others: Sorted<String, (Option<MetricId>, u64)>,
    bound: RateBound,
    longest_tick: u64,
}

impl Meters {
    pub(super) fn new(filter: &'static str) -> Self {
        Self {
            filter,
            allowed: Vec::new(),
            at_once: COUNTED_AT_ONCE,
            others: Sorted::new(),
            bound: RateBound::default(),
            longest_tick: 0,
        }
    }

    pub(super) fn allowed(&mut self, rule: &Rc<Rule>, host: &dyn Host) {
        let key = Rc::as_ptr(rule);
        let uncounted = match self.allowed.iter_mut().find(|(known, ..)| *known == key) {
            Some((_, _, uncounted)) => {
                *uncounted += 1;
                *uncounted
            }
            None => {
                let id = host.define(metrics::DECISIONS.kind, &decision(rule, Decision::Allowed, "").to_string());
                self.allowed.push((key, id, 1));
                1
            }
        };
        if self.at_once > 0 || uncounted >= UNCOUNTED {
            self.at_once = self.at_once.saturating_sub(1);
            self.count(host);
        }
    }

    /// Counts all admitted requests that are not counted yet.
    pub(super) fn count(&mut self, host: &dyn Host) {
        for (_, id, uncounted) in &mut self.allowed {
            let count = std::mem::take(uncounted);
            if let Some(id) = id.filter(|_| count > 0) {
                host.record(metrics::DECISIONS.kind, id, count);
            }
        }
    }

    /// The same on a tick.
    pub(super) fn count_on_tick(&mut self, host: &dyn Host) {
        self.count(host);
        self.at_once = COUNTED_AT_ONCE;
    }

    fn decision(&mut self, rule: &Rule, ended: Decision, code: &str, host: &dyn Host) {
        self.tell(&metrics::DECISIONS, &decision(rule, ended, code), 1, host);
    }

    pub(super) fn call(&mut self, label: &str, outcome: &str, host: &dyn Host) {
        let name = self.name(&metrics::CALLS).label("call", label).label("outcome", outcome);
        self.tell(&metrics::CALLS, &name, 1, host);
    }

    pub(super) fn body(&mut self, side: Side, host: &dyn Host) {
        let phase = match side {
            Side::Request => "request",
            Side::Response => "response",
        };
        let name = self.name(&metrics::BODIES_INSPECTED).label("phase", phase);
        self.tell(&metrics::BODIES_INSPECTED, &name, 1, host);
    }

    pub(super) fn evaluated(&mut self, microseconds: u64, host: &dyn Host) {
        self.tell(&metrics::EVALUATION, &self.name(&metrics::EVALUATION), microseconds, host);
    }

    pub(super) fn ticked(&mut self, microseconds: u64, host: &dyn Host) {
        if microseconds > self.longest_tick {
            self.longest_tick = microseconds;
            self.tell(&metrics::LONGEST_TICK, &self.name(&metrics::LONGEST_TICK), microseconds, host);
        }
    }

    pub(super) fn configuration(&mut self, hash: &str, host: &dyn Host) {
        let name = self.name(&metrics::CONFIGURATION).label("config_hash", hash);
        self.tell(&metrics::CONFIGURATION, &name, 1, host);
    }

    pub(super) fn gauge(&mut self, gauge: Gauge<'_>, host: &dyn Host) {
        let Gauge { metric, labels, value } = gauge;
        let values = metric.labels.iter().skip(1).zip(labels);
        let name = values.fold(self.name(metric), |name, (label, value)| name.label(label, value));
        match metric.kind {
            Kind::Counter => self.total(metric, &name, value, host),
            Kind::Gauge | Kind::Histogram => self.tell(metric, &name, value, host),
        }
    }

    /// Tells how many lines were not logged since this was last told.
    pub(super) fn suppressed(&mut self, host: &dyn Host) {
        let total = self.bound.suppressed_total();
        if total > 0 {
            self.total(&metrics::LOG_LINES_SUPPRESSED, &self.name(&metrics::LOG_LINES_SUPPRESSED), total, host);
        }
    }

    /// Brings a counter up to what was counted elsewhere.
    fn total(&mut self, metric: &Metric, name: &Name, total: u64, host: &dyn Host) {
        let Some((Some(id), told)) = self.known(metric, name, host) else { return };
        let more = total.saturating_sub(std::mem::replace(told, total));
        if more > 0 {
            host.record(metric.kind, *id, more);
        }
    }

    fn name(&self, metric: &'static Metric) -> Name {
        Name::new(metric.name).label("filter", self.filter)
    }

    fn tell(&mut self, metric: &Metric, name: &Name, value: u64, host: &dyn Host) {
        if let Some((Some(id), _)) = self.known(metric, name, host) {
            host.record(metric.kind, *id, value);
        }
    }

    /// The host's number for a metric, if it has metrics, and how much of it was counted so far as a total.
    fn known(&mut self, metric: &Metric, name: &Name, host: &dyn Host) -> Option<&mut (Option<MetricId>, u64)> {
        let name = name.to_string();
        if self.others.get(&name).is_none() {
            self.others.insert(name.clone(), (host.define(metric.kind, &name), 0));
        }
        self.others.get_mut(&name)
    }
}

fn decision(rule: &Rule, decision: Decision, code: &str) -> Name {
    Name::new(metrics::DECISIONS.name)
        .label("filter", rule.filter)
        .label("decision", decision.name())
        .label("reason", code)
        .label("rule", &rule.name)
        .label("mode", rule.mode.name())
}
