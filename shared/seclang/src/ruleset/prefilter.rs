//! One search over a value in place of one for each rule: most operators can only match where one of a few literals stands, and most
//! values have none of them.
//!
//! Of each literal up to four neighbouring bytes are looked for, its gram; where one is found, the rest is compared. An automaton of all
//! literals would take ten times the memory, and longer both to build and to run: it would hardly ever be in a cache.

use std::collections::HashMap;

/// The longest gram, bytes.
const LONGEST: usize = 4;

/// What stands for a length in the hash of the last three bytes of a gram.
const TAIL: usize = 0;

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
    /// Which hashes any gram of two bytes or more has: bit `n % 64` of the word `n / 64`. The last three bytes of the longer ones have one
    /// too, so that one look is enough where there is none of either length.
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
    literals: HashMap<Vec<u8>, Vec<u32>>,
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
        let mut prefilter = Prefilter { hashes: vec![0; 1 << (HASH - 6)], count, ..Prefilter::default() };
        let mut literals: Vec<_> = literals.into_iter().collect();
        // The short ones have the least choice among grams.
        literals.sort_by(|(one, _), (two, _)| (one.len(), one).cmp(&(two.len(), two)));
        let mut crowds: HashMap<(usize, u32), u32> = HashMap::new();
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
            let crowd = |gram: u32| crowds.get(&(length, gram)).copied().unwrap_or_default();
            let Some((before, gram)) = grams.min_by_key(|(_, gram)| commonness(*gram) + crowd(*gram)) else { continue };
            *crowds.entry((length, gram)).or_default() += 1;
            let hash = hash(gram, length);
            prefilter.learn(hash);
            if length > 2 {
                prefilter.learn(self::hash(gram & 0xff_ffff, TAIL));
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
    fn learn(&mut self, hash: usize) {
        if let Some(word) = self.hashes.get_mut(hash / 64) {
            *word |= 1 << (hash % 64);
        }
    }

    #[inline]
    fn knows(&self, hash: usize) -> bool {
        self.hashes.get(hash / 64).is_some_and(|word| word & 1 << (hash % 64) != 0)
    }

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
            let two = last & 0xffff;
            let hash_of_two = hash(two, 2);
            if self.knows(hash_of_two) {
                self.compare(lower, at + 1, (hash_of_two, two, 2), found);
            }
            let three = last & 0xff_ffff;
            if self.knows(hash(three, TAIL)) {
                for (length, gram) in [(3, three), (4, last)] {
                    let hash = hash(gram, length);
                    if self.knows(hash) {
                        self.compare(lower, at + 1, (hash, gram, length), found);
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
    fn compare(&self, value: &[u8], end: usize, (hash, gram, length): (usize, u32, usize), found: &mut [u64]) {
        let bucket = hash >> (HASH - BUCKET);
        let end_of =
            |bucket: Option<usize>| bucket.and_then(|bucket| self.buckets.get(bucket)).map_or(0, |end| *end as usize);
        let entries = self.entries.get(end_of(bucket.checked_sub(1))..end_of(Some(bucket))).unwrap_or_default();
        for entry in entries.iter().filter(|entry| entry.gram == gram && entry.length as usize == length) {
            let literal = self.text.get(entry.start as usize..entry.end as usize).unwrap_or_default();
            let start = end.checked_sub(length + entry.before as usize);
            let there = start.and_then(|start| value.get(start..start + literal.len()));
            if there == Some(literal) {
                set(self.links.get(entry.first_link as usize..entry.last_link as usize).unwrap_or_default(), found);
            }
        }
    }

    /// How many literals there are, and how much memory the search takes, bytes.
    pub fn size(&self) -> (usize, usize) {
        let Self { byte_links, hashes, buckets, entries, text, links, .. } = self;
        let memory =
            hashes.len() * 8 + buckets.len() * 4 + size_of_val(entries.as_slice()) + text.len() + links.len() * 4;
        (byte_links.len() + entries.len(), memory)
    }
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
}
