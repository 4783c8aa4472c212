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
        bytes_for(self.token.len())
    }
}

/// What a token of that length takes, in bytes, roughly.
pub fn bytes_for(token_bytes: usize) -> usize {
    token_bytes.saturating_mul(1 + CLAIMS_FACTOR).saturating_add(OVERHEAD)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::{Claims, Set, Times};
    use verdict_policy::identity::Identity;
    use verdict_policy::json;

    /// A token of that many bytes, with an end of its own.
    fn token(end: u8, bytes: usize) -> Vec<u8> {
        let mut token = vec![b'.'; bytes];
        token.iter_mut().rev().take(TAIL).for_each(|byte| *byte = end);
        token
    }

    fn verified(provider: usize) -> Rc<Verified> {
        Rc::new(Verified {
            provider,
            claims: Claims::read(json::parse(b"{}").unwrap()).unwrap(),
            times: Times { skew_seconds: 0, require_exp: false, max_lifetime_seconds: None },
            scopes: Set::default(),
            roles: Set::default(),
            identity: Some(Identity::new("jwt-scope", Vec::new(), Some(format!("digest {provider}")))),
            payload: Vec::new(),
        })
    }

    /// What is left of tokens of those lengths that came one after the other, by their places.
    #[track_caller]
    fn left(limits: Limits, lengths: &[usize], expected: &[usize]) {
        let mut cache = Cache::new(limits);
        let tokens: Vec<Vec<u8>> = (b'a'..).zip(lengths).map(|(end, length)| token(end, *length)).collect();
        for token in &tokens {
            cache.insert(token, 0, 0, &verified(0));
            let held: usize = cache.entries.values().map(Entry::bytes).sum();
            assert_eq!(cache.bytes, held);
            assert_eq!(cache.order.len(), cache.len());
            assert!(cache.len() <= limits.tokens && held <= limits.bytes, "{limits:?}: {} in {held}", cache.len());
        }
        let found = tokens.iter().enumerate().filter(|(_, token)| cache.find(token, &[0], |_| 0).is_some());
        assert_eq!(found.map(|(index, _)| index).collect::<Vec<_>>(), expected, "{limits:?} {lengths:?}");
    }

    #[test]
    fn tokens_are_bounded_in_number() {
        let limits = |tokens| Limits { tokens, bytes: usize::MAX };
        left(limits(0), &[100], &[]);
        left(limits(1), &[100, 100], &[1]);
        left(limits(3), &[100, 100, 100], &[0, 1, 2]);
        left(limits(3), &[100, 100, 100, 100, 100], &[2, 3, 4]);
    }

    #[test]
    fn tokens_are_bounded_in_bytes() {
        let limits = |bytes| Limits { tokens: 100, bytes };
        left(limits(0), &[100], &[]);
        left(limits(bytes_for(100)), &[100, 100], &[1]);
        left(limits(bytes_for(100) - 1), &[100, 99], &[1]);
        left(limits(2 * bytes_for(100)), &[100, 100, 100], &[1, 2]);
        // A large one takes the place of several small ones; one that is too large for all of it takes nobody's.
        left(limits(bytes_for(1000)), &[100, 100, 1000], &[2]);
        left(limits(bytes_for(1000)), &[100, 100, 1001], &[0, 1]);
    }

    #[test]
    fn a_token_that_is_too_short_for_an_end_is_not_remembered() {
        left(Limits { tokens: 10, bytes: usize::MAX }, &[TAIL - 1, TAIL], &[1]);
    }

    #[test]
    fn a_token_that_comes_again_is_there_once() {
        let mut cache = Cache::new(Limits { tokens: 2, bytes: usize::MAX });
        for _ in 0..3 {
            cache.insert(&token(b'a', 100), 0, 0, &verified(0));
        }
        assert_eq!((cache.len(), cache.order.len(), cache.bytes), (1, 1, bytes_for(100)));
        cache.forget(&token(b'a', 100), 0);
        assert_eq!((cache.is_empty(), cache.order.len(), cache.bytes), (true, 0, 0));
    }

    #[test]
    fn a_token_is_found_whole_and_with_the_provider_and_the_keys_that_it_was_verified_with() {
        let mut cache = Cache::new(Limits { tokens: 10, bytes: usize::MAX });
        let known = token(b'a', 100);
        cache.insert(&known, 1, 7, &verified(1));
        let same_end = token(b'a', 101);
        for (about, presented, providers, generation, expected) in [
            ("as it was", &known, [1].as_slice(), 7, true),
            ("among other providers", &known, &[0, 1, 2], 7, true),
            ("by another provider", &known, &[0, 2], 7, false),
            ("by none", &known, &[], 7, false),
            ("with newer keys", &known, &[1], 8, false),
            ("another with the same end", &same_end, &[1], 7, false),
        ] {
            assert_eq!(cache.find(presented, providers, |_| generation).is_some(), expected, "{about}");
            if *presented == known {
                let found = cache.find_known_by("digest 1", providers, |_| generation);
                assert_eq!(found.is_some(), expected, "{about}, by its digest");
            }
        }
        assert!(cache.find_known_by("digest 0", &[1], |_| 7).is_none());
        assert_eq!((cache.hits, cache.misses), (2, 4));
    }

    #[test]
    fn one_token_of_two_providers_is_there_for_each() {
        let mut cache = Cache::new(Limits { tokens: 10, bytes: usize::MAX });
        let token = token(b'a', 100);
        for provider in [0, 1] {
            cache.insert(&token, provider, 0, &verified(provider));
        }
        for provider in [0, 1] {
            assert_eq!(cache.find(&token, &[provider], |_| 0).map(|found| found.provider), Some(provider));
        }
        cache.forget(&token, 0);
        assert!(cache.find(&token, &[0], |_| 0).is_none());
        assert!(cache.find(&token, &[1], |_| 0).is_some());
    }
}
