//! A provider: who issues tokens, and the keys that they are verified with, wherever those come from.

mod discovery;
mod fetched_keys;
mod key_set;

use verdict_policy::contract::{CallError, CallId, Gauge, Next, Reply};
use verdict_policy::metrics;
use verdict_policy::time::{Mono, Now};

use crate::algorithm::Algorithm;
use crate::claims::{Claims, Times};

pub use fetched_keys::FetchedKeys;
pub use key_set::{Found, KeySet};

/// Who issues tokens, and how they are verified.
pub struct Provider {
    /// As the configuration calls it.
    pub name: String,
    /// The `iss` of its tokens.
    pub issuer: String,
    /// One of these must be in `aud`; empty: any will do.
    pub audiences: Vec<String>,
    /// The algorithms that are accepted. `None`: those of its keys, but no HMAC.
    pub algorithms: Option<Vec<Algorithm>>,
    /// The `typ` that its tokens must have, in lower case and without `application/`.
    pub typ: Option<String>,
    /// What is checked of the times in a token.
    pub times: Times,
    /// The claims that scopes are read from.
    pub scope_claims: Vec<Vec<String>>,
    /// The claims that roles are read from.
    pub role_claims: Vec<Vec<String>>,
    /// Its keys.
    pub keys: Keys,
}

/// The keys of a provider.
pub enum Keys {
    /// They stand in the configuration.
    Written(KeySet),
    /// They are fetched.
    Fetched(Box<FetchedKeys>),
}

impl Provider {
    /// Whether tokens may be signed with this algorithm, whatever the keys say.
    pub fn allows(&self, algorithm: Algorithm) -> bool {
        match &self.algorithms {
            Some(allowed) => allowed.contains(&algorithm),
            None => !algorithm.is_symmetric(),
        }
    }

    /// Whether a token may have that `typ` (RFC 7515, section 4.1.9): `application/` in front of it says nothing, and neither does case.
    pub fn accepts_type(&self, typ: Option<&str>) -> bool {
        let Some(wanted) = &self.typ else { return true };
        typ.is_some_and(|typ| plain_type(typ) == *wanted)
    }

    /// Whether a token is meant for this service.
    pub fn accepts_audience(&self, claims: &Claims) -> bool {
        self.audiences.is_empty() || claims.audiences().any(|theirs| self.audiences.iter().any(|ours| ours == theirs))
    }

    /// The keys, if they are there and not too old.
    pub fn key_set(&self, now: Now) -> Option<&KeySet> {
        match &self.keys {
            Keys::Written(keys) => Some(keys),
            Keys::Fetched(keys) => keys.value(now),
        }
    }

    /// Whether the key that a token names may be one that its issuer has and we do not, or not yet. Keys without a number are tried with
    /// any token; that they fail tells nothing of the one that is named.
    pub fn may_lack(&self, kid: Option<&str>, keys: &KeySet) -> bool {
        match &self.keys {
            Keys::Written(_) => false,
            Keys::Fetched(_) => kid.is_some_and(|kid| !keys.names(kid)),
        }
    }

    /// The fetch that may bring keys where there are none, if one is under way or begins by then.
    pub fn coming(&mut self, now: Now, by: Mono) -> Option<CallId> {
        match &mut self.keys {
            Keys::Written(_) => None,
            Keys::Fetched(keys) => keys.coming(now, by),
        }
    }

    /// The fetch that may bring the key of that number, if it was not asked for in vain before and a fetch may begin.
    pub fn ask_for(&mut self, kid: &str, now: Now) -> Option<CallId> {
        match &mut self.keys {
            Keys::Written(_) => None,
            Keys::Fetched(keys) => keys.ask_for(kid, now),
        }
    }

    /// What there is to do.
    pub fn next(&mut self, now: Now) -> Next {
        match &mut self.keys {
            Keys::Written(_) => Next::Sleep(None),
            Keys::Fetched(keys) => keys.next(now),
        }
    }

    /// Whether this is a call of its own.
    pub fn awaits(&self, call: CallId) -> bool {
        match &self.keys {
            Keys::Written(_) => false,
            Keys::Fetched(keys) => keys.awaits(call),
        }
    }

    /// Takes the reply to a call of its own.
    pub fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        match &mut self.keys {
            Keys::Written(_) => {}
            Keys::Fetched(keys) => keys.on_reply(call, reply, now),
        }
    }

    /// How often the keys have changed: what was verified with other keys counts no more.
    pub fn generation(&self) -> u32 {
        match &self.keys {
            Keys::Written(_) => 0,
            Keys::Fetched(keys) => keys.generation(),
        }
    }

    /// Tells how old the keys are, and how many.
    pub fn gauges(&self, now: Now, tell: &mut dyn FnMut(Gauge<'_>)) {
        if let Keys::Fetched(keys) = &self.keys {
            let Some((age, count, bad)) = keys.holds(now) else { return };
            tell(Gauge::new(&metrics::DATA_AGE, &[&self.name], age.as_secs()));
            tell(Gauge::new(&metrics::DATA_ENTRIES, &[&self.name], count));
            tell(Gauge::new(&metrics::DATA_BAD_ENTRIES, &[&self.name], bad));
        }
    }
}

/// A media type as types of tokens are compared.
pub(crate) fn plain_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").map(str::to_owned).unwrap_or(typ)
}
