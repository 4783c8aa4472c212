//! Sets are compared with the plain reading of their lists: every entry asked in turn.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::*;
use crate::entry::Entry;
use crate::ranges::Lookup;

fn listed(written: &str) -> Listed {
    let (entry, until) = match written.split_once(" until ") {
        Some((entry, until)) => (entry, Some(until.parse().unwrap())),
        None => (written, None),
    };
    Listed { entry: Entry::parse(entry.as_bytes()).unwrap(), until }
}

fn contains(listed: &Listed, address: IpAddr) -> bool {
    listed.entry.blocks().any(|block| match (block, address) {
        (Block::V4(span), IpAddr::V4(address)) => (span.first()..=span.last()).contains(&address.into()),
        (Block::V6(span), IpAddr::V6(address)) => (span.first()..=span.last()).contains(&address.into()),
        (Block::V4(_), IpAddr::V6(_)) | (Block::V6(_), IpAddr::V4(_)) => false,
    })
}

/// Which entry is found at each address; the list is named by index.
fn check(list: &[&str], expected: &[(&str, Option<u32>)], segments: usize) {
    let list: Vec<Listed> = list.iter().map(|written| listed(written)).collect();
    let ranges = build(&list).unwrap();
    for (address, entry) in expected {
        let found = match ranges.lookup(address.parse().unwrap(), 0) {
            Lookup::Present { entry, .. } => Some(entry.0),
            Lookup::Absent | Lookup::Ended { .. } => None,
        };
        assert_eq!(found, *entry, "{address} in {list:?}");
    }
    assert_eq!(ranges.segments(), segments, "{list:?}");
}

#[test]
fn an_address_is_found_in_its_entry() {
    check(&[], &[("10.0.0.1", None), ("::1", None)], 0);
    check(
        &["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"],
        &[
            ("9.255.255.255", None),
            ("10.0.0.0", Some(0)),
            ("10.255.255.255", Some(0)),
            ("11.0.0.0", None),
            ("192.0.2.1", Some(2)),
            ("::ffff:192.0.2.1", Some(2)),
            ("2001:db8::", Some(1)),
            ("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Some(1)),
            ("2001:db9::", None),
            // IPv6 that happens to have the same low bits.
            ("::192.0.2.1", None),
        ],
        3,
    );
    check(&["any"], &[("0.0.0.0", Some(0)), ("255.255.255.255", Some(0)), ("::", Some(0)), ("ffff::ffff", Some(0))], 2);
    check(&["::/0"], &[("::ffff:10.0.0.1", None), ("10.0.0.1", None), ("::1", Some(0))], 1);
}

#[test]
fn what_is_covered_already_is_stored_once() {
    // Duplicates, and blocks inside another one.
    check(&["10.0.0.0/8", "10.0.0.0/8"], &[("10.0.0.1", Some(0))], 1);
    check(&["10.1.0.0/16", "10.0.0.0/8", "10.0.0.0"], &[("10.1.0.1", Some(1)), ("10.0.0.0", Some(1))], 1);
    // A part of a block that lies in another one.
    check(
        &["10.0.0.0-10.0.0.9", "10.0.0.5-10.0.0.20"],
        &[("10.0.0.4", Some(0)), ("10.0.0.5", Some(1)), ("10.0.0.20", Some(1)), ("10.0.0.21", None)],
        2,
    );
}

#[test]
fn blocks_that_touch_are_not_joined() {
    check(&["10.0.0.0/9", "10.128.0.0/9"], &[("10.127.255.255", Some(0)), ("10.128.0.0", Some(1))], 2);
}

#[test]
fn the_entry_that_lasts_longest_is_found() {
    // Inside a temporary block, a permanent one; the temporary one goes on behind it.
    check(
        &["10.0.0.0/8 until 100", "10.1.0.0/16"],
        &[("10.0.255.255", Some(0)), ("10.1.0.0", Some(1)), ("10.1.255.255", Some(1)), ("10.2.0.0", Some(0))],
        3,
    );
    check(&["10.0.0.0/8", "10.1.0.0/16 until 100"], &[("10.1.0.0", Some(0))], 1);
    check(&["10.0.0.1 until 100", "10.0.0.1 until 200"], &[("10.0.0.1", Some(1))], 1);
    check(
        &["10.0.0.0-10.0.0.9 until 200", "10.0.0.5-10.0.0.20 until 100"],
        &[("10.0.0.9", Some(0)), ("10.0.0.10", Some(1))],
        2,
    );
}

#[test]
fn an_entry_ends_at_its_date() {
    let ranges = build(&[listed("10.0.0.1 until 100"), listed("any until 50")]).unwrap();
    let address = "10.0.0.1".parse().unwrap();
    let (entry, until) = (EntryId(0), 100);
    assert_eq!(ranges.lookup(address, 99), Lookup::Present { entry, until: Some(until) });
    assert_eq!(ranges.lookup(address, 100), Lookup::Ended { entry, until });
    assert_eq!(ranges.lookup("::1".parse().unwrap(), 50), Lookup::Ended { entry: EntryId(1), until: 50 });
    assert!(ranges.is_dated());
    assert!(!build(&[listed("10.0.0.1")]).unwrap().is_dated());
}

/// Random numbers, the same in every run (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Entries that begin and end at the first or the last 64 addresses of a family, so that nearly all overlap.
fn crowd(random: &mut Random, size: u64) -> Vec<Listed> {
    let entries = (0..random.below(size)).map(|_| {
        let one = address(random.below(128), random.below(8) < 4);
        let mut other = address(random.below(128), one.is_ipv4());
        if random.below(4) == 0 {
            other = one;
        }
        let (first, last) = (one.min(other), one.max(other));
        let entry = Entry::parse(format!("{first}-{last}").as_bytes()).unwrap();
        Listed { entry, until: Some(random.below(12)).filter(|until| *until < 6) }
    });
    entries.collect()
}

fn address(number: u64, v4: bool) -> IpAddr {
    // Below 64, the lowest addresses; from 64 on, the highest ones.
    if v4 {
        let low = number as u32;
        Ipv4Addr::from(if low < 64 { low } else { u32::MAX - (127 - low) }).into()
    } else {
        let low = u128::from(number);
        Ipv6Addr::from(if low < 64 { low } else { u128::MAX - (127 - low) }).into()
    }
}

fn build_in_steps(list: &[Listed], budget: usize) -> RangeSet {
    let mut builder = Builder::default();
    for (index, listed) in list.iter().enumerate() {
        builder.push(EntryId(index as u32), *listed).unwrap();
    }
    let mut flattening = builder.finish();
    loop {
        if let Some(ranges) = flattening.step(budget).unwrap() {
            return ranges;
        }
    }
}

#[test]
fn a_set_says_what_its_list_says() {
    let mut random = Random(1);
    for _ in 0..500 {
        let list = crowd(&mut random, 40);
        let ranges = build(&list).unwrap();
        let stepped = build_in_steps(&list, 1 + random.below(3) as usize);
        for number in 0..128 {
            for address in [address(number, true), address(number, false)] {
                let found = ranges.lookup(address, 3);
                assert_eq!(found, stepped.lookup(address, 3), "{address} in {list:?}");
                let longest = list.iter().filter(|listed| contains(listed, address)).map(end).max();
                let (entry, until) = match found {
                    Lookup::Absent => {
                        assert_eq!(longest, None, "{address} in {list:?}");
                        continue;
                    }
                    Lookup::Present { entry, until } => {
                        assert!(until.is_none_or(|until| until > 3));
                        (entry, until)
                    }
                    Lookup::Ended { entry, until } => {
                        assert!(until <= 3);
                        (entry, Some(until))
                    }
                };
                let named = list[entry.0 as usize];
                assert!(contains(&named, address), "{address} is not in {named:?} of {list:?}");
                assert_eq!((until, Some(end(&named))), (named.until, longest), "{address} in {list:?}");
            }
        }
    }
}

fn end(listed: &Listed) -> u64 {
    listed.until.unwrap_or(u64::MAX)
}

#[test]
fn there_are_no_more_segments_than_there_can_be() {
    let mut random = Random(2);
    for _ in 0..500 {
        let mut list = crowd(&mut random, 40);
        let most = (2 * list.len()).saturating_sub(1);
        assert!(build(&list).unwrap().segments() <= most, "{list:?}");
        for listed in &mut list {
            listed.until = None;
        }
        assert!(build(&list).unwrap().segments() <= list.len(), "{list:?}");
    }
}

#[test]
fn a_long_list_is_merged_from_many_runs() {
    // Every second address, shuffled: 65,537 is prime, and 3 is a generator. IPv6 in a handful of /64, whose addresses the
    // upper levels of the search cannot tell apart.
    let mut number = 1_u32;
    let mut list = Vec::new();
    for _ in 0..65_536 {
        number = (u64::from(number) * 3 % 65_537) as u32;
        let (v4, v6) =
            (Ipv4Addr::from(2 * number), Ipv6Addr::from(u128::from(number % 7) << 64 | u128::from(2 * number)));
        list.push(listed(&v4.to_string()));
        list.push(listed(&v6.to_string()));
    }
    let ranges = build_in_steps(&list, 1_000);
    assert_eq!(ranges.segments(), list.len());
    for (index, listed) in list.iter().enumerate() {
        for block in listed.entry.blocks() {
            let (address, gap): (IpAddr, IpAddr) = match block {
                Block::V4(span) => (Ipv4Addr::from(span.first()).into(), Ipv4Addr::from(span.first() + 1).into()),
                Block::V6(span) => (Ipv6Addr::from(span.first()).into(), Ipv6Addr::from(span.first() + 1).into()),
            };
            let entry = EntryId(index as u32);
            assert_eq!(ranges.lookup(address, 0), Lookup::Present { entry, until: None });
            assert_eq!(ranges.lookup(gap, 0), Lookup::Absent);
        }
    }
    let heap = ranges.heap_bytes();
    assert!(heap.v4 <= 16 * 65_536 && heap.v6 <= 48 * 65_536 && heap.dates == 0, "{heap:?}");
}

#[test]
fn ranges_that_are_no_blocks_end_where_they_should_and_take_no_more_than_was_promised() {
    // Three addresses, a gap, and so on; every tenth is a block of two.
    let written = |number: u128| {
        let last = if number.is_multiple_of(10) { 1 } else { 2 };
        listed(&format!("{}-{}", Ipv6Addr::from(number * 4), Ipv6Addr::from(number * 4 + last)))
    };
    let list: Vec<Listed> = (0..10_000).map(written).collect();
    let ranges = build_in_steps(&list, 1_000);
    for number in 0..40_000_u128 {
        let (entry, within) = (number / 4, number % 4);
        let found = if within < 2 || within == 2 && !entry.is_multiple_of(10) {
            Lookup::Present { entry: EntryId(entry as u32), until: None }
        } else {
            Lookup::Absent
        };
        assert_eq!(ranges.lookup(Ipv6Addr::from(number).into(), 0), found, "{number}");
    }
    let heap = ranges.heap_bytes();
    assert!(heap.v6 <= 48 * list.len(), "{heap:?}");
}

#[test]
fn one_entry_too_many_is_refused() {
    let mut builder = Builder::default();
    let one = listed("10.0.0.1");
    for index in 0..MAX_ENTRIES {
        builder.push(EntryId(index as u32), one).unwrap();
    }
    assert_eq!(builder.push(EntryId(u32::MAX), one), Err(CannotBuild::TooManyEntries));
}
