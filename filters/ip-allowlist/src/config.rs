//! Reads the filter's part of the configuration: what was written becomes what can be decided by, or a problem with its place.

use verdict_policy::client_address::ClientAddress;
use verdict_policy::date;
use verdict_policy::document::{Document, Named};
use verdict_policy::fetched::Source;
use verdict_policy::problems::{Place, Problems};
use verdict_policy::settings;
use verdict_policy::sorted::Sorted;

use crate::builder::build;
use crate::contradictions::{How, SEGMENTS, contradictions};
use crate::entry::{Entry, Listed};
use crate::geo::{Geo, Origin};
use crate::lists::{Line, List, Written};
use crate::ranges::RangeSet;
use crate::terms::Terms;
use crate::{Asks, IpAllowlist, raw};

/// The most entries that may stand in the configuration itself. They are read in one go, before the proxy serves with them: more
/// would hold a worker up. A longer list is fetched, and read piece by piece.
const ENTRIES_LIMIT: usize = 10_000;

/// Reads the configuration.
pub(crate) fn read(document: &Document, problems: &mut Problems) -> Option<IpAllowlist> {
    let (written, _, rules) = settings::read::<raw::Settings, raw::Asks>("ip-allowlist", document, problems)?;
    let place = document.place();
    let Some(raw::Settings { client_address, lists, geo }) = written else {
        // Nobody knows which names mean lists; what else is wrong with the rules is told all the same.
        let mut reader = Reader { geo: None, names: None, entries: 0 };
        rules.map(|rule, asks| reader.asks(asks, &[], &rule.place, problems));
        return None;
    };
    let client_address = ClientAddress::read(client_address, &place.key("client_address"), problems);
    let geo = geo.map(|geo| Geo::read(geo, &place.key("geo"), problems));
    let mut reader = Reader { geo: geo.as_ref(), names: Some(Sorted::new()), entries: 0 };
    let lists = reader.lists(lists, &place.key("lists"), problems);
    let known = lists.as_deref().unwrap_or_default();
    let rules = rules.map(|rule, asks| reader.asks(asks, known, &rule.place, problems));
    if reader.entries > ENTRIES_LIMIT {
        problems.add(
            place,
            format!(
                "{} entries stand in this configuration, and {ENTRIES_LIMIT} may; put long lists into a file that a server offers, and \
                 `fetch` them",
                reader.entries
            ),
        );
    }
    let (client_address, lists, rules) = (client_address?, lists?, rules?);
    Some(IpAllowlist { rules, client_address, geo, lists })
}

struct Reader<'a> {
    geo: Option<&'a Geo>,
    /// The lists by name, as indices. `None`: neither they nor `geo` could be read, and problem enough is noted.
    names: Option<Sorted<String, usize>>,
    /// How many entries were read.
    entries: usize,
}

impl Reader<'_> {
    fn lists(&mut self, written: Named<raw::List>, place: &Place, problems: &mut Problems) -> Option<Vec<List>> {
        let Named(written) = written;
        let count = written.len();
        let mut lists = Vec::new();
        for (slot, (name, list)) in (0..).zip(written) {
            let place = place.key(&name);
            check_name(&name, &place, problems);
            let raw::List { entries, fetch } = list;
            let list = match (entries, fetch) {
                (Some(entries), None) => self
                    .written(entries, &place.key("entries"), problems)
                    .map(|written| List::written(name.clone(), written)),
                (None, Some(source)) => Source::read(source, &place.key("fetch"), problems)
                    .map(|source| List::fetched(name.clone(), source, slot)),
                (Some(_), Some(_)) | (None, None) => {
                    problems.add(&place, "a list has either `entries` or `fetch`; write one of them");
                    None
                }
            };
            // A name counts even where its list is bad: one problem is enough.
            if let Some(names) = &mut self.names {
                names.insert(name, lists.len());
            }
            lists.extend(list);
        }
        (lists.len() == count).then_some(lists)
    }

    /// The entries of a list: addresses only.
    fn written(&mut self, entries: Vec<raw::Entry>, place: &Place, problems: &mut Problems) -> Option<Written> {
        if entries.is_empty() {
            problems.add(place, "the list is empty; add an entry, or delete the list");
            return None;
        }
        let mut side = Side::default();
        for (index, entry) in entries.into_iter().enumerate() {
            let place = place.index(index);
            match self.entry(entry, &place, problems) {
                Some((line, Meant::Address(listed))) => side.address(line, listed),
                Some((line, Meant::List(_) | Meant::Origin(_))) => {
                    problems.add(
                        &place,
                        format!("`{}` is not an address; a list has addresses only: name it in the rule", line.text),
                    );
                }
                None => {}
            }
        }
        let ranges = side.ranges(place, problems)?;
        Some(Written { ranges, entries: side.lines })
    }

    fn asks(&mut self, asks: raw::Asks, lists: &[List], place: &Place, problems: &mut Problems) -> Option<Asks> {
        let raw::Asks { allow, deny } = asks;
        let (allow_place, deny_place) = (place.key("allow"), place.key("deny"));
        let allow = self.side(allow, &allow_place, problems);
        let deny = self.side(deny, &deny_place, problems);
        let denies_all = deny.addresses.iter().any(|listed| listed.entry == Entry::Any);
        if allow.is_empty() && !denies_all {
            problems.add(
                &allow_place,
                "the rule admits nobody; name who is admitted, or write \"any\" here to admit all that `deny` does not name, or \
                 \"any\" in `deny` to refuse all",
            );
        }
        let (allowed, denied) = (allow.ranges(&allow_place, problems), deny.ranges(&deny_place, problems));
        let (allowed, denied) = (allowed?, denied?);
        note_contradictions(&allow, &deny, &denied, lists, problems);
        Some(Asks { allow: allow.terms(allowed), deny: deny.terms(denied) })
    }

    fn side(&mut self, entries: Vec<raw::Entry>, place: &Place, problems: &mut Problems) -> Side {
        let mut side = Side::default();
        for (index, entry) in entries.into_iter().enumerate() {
            match self.entry(entry, &place.index(index), problems) {
                Some((line, Meant::Address(listed))) => side.address(line, listed),
                Some((line, Meant::List(list))) => side.lists.push((line, list)),
                Some((line, Meant::Origin(origin))) => side.origins.push((line, origin)),
                None => side.bad = true,
            }
        }
        side
    }

    fn entry(&mut self, entry: raw::Entry, place: &Place, problems: &mut Problems) -> Option<(Line, Meant)> {
        self.entries = self.entries.saturating_add(1);
        let raw::Entry { entry: text, comment, until } = entry;
        let end = match &until {
            None => None,
            Some(until) => Some(read_date(until, &place.key("until"), problems)?),
        };
        let line = Line { text, comment, place: place.clone() };
        let meant = if let Some(origin) = Origin::parse(&line.text) {
            match origin {
                Ok(origin) if self.geo.is_some_and(|geo| geo.tells(origin)) => Meant::Origin(origin),
                Ok(_) if self.names.is_none() => return None,
                Ok(_) => {
                    problems.add(place, format!("nothing tells `{}`; add `geo` with the header that does", line.text));
                    return None;
                }
                Err(message) => {
                    problems.add(place, message);
                    return None;
                }
            }
        } else if let Some(list) = self.names.as_ref().and_then(|names| names.get(line.text.as_str())) {
            Meant::List(*list)
        } else {
            match Entry::parse(line.text.as_bytes()) {
                Ok(entry) => Meant::Address(Listed { entry, until: end }),
                Err(_) if is_name(&line.text) && self.names.is_none() => return None,
                Err(_) if is_name(&line.text) => {
                    problems.add(
                        place,
                        format!("there is no list `{}`; add it to `lists`, or correct the name", line.text),
                    );
                    return None;
                }
                Err(wrong) => {
                    // The fault does not offer it: in a fetched list it cannot stand.
                    let any = if wrong.is_anything() { ", or `any`" } else { "" };
                    problems.add(place, format!("{wrong}{any}"));
                    return None;
                }
            }
        };
        if until.is_some() && !matches!(meant, Meant::Address(_)) {
            problems.add(
                &place.key("until"),
                "only addresses can end by themselves; put `until` to the entries of the list",
            );
            return None;
        }
        Some((line, meant))
    }
}

/// What an entry turned out to be.
enum Meant {
    Address(Listed),
    List(usize),
    Origin(Origin),
}

/// What was read of one side of a rule.
#[derive(Default)]
struct Side {
    addresses: Vec<Listed>,
    lines: Vec<Line>,
    lists: Vec<(Line, usize)>,
    origins: Vec<(Line, Origin)>,
    bad: bool,
}

impl Side {
    fn address(&mut self, line: Line, listed: Listed) {
        self.addresses.push(listed);
        self.lines.push(line);
    }

    fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.lists.is_empty() && self.origins.is_empty() && !self.bad
    }

    fn ranges(&self, place: &Place, problems: &mut Problems) -> Option<RangeSet> {
        build(&self.addresses).map_err(|fault| problems.add(place, fault.to_string())).ok()
    }

    fn terms(self, ranges: RangeSet) -> Terms {
        let Self { addresses: _, lines, lists, origins, bad: _ } = self;
        Terms { own: Written { ranges, entries: lines }, lists, origins }
    }
}

/// Notes what is both allowed and denied: deny wins, so the entry in `allow` never admits anybody.
fn note_contradictions(allow: &Side, deny: &Side, denied: &RangeSet, lists: &[List], problems: &mut Problems) {
    let mut note = |line: &Line, other: &Line, how: &str| {
        let message = format!(
            "`{}` never admits anybody: `{}` ({}){how}; delete one of them",
            line.text, other.text, other.place
        );
        problems.add(&line.place, message);
    };
    for found in contradictions(&allow.addresses, &deny.addresses, denied) {
        if let (Some(line), Some(other)) = (allow.lines.get(found.allow), deny.lines.get(found.deny)) {
            note(
                line,
                other,
                match found.how {
                    How::Same => " denies the same",
                    How::Inside => " denies all of it",
                    How::Together => " and others of `deny` together deny all of it",
                },
            );
        }
    }
    for (line, list) in &allow.lists {
        if let Some((other, _)) = deny.lists.iter().find(|(_, other)| other == list) {
            note(line, other, " denies the same");
        }
    }
    for (line, origin) in &allow.origins {
        if let Some((other, _)) = deny.origins.iter().find(|(_, other)| other == origin) {
            note(line, other, " denies the same");
        }
    }
    // Who is on a fetched list or in a country nobody knows here, but if all are denied they are, too.
    let elsewhere = || allow.lists.iter().map(|(line, _)| line).chain(allow.origins.iter().map(|(line, _)| line));
    let everybody = Listed { entry: Entry::Any, until: None };
    for found in contradictions(&[everybody], &deny.addresses, denied) {
        if let Some(other) = deny.lines.get(found.deny) {
            let how = match found.how {
                How::Same | How::Inside => " denies everybody",
                How::Together => " and others of `deny` together deny everybody",
            };
            elsewhere().for_each(|line| note(line, other, how));
        }
    }
    let mut left = SEGMENTS;
    for (other, list) in &deny.lists {
        let Some(denied) = lists.get(*list).and_then(List::in_configuration) else { continue };
        for (line, allowed) in allow.lines.iter().zip(&allow.addresses) {
            if denied.covering(allowed, &mut left).is_some() {
                note(line, other, " denies all of it");
            }
        }
        if denied.covering(&everybody, &mut left).is_some() {
            let unsaid = elsewhere().filter(|line| line.text != other.text);
            unsaid.for_each(|line| note(line, other, " denies everybody"));
        }
    }
}

fn read_date(written: &str, place: &Place, problems: &mut Problems) -> Option<u64> {
    let date = date::read(written).and_then(|seconds| u64::try_from(seconds).ok());
    if date.is_none() {
        problems.add(place, format!("`{written}` is not a moment in RFC 3339; write it like 2027-01-31T18:00:00Z"));
    }
    date
}

fn is_name(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn check_name(name: &str, place: &Place, problems: &mut Problems) {
    if !is_name(name) || name == "any" || name.len() > 64 {
        problems.add(
            place,
            format!("`{name}` cannot be the name of a list; use a letter, then at most 63 letters, digits, dashes and underscores, not `any`"),
        );
    }
}
