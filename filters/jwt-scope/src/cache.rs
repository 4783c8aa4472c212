//! Tokens that were verified, so that each is verified once: bounded in number and in bytes, and never trusted beyond the keys that it was
//! verified with.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use crate::Verified;

/// What an entry takes beside its token and its claims, in bytes, roughly.
const OVERHEAD: usize = 256;

/// How much more memory a claim takes than its text, roughly.
const CLAIMS_FACTOR: usize = 4;

/// How many bytes at the end of a token it is looked for by: they are of the signature, which nobody chooses who has no key.
const TAIL: usize = 16;

/// A provider, by its place in the table, and the end of a token.
type Key = (usize, [u8; TAIL]);

/// Verified tokens. Those that came first go first.
#[derive(Debug)]
pub struct Cache {
    entries: BTreeMap<Key, Entry>,
    order: VecDeque<Key>,
    bytes: usize,
    limits: Limits,
    /// How often a token was found.
    pub hits: u64,
    /// How often it was not.
    pub misses: u64,
}

/// What a cache may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many tokens.
    pub tokens: usize,
    /// How many bytes.
    pub bytes: usize,
}

#[derive(Debug)]
struct Entry {
    token: Vec<u8>,
    generation: u32,
    verified: Rc<Verified>,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.token.len().saturating_mul(1 + CLAIMS_FACTOR).saturating_add(OVERHEAD)
    }
}

impl Cache {
    /// An empty one.
    pub fn new(limits: Limits) -> Self {
        Self { entries: BTreeMap::new(), order: VecDeque::new(), bytes: 0, limits, hits: 0, misses: 0 }
    }

    /// What the token was verified to, by one of those providers with the keys that it still has. `generation` says how often the
    /// keys of a provider have changed.
    pub fn find(
        &mut self,
        token: &[u8],
        providers: &[usize],
        generation: impl Fn(usize) -> u32,
    ) -> Option<Rc<Verified>> {
        let found = tail(token).and_then(|tail| {
            providers.iter().find_map(|provider| {
                let entry = self.entries.get(&(*provider, tail))?;
                // The whole token, and not in constant time: who gets here has the end of the signature of a good token, has seen it
                // then, and learns nothing from how long this takes.
                (entry.token == token && entry.generation == generation(*provider)).then(|| Rc::clone(&entry.verified))
            })
        });
        *(if found.is_some() { &mut self.hits } else { &mut self.misses }) += 1;
        found
    }

    /// The token of that digest, if it was verified by one of those providers with the keys that it still has. Looks at all of them: it
    /// is asked after an internal redirect only.
    pub fn find_known_by(
        &self,
        credential: &str,
        providers: &[usize],
        generation: impl Fn(usize) -> u32,
    ) -> Option<Rc<Verified>> {
        let is_known = |verified: &Verified| verified.identity.as_ref()?.credential().map(|known| known == credential);
        self.entries
            .iter()
            .find(|((provider, _), entry)| {
                providers.contains(provider)
                    && entry.generation == generation(*provider)
                    && is_known(&entry.verified) == Some(true)
            })
            .map(|(_, entry)| Rc::clone(&entry.verified))
    }

    /// Remembers a token that this provider's keys verified, as they are now.
    pub fn insert(&mut self, token: &[u8], provider: usize, generation: u32, verified: &Rc<Verified>) {
        let Some(tail) = tail(token) else { return };
        let entry = Entry { token: token.to_vec(), generation, verified: Rc::clone(verified) };
        if self.limits.tokens == 0 || entry.bytes() > self.limits.bytes {
            return;
        }
        let key = (provider, tail);
        self.remove(&key);
        while self.entries.len() >= self.limits.tokens || self.bytes + entry.bytes() > self.limits.bytes {
            let Some(first) = self.order.pop_front() else { break };
            if let Some(gone) = self.entries.remove(&first) {
                self.bytes = self.bytes.saturating_sub(gone.bytes());
            }
        }
        self.bytes += entry.bytes();
        self.entries.insert(key, entry);
        self.order.push_back(key);
    }

    /// Forgets a token: its time is over.
    pub fn forget(&mut self, token: &[u8], provider: usize) {
        if let Some(tail) = tail(token) {
            self.remove(&(provider, tail));
        }
    }

    /// How many tokens it holds.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn remove(&mut self, key: &Key) {
        if let Some(gone) = self.entries.remove(key) {
            self.bytes = self.bytes.saturating_sub(gone.bytes());
            self.order.retain(|other| other != key);
        }
    }
}

fn tail(token: &[u8]) -> Option<[u8; TAIL]> {
    token.last_chunk().copied()
}
