//! `@pm`: the value has one of the words of the argument in it, in any ASCII case; it captures that word, as the argument has it.
//!
//! Between blanks; `|4142|` are bytes in hexadecimal; `\:`, `\;`, `\"` and `\\` are the character itself. An argument with another escape in
//! it, or with anything else between bars, blanks included, is taken as it is.
//!
//! ModSecurity v3 overlooks some words that begin inside of another one (`cy` of `abcx bd cy` in `abcy`); this operator finds them. Of words
//! that overlap it captures the one that ends first, where ModSecurity may capture the beginning of a longer one (`she` of `shex he`).

#[cfg(test)]
use super::Case;
use super::{Expand, Files, Hit, Literals, Test};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::cell::OnceCell;

/// See the module.
pub struct Pm(Words);

impl Test for Pm {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("b c", b"abc", Some("b")),
        ("ABC x", b"xabc", Some("x")),
        ("ABC", b"xabc", Some("ABC")),
        ("abc", b"ab", None),
        ("abd ABD", b"ABD", Some("abd")),
        ("|4142| c", b"xab", Some("AB")),
        ("|41 42| c", b"AB", None),
        ("|41 42| c", b"x|41", Some("|41")),
        ("|61|b", b"ab", Some("ab")),
        ("a\\:b", b"a:b", Some("a:b")),
        ("a\\qb", b"a\\qb", Some("a\\qb")),
        ("\"a b\"", b"b", Some("b")),
        ("", b"x", None),
        ("abcx bd cy", b"abcy", Some("cy")),
        ("shex he", b"she", Some("he")),
        ("é", b"x\xc3\xa9", Some("é")),
        ("( )", b"a(", Some("(")),
        ("%{tx.a}", b"value", None),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        let text = unescaped(argument.as_bytes()).unwrap_or_else(|| argument.as_bytes().to_vec());
        let blank = |byte: &u8| matches!(byte, b' ' | 0x09..=0x0d);
        Words::new(text.split(blank).filter(|word| !word.is_empty())).map(Self)
    }

    fn test(&self, value: &[u8], capture: bool, _: Expand<'_>) -> Option<Hit> {
        self.0.test(value, capture)
    }

    fn literals(&self) -> Option<Literals> {
        Some(self.0.literals())
    }
}

/// The argument without quotes around it, bytes in hexadecimal and escapes; `None` where it is to be taken as it is.
fn unescaped(argument: &[u8]) -> Option<Vec<u8>> {
    let start = argument.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    let text = argument.get(start..)?;
    let text = match text {
        [b'"', inner @ .., b'"'] if !inner.is_empty() => inner,
        [b'"', b'"'] => return None,
        other => other,
    };
    let mut plain = Vec::with_capacity(text.len());
    let mut in_bytes = false;
    let mut escaped = false;
    let mut high = None;
    for byte in text {
        match byte {
            b'|' => in_bytes = !in_bytes,
            b'\\' if !escaped => escaped = true,
            _ if in_bytes => {
                let digit = char::from(*byte).to_digit(16)? as u8;
                match high.take() {
                    None => high = Some(digit),
                    Some(high) => plain.push(high << 4 | digit),
                }
            }
            b':' | b';' | b'\\' | b'"' if escaped => {
                plain.push(*byte);
                escaped = false;
            }
            _ if escaped => return None,
            other => plain.push(*other),
        }
    }
    Some(plain)
}

/// Words, found in any ASCII case. The search is built when it is first needed: that is when the search over all rules has found one of
/// them, which for most rules never happens, and building all would be a third of the time that loading takes.
pub(super) struct Words {
    words: Vec<Vec<u8>>,
    search: OnceCell<Option<AhoCorasick>>,
}

/// The most bytes of words: far below what the search could not number any more.
const LARGEST: usize = 16 << 20;

impl Words {
    pub(super) fn new<'a>(words: impl Iterator<Item = &'a [u8]>) -> Result<Self, String> {
        let words: Vec<Vec<u8>> = words.map(<[u8]>::to_vec).collect();
        if words.iter().map(Vec::len).sum::<usize>() > LARGEST {
            return Err(format!("there are too many words: {LARGEST} bytes are the most"));
        }
        Ok(Self { words, search: OnceCell::new() })
    }

    fn search(&self) -> Option<&AhoCorasick> {
        let build = || {
            let search = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                // The one with all states is many times larger.
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(&self.words);
            search.ok()
        };
        self.search.get_or_init(build).as_ref()
    }

    pub(super) fn test(&self, value: &[u8], capture: bool) -> Option<Hit> {
        let found = self.search()?.find(value)?;
        Some(Hit::of(|| self.words.get(found.pattern().as_usize()).cloned().unwrap_or_default(), capture))
    }

    pub(super) fn literals(&self) -> Literals {
        let mut literals: Vec<Vec<u8>> = self.words.iter().map(|word| word.to_ascii_lowercase()).collect();
        literals.sort();
        literals.dedup();
        Literals(literals)
    }
}
