//! The document with the keys, read: who has which key, and until when.

use std::collections::BTreeSet;

use subtle::ConstantTimeEq;
use verdict_policy::date;
use verdict_policy::document::{Document, Named};
use verdict_policy::problems::{Place, Problems};
use verdict_policy::time::Wall;

/// The longest document that is read at once, in bytes: no callback may take over ten milliseconds. A policy with
/// longer ones keeps what it has read so far and goes on in `next`, with [`verdict_policy::contract::Next::Busy`].
const READ_AT_ONCE: usize = 16 * 1024;

mod raw {
    verdict_policy::object! {
        /// What the document says of a consumer.
        pub(super) struct Consumer {
            pub(super) key: String,
            pub(super) until: Option<String> = None,
        }
    }
}

/// Every key. No two are equal, and there is at least one.
pub struct KeyRing(Vec<Entry>);

/// A consumer's key.
pub struct Entry {
    /// Whose it is.
    pub consumer: String,
    key: String,
    /// When it ends.
    until: Option<Wall>,
}

impl KeyRing {
    /// Reads the document.
    ///
    /// # Errors
    /// What is wrong with it. Never more of it than the names of the consumers: it is full of secrets.
    pub fn read(document: &[u8]) -> Result<Self, String> {
        if document.len() > READ_AT_ONCE {
            return Err(format!("it is longer than {READ_AT_ONCE} bytes"));
        }
        let mut problems = Problems::new();
        let consumers: Option<Named<raw::Consumer>> =
            Document::parse(document, &mut problems).and_then(|document| document.read(&mut problems));
        let Some(Named(consumers)) = consumers else {
            // Not the messages: they quote what they found.
            let places: Vec<String> = problems.iter().map(|problem| problem.place.to_string()).collect();
            return Err(format!("it is not an object of consumers: see {}", places.join(", ")));
        };
        if consumers.is_empty() {
            return Err("it lists nobody".to_owned());
        }
        let mut seen = BTreeSet::new();
        let mut entries = Vec::with_capacity(consumers.len());
        for (consumer, raw::Consumer { key, until }) in consumers {
            let place = Place::root().key(&consumer);
            if !is_header_value(&consumer) || !is_header_value(&key) {
                return Err(format!("{place}: name and key are one or more visible ASCII characters"));
            }
            if !seen.insert(key.clone()) {
                return Err(format!("{place}: another consumer has the same key"));
            }
            let until = match until.as_deref().map(wall) {
                None => None,
                Some(Some(until)) => Some(until),
                Some(None) => return Err(format!("{place}/until: this is not a date of RFC 3339")),
            };
            entries.push(Entry { consumer, key, until });
        }
        Ok(Self(entries))
    }

    /// The entry with that key. It takes as long for one key as for another: every entry is looked at.
    pub fn find(&self, key: &[u8]) -> Option<&Entry> {
        self.0
            .iter()
            .fold(None, |found, entry| if entry.key.as_bytes().ct_eq(key).into() { Some(entry) } else { found })
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }
}

impl Entry {
    /// Whether its time is over.
    pub fn is_over(&self, now: Wall) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// Whether the text can stand in a header as it is.
fn is_header_value(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A date of RFC 3339. One before 1970 is over, like 1970 itself.
fn wall(written: &str) -> Option<Wall> {
    let seconds = u64::try_from(date::read(written)?.max(0)).unwrap_or(u64::MAX);
    Some(Wall(seconds.saturating_mul(1_000_000_000)))
}
