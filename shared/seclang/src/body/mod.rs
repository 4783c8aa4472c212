//! What reads the parts of a request that have a form of their own, one a file. Everything here takes bytes, takes time linear in
//! them, does not recurse, and has a bound for whatever it collects.
//!
//! A reader that finds a fault returns what it had read until then *and* the fault: rules see both, so that a malformed body is
//! inspected even where no rule refuses `REQBODY_ERROR`.
//!
//! | Module | What it reads |
//! |---|---|
//! | [`urlencoded`] | a query, and `application/x-www-form-urlencoded` |
//! | [`cookies`] | the header `Cookie` |
//! | [`multipart`] | `multipart/form-data` |
//! | [`json`] | JSON |
//! | [`xml`] | XML |
//! | [`decompress`] | `Content-Encoding` |

pub mod cookies;
mod cursor;
pub mod decompress;
mod disposition;
pub mod json;
pub mod multipart;
pub mod urlencoded;
pub mod xml;

use std::fmt;

/// A name and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// What is wrong with a body, and where: `REQBODY_ERROR_MSG`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The place, in bytes from the start of what was read.
    pub at: usize,
    /// What is wrong there. A constant: nothing that a client sent.
    pub what: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

/// Whether C's `isspace` says so. Rust's own test leaves out the vertical tab.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}
