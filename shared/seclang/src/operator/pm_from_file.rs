//! `@pmFromFile` and `@pmf`: the value has one of the lines of a file in it, in any ASCII case; it captures that line.
//!
//! Several files stand between blanks. A line is taken as it is, blanks included; an empty one and one that begins with `#` (after blanks)
//! is none.

#[cfg(test)]
use super::Case;
use super::pm::Words;
use super::{Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct PmFromFile(Words);

impl Test for PmFromFile {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("words.data", b"an ALPHA", Some("alpha")),
        ("words.data", b"two words here", Some("two words")),
        ("words.data", b"# comment", None),
        ("words.data", b"two", None),
        ("words.data", b"#hash", None),
        ("words.data networks.data", b"192.0.2.1", None),
        ("words.data networks.data", b"alpha", Some("alpha")),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &["nowhere.data", ""];

    fn read(argument: &str, files: Files<'_>) -> Result<Self, String> {
        let mut text = Vec::new();
        for name in argument.split_ascii_whitespace() {
            text.extend(files(name).ok_or_else(|| format!("there is no file `{name}`"))?);
            text.push(b'\n');
        }
        if text.is_empty() {
            return Err("the name of the file is missing".into());
        }
        let comment = |line: &[u8]| line.iter().find(|byte| !matches!(byte, b' ' | 0x09..=0x0d)) == Some(&b'#');
        Words::new(text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && !comment(line))).map(Self)
    }

    fn test(&self, value: &[u8], capture: bool, _: Expand<'_>) -> Option<Hit> {
        self.0.test(value, capture)
    }

    fn literals(&self) -> Option<Literals> {
        Some(self.0.literals())
    }
}
