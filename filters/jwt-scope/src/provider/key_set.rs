//! The keys of a provider at one time, and which of them a token may be verified with.

use verdict_policy::json::{self, Json};

use crate::algorithm::Algorithm;
use crate::key::{From, Key, jwk};

/// The most keys that one set may have: a token that names none is tried with several.
const KEYS_LIMIT: usize = 256;

/// How many keys are built at once: no callback takes long.
const KEYS_AT_ONCE: usize = 8;

/// The most keys that one token is tried with, if it does not say which one it is.
const TRIES: usize = 8;

/// The keys of a provider. There is at least one.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<Key>,
    /// How many were of no use.
    bad: u64,
}

/// The keys that a token may be verified with.
pub enum Found<'a> {
    /// One of these, tried in order.
    Keys(Vec<&'a Key>),
    /// There is none of that number.
    Unknown,
    /// There is, but it is not for this algorithm.
    OtherAlgorithm,
}

impl KeySet {
    /// Keys that were read one by one.
    pub fn new(keys: Vec<Key>) -> Self {
        Self { keys, bad: 0 }
    }

    /// How many keys there are.
    pub fn count(&self) -> u64 {
        self.keys.len() as u64
    }

    /// How many entries of the document were none.
    pub fn bad(&self) -> u64 {
        self.bad
    }

    /// All keys.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The keys for a token that names that key and that algorithm. A key without a number may be anybody's.
    pub fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Found<'_> {
        let named = |key: &&Key| match (kid, key.kid()) {
            (Some(wanted), Some(kid)) => wanted == kid,
            (None, _) | (Some(_), None) => true,
        };
        if !self.keys.iter().any(|key| named(&key)) {
            return Found::Unknown;
        }
        let mut keys: Vec<&Key> = self.keys.iter().filter(named).filter(|key| key.serves(algorithm)).collect();
        // The one that is named first, or those without a number could leave no try for it.
        keys.sort_by_key(|key| kid.is_some() && key.kid() != kid);
        keys.truncate(TRIES);
        if keys.is_empty() { Found::OtherAlgorithm } else { Found::Keys(keys) }
    }

    /// Whether a key has exactly that number.
    pub fn names(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid() == Some(kid))
    }
}

/// A fetched document on its way to a set of keys, a few at a time.
#[derive(Debug)]
pub struct Reading {
    rest: std::vec::IntoIter<Json>,
    set: KeySet,
    /// What is wrong with the first key that is of no use.
    fault: Option<String>,
}

impl Reading {
    /// Begins to read a JWK set (RFC 7517, section 5).
    ///
    /// # Errors
    /// If it is none.
    pub fn begin(document: &[u8]) -> Result<Self, String> {
        let document = json::parse(document).map_err(|error| format!("it is not JSON: {error}"))?;
        let keys = jwk::list(document).map_err(|fault| fault.to_string())?;
        if keys.len() > KEYS_LIMIT {
            return Err(format!("it has more than {KEYS_LIMIT} keys"));
        }
        Ok(Self { rest: keys.into_iter(), set: KeySet::new(Vec::new()), fault: None })
    }

    /// Reads a few keys more. `None` while there are more to come; then the set, and what is wrong with the first of those that could
    /// not be used.
    ///
    /// # Errors
    /// If no key of all of them can be used.
    pub fn step(&mut self) -> Option<Result<(KeySet, Option<String>), String>> {
        for _ in 0..KEYS_AT_ONCE {
            let Some(next) = self.rest.next() else {
                let set = std::mem::replace(&mut self.set, KeySet::new(Vec::new()));
                let fault = self.fault.take();
                return Some(match (set.keys.is_empty(), fault) {
                    (false, fault) => Ok((set, fault)),
                    (true, None) => Err("it has no keys".to_owned()),
                    (true, Some(fault)) => Err(format!("it has no key that can be used: {fault}")),
                });
            };
            match jwk::read(&next, From::Remote) {
                Ok(key) => self.set.keys.push(key),
                Err(fault) => {
                    self.set.bad += 1;
                    self.fault.get_or_insert_with(|| fault.to_string());
                }
            }
        }
        None
    }
}
