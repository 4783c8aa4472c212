//! Lists as they come from a server: what is read of each, or why it is refused.

use super::*;
use crate::ranges::Lookup;

/// Reads a text in pieces of that many bytes.
fn read(body: &[u8], budget: usize) -> Result<(Builder, Tally), NotAList> {
    read_parts(body, usize::MAX, budget)
}

/// Reads a text that comes in parts of so many bytes, in pieces of so many.
fn read_parts(body: &[u8], part: usize, budget: usize) -> Result<(Builder, Tally), NotAList> {
    let mut builder = Builder::default();
    let mut text = ListText::default();
    let mut rest = body;
    let mut come = |text: &mut ListText| {
        let (part, behind) = rest.split_at(part.min(rest.len()));
        rest = behind;
        text.take(part.to_vec(), rest.is_empty());
    };
    come(&mut text);
    loop {
        match text.step(budget, &mut builder)? {
            Read::Partly => {}
            Read::SoFar => come(&mut text),
            Read::All => break,
        }
    }
    let tally = text.finish(&builder)?;
    Ok((builder, tally))
}

/// The entries of the list as address and line, and the lines that are bad; the same whatever the size of the parts and of the pieces.
fn check(body: &[u8], entries: &[(&str, u32)], bad: &[u32]) {
    let sizes = [1, 2, 3, 7, usize::MAX];
    for (part, budget) in sizes.into_iter().flat_map(|part| sizes.map(|budget| (part, budget))) {
        let (builder, tally) = read_parts(body, part, budget).unwrap();
        let shown = body.escape_ascii();
        assert_eq!(builder.entries(), entries.len(), "{shown}");
        let ranges = builder.finish().step(usize::MAX).unwrap().unwrap();
        for (address, line) in entries {
            let found = ranges.lookup(address.parse().unwrap(), 0);
            assert_eq!(found, Lookup::Present { entry: EntryId(*line), until: None }, "{address} in {shown}");
        }
        let examples: Vec<u32> = tally.examples.iter().map(|bad| bad.line).collect();
        assert_eq!((tally.bad_lines, examples.as_slice()), (bad.len(), bad), "{shown}");
    }
}

#[test]
fn a_list_is_read_line_by_line() {
    check(b"10.0.0.1", &[("10.0.0.1", 1)], &[]);
    check(b"10.0.0.1\n", &[("10.0.0.1", 1)], &[]);
    check(b"10.0.0.1\r\n10.0.0.2\r\n", &[("10.0.0.1", 1), ("10.0.0.2", 2)], &[]);
    check(b"\n \t\n\r\n  10.0.0.1 \t\n\n::1", &[("10.0.0.1", 4), ("::1", 6)], &[]);
    check(b"# a list\n10.0.0.1# one\n10.0.0.2 # two # three\n#", &[("10.0.0.1", 2), ("10.0.0.2", 3)], &[]);
    check(b"\xef\xbb\xbf10.0.0.1\n", &[("10.0.0.1", 1)], &[]);
    check(b"\xef\xbb\xbf# \xff\n10.0.0.1", &[("10.0.0.1", 2)], &[]);
    check(b"10.0.0.0/8\n192.0.2.1-192.0.2.9", &[("10.9.9.9", 1), ("192.0.2.5", 2)], &[]);
}

#[test]
fn a_bad_line_leaves_the_rest_alone() {
    check(b"10.0.0.1/8\n10.0.0.1\nexample.org\n", &[("10.0.0.1", 2)], &[1, 3]);
    check(b"10.0.0.1\n\xff\xfe\x00\n10.0.0.2 10.0.0.3\n::1", &[("10.0.0.1", 1), ("::1", 4)], &[2, 3]);
    check(b"10.0.0.1\n<html>\n{\n[::1]\n", &[("10.0.0.1", 1)], &[2, 3, 4]);
    // The mark belongs to the start of the text only.
    check(b"10.0.0.1\n\xef\xbb\xbf10.0.0.2\n", &[("10.0.0.1", 1)], &[2]);
    // A lone CR ends no line.
    check(b"10.0.0.1\n10.0.0.2\r10.0.0.3", &[("10.0.0.1", 1)], &[2]);
}

#[test]
fn any_is_a_bad_line() {
    check(b"any\n10.0.0.1\n  any # all\n", &[("10.0.0.1", 2)], &[1, 3]);
    let why = read(b"any\n", usize::MAX).map(|_| ()).unwrap_err();
    let message = "any cannot stand in a fetched list; write addresses, blocks and ranges, or any in the rule itself";
    let bad = BadLine { line: 1, message: message.to_owned() };
    assert_eq!(why, NotAList::NoEntry { bad_lines: 1, examples: vec![bad] });
    // It is not offered for another bad line either.
    let (_, tally) = read(b"*\n10.0.0.1\n", usize::MAX).unwrap();
    assert_eq!(
        tally.examples[0].message,
        "* is no address; write one (10.0.0.1, 2001:db8::1) or a block (10.0.0.0/8), or a range (10.0.0.1-10.0.0.9)"
    );
}

#[test]
fn a_long_line_is_looked_at_in_part() {
    let long = |start: &str, fill: &str| format!("{start}{}\n::1", fill.repeat(2_000)).into_bytes();
    check(&long("10.0.0.1 #", "x"), &[("10.0.0.1", 1), ("::1", 2)], &[]);
    check(&long("10.0.0.1", " "), &[("::1", 2)], &[1]);
    check(&long("10.0.0.1", "1"), &[("::1", 2)], &[1]);
    check(&long("", " "), &[("::1", 2)], &[1]);
}

#[test]
fn a_message_says_what_is_wrong_with_a_line() {
    let body = format!("10.0.0.1/8\n\x1b[2J\n{}\n::1", "1".repeat(2_000));
    let (_, tally) = read(body.as_bytes(), usize::MAX).unwrap();
    let messages: Vec<&str> = tally.examples.iter().map(|bad| bad.message.as_str()).collect();
    assert_eq!(messages[0], "10.0.0.1/8 has host bits set; write 10.0.0.0/8");
    assert!(messages[1].starts_with("\\x1b[2J is no address;"), "{}", messages[1]);
    assert_eq!(messages[2], "the line is longer than 1024 bytes; write one entry a line");
}

#[test]
fn all_bad_lines_are_counted_and_the_first_are_kept() {
    let body = format!("10.0.0.1\n{}", "bad\n".repeat(1_000));
    let (_, tally) = read(body.as_bytes(), 100).unwrap();
    assert_eq!((tally.bad_lines, tally.examples.len()), (1_000, EXAMPLES));
    assert_eq!(tally.examples.last().map(|bad| bad.line), Some(11));
}

#[test]
fn what_is_not_a_list_is_refused() {
    for (body, why) in [
        (&b""[..], NotAList::Empty),
        (b"\xef\xbb\xbf", NotAList::Empty),
        (b"\n\n  \r\n", NotAList::Empty),
        (b"# nothing today\n", NotAList::Empty),
        (b"<!doctype html><html>\n10.0.0.1\n", NotAList::Html),
        (b"\n\n  <html>\n10.0.0.1\n", NotAList::Html),
        (b"\xef\xbb\xbf<?xml?>\n10.0.0.1\n", NotAList::Html),
        (b"<", NotAList::Html),
        (b"# x\n<html>...\n10.0.0.1\n", NotAList::Html),
        (b"\xef\xbb\xbf# x\r\n\r\n  # y\n <a href=\"#\">\n10.0.0.1\n", NotAList::Html),
        (b"#\n[\n10.0.0.1\n]", NotAList::Json),
        (b" {\"addresses\": [\n\"10.0.0.1\"]}", NotAList::Json),
        (b"[\n10.0.0.1\n]", NotAList::Json),
    ] {
        for budget in [1, 5, usize::MAX] {
            let found = read(body, budget).map(|_| ());
            assert_eq!(found, Err(why.clone()), "{}", body.escape_ascii());
        }
    }
}

#[test]
fn a_text_without_an_entry_is_refused_with_its_first_line() {
    let why = read(b"# moved\n\nSee the new place\nbye\n", usize::MAX).map(|_| ()).unwrap_err();
    let NotAList::NoEntry { bad_lines, examples } = &why else { panic!("{why}") };
    assert_eq!((*bad_lines, examples.len()), (2, 2));
    assert!(why.to_string().contains("(line 3: See the new place is no address;"), "{why}");
}

#[test]
fn a_step_reads_no_more_than_its_budget() {
    let mut builder = Builder::default();
    let mut text = ListText::default();
    text.take(b"10.0.0.1\n10.0.0.2\n10.0.0.3\n".to_vec(), true);
    for entries in [1, 2] {
        assert_eq!(text.step(9, &mut builder), Ok(Read::Partly));
        assert_eq!(builder.entries(), entries);
    }
    assert_eq!(text.step(9, &mut builder), Ok(Read::All));
    assert_eq!(builder.entries(), 3);
    // At the end, another step changes nothing.
    assert_eq!(text.step(9, &mut builder), Ok(Read::All));
    assert_eq!(builder.entries(), 3);
}

#[test]
fn of_a_long_line_no_more_is_kept_than_is_looked_at() {
    let (mut builder, mut text) = (Builder::default(), ListText::default());
    for _ in 0..100 {
        text.take(vec![b'1'; 10_000], false);
        assert_eq!(text.step(usize::MAX, &mut builder), Ok(Read::SoFar));
        assert!(text.text.len() < 12_000, "{}", text.text.len());
    }
    text.take(b"\n10.0.0.1".to_vec(), true);
    assert_eq!(text.step(usize::MAX, &mut builder), Ok(Read::All));
    let tally = text.finish(&builder).unwrap();
    assert_eq!((builder.entries(), tally.examples[0].line), (1, 1));
    assert_eq!(tally.examples[0].message, "the line is longer than 1024 bytes; write one entry a line");
}
