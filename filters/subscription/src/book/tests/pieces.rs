//! The work of a step is bounded by counts, whatever a document has in it.

use super::reading::{MADE, MAX_LINE_BYTES, READ_BYTES};
use super::*;

#[test]
fn a_long_document_is_read_in_short_steps() {
    let line = |number: u32| {
        let (one, other) = (hash(2 * number).written(), hash(2 * number + 1).written());
        format!(
            r#"{{"consumer": "{number}", "keys": [{{"hash": "{one}"}}, {{"hash": "{other}"}}], "identities": ["{number}"]}}"#
        )
    };
    let lines: Vec<String> = (0..20_000).map(line).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let document = document(&lines);
    let (book, steps) = read(&document);
    assert_eq!(book.unwrap().keys(), 40_000);
    // Each name, each identity and each key has its place in a table.
    let pieces = document.len() / READ_BYTES + (20_000 + 20_000 + 40_000) / MADE;
    assert!(steps > pieces, "{steps} steps for {pieces} pieces");
}

#[test]
fn a_step_reads_at_least_one_line_however_long() {
    let short = r#"{"consumer": "a"}"#;
    let long = format!(r#"{{"consumer": "b", "note": "{}"}}"#, "x".repeat(MAX_LINE_BYTES - 40));
    let other = long.replacen('b', "c", 1);
    // The end is short enough for the step of the short line only.
    let (book, steps) = read(&document(&[short, &long, &other, r#"{"consumer": "d"}"#]));
    // The short line; each long one; the rest; the document is freed; four names have their places.
    assert_eq!((book.unwrap().consumers(), steps), (4, 6));
}

#[test]
fn nothing_is_moved_by_growth_but_one_chunk() {
    let mut chunks = Chunks::default();
    let mut first = None;
    for number in 0..3 * chunks::CHUNK as u64 {
        assert_eq!(chunks.push(number), Ok(()));
        if number >= chunks::CHUNK as u64 {
            let place = std::ptr::from_ref(chunks.get(0).unwrap());
            assert_eq!(*first.get_or_insert(place), place, "{number}");
        }
    }
    assert!((0..chunks.len()).all(|number| chunks.get(number) == Some(&number.into())));
    assert_eq!(chunks.get(chunks.len()), None);
    for number in 0..chunks.len() {
        assert_eq!(chunks.first_where(|item| *item >= number.into()), number);
    }
    assert_eq!(chunks.first_where(|_| false), chunks.len());
    assert!(chunks.drain().eq(0..3 * chunks::CHUNK as u64));
}

#[test]
fn texts_of_every_length_are_kept() {
    let written = |text: &str| {
        let mut bytes = Vec::new();
        arena::write_text(text, &mut bytes).map(|()| bytes)
    };
    let mut arena = Arena::default();
    let kept: Vec<(String, u32)> = (0..5_000)
        .map(|number| {
            let text = "é".repeat(1 + number % 128);
            let place = arena.push(&written(&text).unwrap()).unwrap().unwrap();
            (text, place)
        })
        .collect();
    for (text, place) in kept {
        assert_eq!(arena.text(place), Some(text.as_bytes()));
        // The first block may have moved since.
        let begin = arena.from(place).unwrap().as_ptr();
        assert!(place < 1 << 18 || begin.align_offset(64) == 0, "{place}");
    }
    assert!(written("").is_none() && written(&"x".repeat(257)).is_none());
    assert!(arena.heap_bytes() > 5_000 * 128);
    // What is longer than the longest piece has no place.
    assert!(arena.push(&vec![0; arena::LONGEST]).unwrap().is_some());
    assert_eq!(arena.push(&vec![0; arena::LONGEST + 1]), Ok(None));
}

/// A table of things with those bits, at places that are numbered as they come.
fn table(bits: &[u32]) -> Table {
    let mut things = Chunks::default();
    for (number, bits) in (0..).zip(bits) {
        things.push(table::Thing { bits: *bits, place: number }).unwrap();
    }
    let mut filling = table::Filling::new(things);
    // No two are the same, though they have the same bits.
    while !filling.step(&mut 100, &|_, _| false).is_ok_and(|done| done) {}
    filling.table()
}

fn looked_at(table: &Table, bits: u32) -> Vec<u32> {
    let mut numbers = Vec::new();
    table.look(bits, |number| numbers.push(number));
    numbers
}

#[test]
fn things_that_spill_over_from_their_line_are_found() {
    // A hundred belong to the first line and a hundred to the last, and there are 122: the latter go on at the front. Then some
    // that have all of their bits in common.
    let mut bits: Vec<u32> = (0..100).chain(u32::MAX - 99..=u32::MAX).collect();
    bits.extend((0..400).map(|number| number * 10_000_000));
    bits.extend([7; 5]);
    let table = table(&bits);
    for (number, wanted) in (0..).zip(&bits) {
        let looked_at = looked_at(&table, *wanted);
        assert!(looked_at.contains(&number), "{wanted}: {looked_at:?}");
        assert!(looked_at.iter().all(|number| bits[*number as usize] == *wanted), "{wanted}: {looked_at:?}");
    }
    assert_eq!(looked_at(&table, 7).len(), 6);
}

#[test]
fn for_bits_that_nothing_has_one_other_thing_is_looked_at() {
    let many = table(&(0..1_000).map(|number| number * 4_000_000 + 1).collect::<Vec<_>>());
    for bits in (0..2_000).map(|number| number * 2_000_000) {
        assert_eq!(looked_at(&many, bits).len(), 1, "{bits}");
    }
    // All lines but one are empty.
    let few = table(&[1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(looked_at(&few, u32::MAX).len(), 1);
    assert_eq!(looked_at(&table(&[]), 0), [0; 0]);
}
