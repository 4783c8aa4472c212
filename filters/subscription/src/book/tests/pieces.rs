//! The work of a step is bounded by counts, whatever a document has in it.

use super::reading::{MAX_LINE_BYTES, MOVED, READ_BYTES};
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
    // Names and identities are merged from 5 runs, keys from 10: each entry is moved at least twice or three times.
    let pieces = document.len() / READ_BYTES + (2 * 2 * 20_000 + 3 * 40_000) / MOVED;
    assert!(steps > pieces, "{steps} steps for {pieces} pieces");
}

#[test]
fn a_step_reads_at_least_one_line_however_long() {
    let short = r#"{"consumer": "a"}"#;
    let long = format!(r#"{{"consumer": "b", "note": "{}"}}"#, "x".repeat(MAX_LINE_BYTES - 40));
    let other = long.replacen('b', "c", 1);
    // The end is short enough for the step of the short line only.
    let (book, steps) = read(&document(&[short, &long, &other, r#"{"consumer": "d"}"#]));
    // The short line; each long one; the rest; the document is freed; nothing to merge.
    assert_eq!((book.unwrap().consumers(), steps), (4, 6));
}

#[test]
fn nothing_is_moved_by_growth_but_one_chunk() {
    let mut chunks = Chunks::default();
    let mut first = None;
    for number in 0..3 * chunks::CHUNK as u64 {
        assert_eq!(chunks.push(number), Ok(number as u32));
        if number >= chunks::CHUNK as u64 {
            let place = std::ptr::from_ref(chunks.get(0).unwrap());
            assert_eq!(*first.get_or_insert(place), place, "{number}");
        }
    }
    assert!((0..chunks.len()).all(|number| chunks.get(number) == Some(&number.into())));
    assert_eq!(chunks.get(chunks.len()), None);
    let mut drain = chunks.drain();
    for number in 0..3 * chunks::CHUNK as u64 {
        assert_eq!(drain.peek(), Some(number));
        drain.advance();
    }
    assert_eq!(drain.peek(), None);
}

#[test]
fn texts_of_every_length_are_kept() {
    let written = |text: &str| {
        let mut bytes = Vec::new();
        arena::write_text(text, &mut bytes).then_some(bytes)
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
    }
    assert!(written("").is_none() && written(&"x".repeat(257)).is_none());
    assert!(arena.heap_bytes() > 5_000 * 128);
    // What is longer than a block has no place.
    assert!(arena.push(&vec![0; 1 << 16]).unwrap().is_some());
    assert_eq!(arena.push(&vec![0; (1 << 16) + 1]), Ok(None));
}

#[test]
fn a_search_among_uneven_hashes_ends_at_the_right_place() {
    // All but a few have the same upper bits, where a guess by even spread is far off.
    let ties = |one: u32, other: u32| one.cmp(&other);
    let bits = |number: u32| if number < 9_900 { number / 3_000 } else { u32::MAX - (10_000 - number) * 400_000 };
    let mut runs = order::Runs::default();
    for number in (0..10_000).rev() {
        assert!(runs.push(bits(number), number, &ties).is_ok());
    }
    let Ok(mut merging) = runs.merge(&ties) else { panic!("no two are the same") };
    while !merging.step(&mut 100, &ties).is_ok_and(|done| done) {}
    let order = merging.finish();
    for number in 0..10_000 {
        assert_eq!(order.first_not_below(bits(number), |other| other.cmp(&number)), Some(number));
    }
    // Behind all, the last is the nearest.
    assert_eq!(order.first_not_below(u32::MAX, |other| other.cmp(&u32::MAX)), Some(9_999));
}
