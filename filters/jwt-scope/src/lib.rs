//! Admits requests by the token they carry: verified, and with the scopes, roles and claims that the rule asks for.
//!
//! A token is believed only once its signature holds under a key of its issuer. Until then the client learns nothing but that it is not
//! valid; the log learns why.

pub mod algorithm;
pub mod cache;
pub mod claims;
mod config;
pub mod jws;
pub mod key;
pub mod passing_on;
pub mod provider;
pub mod raw;
mod reasons;
mod refusal;
pub mod requirement;
pub mod signature;
#[cfg(test)]
mod tests;
mod verification;

use std::rc::Rc;
use std::time::Duration;

use verdict_policy::contract::{CallError, CallId, Env, Event, Gauge, Next, Policy, Reply, Step, Then, Wait};
use verdict_policy::crypto::Crypto;
use verdict_policy::denial::Denial;
use verdict_policy::document::Document;
use verdict_policy::head::Head;
use verdict_policy::identity::{self, Identity};
use verdict_policy::metrics;
use verdict_policy::own_headers::without_clients_own;
use verdict_policy::preflight::Preflight;
use verdict_policy::presented::{self, Place, Presented};
use verdict_policy::problems::Problems;
use verdict_policy::reason::Reason;
use verdict_policy::settings::{Rule, Rules};
use verdict_policy::time::{Mono, Now};

use cache::Cache;
use claims::{Claims, Times};
use passing_on::PassingOn;
use provider::Provider;
use raw::Access;
use refusal::Refusal;
use requirement::Requirement;
use signature::HostCan;
use verification::Unverifiable;

#[cfg(all(target_os = "wasi", feature = "module"))]
verdict_host::export!(JwtScope);

/// The filter.
pub struct JwtScope {
    rules: Rules<Rc<Asks>>,
    providers: Vec<Provider>,
    places: Vec<Place>,
    max_token_bytes: usize,
    preflights_pass: bool,
    passing_on: PassingOn,
    host: HostCan,
    cache: Cache,
    wait: Duration,
    refusal: Refusal,
}

/// What a rule asks.
struct Asks {
    access: Access,
    /// The providers whose tokens are accepted, by their places in the table. No two of them have the same issuer.
    providers: Vec<usize>,
    requirement: Requirement,
}

/// A token whose signature held, and what it says. Only [`verification`] makes one.
#[derive(Debug)]
pub struct Verified {
    provider: usize,
    claims: Claims,
    /// What its provider asks of its times: to be checked at every request.
    times: Times,
    scopes: claims::Set,
    roles: claims::Set,
    /// What the filters behind are told, if they are told at all.
    identity: Option<Rc<Identity>>,
    /// The payload as it came, if it is passed on.
    payload: Vec<u8>,
}

/// What is remembered of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exchange {
    /// It has just come.
    #[default]
    New,
    /// It waits for keys, until then at most.
    Waiting {
        /// When its patience ends.
        until: Mono,
        /// Whether a fetch was asked for on its behalf, since its token names a key that is not there. Once is enough.
        asked: bool,
    },
}

impl Policy for JwtScope {
    const NAME: &'static str = "jwt-scope";
    const REASONS: &'static [&'static Reason] = reasons::ALL;
    const IDENTIFIES: bool = true;
    const READS_BODIES: bool = false;
    type Exchange = Exchange;

    fn load(document: &Document, crypto: &dyn Crypto, problems: &mut Problems) -> Option<Self> {
        config::read(document, crypto, problems)
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
        // Also where it is refused, or nobody asked for a token: a rule may be told to let pass what cannot be decided, and the upstream
        // must never take the client's word for ours. What the filter itself sets is set after that.
        without_clients_own(step, &rule, env.request, self.passing_on.headers())
    }

    fn next(&mut self, now: Now) -> Next {
        let mut soonest: Option<Mono> = None;
        let mut busy = false;
        for provider in &mut self.providers {
            match provider.next(now) {
                Next::Sleep(at) => soonest = soonest.into_iter().chain(at).min(),
                Next::Busy => busy = true,
                other @ (Next::Call(_) | Next::Note(_) | Next::Ready(_)) => return other,
            }
        }
        if busy { Next::Busy } else { Next::Sleep(soonest) }
    }

    fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        if let Some(provider) = self.providers.iter_mut().find(|provider| provider.awaits(call)) {
            provider.on_reply(call, reply, now);
        }
    }

    fn gauges(&self, now: Now, tell: &mut dyn FnMut(Gauge<'_>)) {
        for provider in &self.providers {
            provider.gauges(now, tell);
        }
        let Cache { hits, misses, .. } = self.cache;
        tell(Gauge::new(&metrics::CACHE_ENTRIES, &["tokens"], self.cache.len() as u64));
        tell(Gauge::new(&metrics::CACHE_LOOKUPS, &["tokens", "hit"], hits));
        tell(Gauge::new(&metrics::CACHE_LOOKUPS, &["tokens", "miss"], misses));
    }
}

/// Whether a request without a token was here before.
enum Before {
    Not,
    /// With this token.
    Known(Rc<Verified>, Now),
    /// With a token that is not remembered any more, or not one of those that this rule accepts.
    Forgotten,
}

impl JwtScope {
    fn decide(&mut self, exchange: &mut Exchange, over: bool, rule: &Rc<Rule>, asks: &Asks, env: &Env<'_>) -> Step {
        if asks.access == Access::Public {
            return Step::allow(rule);
        }
        let refusal = &self.refusal;
        let (token, place) = match presented::find(env.request, &self.places, self.max_token_bytes) {
            Presented::One { token, place } => (token, place),
            Presented::Absent => return self.without_token(rule, asks, env),
            Presented::Ambiguous => return Step::deny(refusal.of(&reasons::TOKEN_AMBIGUOUS, rule)),
            Presented::TooLarge => {
                return Step::deny(refusal.of(&reasons::TOKEN_TOO_LARGE, rule).with("limit", self.max_token_bytes));
            }
            Presented::Malformed => {
                return Step::deny(
                    refusal.of(&reasons::TOKEN_MALFORMED, rule).with("cause", "it is empty, or has white space in it"),
                );
            }
        };
        let now = (env.now)();
        let verified = match self.verify(&token, asks, now, env.crypto) {
            Ok(verified) => verified,
            Err(why) => return self.unverifiable(why, exchange, over, rule, now),
        };
        self.judge(&verified, rule, asks, now, env.request, Some((&token, place)))
    }

    /// The request has no token, or none any more.
    fn without_token(&mut self, rule: &Rc<Rule>, asks: &Asks, env: &Env<'_>) -> Step {
        let before = self.verified_before(asks, env);
        if let Before::Known(verified, now) = before {
            return self.judge(&verified, rule, asks, now, env.request, None);
        }
        // No browser sends a token with a preflight. What comes with one is a request like any other.
        if (self.preflights_pass && Preflight::of(env).is_some()) || asks.access == Access::Optional {
            return Step::allow(rule);
        }
        Step::deny(match before {
            Before::Forgotten => Denial::new(&reasons::TOKEN_FORGOTTEN, rule),
            Before::Not | Before::Known(..) => self.refusal.missing(rule),
        })
    }

    /// Whether the token suffices, now and for what this rule asks.
    fn judge(
        &mut self,
        verified: &Verified,
        rule: &Rc<Rule>,
        asks: &Asks,
        now: Now,
        request: &Head,
        token: Option<(&[u8], usize)>,
    ) -> Step {
        if let Err(fault) = claims::check_times(&verified.claims, now.wall.seconds(), &verified.times) {
            if let Some((token, _)) = token {
                self.cache.forget(token, verified.provider);
            }
            return Step::deny(self.refusal.of_times(fault, verified.times.max_lifetime_seconds, now, rule));
        }
        if let Err(unmet) = asks.requirement.check(&verified.scopes, &verified.roles, &verified.claims) {
            return Step::deny(self.refusal.of_unmet(unmet, verified, rule));
        }
        self.admit(verified, token, rule, request)
    }

    /// The token holds, and admits the request.
    fn admit(&self, verified: &Verified, token: Option<(&[u8], usize)>, rule: &Rc<Rule>, request: &Head) -> Step {
        let mut step = Step::allow(rule);
        if self.passing_on.strip_token
            && let Some(place) = token.and_then(|(_, place)| self.places.get(place))
        {
            for edit in presented::stripped(request, place) {
                step = step.edit_request(rule, edit);
            }
        }
        for edit in self.passing_on.edits(&verified.claims, &verified.payload) {
            step = step.edit_request(rule, edit);
        }
        match &verified.identity {
            Some(identity) => step.identify(rule, Rc::clone(identity)),
            None => step,
        }
    }

    /// The token that this request had when it came here first. An internal redirect of the proxy brings a request here a second time, as
    /// the filters left it: without a token that was taken out, or that was in the query of the first URL. That it was here is told by the filter state, which no client can reach.
    fn verified_before(&self, asks: &Asks, env: &Env<'_>) -> Before {
        let identity = if self.passing_on.remembers { identity::of(env, Self::NAME) } else { None };
        let Some(credential) = identity.as_ref().and_then(|identity| identity.credential()) else { return Before::Not };
        let generation = |index: usize| self.providers.get(index).map_or(0, Provider::generation);
        let Some(verified) = self.cache.find_known_by(credential, &asks.providers, generation) else {
            return Before::Forgotten;
        };
        let now = (env.now)();
        match self.providers.get(verified.provider).and_then(|provider| provider.key_set(now)) {
            Some(_) => Before::Known(verified, now),
            None => Before::Forgotten,
        }
    }

    /// The token does not hold, or nobody can tell yet.
    fn unverifiable(
        &mut self,
        why: Unverifiable,
        exchange: &mut Exchange,
        over: bool,
        rule: &Rc<Rule>,
        now: Now,
    ) -> Step {
        let (until, asked) = match *exchange {
            Exchange::New => (now.mono.after(self.wait), false),
            Exchange::Waiting { until, asked } => (until, asked),
        };
        let patient = !over && now.mono < until;
        let wait = match &why {
            Unverifiable::Refused(_) => None,
            Unverifiable::NoKeys(provider) if patient => {
                let call = self.providers.get_mut(*provider).and_then(|provider| provider.coming(now, until));
                call.map(|call| (call, asked))
            }
            Unverifiable::UnknownKey(provider, kid) if patient && !asked => {
                let call = self.providers.get_mut(*provider).and_then(|provider| provider.ask_for(kid, now));
                call.map(|call| (call, true))
            }
            Unverifiable::NoKeys(_) | Unverifiable::UnknownKey(..) => None,
        };
        if let Some((call, asked)) = wait {
            *exchange = Exchange::Waiting { until, asked };
            return Then::Wait(Wait { rule: Rc::clone(rule), call, until }).into();
        }
        let name = |provider: usize| self.providers.get(provider).map_or("", |provider| provider.name.as_str());
        match why {
            Unverifiable::Refused(refused) => Step::deny(self.refusal.of_refused(&refused, &name, rule)),
            // Anybody can make up the number of a key: never `unable`, or `on_error: allow` would admit it.
            Unverifiable::UnknownKey(provider, kid) => Step::deny(
                self.refusal.of(&reasons::KEY_UNKNOWN, rule).with("key", kid).with("provider", name(provider)),
            ),
            Unverifiable::NoKeys(provider) => {
                Step::unable(Denial::new(&reasons::KEYS_UNAVAILABLE, rule).with_full("provider", name(provider)))
            }
        }
    }
}
