//! One search over a value in place of one for each rule: most operators can only match where one of a few literals stands, and most
//! values have none of them.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// All literals of a rule set.
#[derive(Debug, Default)]
pub struct Prefilter {
    search: Option<AhoCorasick>,
    /// For each literal the links whose operators need it or another one of theirs.
    links: Vec<Vec<usize>>,
    /// How many links are searched for.
    count: usize,
}

/// Collects the literals of the links of a rule set.
#[derive(Debug, Default)]
pub(super) struct Collector {
    places: HashMap<Vec<u8>, usize>,
    literals: Vec<Vec<u8>>,
    links: Vec<Vec<usize>>,
    count: usize,
}

impl Collector {
    /// A link that matches only where one of these literals stands, in any case. Its number among those that are searched for.
    pub fn add(&mut self, literals: Vec<Vec<u8>>) -> usize {
        let link = self.count;
        self.count += 1;
        for literal in literals {
            let place = *self.places.entry(literal).or_insert_with_key(|literal| {
                self.literals.push(literal.clone());
                self.links.push(Vec::new());
                self.literals.len() - 1
            });
            if let Some(links) = self.links.get_mut(place) {
                links.push(link);
            }
        }
        link
    }

    /// The search. The error says why there can be none.
    pub fn build(self) -> Result<Prefilter, String> {
        if self.literals.is_empty() {
            return Ok(Prefilter { search: None, links: self.links, count: self.count });
        }
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&self.literals)
            .map_err(|error| format!("the literals of all rules make no search: {error}"))?;
        Ok(Prefilter { search: Some(search), links: self.links, count: self.count })
    }
}

impl Prefilter {
    /// How many words the answer of [`Self::search`] takes.
    pub fn words(&self) -> usize {
        self.count.div_ceil(64)
    }

    /// Sets the bits of the links that may match a value: the number `n` is bit `n % 64` of the word `n / 64`.
    pub fn search(&self, value: &[u8], found: &mut [u64]) {
        let Some(search) = &self.search else { return };
        for literal in search.find_overlapping_iter(value) {
            for link in self.links.get(literal.pattern().as_usize()).into_iter().flatten() {
                if let Some(word) = found.get_mut(link / 64) {
                    *word |= 1 << (link % 64);
                }
            }
        }
    }

    /// How many literals there are, and how much memory the search takes, bytes.
    pub fn size(&self) -> (usize, usize) {
        (self.links.len(), self.search.as_ref().map_or(0, AhoCorasick::memory_usage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_literal_is_found_also_inside_of_others() {
        let mut collector = Collector::default();
        let lists: [&[&str]; 3] = [&["select", "union"], &["elec"], &["t"]];
        for list in lists {
            collector.add(list.iter().map(|literal| literal.as_bytes().to_vec()).collect());
        }
        let prefilter = collector.build().unwrap();
        for (value, expected) in [("SeLeCt", vec![0, 1, 2]), ("union", vec![0]), ("xt", vec![2]), ("", vec![])] {
            let mut words = [0];
            prefilter.search(value.as_bytes(), &mut words);
            let found: Vec<_> = (0..3).filter(|link| words[0] & 1 << link != 0).collect();
            assert_eq!(found, expected, "{value}");
        }
    }
}
