//! Admits requests by subscription: who calls, by key or by verified identity, and whether they have subscribed to this API, were
//! approved, and are in time.

mod admitted;
pub mod book;
mod config;
pub mod hash;
pub mod lookup;
pub mod raw;
mod reasons;
mod source;
pub mod subscription;

use std::cell::LazyCell;
use std::rc::Rc;
use std::time::Duration;

use verdict_policy::contract::{CallError, CallId, Env, Event, Gauge, Next, Policy, Reply, Step, Then, Wait};
use verdict_policy::crypto::Crypto;
use verdict_policy::date;
use verdict_policy::denial::Denial;
use verdict_policy::document::Document;
use verdict_policy::head::{Edit, Head};
use verdict_policy::identity::{self, Identity};
use verdict_policy::matching::path;
use verdict_policy::own_headers::without_clients_own;
use verdict_policy::presented::{self, Place, Presented};
use verdict_policy::problems::Problems;
use verdict_policy::reason::{Reason, common};
use verdict_policy::settings::{Rule, Rules};
use verdict_policy::time::{Mono, Now};

use admitted::Admitted;
use hash::Hasher;
use lookup::Caller;

use source::{Found, Source};
use subscription::{Known, State, Subscription, When};

#[cfg(all(target_os = "wasi", feature = "module"))]
verdict_host::export!(SubscriptionPolicy);

/// The filter whose word about callers is taken.
const IDENTIFIER: &str = "jwt-scope";

/// What the access log knows the consumer by. It is left of every request, and for one of more than 17 characters Envoy takes
/// memory twice.
const CONSUMER: &str = "verdict.consumer";

/// The longest identity that is looked for, in bytes.
const IDENTITY_LIMIT: usize = 256;

/// The filter.
pub struct SubscriptionPolicy {
    rules: Rules<Rc<Asks>>,
    keys: Option<Keys>,
    /// The claim that names the caller, where an earlier filter has identified it.
    claim: Option<String>,
    source: Source,
    passing_on: PassingOn,
    portal: Option<String>,
    wait: Duration,
    admitted: Admitted,
}

/// Where keys are, and how they are hashed.
struct Keys {
    places: Vec<Place>,
    /// The places, for people.
    in_words: String,
    max_bytes: usize,
    hasher: Hasher,
}

/// What of the caller the upstream gets.
struct PassingOn {
    strip_key: bool,
    identity: bool,
    consumer: Option<String>,
    plan: Option<String>,
}

/// What a rule asks.
enum Asks {
    /// Nothing.
    Public,
    /// A subscription to this API.
    Api(Rc<str>),
}

/// What is remembered of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exchange {
    /// It has just come.
    #[default]
    New,
    /// It waits for the source, until then at most.
    Waiting(Mono),
}

impl Policy for SubscriptionPolicy {
    const NAME: &'static str = "subscription";
    const REASONS: &'static [&'static Reason] = reasons::ALL;
    const IDENTIFIES: bool = true;
    const READS_BODIES: bool = false;
    type Exchange = Exchange;

    fn load(document: &Document, _: &dyn Crypto, problems: &mut Problems) -> Option<Self> {
        config::read(document, problems)
    }

    fn on(&mut self, exchange: &mut Exchange, event: Event<'_>, env: &Env<'_>) -> Step {
        let over = match event {
            Event::Request | Event::Again => false,
            Event::TimedOut => true,
            // Never asked for.
            Event::RequestBody(_) | Event::Response(..) | Event::ResponseBody(_) => return Step::go_on(),
        };
        let (rule, step) = match self.rules.find(env) {
            Ok((rule, asks)) => {
                let (rule, asks) = (Rc::clone(rule), Rc::clone(asks));
                let step = self.decide(exchange, over, &rule, &asks, env);
                (rule, step)
            }
            Err(step) => (Rc::clone(self.rules.by_default()), step),
        };
        let step = self.without_key(step, &rule, env);
        // Always: the upstream must never take the client's word for ours. What the filter itself sets is set after that.
        without_clients_own(step, &rule, env.request, self.passing_on.headers())
    }

    fn next(&mut self, now: Now) -> Next {
        self.source.next(now)
    }

    fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        self.source.on_reply(call, reply, now);
    }

    fn gauges(&self, now: Now, tell: &mut dyn FnMut(Gauge<'_>)) {
        self.source.gauges(now, tell);
        self.admitted.gauges(tell);
    }
}

impl PassingOn {
    fn headers(&self) -> impl Iterator<Item = &str> {
        self.consumer.iter().chain(&self.plan).map(String::as_str)
    }
}

impl SubscriptionPolicy {
    fn decide(&mut self, exchange: &mut Exchange, over: bool, rule: &Rc<Rule>, asks: &Asks, env: &Env<'_>) -> Step {
        let api = match asks {
            Asks::Public => return Step::allow(rule),
            Asks::Api(api) => api,
        };
        let caller = match self.caller(rule, env) {
            Ok(caller) => caller,
            Err(denial) => return Step::deny(denial),
        };
        let now = LazyCell::new(|| (env.now)());
        let (before, wait) = (*exchange, self.wait);
        let until = || {
            let until = match before {
                Exchange::New => now.mono.after(wait),
                Exchange::Waiting(until) => until,
            };
            (!over && now.mono < until).then_some(until)
        };
        match self.source.find(&caller, api, &|| *now, &until) {
            Found::Known(known) => {
                let step = match self.judge(&known, api, rule, &|| now.wall.seconds(), env) {
                    Ok(plan) => {
                        self.admitted.count(api, plan);
                        self.admit(&known, &caller, rule)
                    }
                    Err(denial) => Step::deny(denial),
                };
                step.leave(CONSUMER, known.consumer)
            }
            Found::Unknown => Step::deny(match caller {
                Caller::Key(_) => refuse(&reasons::KEY_UNKNOWN, rule),
                // Somebody vouches for who it is.
                Caller::Identity(_) => {
                    let denial = Denial { verified: true, ..Denial::new(&reasons::IDENTITY_UNKNOWN, rule) };
                    match &self.portal {
                        Some(portal) => denial.with("portal", portal),
                        None => denial,
                    }
                }
            }),
            Found::Wait(call) => {
                let until = until().unwrap_or(now.mono);
                *exchange = Exchange::Waiting(until);
                Then::Wait(Wait { rule: Rc::clone(rule), call, until }).into()
            }
            // Never `unable`: a flood of made-up keys would be its own leave to pass.
            Found::Busy(calls) => Step::deny(Denial::new(&common::TOO_MANY_WAITING, rule).with("limit", calls)),
            Found::Unavailable => Step::unable(Denial::new(&reasons::SOURCE_UNAVAILABLE, rule)),
        }
    }

    /// Who calls.
    fn caller(&self, rule: &Rc<Rule>, env: &Env<'_>) -> Result<Caller, Denial> {
        if let Some(keys) = &self.keys {
            match presented::find(env.request, &keys.places, keys.max_bytes) {
                Presented::One { token, place: _ } => return Ok(Caller::Key(keys.hasher.hash(&token))),
                Presented::Ambiguous => return Err(refuse(&reasons::KEY_AMBIGUOUS, rule)),
                Presented::Malformed | Presented::TooLarge => {
                    return Err(refuse(&reasons::KEY_MALFORMED, rule).with("limit", keys.max_bytes));
                }
                Presented::Absent if self.claim.is_none() => {
                    return Err(refuse(&reasons::KEY_MISSING, rule).with("where", &keys.in_words));
                }
                Presented::Absent => {}
            }
        }
        let claim = self.claim.as_deref().unwrap_or_default();
        let identity = identity::of(env, IDENTIFIER);
        match identity.as_ref().and_then(|identity| identity.claim(claim)) {
            Some(identity) if !identity.is_empty() && identity.len() <= IDENTITY_LIMIT => {
                Ok(Caller::Identity(identity.to_owned()))
            }
            // Whoever sends no token gets here too: never `unable`, or `on_error: allow` would admit it.
            Some(_) | None => Err(refuse(&reasons::IDENTITY_UNAVAILABLE, rule).with_full("claim", claim)),
        }
    }

    /// What is known of the caller decides: the plan that admits, if the subscription has one.
    fn judge<'k>(
        &self,
        known: &'k Known,
        api: &str,
        rule: &Rc<Rule>,
        now: &dyn Fn() -> u64,
        env: &Env<'_>,
    ) -> Result<Option<&'k str>, Denial> {
        let Known { consumer, credential, subscription } = known;
        match credential.at(now) {
            When::Within => {}
            When::After(expired) => {
                let denial = refuse(&reasons::KEY_EXPIRED, rule).with_full("consumer", consumer);
                return Err(denial.with("expired", date::written(expired)));
            }
            When::Before(from) => {
                let denial = refuse(&reasons::KEY_NOT_YET_VALID, rule).with_full("consumer", consumer);
                return Err(denial.with("from", date::written(from)));
            }
        }
        let lacking = |reason: &'static Reason| {
            let denial = Denial { verified: true, ..Denial::new(reason, rule) };
            let denial = denial.with("consumer", consumer).with("api", api);
            match &self.portal {
                Some(portal) => denial.with("portal", portal),
                None => denial,
            }
        };
        let Some(subscription) = subscription else { return Err(lacking(&reasons::REQUIRED)) };
        let Subscription { state, period, plan } = subscription;
        let reason = match state {
            State::Active => None,
            State::Pending => Some(&reasons::PENDING_APPROVAL),
            State::Rejected => Some(&reasons::REJECTED),
            State::Suspended => Some(&reasons::SUSPENDED),
            State::Revoked => Some(&reasons::REVOKED),
        };
        if let Some(reason) = reason {
            return Err(lacking(reason));
        }
        match period.at(now) {
            When::Within => {}
            When::After(ended) => return Err(lacking(&reasons::EXPIRED).with("ended", date::written(ended))),
            When::Before(starts) => {
                return Err(lacking(&reasons::NOT_STARTED).with("starts", date::written(starts)));
            }
        }
        if let Some(plan) = plan.as_ref().filter(|plan| !plan.covers(|| env.request.method(), || normal_path(env))) {
            return Err(lacking(&reasons::PLAN_EXCLUDES).with("plan", &plan.name));
        }
        Ok(plan.as_ref().map(|plan| plan.name.as_str()))
    }

    /// Takes keys out of a request that goes on, or may: also of one that nobody asked for a key, or that passes though nobody could tell.
    fn without_key(&self, mut step: Step, rule: &Rule, env: &Env<'_>) -> Step {
        let Some(keys) = self.keys.as_ref().filter(|_| self.passing_on.strip_key) else { return step };
        if !matches!(step.then, Then::Pass | Then::Unable(_)) {
            return step;
        }
        // Two parameters of one query are taken out one after the other.
        let mut left: Option<Head> = None;
        for place in &keys.places {
            let head = left.as_ref().unwrap_or(env.request);
            let edits = presented::stripped(head, place);
            if !edits.is_empty() {
                left = Some(head.edited(&edits));
            }
            step = edits.into_iter().fold(step, |step, edit| step.edit_request(rule, edit));
        }
        step
    }

    fn admit(&self, known: &Known, caller: &Caller, rule: &Rc<Rule>) -> Step {
        let PassingOn { strip_key: _, identity, consumer, plan } = &self.passing_on;
        let plan_name = known.subscription.as_ref().and_then(|subscription| subscription.plan.as_ref());
        let plan_name = plan_name.map(|plan| plan.name.as_str());
        let mut step = Step::allow(rule);
        for (header, value) in [(consumer, Some(&*known.consumer)), (plan, plan_name)] {
            if let (Some(header), Some(value)) = (header, value) {
                step = step.edit_request(rule, Edit::Set(header.clone().into(), value.as_bytes().to_vec()));
            }
        }
        let by = match caller {
            Caller::Key(_) => "key",
            Caller::Identity(_) => "identity",
        };
        if *identity {
            let mut claims =
                vec![("consumer".to_owned(), known.consumer.to_string()), ("by".to_owned(), by.to_owned())];
            claims.extend(plan_name.map(|plan| ("plan".to_owned(), plan.to_owned())));
            step = step.identify(rule, Identity::new(Self::NAME, claims, None));
        }
        step
    }
}

/// A refusal for want of a valid key.
fn refuse(reason: &'static Reason, rule: &Rc<Rule>) -> Denial {
    Denial { challenge: Some("ApiKey".to_owned()), ..Denial::new(reason, rule) }
}

/// The path as rules match it. One that can be read in several ways got here because the rules say that its normal form counts.
fn normal_path(env: &Env<'_>) -> Vec<u8> {
    match path::read(env.request.path().unwrap_or_default()) {
        path::Reading::Plain(path) => path.to_vec(),
        path::Reading::Odd(odd) => odd.normal_form(),
        path::Reading::Unknown => Vec::new(),
    }
}
