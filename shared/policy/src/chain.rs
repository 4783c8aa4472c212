//! Two policies one behind the other, as one policy: the first refusal wins, and the second sees what the first made of the
//! request. Longer chains are chains of chains.
//!
//! The configuration is `{"first": {…}, "second": {…}}`, each a whole configuration of its own.

use std::rc::Rc;

use crate::contract::{
    Body, CallError, CallId, Decided, Effects, Env, Event, Gauge, NeedBody, Next, Over, Policy, Reply, Step, Then,
};
use crate::crypto::Crypto;
use crate::denial::Denial;
use crate::document::{Document, Members};
use crate::head::{Edit, Head};
use crate::identity::Identity;
use crate::problems::Problems;
use crate::reason::{Reason, common};
use crate::settings::{Mode, OnError};
use crate::time::Now;

#[cfg(test)]
mod tests;

/// `A`, then `B`. Responses go the other way: `B`, then `A`.
pub struct Chain<A, B> {
    first: A,
    second: B,
}

/// What a chain remembers of one request.
pub struct Exchange<A: Policy, B: Policy> {
    first: A::Exchange,
    second: B::Exchange,
    /// What the first made of the request so far, and who it found the caller to be: several events may go by before it admits.
    edits: Vec<Edit>,
    identity: Option<Rc<Identity>>,
    /// Once the first has admitted the request: its head as the second sees it.
    passed: Option<Head>,
    /// Who wants the response: the first, the second.
    watches: [bool; 2],
    /// Who wants its body, and how many bytes of it.
    reads: [Option<usize>; 2],
}

impl<A: Policy, B: Policy> Default for Exchange<A, B> {
    fn default() -> Self {
        Self {
            first: A::Exchange::default(),
            second: B::Exchange::default(),
            edits: Vec::new(),
            identity: None,
            passed: None,
            watches: [false; 2],
            reads: [None; 2],
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
        let mut members = Members::of(document.value(), document.place(), problems)?;
        for name in ["first", "second"] {
            members.get(name);
        }
        members.finish();
        // Both are read even if one is bad: all problems are told at once.
        let first = document.member("first", problems).and_then(|first| A::load(&first, crypto, problems));
        let second = document.member("second", problems).and_then(|second| B::load(&second, crypto, problems));
        Some(Self { first: first?, second: second? })
    }

    fn on(&mut self, exchange: &mut Self::Exchange, event: Event<'_>, env: &Env<'_>) -> Step {
        match event {
            Event::Request | Event::RequestBody(_) | Event::Again | Event::TimedOut => {
                if exchange.passed.is_some() {
                    return self.ask_second(exchange, event, env);
                }
                let step = self.ask_first(exchange, event, env);
                match step.then {
                    Then::Pass => {
                        exchange.passed = Some(env.request.edited(&exchange.edits));
                        join(step.effects, self.ask_second(exchange, Event::Request, env))
                    }
                    Then::Answer(_) | Then::Deny(_) | Then::Unable(_) | Then::NeedBody(_) | Then::Wait(_) => step,
                }
            }
            Event::Response(..) => {
                let told = exchange.watches.map(|watches| watches.then_some(event));
                self.response(exchange, told, env)
            }
            Event::ResponseBody(body) => {
                let told = exchange.reads.map(|limit| Some(Event::ResponseBody(cut(body, limit?))));
                self.response(exchange, told, env)
            }
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
    fn ask_first(&mut self, exchange: &mut Exchange<A, B>, event: Event<'_>, env: &Env<'_>) -> Step {
        let step = number_wait(settle(self.first.on(&mut exchange.first, event, env)), 0);
        exchange.watches[0] |= step.effects.watch();
        exchange.edits.extend(step.effects.request_edits().cloned());
        if let Some(identity) = step.effects.identity() {
            exchange.identity = Some(Rc::clone(identity));
        }
        step
    }

    /// The second answers in the light of what the first made of the request, also when the response is at hand.
    fn ask_second(&mut self, exchange: &mut Exchange<A, B>, event: Event<'_>, env: &Env<'_>) -> Step {
        let Some(request) = &exchange.passed else { return Step::go_on() };
        // Where the first says nothing of the caller, a policy in front of this chain may have.
        let env = Env { request, identity: exchange.identity.as_deref().or(env.identity), ..*env };
        let step = number_wait(settle(self.second.on(&mut exchange.second, event, &env)), 1);
        exchange.watches[1] |= step.effects.watch();
        step
    }

    /// A response goes through the second, then the first, as in the proxy. `told`: what each of them is told of it.
    fn response(&mut self, exchange: &mut Exchange<A, B>, told: [Option<Event<'_>>; 2], env: &Env<'_>) -> Step {
        exchange.reads = [None; 2];
        let [first, second] = told;
        let step = second.map_or_else(Step::go_on, |event| self.ask_second(exchange, event, env));
        let second_needs = match step.then {
            Then::Pass => None,
            Then::NeedBody(need) => Some(need),
            Then::Answer(_) | Then::Deny(_) | Then::Unable(_) | Then::Wait(_) => return step,
        };
        let before = step.effects;
        let step = first.map_or_else(Step::go_on, |event| self.ask_first(exchange, event, env));
        let mut step = join(before, step);
        let first_needs = match step.then {
            Then::Pass => None,
            Then::NeedBody(need) => Some(need),
            Then::Answer(_) | Then::Deny(_) | Then::Unable(_) | Then::Wait(_) => return step,
        };
        exchange.reads = [&first_needs, &second_needs].map(|need| need.as_ref().map(|need| need.limit));
        step.then = match (first_needs, second_needs) {
            (None, None) => Then::Pass,
            (Some(need), None) | (None, Some(need)) => Then::NeedBody(need),
            (Some(first), Some(second)) => Then::NeedBody(for_both(first, second)),
        };
        step
    }
}

/// The need that serves both: refused is what one of them alone would refuse, on its behalf, and nobody gets less than it asked for.
/// Who gets more is handed the beginning ([`cut`]).
fn for_both(first: NeedBody, second: NeedBody) -> NeedBody {
    match (first.over, second.over) {
        (Over::Deny, Over::Prefix) => first,
        (Over::Prefix, Over::Deny) => second,
        (Over::Deny, Over::Deny) if second.limit < first.limit => second,
        (Over::Prefix, Over::Prefix) if second.limit > first.limit => second,
        (Over::Deny, Over::Deny) | (Over::Prefix, Over::Prefix) => first,
    }
}

/// So much of a body as was asked for, as if nobody else had asked for more.
fn cut(body: Body<'_>, limit: usize) -> Body<'_> {
    match body {
        Body::Whole(bytes, _) | Body::Prefix(bytes) => match bytes.split_at_checked(limit) {
            Some((beginning, rest)) if !rest.is_empty() => Body::Prefix(beginning),
            Some(_) | None => body,
        },
        Body::Unavailable => body,
    }
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
    effects.decide(decided);
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
