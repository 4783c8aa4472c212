//! `@containsWord`: the value has the argument in it, with no ASCII letter on either side. Digits are no letters.

#[cfg(test)]
use super::Case;
use super::{Argument, Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct ContainsWord(Argument);

impl Test for ContainsWord {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("ab", b"x ab", Some("")),
        ("ab", b"ab1", Some("")),
        ("ab", b"1ab_", Some("")),
        ("ab", b"xab", None),
        ("ab", b"abx", None),
        ("ab", b"xab ab", Some("")),
        ("ab", b"", None),
        ("", b"", Some("")),
        ("aa", b"aaa aa", Some("")),
        ("aa", b"aaab", None),
        ("ab", b"\xffab\xff", Some("")),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &[];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        Argument::read(argument).map(Self)
    }

    fn test(&self, value: &[u8], _: bool, expand: Expand<'_>) -> Option<Hit> {
        let word = self.0.text(expand);
        let stands_alone = |at: usize| {
            let before = at.checked_sub(1).and_then(|before| value.get(before));
            let after = value.get(at + word.len());
            !before.is_some_and(u8::is_ascii_alphabetic) && !after.is_some_and(u8::is_ascii_alphabetic)
        };
        (word.is_empty() || places(value, &word).any(stands_alone)).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        self.0.literals()
    }
}

/// Where `word` is in `value`, also where one overlaps another. `word` is not empty.
fn places<'a>(value: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let finder = memchr::memmem::Finder::new(word);
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + finder.find(value.get(from..)?)?;
        from = at + 1;
        Some(at)
    })
}
