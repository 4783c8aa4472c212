//! Two policies one behind the other, as one policy: the first refusal wins, and the second sees what the first made of the
//! request. Longer chains are chains of chains.
//!
//! The configuration is `{"first": {…}, "second": {…}}`, each a whole configuration of its own.

use std::rc::Rc;

use crate::contract::{
    CallError, CallId, Decided, Effect, Effects, Env, Event, Gauge, NeedBody, Next, Over, Policy, Reply, Step, Then,
};
use crate::crypto::Crypto;
use crate::denial::Denial;
use crate::document::Document;
use crate::head::Head;
use crate::identity::Identity;
use crate::problems::Problems;
use crate::reason::{Reason, common};
use crate::settings::{Mode, OnError};
use crate::time::Now;

/// `A`, then `B`. Responses go the other way: `B`, then `A`.
pub struct Chain<A, B> {
    first: A,
    second: B,
}

/// What a chain remembers of one request.
pub struct Exchange<A: Policy, B: Policy> {
    first: A::Exchange,
    second: B::Exchange,
    /// Once the first has admitted the request: what the second sees of it.
    passed: Option<Passed>,
    /// Who wants the response, and then its body: the first, the second.
    watches: [bool; 2],
    reads: [bool; 2],
}

/// A request as the first policy left it.
struct Passed {
    request: Head,
    identity: Option<Rc<Identity>>,
}

impl<A: Policy, B: Policy> Default for Exchange<A, B> {
    fn default() -> Self {
        Self {
            first: A::Exchange::default(),
            second: B::Exchange::default(),
            passed: None,
            watches: [false; 2],
            reads: [false; 2],
        }
    }
}

impl<A: Policy, B: Policy> Policy for Chain<A, B> {
    const NAME: &'static str = "chain";
    const REASONS: &'static [&'static Reason] = &[];
    const IDENTIFIES: bool = A::IDENTIFIES || B::IDENTIFIES;
    const READS_BODIES: bool = A::READS_BODIES || B::READS_BODIES;
    type Exchange = Exchange<A, B>;

    fn load(document: &Document, crypto: &dyn Crypto, problems: &mut Problems) -> Option<Self> {
        // Both are read even if one is bad: all problems are told at once.
        let first = document.member("first", problems).and_then(|first| A::load(&first, crypto, problems));
        let second = document.member("second", problems).and_then(|second| B::load(&second, crypto, problems));
        Some(Self { first: first?, second: second? })
    }

    fn on(&mut self, exchange: &mut Self::Exchange, event: Event<'_>, env: &Env<'_>) -> Step {
        match event {
            Event::Request | Event::RequestBody(_) | Event::Again | Event::TimedOut => {
                if exchange.passed.is_some() {
                    return self.ask_second(exchange, event, Effects::default(), env);
                }
                let step = number_wait(settle(self.first.on(&mut exchange.first, event, env)), 0);
                exchange.watches[0] |= step.effects.watch();
                match step.then {
                    Then::Pass => {
                        let request = env.request.edited(step.effects.request_edits());
                        exchange.passed = Some(Passed { request, identity: step.effects.identity().cloned() });
                        self.ask_second(exchange, Event::Request, step.effects, env)
                    }
                    Then::Answer(_) | Then::Deny(_) | Then::Unable(_) | Then::NeedBody(_) | Then::Wait(_) => step,
                }
            }
            Event::Response(..) => self.response(exchange, event, exchange.watches, env),
            Event::ResponseBody(_) => self.response(exchange, event, exchange.reads, env),
        }
    }

    fn next(&mut self, now: Now) -> Next {
        let busy = match self.first.next(now) {
            Next::Busy => None,
            Next::Sleep(until) => Some(until),
            other @ (Next::Call(_) | Next::Ready(_) | Next::Note(_)) => return numbered(other, 0),
        };
        match (numbered(self.second.next(now), 1), busy) {
            (other @ (Next::Call(_) | Next::Ready(_) | Next::Note(_) | Next::Busy), _) => other,
            (Next::Sleep(_), None) => Next::Busy,
            (Next::Sleep(second), Some(first)) => Next::Sleep(first.into_iter().chain(second).min()),
        }
    }

    fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        let own = CallId(call.0 >> 1);
        if call.0 & 1 == 0 {
            self.first.on_reply(own, reply, now);
        } else {
            self.second.on_reply(own, reply, now);
        }
    }

    fn gauges(&self, now: Now, tell: &mut dyn FnMut(Gauge<'_>)) {
        self.first.gauges(now, tell);
        self.second.gauges(now, tell);
    }
}

impl<A: Policy, B: Policy> Chain<A, B> {
    fn ask_second(&mut self, exchange: &mut Exchange<A, B>, event: Event<'_>, before: Effects, env: &Env<'_>) -> Step {
        let Some(passed) = &exchange.passed else { return Step::go_on() };
        let env = Env { request: &passed.request, identity: passed.identity.as_deref(), ..*env };
        let step = settle(self.second.on(&mut exchange.second, event, &env));
        exchange.watches[1] |= step.effects.watch();
        join(before, number_wait(step, 1))
    }

    /// A response goes through the second, then the first, as in the proxy.
    fn response(&mut self, exchange: &mut Exchange<A, B>, event: Event<'_>, asked: [bool; 2], env: &Env<'_>) -> Step {
        exchange.reads = [false; 2];
        let [ask_first, ask_second] = asked;
        let step = if ask_second { settle(self.second.on(&mut exchange.second, event, env)) } else { Step::go_on() };
        let second_needs = match step.then {
            Then::Pass => None,
            Then::NeedBody(need) => Some(need),
            Then::Answer(_) | Then::Deny(_) | Then::Unable(_) | Then::Wait(_) => return step,
        };
        let before = step.effects;
        let step = if ask_first { settle(self.first.on(&mut exchange.first, event, env)) } else { Step::go_on() };
        let mut step = join(before, step);
        let first_needs = match step.then {
            Then::Pass => None,
            Then::NeedBody(need) => Some(need),
            Then::Answer(_) | Then::Deny(_) | Then::Unable(_) | Then::Wait(_) => return step,
        };
        exchange.reads = [first_needs.is_some(), second_needs.is_some()];
        step.then = match (first_needs, second_needs) {
            (None, None) => Then::Pass,
            (Some(need), None) | (None, Some(need)) => Then::NeedBody(need),
            (Some(first), Some(second)) => Then::NeedBody(stricter(first, second)),
        };
        step
    }
}

/// The need that serves both: nobody reads more than it may, and nobody gets a part where it asked for the whole.
fn stricter(first: NeedBody, second: NeedBody) -> NeedBody {
    let over = if first.over == Over::Deny || second.over == Over::Deny { Over::Deny } else { Over::Prefix };
    let limit = first.limit.min(second.limit);
    NeedBody { limit, over, rule: first.rule }
}

/// The effects of both, in order, and what the later one says.
fn join(before: Effects, step: Step) -> Step {
    step.after(Step { effects: before, then: Then::Pass })
}

/// Turns an end that is none for a chain into a pass: what a rule in shadow mode would have done, and an error that may pass.
/// Otherwise the policies behind would be passed over.
fn settle(step: Step) -> Step {
    let Step { mut effects, then } = step;
    let shadow = |mode: Mode| mode == Mode::Shadow;
    let not_evaluated = |rule| Decided::Unable(Box::new(Denial::new(&common::NOT_EVALUATED, rule)));
    let (decided, then) = match then {
        Then::Deny(denial) if shadow(denial.rule.mode) => (Decided::WouldDeny(denial), Then::Pass),
        Then::Unable(denial) if shadow(denial.rule.mode) || denial.rule.settings.on_error == OnError::Allow => {
            (Decided::Unable(denial), Then::Pass)
        }
        Then::Answer(answer) if shadow(answer.rule.mode) => (Decided::Allowed(Rc::clone(&answer.rule)), Then::Pass),
        Then::NeedBody(need) if shadow(need.rule.mode) => (not_evaluated(&need.rule), Then::Pass),
        Then::Wait(wait) if shadow(wait.rule.mode) => (not_evaluated(&wait.rule), Then::Pass),
        then @ (Then::Pass | Then::Answer(_) | Then::Deny(_) | Then::Unable(_) | Then::NeedBody(_) | Then::Wait(_)) => {
            return Step { effects, then };
        }
    };
    effects.0.push(Effect::Decided(decided));
    Step { effects, then }
}

/// Both number their calls from the same numbers: the last bit tells whose it is.
fn numbered(next: Next, bit: u64) -> Next {
    match next {
        Next::Call(mut call) => {
            call.id = number(call.id, bit);
            Next::Call(call)
        }
        Next::Ready(id) => Next::Ready(number(id, bit)),
        other @ (Next::Note(_) | Next::Busy | Next::Sleep(_)) => other,
    }
}

fn number_wait(mut step: Step, bit: u64) -> Step {
    if let Then::Wait(wait) = &mut step.then {
        wait.call = number(wait.call, bit);
    }
    step
}

fn number(id: CallId, bit: u64) -> CallId {
    CallId(id.0 << 1 | bit)
}
