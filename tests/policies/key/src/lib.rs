//! Admits requests that carry a key which a fetched document lists: how a policy with a fetched document is written.
//!
//! The document is a JSON object of consumers, `{"shop": {"key": "…", "until": "2027-01-01T00:00:00Z"}}`. The policy
//! never fetches it. It says in [`Policy::next`] which call it needs, reads the reply in [`Policy::on_reply`], and
//! answers [`Then::Wait`] to requests that cannot be decided before; all the rest of it (when, how often, what if not)
//! is [`Fetched`]'s.

use std::rc::Rc;
use std::time::Duration;

use verdict_policy::contract::{CallError, CallId, Env, Event, Gauge, Next, Policy, Reply, Step, Then, Wait};
use verdict_policy::crypto::Crypto;
use verdict_policy::denial::Denial;
use verdict_policy::document::Document;
use verdict_policy::fetched::{Fetched, Outcome};
use verdict_policy::head::{Edit, Sole};
use verdict_policy::identity::Identity;
use verdict_policy::metrics;
use verdict_policy::own_headers::without_clients_own;
use verdict_policy::problems::Problems;
use verdict_policy::reason::Reason;
use verdict_policy::settings::{Rule, Rules};
use verdict_policy::time::Now;

pub mod config;
pub mod key_ring;
pub mod reasons;
#[cfg(test)]
mod tests;

use config::raw::Asks;
use key_ring::KeyRing;

#[cfg(all(target_os = "wasi", feature = "module"))]
verdict_host::export!(KeyPolicy);

/// The header that tells the upstream which consumer it is.
const CONSUMER: &str = "x-consumer";

/// What the document is called in the metrics and the log.
const LABEL: &str = "keys";

/// Admits requests by their key.
pub struct KeyPolicy {
    rules: Rules<Asks>,
    /// The header that holds the key.
    header: String,
    /// How long a request waits for the document at most.
    wait: Duration,
    keys: Fetched<KeyRing>,
}

/// What is remembered of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exchange {
    /// It has just come.
    #[default]
    New,
    /// It has waited for the document. Nothing waits twice: that bounds how long it takes and what it can cause.
    Waited,
}

impl Policy for KeyPolicy {
    const NAME: &'static str = "key";
    const REASONS: &'static [&'static Reason] = reasons::ALL;
    const IDENTIFIES: bool = true;
    const READS_BODIES: bool = false;
    type Exchange = Exchange;

    fn load(document: &Document, _: &dyn Crypto, problems: &mut Problems) -> Option<Self> {
        let config::Config { rules, header, wait, source } = config::Config::read(Self::NAME, document, problems)?;
        Some(Self { rules, header, wait, keys: Fetched::new(source, LABEL, 0).accepting("application/json") })
    }

    fn on(&mut self, exchange: &mut Exchange, event: Event<'_>, env: &Env<'_>) -> Step {
        match event {
            Event::Request => {}
            Event::Again | Event::TimedOut => *exchange = Exchange::Waited,
            // Never asked for.
            Event::RequestBody(_) | Event::Response(..) | Event::ResponseBody(_) => return Step::go_on(),
        }
        let (rule, asks) = match self.rules.find(env) {
            Ok((rule, asks)) => (Rc::clone(rule), *asks),
            // Also where no rule matches and the default admits: the upstream must not take the client's word for ours.
            Err(step) => return without_clients_own(step, self.rules.by_default(), env.request, [CONSUMER]),
        };
        let admitted = match asks {
            Asks { public: true } => Ok(None),
            Asks { public: false } => self.consumer(*exchange, &rule, env).map(Some),
        };
        let (consumer, step) = match admitted {
            Ok(consumer) => (consumer, Step::allow(&rule)),
            Err(then) => (None, then.into()),
        };
        // Also where it is refused: a rule may be told to let pass what cannot be decided.
        let step = without_clients_own(step, &rule, env.request, [CONSUMER]);
        match consumer {
            None => step,
            Some(consumer) => step
                .edit_request(&rule, Edit::Set(CONSUMER.into(), consumer.clone().into()))
                .identify(&rule, Identity::new(Self::NAME, vec![("consumer".to_owned(), consumer)], None)),
        }
    }

    fn next(&mut self, now: Now) -> Next {
        self.keys.next(now)
    }

    fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        match self.keys.on_reply(call, reply, now) {
            Outcome::New(document) => match KeyRing::read(&document) {
                Ok(ring) => self.keys.accept(ring, now),
                Err(why) => self.keys.reject(&why, now),
            },
            // The document that was good stays, and those who wait are asked again: there is nothing to do here.
            Outcome::NotModified | Outcome::Failed(_) | Outcome::Ignored | Outcome::More(_) => {}
        }
    }

    fn gauges(&self, now: Now, tell: &mut dyn FnMut(Gauge<'_>)) {
        if let (Some(age), Some(ring)) = (self.keys.age(now), self.keys.latest()) {
            tell(Gauge::new(&metrics::DATA_AGE, &[LABEL], age.as_secs()));
            tell(Gauge::new(&metrics::DATA_ENTRIES, &[LABEL], ring.count()));
        }
    }
}

impl KeyPolicy {
    /// The consumer whose key the request carries.
    ///
    /// # Errors
    /// How it goes on, where there is none or none can be told yet.
    fn consumer(&mut self, exchange: Exchange, rule: &Rc<Rule>, env: &Env<'_>) -> Result<String, Then> {
        let key = match env.request.sole(&self.header) {
            Sole::Absent | Sole::One(b"") => return Err(self.refuse(Denial::new(&reasons::KEY_MISSING, rule))),
            Sole::Many => return Err(self.refuse(Denial::new(&reasons::KEY_AMBIGUOUS, rule))),
            Sole::One(key) => key,
        };
        let now = (env.now)();
        let until = now.mono.after(self.wait);
        let ring = self.keys.value(now);
        let known = ring.is_some();
        if let Some(entry) = ring.and_then(|ring| ring.find(key)) {
            return if entry.is_over(now.wall) {
                Err(self.refuse(Denial::new(&reasons::KEY_EXPIRED, rule).with_full("consumer", &entry.consumer)))
            } else {
                Ok(entry.consumer.clone())
            };
        }
        // The source may know better than the document that is here, but it is asked only so often, whoever asks.
        let call = match (exchange, known) {
            (Exchange::Waited, _) => None,
            (Exchange::New, true) => self.keys.hurry(now),
            (Exchange::New, false) => self.keys.hurry(now).or_else(|| self.keys.coming(until)),
        };
        Err(match (call, known) {
            (Some(call), _) => Then::Wait(Wait { rule: Rc::clone(rule), call, until }),
            // Anybody can make up a key: never `unable`, or `on_error: allow` would admit it.
            (None, true) => self.refuse(Denial::new(&reasons::KEY_UNKNOWN, rule)),
            (None, false) => Then::Unable(Box::new(Denial::new(&reasons::KEYS_UNAVAILABLE, rule))),
        })
    }

    /// A refusal for want of a valid key.
    fn refuse(&self, denial: Denial) -> Then {
        let challenge = Some(format!("ApiKey header=\"{}\"", self.header));
        Then::Deny(Box::new(Denial { challenge, ..denial.with("header", &self.header) }))
    }
}
