//! Pairs of lists, and which entries of the first can never admit anybody.

use super::*;
use crate::block::Block;
use crate::builder::build;
use crate::entry::Entry;

fn listed(written: &str) -> Listed {
    let (entry, until) = match written.split_once(" until ") {
        Some((entry, until)) => (entry, Some(until.parse().unwrap())),
        None => (written, None),
    };
    Listed { entry: Entry::parse(entry.as_bytes()).unwrap(), until }
}

fn find(allow: &[Listed], deny: &[Listed]) -> Vec<Contradiction> {
    contradictions(allow, deny, &build(deny).unwrap())
}

fn check(allow: &[&str], deny: &[&str], expected: &[(usize, usize, How)]) {
    let of = |list: &[&str]| -> Vec<Listed> { list.iter().map(|written| listed(written)).collect() };
    let found: Vec<_> = find(&of(allow), &of(deny)).iter().map(|found| (found.allow, found.deny, found.how)).collect();
    assert_eq!(found, expected, "allow {allow:?}, deny {deny:?}");
}

#[test]
fn an_entry_that_admits_somebody_is_no_contradiction() {
    check(&[], &["10.0.0.0/8"], &[]);
    check(&["10.0.0.0/8"], &[], &[]);
    check(&["10.0.0.0/8"], &["10.1.0.0/16"], &[]);
    check(&["10.0.0.0/8"], &["10.0.0.0/9", "10.128.0.1-10.255.255.255"], &[]);
    check(&["10.0.0.0-10.0.0.9"], &["10.0.0.1-10.0.0.20"], &[]);
    check(&["any"], &["0.0.0.0/0"], &[]);
    check(&["::/0"], &["0.0.0.0/0"], &[]);
}

#[test]
fn the_same_block_in_both_is_a_contradiction() {
    check(&["10.0.0.1"], &["192.0.2.1", "10.0.0.1/32"], &[(0, 1, How::Same)]);
    check(&["any"], &["any"], &[(0, 0, How::Same)]);
    check(&["::/0", "10.0.0.0/8"], &["::ffff:10.0.0.0/104", "::/0"], &[(0, 1, How::Same), (1, 0, How::Same)]);
    // Said rather than that it is inside another one as well.
    check(&["10.1.0.0/16"], &["10.0.0.0/8", "10.1.0.0/16"], &[(0, 1, How::Same)]);
}

#[test]
fn a_block_inside_a_denied_one_is_a_contradiction() {
    check(&["10.1.0.0/16", "192.0.2.1", "10.0.0.0"], &["10.0.0.0/8"], &[(0, 0, How::Inside), (2, 0, How::Inside)]);
    check(&["0.0.0.0/0"], &["any"], &[(0, 0, How::Inside)]);
    check(&["255.255.255.255", "::"], &["any"], &[(0, 0, How::Inside), (1, 0, How::Inside)]);
}

#[test]
fn a_block_that_denied_ones_cover_together_is_a_contradiction() {
    check(&["10.0.0.0/8"], &["10.128.0.0/9", "10.0.0.0/9"], &[(0, 1, How::Together)]);
    check(&["10.0.0.2-10.0.0.8"], &["10.0.0.0-10.0.0.4", "10.0.0.3-10.0.0.9"], &[(0, 0, How::Together)]);
    check(&["any"], &["0.0.0.0/0", "::/0"], &[(0, 0, How::Together)]);
    check(&["any"], &["::/1", "8000::/1", "0.0.0.0/0"], &[(0, 2, How::Together)]);
}

#[test]
fn an_entry_that_outlives_the_denial_is_no_contradiction() {
    check(&["10.0.0.1"], &["10.0.0.1 until 100"], &[]);
    check(&["10.0.0.1 until 101"], &["10.0.0.0/8 until 100"], &[]);
    check(&["10.0.0.1 until 100"], &["10.0.0.0/8 until 100"], &[(0, 0, How::Inside)]);
    check(&["10.0.0.1 until 100"], &["10.0.0.1"], &[(0, 0, How::Same)]);
    check(&["10.0.0.0/8 until 100"], &["10.0.0.0/9 until 100", "10.128.0.0/9 until 99"], &[]);
    check(
        &["10.0.0.1", "10.0.0.2 until 50", "10.0.0.3 until 150"],
        &["10.0.0.0/8 until 100", "10.0.0.1"],
        &[(0, 1, How::Same), (1, 0, How::Inside)],
    );
    check(&["10.0.0.1 until 50", "10.0.0.2"], &["10.0.0.0/8"], &[(0, 0, How::Inside), (1, 0, How::Inside)]);
}

/// Random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn list(&mut self) -> Vec<Listed> {
        let entries = (0..self.below(12)).map(|_| {
            let (one, other) = (self.below(32), self.below(32));
            let written = format!("10.0.0.{}-10.0.0.{}", one.min(other), one.max(other));
            let until = Some(self.below(8)).filter(|until| *until < 4);
            Listed { until, ..listed(&written) }
        });
        entries.collect()
    }
}

#[test]
fn contradictions_are_those_that_asking_every_address_finds() {
    let covers = |listed: &Listed, address: u32| {
        listed
            .entry
            .blocks()
            .any(|block| matches!(block, Block::V4(span) if span.first() <= address && address <= span.last()))
    };
    let mut random = Random(1);
    let mut reported = 0;
    for _ in 0..5_000 {
        let (allow, deny) = (random.list(), random.list());
        let found = find(&allow, &deny);
        reported += found.len();
        for (index, allowed) in allow.iter().enumerate() {
            let lasting: Vec<&Listed> = deny.iter().filter(|denied| denied.end() >= allowed.end()).collect();
            let refused = (0x0a00_0000..0x0a00_0020)
                .filter(|address| covers(allowed, *address))
                .all(|address| lasting.iter().any(|denied| covers(denied, address)));
            let told: Vec<_> = found.iter().filter(|found| found.allow == index).collect();
            assert_eq!(told.len(), usize::from(refused), "entry {index} of {allow:?}, {deny:?}");
            for told in told {
                let denied = &deny[told.deny];
                let first = (0x0a00_0000..0x0a00_0020).find(|address| covers(allowed, *address)).unwrap();
                assert!(covers(denied, first) && denied.end() >= allowed.end(), "{told:?} of {allow:?}, {deny:?}");
                assert_eq!(told.how == How::Same, lasting.iter().any(|denied| denied.entry == allowed.entry));
            }
        }
    }
    assert!(reported > 1_000, "{reported}");
}
