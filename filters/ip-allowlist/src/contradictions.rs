//! Which entries of an allow list can never admit anybody, because entries of a deny list stand in their way all the time.

#[cfg(test)]
mod tests;

use crate::entry::Listed;
use crate::ranges::{EntryId, RangeSet};

/// How many segments of the deny list are looked at for all entries together: a configuration is read between two requests.
pub const SEGMENTS: usize = 100_000;

/// An entry that can never admit anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Its index in the allow list.
    pub allow: usize,
    /// The index in the deny list of the entry in its way, or of the first of them.
    pub deny: usize,
    /// How it stands in the way.
    pub how: How,
}

/// How deny entries cover an allow entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is the same block.
    Same,
    /// It contains the block.
    Inside,
    /// It contains a part of the block, and other deny entries the rest.
    Together,
}

/// Finds every allow entry that deny entries cover wholly and for as long as it lasts: one that outlives them admits after
/// they have ended. In the order of the allow list, one each. `denied` is made of `deny`, each entry under its index.
///
/// Where blocks that are cut in very many pieces are allowed very often, some may be missed.
pub fn contradictions(allow: &[Listed], deny: &[Listed], denied: &RangeSet) -> Vec<Contradiction> {
    let mut left = SEGMENTS;
    let mut found = Vec::new();
    for (index, allowed) in allow.iter().enumerate() {
        let Some(EntryId(first)) = denied.covering(allowed, &mut left) else { continue };
        let that = |covers: &dyn Fn(&Listed) -> bool| {
            deny.iter().position(|denied| denied.end() >= allowed.end() && covers(denied))
        };
        let (deny, how) = if let Some(same) = that(&|denied| denied.entry == allowed.entry) {
            (same, How::Same)
        } else if let Some(larger) = that(&|denied| denied.entry.contains(allowed.entry)) {
            (larger, How::Inside)
        } else {
            (usize::try_from(first).unwrap_or_default(), How::Together)
        };
        found.push(Contradiction { allow: index, deny, how });
    }
    found
}
