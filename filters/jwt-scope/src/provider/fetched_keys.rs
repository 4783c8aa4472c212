//! Keys that are fetched: by themselves, or where a discovery document says that they are.

use std::collections::VecDeque;
use std::time::Duration;

use sha2::{Digest, Sha256};
use verdict_policy::contract::{CallError, CallId, Next, Reply};
use verdict_policy::fetched::{Fetched, Outcome, Source};
use verdict_policy::time::{Mono, Now};

use super::discovery::{self, Location};
use super::key_set::{KeySet, Reading};

/// The longest document that is read, in bytes: reading it must not hold a worker up.
const DOCUMENT_LIMIT: usize = 256 * 1024;

/// How many numbers of keys are remembered that were asked for and are not there.
const UNKNOWN_LIMIT: usize = 256;

/// How long it counts that a fetch did not bring a key.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// Keys that are fetched.
pub struct FetchedKeys {
    /// Where the keys are, if that has to be found out.
    discovery: Option<Discovery>,
    /// The keys. `None` until it is known where they are.
    keys: Option<Fetched<KeySet>>,
    label: String,
    slot: u16,
    reading: Option<(Reading, [u8; 32])>,
    /// The digest of the document that the keys are from.
    digest: [u8; 32],
    generation: u32,
    /// Numbers of keys that were asked for and are not there, each with the fetch that was to bring it. As digests: a client chooses them.
    unknown: VecDeque<Asked>,
    note: Option<String>,
}

/// A key that was asked for on behalf of a request, by the digest of its number.
struct Asked {
    kid: [u8; 32],
    call: CallId,
    at: Mono,
}

struct Discovery {
    issuer: String,
    document: Fetched<Location>,
    source: Source,
}

impl FetchedKeys {
    /// Keys from a JWK set. `slot` tells the documents of the filter apart, and two of them are taken: this and the next one.
    pub fn at(source: Source, label: &str, slot: u16) -> Self {
        let keys = Some(Self::document(source, label, slot));
        Self::new(None, keys, label, slot)
    }

    /// Keys from where the discovery document of that issuer says that they are.
    pub fn discovered(source: Source, issuer: &str, label: &str, slot: u16) -> Self {
        let document = Fetched::new(source.clone(), format!("{label}.discovery"), slot.saturating_add(1));
        let discovery =
            Discovery { issuer: issuer.to_owned(), document: document.accepting("application/json"), source };
        Self::new(Some(discovery), None, label, slot)
    }

    fn new(discovery: Option<Discovery>, keys: Option<Fetched<KeySet>>, label: &str, slot: u16) -> Self {
        Self {
            discovery,
            keys,
            label: label.to_owned(),
            slot,
            reading: None,
            digest: [0; 32],
            generation: 0,
            unknown: VecDeque::new(),
            note: None,
        }
    }

    fn document(source: Source, label: &str, slot: u16) -> Fetched<KeySet> {
        Fetched::new(source, label, slot).accepting("application/json")
    }

    pub(super) fn value(&self, now: Now) -> Option<&KeySet> {
        self.keys.as_ref()?.value(now)
    }

    pub(super) fn coming(&mut self, now: Now, by: Mono) -> Option<CallId> {
        match (&mut self.keys, &mut self.discovery) {
            (Some(keys), _) => keys.hurry(now).or_else(|| keys.coming(by)),
            (None, Some(discovery)) => discovery.document.hurry(now).or_else(|| discovery.document.coming(by)),
            (None, None) => None,
        }
    }

    pub(super) fn ask_for(&mut self, kid: &str, now: Now) -> Option<CallId> {
        let keys = self.keys.as_mut()?;
        let digest = Sha256::digest(kid).into();
        // A source may publish a key a little later than tokens of it appear: what was asked for in vain is asked for again some day.
        while self.unknown.front().is_some_and(|asked| now.mono >= asked.at.after(ASK_AGAIN)) {
            self.unknown.pop_front();
        }
        if let Some(asked) = self.unknown.iter().find(|asked| asked.kid == digest) {
            // Somebody asked first; until that fetch is over, it may bring the key.
            return keys.coming(now.mono).filter(|coming| *coming == asked.call);
        }
        let call = keys.hurry(now)?;
        if self.unknown.len() >= UNKNOWN_LIMIT {
            self.unknown.pop_front();
        }
        self.unknown.push_back(Asked { kid: digest, call, at: now.mono });
        Some(call)
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    pub(super) fn holds(&self, now: Now) -> Option<(Duration, u64, u64)> {
        let keys = self.keys.as_ref()?;
        let set = keys.latest()?;
        Some((keys.age(now)?, set.count(), set.bad()))
    }

    pub(super) fn next(&mut self, now: Now) -> Next {
        if let Some((reading, digest)) = &mut self.reading {
            let digest = *digest;
            match reading.step() {
                None => return Next::Busy,
                Some(read) => {
                    self.reading = None;
                    self.take(read, digest, now);
                }
            }
        }
        if let Some(note) = self.note.take() {
            return Next::Note(note);
        }
        let discovery = self.discovery.as_mut().map_or(Next::Sleep(None), |discovery| discovery.document.next(now));
        let Next::Sleep(first) = discovery else { return discovery };
        let keys = self.keys.as_mut().map_or(Next::Sleep(None), |keys| keys.next(now));
        let Next::Sleep(second) = keys else { return keys };
        Next::Sleep(first.into_iter().chain(second).min())
    }

    pub(super) fn awaits(&self, call: CallId) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.awaits(call))
            || self.discovery.as_ref().is_some_and(|discovery| discovery.document.awaits(call))
    }

    pub(super) fn on_reply(&mut self, call: CallId, reply: Result<Reply, CallError>, now: Now) {
        if let Some(keys) = self.keys.as_mut().filter(|keys| keys.awaits(call)) {
            let document = match keys.on_reply(call, reply, now) {
                Outcome::New(document) => document,
                // Keys are short: no part of them is asked for.
                Outcome::NotModified | Outcome::Ignored | Outcome::More(_) => return,
                Outcome::Failed(_) => return self.unknown.clear(),
            };
            let remedy = "let the source publish only the keys that are in use";
            match read_if_short(&document, remedy, Reading::begin) {
                Ok(reading) => self.reading = Some((reading, Sha256::digest(&document).into())),
                Err(why) => self.take(Err(why), [0; 32], now),
            }
        } else if let Some(discovery) = &mut self.discovery {
            let Outcome::New(document) = discovery.document.on_reply(call, reply, now) else { return };
            let remedy = "check that `path` is that of a discovery document";
            match read_if_short(&document, remedy, |document| discovery::read(document, &discovery.issuer)) {
                Ok(location) => {
                    let moved = discovery.document.latest() != Some(&location);
                    let source = discovery.source.at(location.authority.clone(), location.path.clone());
                    discovery.document.accept(location, now);
                    match &mut self.keys {
                        Some(keys) if moved => keys.move_to(source),
                        Some(_) => {}
                        None => self.keys = Some(Self::document(source, &self.label, self.slot)),
                    }
                }
                Err(why) => discovery.document.reject(&why, now),
            }
        }
    }

    /// Takes what a document was read to.
    fn take(&mut self, read: Result<(KeySet, Option<String>), String>, digest: [u8; 32], now: Now) {
        let Some(keys) = &mut self.keys else { return };
        match read {
            Ok((set, fault)) => {
                if self.digest != digest {
                    self.digest = digest;
                    self.generation = self.generation.wrapping_add(1);
                    self.unknown.clear();
                    self.note = fault.map(|fault| {
                        format!("`{}`: {} of its keys cannot be used, the first: {fault}", self.label, set.bad())
                    });
                }
                keys.accept(set, now);
            }
            Err(why) => {
                // Nobody knows whether the keys that were asked for are there.
                self.unknown.clear();
                keys.reject(&why, now);
            }
        }
    }
}

/// Reads a document, unless it is too long for that. The remedy is not `max_bytes`: that is how much is fetched, and may be more.
fn read_if_short<T>(document: &[u8], remedy: &str, read: impl FnOnce(&[u8]) -> Result<T, String>) -> Result<T, String> {
    if document.len() > DOCUMENT_LIMIT {
        return Err(format!(
            "it is longer than {DOCUMENT_LIMIT} bytes, the most that are read whatever `max_bytes` says; {remedy}"
        ));
    }
    read(document)
}
