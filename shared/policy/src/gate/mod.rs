//! Runs a policy in an exchange: what the proxy tells goes in, what the proxy shall do comes out.
//!
//! All that filters have in common beyond deciding is here, once: shadow mode, failure, waiting, bodies, telling why. It is as
//! pure as the policy itself: whatever it needs of a proxy it asks of [`Host`].

mod ended;
mod reading;
mod response;
mod tell;
mod work;

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::contract::{CallId, Effect, Effects, Env, Event, NeedBody, Policy, Step, Then, Wait};
use crate::crypto::Crypto;
use crate::denial::Denial;
use crate::document::Document;
use crate::head::{Edit, Head};
use crate::host::{Action, ExchangeId, Host, Side};
use crate::identity::Identity;
use crate::problems::Problems;
use crate::reason::common;
use crate::remembered::{LOOKED_AT, Remembered};
use crate::settings::{Mode, OnError};
use crate::sorted::Sorted;
use crate::time::{Clock, Mono, Now};
use ended::has_ended;
use reading::Reading;
use tell::{Decision, Meters};

/// How many exchanges may be remembered whole while another one begins to wait; it is refused then, since clients can cause it.
const WAITING_LIMIT: usize = 10_000;

/// At how many of them it looks before it is.
const LOOKED_AT_WHEN_FULL: usize = 16;

/// One evaluation of so many is timed: the clock costs more than many a decision.
const TIMED_EVERY: u32 = 64;

/// A filter at work.
pub struct Gate<P: Policy> {
    policy: P,
    config_hash: String,
    /// Whether the whole filter only watches: then not even our own headers are taken out of a request.
    shadow: bool,
    clock: RefCell<Clock>,
    /// Exchanges that are not decided yet, or whose response the policy wants to see. Most are decided at once and never come here.
    exchanges: Remembered<Box<Exchange<P>>>,
    /// Of those that are decided, what is yet to be done to the response.
    later: Remembered<Effects>,
    /// Calls under way, by the host's number: what for, and how long the reply's body may be.
    calls: Sorted<u32, (CallId, String, usize)>,
    /// Exchanges that waited and need not any more.
    woken: VecDeque<ExchangeId>,
    /// Requests that are to go on with the next tick, and whether the host would tell if they were over.
    leaving: Vec<(ExchangeId, bool)>,
    meters: Meters,
    evaluations: u32,
    tick: Option<u32>,
    gauges_due: Mono,
    /// Where the identity of callers is left; `None` where the host cannot keep it from being changed.
    identities: Option<String>,
}

struct Exchange<P: Policy> {
    memory: P::Exchange,
    request: Head,
    bodiless: bool,
    /// What a decision about the request means for the response: edits, and whether the policy wants to see it.
    later: Effects,
    /// Whether the host would tell if it were over ([`has_ended`]).
    tells_end: bool,
    /// Whether the upstream answered before the request was decided. What is held of the request is held for good then.
    early: bool,
    phase: Phase,
}

impl<P: Policy> Exchange<P> {
    /// Whether the request is still held, in part at least.
    fn is_undecided(&self) -> bool {
        match &self.phase {
            Phase::Waiting { side: Side::Request, held, .. } => *held,
            Phase::Reading(reading) => reading.holds_request(),
            Phase::Waiting { side: Side::Response, .. } | Phase::Watching | Phase::Answered => false,
        }
    }

    /// It was answered. It may be remembered for a while, and needs no memory.
    fn end(&mut self) {
        self.phase = Phase::Answered;
        self.memory = P::Exchange::default();
        self.request = Head::default();
        self.later = Effects::default();
    }
}

enum Phase {
    /// A call must come back. `held`: the proxy holds the message; in shadow mode it went on.
    Waiting { wait: Wait, side: Side, held: bool, rest: Rest },
    /// A body is being gathered.
    Reading(Reading),
    /// The request was admitted, and somebody wants to see the response.
    Watching,
    /// It was answered, by us or before its time: what comes of the response goes by, and what comes of the request is held for good.
    Answered,
}

/// What there is of a body beside what was told of already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// More of it, beside so many bytes that the proxy holds already.
    Coming(usize),
    /// All of it is here, held by the proxy.
    Held,
    /// There is no body.
    Nothing,
}

/// What becomes of a message after a decision.
enum Outcome {
    /// It goes on.
    Go,
    /// It is held until something happens.
    Hold,
    /// It was answered.
    Ended,
}

impl<P: Policy> Gate<P> {
    /// Reads a configuration as the proxy hands it over.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn load(configuration: &[u8], crypto: &dyn Crypto) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let loaded = Document::parse(configuration, &mut problems)
            .and_then(|document| P::load(&document, crypto, &mut problems).map(|policy| (policy, document)));
        match loaded {
            Some((policy, document)) if problems.is_empty() => Ok(Self {
                policy,
                config_hash: document.hash().to_owned(),
                shadow: document.is_shadow(),
                clock: RefCell::default(),
                exchanges: Remembered::new(),
                later: Remembered::new(),
                calls: Sorted::new(),
                woken: VecDeque::new(),
                leaving: Vec::new(),
                meters: Meters::new(P::NAME),
                evaluations: 0,
                tick: None,
                gauges_due: Mono::default(),
                identities: None,
            }),
            Some(_) | None => Err(problems),
        }
    }

    /// What tells this configuration apart from others, as in the metrics.
    pub fn config_hash(&self) -> &str {
        &self.config_hash
    }

    /// The policy, for tests that look inside.
    pub fn policy(&self) -> &P {
        &self.policy
    }

    /// The head of a request. `end`: there is no body.
    pub fn on_request(&mut self, id: ExchangeId, end: bool, host: &dyn Host) -> Action {
        // Bodies may be long: a policy that reads them has a look whenever anything is remembered.
        let looks = self.exchanges.are_many() || self.later.are_many() || P::READS_BODIES && !self.exchanges.is_empty();
        if looks {
            self.forget_ended(LOOKED_AT, Some(id), host);
        }
        let request = host.head(Side::Request);
        if !self.shadow {
            for name in request.own_names() {
                host.edit(Side::Request, &Edit::Remove(String::from_utf8_lossy(name).into_owned().into()));
            }
        }
        self.evaluations = self.evaluations.wrapping_add(1);
        let timed = self.evaluations % TIMED_EVERY == 1;
        let started = if timed { host.monotonic_clock() } else { 0 };
        let mut memory = P::Exchange::default();
        let mut step = self.ask(&mut memory, &request, end, Event::Request, host);
        if timed {
            self.meters.evaluated(host.monotonic_clock().saturating_sub(started) / 1000, host);
        }
        let unsettled = step.effects.watch() || P::IDENTIFIES && step.effects.identity().is_some();
        if matches!(step.then, Then::Pass) && !unsettled {
            // Most requests: at most the edits of the response need be remembered.
            self.apply(&mut step.effects, &request, Side::Request, host);
            if !step.effects.is_empty() {
                self.later.insert(id, step.effects);
            }
            return Action::Continue;
        }
        let exchange = Exchange {
            memory,
            request,
            bodiless: end,
            later: Effects::default(),
            tells_end: false,
            early: false,
            phase: Phase::Watching,
        };
        self.settle(id, Box::new(exchange), step, Side::Request, rest(end), host)
    }

    /// A message goes on. What is left to be remembered?
    fn passed(&mut self, id: ExchangeId, mut exchange: Box<Exchange<P>>, side: Side) {
        match side {
            Side::Request if !exchange.later.is_empty() => exchange.phase = Phase::Watching,
            Side::Response if exchange.early => exchange.end(),
            Side::Request | Side::Response => return,
        }
        self.exchanges.insert(id, exchange);
    }

    /// The time by both clocks of the host. Asked where the host calls at its own pace.
    fn now_by_both(&self, host: &dyn Host) -> Now {
        self.clock.borrow_mut().read(host.wall_clock(), host.monotonic_clock())
    }

    fn now(&self, host: &dyn Host) -> Now {
        now(&self.clock, host)
    }

    fn ask(
        &mut self,
        memory: &mut P::Exchange,
        request: &Head,
        bodiless: bool,
        event: Event<'_>,
        host: &dyn Host,
    ) -> Step {
        let clock = &self.clock;
        let now = || now(clock, host);
        let env = Env { now: &now, request, bodiless, attributes: host, crypto: host, identity: None };
        self.policy.on(memory, event, &env)
    }

    /// Carries a step out inside the proxy's callback for this message.
    fn settle(
        &mut self,
        id: ExchangeId,
        mut exchange: Box<Exchange<P>>,
        step: Step,
        side: Side,
        rest: Rest,
        host: &dyn Host,
    ) -> Action {
        match self.carry_out(id, &mut exchange, step, side, rest, host) {
            Outcome::Go => {
                self.passed(id, exchange, side);
                Action::Continue
            }
            Outcome::Ended => {
                exchange.end();
                self.exchanges.insert(id, exchange);
                Action::Pause
            }
            Outcome::Hold => {
                let action = match &exchange.phase {
                    Phase::Waiting { held, .. } => pause_if(*held),
                    Phase::Reading(reading) => pause_if(reading.holds_head()),
                    Phase::Watching | Phase::Answered => Action::Continue,
                };
                exchange.tells_end = !has_ended(host);
                self.exchanges.insert(id, exchange);
                self.hurry(host);
                action
            }
        }
    }

    /// Does what a step asks, as far as it can be done now.
    fn carry_out(
        &mut self,
        id: ExchangeId,
        exchange: &mut Exchange<P>,
        mut step: Step,
        side: Side,
        rest: Rest,
        host: &dyn Host,
    ) -> Outcome {
        loop {
            if P::IDENTIFIES
                && let Some(identity) = step.effects.identity()
                && let Some(denial) = self.leave_identity(identity, &step, host)
            {
                return self.refuse(&denial, Decision::Denied, &exchange.request, host);
            }
            self.apply(&mut step.effects, &exchange.request, side, host);
            exchange.later.add(step.effects);
            match step.then {
                Then::Pass => return Outcome::Go,
                Then::Answer(answer) => return self.answer(&answer, host),
                Then::Deny(denial) => return self.refuse(&denial, Decision::Denied, &exchange.request, host),
                Then::Unable(denial) => return self.unable(&denial, &exchange.request, host),
                // A policy that asks for what it said it never would cannot decide: its module is not told of the bodies of responses, and
                // has no code to read any.
                Then::NeedBody(NeedBody { rule, .. }) if !P::READS_BODIES => {
                    return self.unable(&Denial::new(&common::NOT_EVALUATED, &rule), &exchange.request, host);
                }
                Then::Wait(Wait { rule, .. }) if !P::READS_BODIES && side == Side::Response => {
                    return self.unable(&Denial::new(&common::NOT_EVALUATED, &rule), &exchange.request, host);
                }
                Then::Wait(wait) => {
                    let now = self.now(host).mono;
                    if wait.until <= now {
                        step = self.time_out(exchange, host);
                        continue;
                    }
                    if self.exchanges.len() >= WAITING_LIMIT {
                        // Some of them may be over.
                        self.forget_ended(LOOKED_AT_WHEN_FULL, Some(id), host);
                    }
                    if self.exchanges.len() >= WAITING_LIMIT {
                        let denial = Denial::new(&common::TOO_MANY_WAITING, &wait.rule).with("limit", WAITING_LIMIT);
                        return self.refuse(&denial, Decision::Denied, &exchange.request, host);
                    }
                    let held = wait.rule.mode == Mode::Enforce;
                    exchange.phase = Phase::Waiting { wait, side, held, rest };
                    return Outcome::Hold;
                }
                Then::NeedBody(need) => match self.begin_reading(exchange, need, side, rest, host) {
                    reading::Begun::Later => return Outcome::Hold,
                    reading::Begun::Refused(denial) => {
                        return self.refuse(&denial, Decision::Denied, &exchange.request, host);
                    }
                    reading::Begun::Now(next) => step = next,
                },
            }
        }
    }

    /// Leaves word of who the caller is for the filters behind. A refusal, if somebody else has left word already: they would be
    /// believed in place of this filter. After an internal redirect it is our own word, and the same.
    fn leave_identity(&self, identity: &Identity, step: &Step, host: &dyn Host) -> Option<Denial> {
        let name = self.identities.as_ref()?;
        if host.hand_over(name, identity.text()) || host.attribute(name).as_deref() == Some(identity.text().as_bytes())
        {
            return None;
        }
        Some(Denial::new(&common::IDENTITY_TAKEN, step.effects.admitted_by()?))
    }

    /// Tells the policy that its wait is over. One that would wait again cannot decide.
    fn time_out(&mut self, exchange: &mut Exchange<P>, host: &dyn Host) -> Step {
        let step = self.ask(&mut exchange.memory, &exchange.request, exchange.bodiless, Event::TimedOut, host);
        match step.then {
            Then::Wait(wait) => Step::unable(Denial::new(&common::NOT_EVALUATED, &wait.rule)),
            Then::Pass | Then::Answer(_) | Then::Deny(_) | Then::Unable(_) | Then::NeedBody(_) => step,
        }
    }

    /// Does what comes of a decision. Of one about the request, what is for the response is left over.
    fn apply(&mut self, effects: &mut Effects, request: &Head, side: Side, host: &dyn Host) {
        if let Some(decided) = effects.decided.take() {
            self.decided(&decided, request, host);
        }
        effects.more.retain(|effect| {
            match effect {
                Effect::Decided(decided) => self.decided(decided, request, host),
                Effect::Request(edit) => host.edit(Side::Request, edit),
                Effect::Left(name, value) => host.leave(name, value),
                Effect::Response(_) | Effect::Watch if side == Side::Request => return true,
                Effect::Response(edits) => edits.iter().for_each(|edit| host.edit(Side::Response, edit)),
                // Of an identity, word is left before all others, since the request may be refused for it.
                Effect::Watch | Effect::Identity(_) => {}
            }
            false
        });
    }

    fn unable(&mut self, denial: &Denial, request: &Head, host: &dyn Host) -> Outcome {
        match denial.rule.settings.on_error {
            OnError::Deny => self.refuse(denial, Decision::Unable, request, host),
            OnError::Allow => {
                self.record(denial, Decision::Unable, request, host);
                Outcome::Go
            }
        }
    }

    /// Carries a step out for an exchange that the proxy is not just telling about.
    fn settle_later(
        &mut self,
        id: ExchangeId,
        mut exchange: Box<Exchange<P>>,
        step: Step,
        came: Came,
        host: &dyn Host,
    ) {
        let Came { side, held, rest } = came;
        if let (Then::NeedBody(need), false) = (&step.then, held) {
            // In shadow mode nothing was held: the body has gone by.
            let denial = Denial::new(&common::NOT_EVALUATED, &need.rule);
            self.record(&denial, Decision::Unable, &exchange.request, host);
            return;
        }
        match self.carry_out(id, &mut exchange, step, side, rest, host) {
            Outcome::Go => {
                self.passed(id, exchange, side);
                if held {
                    host.resume(side);
                }
            }
            Outcome::Ended => {
                exchange.end();
                self.exchanges.insert(id, exchange);
            }
            Outcome::Hold => {
                // What was held stays held; where only the body is to be held, the head may go now.
                let release = held
                    && match &mut exchange.phase {
                        Phase::Reading(reading) => reading.lets_head_go(),
                        Phase::Waiting { held, .. } => !*held,
                        Phase::Watching | Phase::Answered => false,
                    };
                self.exchanges.insert(id, exchange);
                if release {
                    host.resume(side);
                }
            }
        }
    }
}

/// How a message stood when its exchange was taken up again.
#[derive(Clone, Copy)]
struct Came {
    side: Side,
    held: bool,
    rest: Rest,
}

/// The time, for one call into the host.
fn now(clock: &RefCell<Clock>, host: &dyn Host) -> Now {
    let mut clock = clock.borrow_mut();
    let mono = host.monotonic_clock();
    clock.read_mono(mono).unwrap_or_else(|| clock.read(host.wall_clock(), mono))
}

/// What comes after a head.
fn rest(end: bool) -> Rest {
    if end { Rest::Nothing } else { Rest::Coming(0) }
}

fn pause_if(held: bool) -> Action {
    if held { Action::Pause } else { Action::Continue }
}
