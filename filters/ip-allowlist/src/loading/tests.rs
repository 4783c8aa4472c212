//! A list from its bytes to the set, step by step.

use std::fmt::Write;

use super::*;
use crate::ranges::{EntryId, Lookup};

/// Loads a body, and says in how many steps.
fn load(body: &str) -> (Result<Loaded, NotAList>, usize) {
    let mut loading = Loading::begin(None);
    loading.take(body.into(), true);
    for step in 1.. {
        match loading.step() {
            Progress::Working => {}
            Progress::Hungry => panic!("all of it is here"),
            Progress::Done(loaded) => return (Ok(loaded), step),
            Progress::Failed(why) => return (Err(why), step),
        }
    }
    unreachable!()
}

#[test]
fn a_long_list_is_loaded_in_short_steps() {
    let mut body = String::new();
    for number in 0..100_000 {
        let (high, low) = (number / 256, number % 256);
        let _ = writeln!(body, "10.{}.{}.{low}\n2001:db8:{number:x}::/48", high / 256, high % 256);
    }
    let (loaded, steps) = load(&body);
    let loaded = loaded.unwrap();
    // Of addresses in 10.0.0.0/8 all differ; of blocks, `number` has up to five hex digits: from 65,536 on the lines are bad.
    assert_eq!((loaded.entries, loaded.bad_lines, loaded.examples.len()), (165_536, 34_464, 10));
    assert_eq!(loaded.ranges.segments(), 165_536);
    let last = loaded.ranges.lookup("10.1.134.159".parse().unwrap(), 0);
    assert_eq!(last, Lookup::Present { entry: EntryId(199_999), until: None });
    let pieces = body.len() / READ_BYTES + 2 * 165_536 / MERGED_ENDS;
    assert!(steps > pieces, "{steps} steps for {pieces} pieces");
}

#[test]
fn a_short_list_is_loaded() {
    let (loaded, _) = load("10.0.0.0/8 # office\nnonsense\n");
    let loaded = loaded.unwrap();
    assert_eq!((loaded.entries, loaded.bad_lines), (1, 1));
    assert_eq!(loaded.examples[0].line, 2);
}

#[test]
fn what_is_not_a_list_fails() {
    for (body, why) in [("", NotAList::Empty), ("<html>", NotAList::Html), ("{}", NotAList::Json)] {
        assert_eq!(load(body).0.map(|_| ()), Err(why), "{body}");
    }
}
