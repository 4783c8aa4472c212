//! Books as they are read from documents, and what is found in them.

mod documents;
mod model;
mod pieces;
mod refused;

use verdict_policy::fetched::{Progress, Reader as _};

use super::*;
use crate::subscription::State;

/// A hash that stands for that number.
fn hash(number: u32) -> Hash {
    let mut bytes = [0; 32];
    for (place, four) in (1..).zip(bytes.chunks_exact_mut(4)) {
        four.copy_from_slice(&number.wrapping_mul(0x9e37_79b1 ^ place).to_be_bytes());
    }
    Hash(bytes)
}

/// A document with these lines between its first and its last.
fn document(lines: &[&str]) -> String {
    let first = r#"{"snapshot": 1, "version": 42}"#;
    let last = format!(r#"{{"end": {}}}"#, lines.len() + 1);
    let all = [first].into_iter().chain(lines.iter().copied()).chain([last.as_str()]);
    all.map(|line| format!("{line}\n")).collect()
}

/// Reads a document, and says in how many steps.
fn read(document: &str) -> (Result<Book, NotABook>, usize) {
    read_parts(document, usize::MAX, None)
}

/// Reads a document that comes in parts of so many bytes, and that is to replace another one.
fn read_parts(document: &str, part: usize, before: Option<&Book>) -> (Result<Book, NotABook>, usize) {
    let mut reading = Reading::begin(before);
    let mut rest = document.as_bytes();
    let mut come = |reading: &mut Reading| {
        let (part, behind) = rest.split_at(part.min(rest.len()));
        rest = behind;
        reading.take(part.to_vec(), rest.is_empty());
    };
    come(&mut reading);
    for step in 1.. {
        match reading.step() {
            Progress::Working => {}
            Progress::Hungry => come(&mut reading),
            Progress::Done(book) => return (Ok(book), step),
            Progress::Failed(why) => return (Err(why), step),
        }
    }
    unreachable!()
}
