//! One side of a rule, `allow` or `deny`: addresses, lists, countries and networks, and which of them names a client.

use std::net::IpAddr;

use verdict_policy::problems::Place;
use verdict_policy::time::Now;

use crate::geo::{Origin, Told};
use crate::lists::{Line, List, Says, Written, lookup};
use crate::ranges::{EntryId, Lookup};

/// One side of a rule.
pub struct Terms {
    /// Addresses that stand in the rule itself.
    pub own: Written,
    /// Lists that it names: where it does, and which.
    pub lists: Vec<(Line, usize)>,
    /// Countries and networks.
    pub origins: Vec<(Line, Origin)>,
}

/// What a side says of a client.
pub enum Hit<'a> {
    /// An entry names it.
    Named(Named<'a>),
    /// An entry named it, until then.
    Ended(Named<'a>, u64),
    /// No entry does, as far as one can tell: this list could not be asked.
    Unavailable(&'a List),
    /// No entry does, but this condition could not be told.
    Unknown(&'a Place),
    /// No entry does.
    None,
}

/// The entry that names a client. It is put into words only where it refuses somebody.
#[derive(Clone, Copy)]
pub enum Named<'a> {
    /// It stands in the rule itself. The configuration was checked: every entry has its line.
    Own(Option<&'a Line>),
    /// It stands in a list, which the rule names in this line.
    Listed(&'a List, EntryId, &'a Line),
}

impl Named<'_> {
    /// What the operator wrote: the entry itself, or the list and its entry.
    pub fn entry(self) -> String {
        match self {
            Self::Own(line) => line.map(|line| line.text.clone()).unwrap_or_default(),
            Self::Listed(list, entry, _) => match list.line(entry) {
                Some(line) => format!("{}, entry {}", list.name, line.text),
                None => format!("{}, line {}", list.name, entry.0),
            },
        }
    }

    /// Its comment.
    pub fn comment(&self) -> Option<&str> {
        match self {
            Self::Own(line) => line.and_then(|line| line.comment.as_deref()),
            Self::Listed(list, entry, rule) => {
                let own = list.line(*entry).and_then(|line| line.comment.as_deref());
                own.or(rule.comment.as_deref())
            }
        }
    }

    /// The line of the rule.
    pub fn place(self) -> Place {
        match self {
            Self::Own(line) => line.map(|line| line.place.clone()).unwrap_or_default(),
            Self::Listed(_, _, rule) => rule.place.clone(),
        }
    }
}

impl Terms {
    /// Whether only countries and networks stand in it.
    pub fn only_origins(&self) -> bool {
        self.own.entries.is_empty() && self.lists.is_empty()
    }

    /// What it says of the client at this address. The first entry that names it is told; what cannot be told counts only where
    /// none does. `unknown_decides`: that an origin cannot be told counts before what a missing list might say.
    pub fn find<'a>(
        &'a self,
        address: IpAddr,
        told: Option<Told>,
        lists: &'a [List],
        unknown_decides: bool,
        now: &dyn Fn() -> Now,
    ) -> Hit<'a> {
        let mut otherwise = Hit::None;
        match lookup(&self.own.ranges, address, now) {
            Lookup::Absent => {}
            Lookup::Present { entry, .. } => return Hit::Named(self.named(entry)),
            Lookup::Ended { entry, until } => otherwise = Hit::Ended(self.named(entry), until),
        }
        for (line, index) in &self.lists {
            // The configuration was checked: every index has its list.
            let Some(list) = lists.get(*index) else { continue };
            match list.says(address, now) {
                Says::Lookup(Lookup::Absent) => {}
                Says::Lookup(Lookup::Present { entry, .. }) => return Hit::Named(Named::Listed(list, entry, line)),
                Says::Lookup(Lookup::Ended { entry, until }) => {
                    if matches!(otherwise, Hit::None) {
                        otherwise = Hit::Ended(Named::Listed(list, entry, line), until);
                    }
                }
                Says::Unavailable(list) => otherwise = Hit::Unavailable(list),
            }
        }
        for (line, origin) in &self.origins {
            match told.and_then(|told| told.is(*origin)) {
                Some(true) => return Hit::Named(Named::Own(Some(line))),
                Some(false) => {}
                None => {
                    if unknown_decides || matches!(otherwise, Hit::None) {
                        otherwise = Hit::Unknown(&line.place);
                    }
                }
            }
        }
        otherwise
    }

    fn named(&self, entry: EntryId) -> Named<'_> {
        Named::Own(usize::try_from(entry.0).ok().and_then(|index| self.own.entries.get(index)))
    }
}
