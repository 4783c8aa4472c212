//! Books as they are read from documents, and what is found in them.

mod documents;
mod model;
mod pieces;
mod refused;

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
    let mut reading = match Reading::begin(document.into(), 0) {
        Ok(reading) => reading,
        Err(why) => return (Err(why), 0),
    };
    for step in 1.. {
        match reading.step() {
            Progress::Working(rest) => reading = rest,
            Progress::Done(book) => return (Ok(book), step),
            Progress::Failed(why) => return (Err(why), step),
        }
    }
    unreachable!()
}
