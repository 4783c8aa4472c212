//! Tells browsers which pages may use a resource, answers their preflights, and says why where a page may not.
//!
//! The filter stands before those that ask for credentials: preflights have none, and a page can read a refusal of theirs only if the
//! answer grants it. A browser enforces what this filter says; it keeps nobody out who is no browser.

mod config;
mod grant;
pub mod origins;
mod preflight;
pub mod raw;
mod reasons;

use std::rc::Rc;

use verdict_policy::contract::{CallError, CallId, Env, Event, Gauge, Next, Policy, Reply, Step};
use verdict_policy::crypto::Crypto;
use verdict_policy::denial::Denial;
use verdict_policy::document::Document;
use verdict_policy::head::{Head, Sole};
use verdict_policy::preflight::Preflight;
use verdict_policy::problems::Problems;
use verdict_policy::reason::Reason;
use verdict_policy::settings::{Rule, Rules};
use verdict_policy::time::Now;

use grant::{ALLOW_ORIGIN, Asks, Standing, varying};
use raw::{Refused, Upstream};

#[cfg(all(target_os = "wasi", feature = "module"))]
verdict_host::export!(Cors);

/// The filter.
pub struct Cors {
    rules: Rules<Rc<Asks>>,
}

/// What is remembered of a request: the rule that it came under, where its answer is looked at.
#[derive(Default)]
pub struct Exchange(Option<(Rc<Rule>, Rc<Asks>)>);

impl Policy for Cors {
    const NAME: &'static str = "cors";
    const REASONS: &'static [&'static Reason] = reasons::ALL;
    const IDENTIFIES: bool = false;
    const READS_BODIES: bool = false;
    type Exchange = Exchange;

    fn load(document: &Document, _: &dyn Crypto, problems: &mut Problems) -> Option<Self> {
        config::read(document, problems)
    }

    fn on(&mut self, exchange: &mut Exchange, event: Event<'_>, env: &Env<'_>) -> Step {
        match event {
            Event::Request => match self.rules.find(env) {
                Ok((rule, asks)) => match Preflight::of(env) {
                    Some(asked) => preflight::answer(asked, env.request, rule, asks),
                    None => request(exchange, rule, asks, env),
                },
                Err(step) => step,
            },
            Event::Response(head, _) => match exchange.0.take() {
                Some((rule, asks)) => response(&rule, &asks, env, head),
                None => Step::go_on(),
            },
            // Never asked for.
            Event::RequestBody(_) | Event::Again | Event::TimedOut | Event::ResponseBody(_) => Step::go_on(),
        }
    }

    fn next(&mut self, _: Now) -> Next {
        Next::Sleep(None)
    }

    fn on_reply(&mut self, _: CallId, _: Result<Reply, CallError>, _: Now) {}

    fn gauges(&self, _: Now, _: &mut dyn FnMut(Gauge<'_>)) {}
}

/// A request that is no preflight: whether it goes on, and what its answer will say.
fn request(exchange: &mut Exchange, rule: &Rc<Rule>, asks: &Rc<Asks>, env: &Env<'_>) -> Step {
    let standing = asks.standing(env.request);
    if let Standing::Refused(origin) = standing
        && asks.refused == Refused::Deny
        && may_act(env.request)
    {
        return Step::deny(not_allowed(origin, rule));
    }
    match asks.upstream {
        Upstream::Replace => with_edits(decision(standing, rule, env), rule, asks, standing, None),
        Upstream::Merge => {
            exchange.0 = Some((Rc::clone(rule), Rc::clone(asks)));
            decision(standing, rule, env).watch_response()
        }
        Upstream::Keep => {
            exchange.0 = Some((Rc::clone(rule), Rc::clone(asks)));
            // Whether that origin is refused is for the upstream to say.
            let refused = matches!(standing, Standing::Refused(_));
            if refused { Step::go_on() } else { decision(standing, rule, env) }.watch_response()
        }
    }
}

/// The answer is here, and what the upstream says counts too.
fn response(rule: &Rc<Rule>, asks: &Rc<Asks>, env: &Env<'_>, head: &Head) -> Step {
    let standing = asks.standing(env.request);
    match asks.upstream {
        Upstream::Replace => Step::go_on(),
        Upstream::Merge => with_edits(Step::go_on(), rule, asks, standing, Some(head)),
        Upstream::Keep => {
            let refused = matches!(standing, Standing::Refused(_));
            // Two grants are none, to any browser. Envoy joins them with a comma, which no origin has in it.
            let granted = matches!(head.sole(ALLOW_ORIGIN), Sole::One(granted) if !granted.contains(&b','));
            match (granted, refused) {
                // Another origin may have got the rule's own.
                (true, true) => Step::allow(rule).edit_response(rule, varying()),
                (true, false) => Step::go_on().edit_response(rule, varying()),
                (false, _) => {
                    let step = if refused { decision(standing, rule, env) } else { Step::go_on() };
                    with_edits(step, rule, asks, standing, None)
                }
            }
        }
    }
}

fn decision(standing: Standing<'_>, rule: &Rc<Rule>, env: &Env<'_>) -> Step {
    match standing {
        Standing::NotAsked | Standing::Granted(_) => Step::allow(rule),
        Standing::Refused(origin) => Step::withhold(not_allowed(origin, rule), env),
    }
}

fn with_edits(step: Step, rule: &Rule, asks: &Asks, standing: Standing<'_>, upstream: Option<&Head>) -> Step {
    step.edits_response(rule, asks.edits(standing, upstream))
}

/// The refusal of an origin, or of several.
fn not_allowed(origin: Sole<'_>, rule: &Rc<Rule>) -> Denial {
    let origin = match origin {
        Sole::One(origin) => String::from_utf8_lossy(origin.get(..origins::LONGEST).unwrap_or(origin)).into_owned(),
        Sole::Absent => "(none)".to_owned(),
        Sole::Many => "(more than one)".to_owned(),
    };
    Denial::new(&reasons::ORIGIN_NOT_ALLOWED, rule).with("origin", origin)
}

/// Whether the request may change something. Some methods do not (RFC 9110, section 9.2.1), unless they open a connection for
/// whatever follows: browsers let pages of every origin make and read a WebSocket, and leave it to the server to refuse (RFC 6455, section 10.2).
fn may_act(request: &Head) -> bool {
    let is_safe = matches!(request.method(), b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE");
    !is_safe || request.sole("upgrade") != Sole::Absent
}
