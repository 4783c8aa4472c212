//! One search over a value in place of one for each rule: most operators can only match where one of a few literals stands, and most
//! values have none of them.
//!
//! Of each literal up to four neighbouring bytes are looked for, its gram; where one is found, the rest is compared. An automaton of all
//! literals would take ten times the memory, and longer both to build and to run: it would hardly ever be in a cache.

use super::Words;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// The longest gram, bytes.
const LONGEST: usize = 4;

/// The bits of a hash: so many are looked at first, most of them unset.
const HASH: u32 = 17;

/// The bits of it that choose a bucket.
const BUCKET: u32 = 13;

/// All literals of a rule set.
#[derive(Debug, Default)]
pub struct Prefilter {
    /// Which bytes are a literal of their own: bit `n % 64` of the word `n / 64`.
    bytes: [u64; 4],
    /// By such a byte, in their order, the links that need it or another literal of theirs.
    byte_links: Vec<Vec<u32>>,
    /// Which grams of two bytes there are: bit `n % 64` of the word `n / 64`.
    pairs: Vec<u64>,
    /// Which hashes the longer grams have, likewise.
    hashes: Vec<u64>,
    /// The end of each bucket among the entries; it begins where the one before ends.
    buckets: Vec<u32>,
    entries: Vec<Entry>,
    /// The literals, one after the other.
    text: Vec<u8>,
    /// The links that need the entries, one after the other.
    links: Vec<u32>,
    /// How many links are searched for.
    count: usize,
}

/// A literal of two bytes or more.
#[derive(Debug)]
struct Entry {
    gram: u32,
    /// The length of the gram, bytes.
    length: u32,
    /// How many bytes of the literal stand before it.
    before: u32,
    /// Where it is in the text.
    start: u32,
    end: u32,
    /// Where the links are that need it or another one of theirs.
    first_link: u32,
    last_link: u32,
}

/// Collects the literals of the links of a rule set.
#[derive(Debug, Default)]
pub(super) struct Collector {
    literals: HashMap<Vec<u8>, Vec<u32>, BuildHasherDefault<Words>>,
    count: usize,
}

impl Collector {
    /// A link that matches only where one of these literals stands, in any case. Its number among those that are searched for.
    pub fn add(&mut self, literals: Vec<Vec<u8>>) -> usize {
        let link = self.count;
        self.count += 1;
        for literal in literals {
            self.literals.entry(literal).or_default().push(link as u32);
        }
        link
    }

    /// The search.
    pub fn build(self) -> Prefilter {
        let Self { literals, count } = self;
        let (pairs, hashes) = (vec![0; 1 << (16 - 6)], vec![0; 1 << (HASH - 6)]);
        let mut prefilter = Prefilter { pairs, hashes, count, ..Prefilter::default() };
        let mut literals: Vec<_> = literals.into_iter().collect();
        // The short ones have the least choice among grams.
        literals.sort_by(|(one, _), (two, _)| (one.len(), one).cmp(&(two.len(), two)));
        // How many literals have a gram of that hash.
        let mut crowds = vec![0_u32; 1 << HASH];
        let mut buckets: Vec<Vec<Entry>> = Vec::new();
        buckets.resize_with(1 << BUCKET, Vec::new);
        for (literal, links) in literals {
            if let [byte] = literal.as_slice() {
                // They come in their order.
                insert(&mut prefilter.bytes, *byte);
                prefilter.byte_links.push(links);
                continue;
            }
            let length = literal.len().min(LONGEST);
            let grams = literal.windows(length).map(gram).enumerate();
            let crowd = |gram: u32| crowds.get(hash(gram, length)).copied().unwrap_or_default();
            let Some((before, gram)) = grams.min_by_key(|(_, gram)| commonness(*gram) + crowd(*gram)) else { continue };
            let hash = hash(gram, length);
            if let Some(crowd) = crowds.get_mut(hash) {
                *crowd += 1;
            }
            let (known, number) =
                if length == 2 { (&mut prefilter.pairs, gram as usize) } else { (&mut prefilter.hashes, hash) };
            if let Some(word) = known.get_mut(number / 64) {
                *word |= 1 << (number % 64);
            }
            let (start, first_link) = (prefilter.text.len() as u32, prefilter.links.len() as u32);
            prefilter.text.extend(&literal);
            prefilter.links.extend(links);
            let (end, last_link) = (prefilter.text.len() as u32, prefilter.links.len() as u32);
            let entry = Entry { gram, length: length as u32, before: before as u32, start, end, first_link, last_link };
            if let Some(bucket) = buckets.get_mut(hash >> (HASH - BUCKET)) {
                bucket.push(entry);
            }
        }
        for bucket in buckets {
            prefilter.entries.extend(bucket);
            prefilter.buckets.push(prefilter.entries.len() as u32);
        }
        prefilter
    }
}

impl Prefilter {
    /// How many words the answer of [`Self::search`] takes.
    pub fn words(&self) -> usize {
        self.count.div_ceil(64)
    }

    /// Sets the bits of the links that may match a value: the number `n` is bit `n % 64` of the word `n / 64`. `lower` is room that is kept.
    pub fn search(&self, value: &[u8], lower: &mut Vec<u8>, found: &mut [u64]) {
        lower.clear();
        lower.extend(value.iter().map(u8::to_ascii_lowercase));
        let mut present = [0; 4];
        let mut last = 0_u32;
        for (at, byte) in lower.iter().enumerate() {
            insert(&mut present, *byte);
            last = last << 8 | u32::from(*byte);
            // At the beginning zeros stand before; the comparison sees that they are not of the value.
            let (two, three) = (last & 0xffff, last & 0xff_ffff);
            let of_two = has(&self.pairs, two as usize);
            let of_three = has(&self.hashes, hash(three, 3));
            let of_four = has(&self.hashes, hash(last, 4));
            // One branch: which of them it is can hardly be foreseen.
            if of_two | of_three | of_four {
                for (length, gram, known) in [(2, two, of_two), (3, three, of_three), (4, last, of_four)] {
                    if known {
                        self.compare(lower, at + 1, (gram, length), found);
                    }
                }
            }
        }
        let mut before = 0;
        for (known, present) in self.bytes.iter().zip(present) {
            let mut both = known & present;
            while both != 0 {
                let lower = (1 << both.trailing_zeros()) - 1;
                let links = self.byte_links.get(before + (known & lower).count_ones() as usize);
                set(links.map_or(&[], Vec::as_slice), found);
                both &= both - 1;
            }
            before += known.count_ones() as usize;
        }
    }

    /// Compares the literals whose gram ends there.
    #[inline(never)]
    fn compare(&self, value: &[u8], end: usize, (gram, length): (u32, usize), found: &mut [u64]) {
        let bucket = hash(gram, length) >> (HASH - BUCKET);
        let end_of =
            |bucket: Option<usize>| bucket.and_then(|bucket| self.buckets.get(bucket)).map_or(0, |end| *end as usize);
        let entries = self.entries.get(end_of(bucket.checked_sub(1))..end_of(Some(bucket))).unwrap_or_default();
        for entry in entries.iter().filter(|entry| entry.gram == gram && entry.length as usize == length) {
            let literal = self.text.get(entry.start as usize..entry.end as usize).unwrap_or_default();
            let start = end.checked_sub(length + entry.before as usize);
            // A short one is all gram.
            let is_there = |start| literal.len() == length || value.get(start..start + literal.len()) == Some(literal);
            if start.is_some_and(is_there) {
                set(self.links.get(entry.first_link as usize..entry.last_link as usize).unwrap_or_default(), found);
            }
        }
    }

    /// How many literals there are, and how much memory the search takes, bytes.
    pub fn size(&self) -> (usize, usize) {
        let Self { byte_links, pairs, hashes, buckets, entries, text, links, .. } = self;
        let memory = (pairs.len() + hashes.len()) * 8
            + buckets.len() * 4
            + size_of_val(entries.as_slice())
            + text.len()
            + links.len() * 4;
        (byte_links.len() + entries.len(), memory)
    }
}

/// Whether a bit is set: bit `n % 64` of the word `n / 64`.
#[inline]
pub fn has(words: &[u64], number: usize) -> bool {
    words.get(number / 64).is_some_and(|word| word & 1 << (number % 64) != 0)
}

fn set(links: &[u32], found: &mut [u64]) {
    for link in links {
        if let Some(word) = found.get_mut(*link as usize / 64) {
            *word |= 1 << (link % 64);
        }
    }
}

fn insert(bytes: &mut [u64; 4], byte: u8) {
    if let Some(word) = bytes.get_mut(usize::from(byte / 64)) {
        *word |= 1 << (byte % 64);
    }
}

/// The bytes as one number.
fn gram(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |gram, byte| gram << 8 | u32::from(*byte))
}

#[inline]
fn hash(gram: u32, length: usize) -> usize {
    const SPREAD: u32 = 0x9e37_79b1;
    ((gram ^ (length as u32) << 29).wrapping_mul(SPREAD) >> (32 - HASH)) as usize
}

/// How common a gram may be in what clients send: by letters, not measured.
fn commonness(gram: u32) -> u32 {
    let one = |byte: u8| match byte {
        0 => 0,
        b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 6,
        b'h' | b'd' | b'l' | b'u' | b'c' | b'm' | b'p' | b' ' | b'/' | b'=' => 5,
        byte if byte.is_ascii_alphanumeric() => 3,
        b'-' | b'_' | b'.' | b',' | b'%' | b'&' => 3,
        _ => 1,
    };
    gram.to_be_bytes().into_iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::Operator;
    use crate::operator::random::{numbers, values};

    fn check(lists: &[&[&str]], value: &str) {
        let mut collector = Collector::default();
        for list in lists {
            collector.add(list.iter().map(|literal| literal.as_bytes().to_vec()).collect());
        }
        let prefilter = collector.build();
        let mut words = [0];
        prefilter.search(value.as_bytes(), &mut Vec::new(), &mut words);
        let lower = value.to_ascii_lowercase();
        for (link, list) in lists.iter().enumerate() {
            let expected = list.iter().any(|literal| lower.contains(literal));
            assert_eq!(words[0] & 1 << link != 0, expected, "{list:?} in {value:?}");
        }
    }

    #[test]
    fn every_literal_is_found_also_inside_of_others() {
        let lists: [&[&str]; 8] = [
            &["select", "union"],
            &["elec"],
            &["t"],
            &["ec"],
            &["\0\0ab"],
            &["abcdefghijkl", "lec", "ct"],
            &["hijk"],
            &["\0s"],
        ];
        for value in [
            "SeLeCt",
            "union",
            "xt",
            "",
            "s",
            "ab",
            "\0\0AB",
            "\0s",
            "abcdefghijk",
            "xabcdefghijklx",
            "elec",
            "ec",
            "le",
        ] {
            check(&lists, value);
        }
    }

    /// An expression by chance, of small parts.
    fn expression(next: &mut impl FnMut(usize) -> usize, depth: usize) -> String {
        let mut text = String::new();
        for _ in 0..1 + next(4) {
            let inner = depth.checked_sub(1).filter(|_| next(3) == 0).map(|depth| {
                let one = expression(next, depth);
                if next(2) == 0 { format!("(?:{one}|{})", expression(next, depth)) } else { format!("(?:{one})") }
            });
            let atoms = ["a", "b", "ab", "c;", "=", "B", "[ab]", "[^a]", "[b-d]", ".", "(?i:cA)", "\\b", "^", "$"];
            let atom = inner.unwrap_or_else(|| atoms[next(atoms.len())].into());
            let repeated = if matches!(atom.as_str(), "\\b" | "^" | "$") { 0 } else { next(12) };
            text += &atom;
            text += ["?", "*", "+", "{2}", "{1,3}", "+?"].get(repeated).copied().unwrap_or_default();
        }
        text
    }

    #[test]
    fn a_value_that_an_operator_matches_is_never_ruled_out() {
        let (mut next, mut matches, mut ruled_out) = (numbers(), 0, 0);
        for _ in 0..40 {
            let mut collector = Collector::default();
            let mut operators = Vec::new();
            while operators.len() < 20 {
                let names = ["pm", "contains", "streq", "beginsWith", "endsWith", "containsWord"];
                let name = names.get(next(20)).copied().unwrap_or("rx");
                let argument = expression(&mut next, if name == "rx" { 2 } else { 0 });
                let Ok(operator) = Operator::read(name, &argument, &|_| None) else { continue };
                let Some(literals) = operator.take_literals() else { continue };
                assert_eq!(collector.add(literals.0), operators.len());
                operators.push((name, argument, operator));
            }
            let prefilter = collector.build();
            for value in values(b"abcdABCD;= ", 100, 14) {
                let mut found = [0];
                prefilter.search(&value, &mut Vec::new(), &mut found);
                for (number, (name, argument, operator)) in operators.iter().enumerate() {
                    let matched = operator.test(&value, false, &|_| Vec::new()).is_some();
                    let kept = has(&found, number);
                    assert!(kept || !matched, "@{name} {argument} on {}", value.escape_ascii());
                    matches += usize::from(matched);
                    ruled_out += usize::from(!kept);
                }
            }
        }
        assert!(matches > 5_000 && ruled_out > 5_000, "{matches} matches, {ruled_out} ruled out");
    }
}
