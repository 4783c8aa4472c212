//! A value that is written anew byte by byte, and allocated only when it first differs from the one that is read.

use memchr::memchr;

/// Writes a value anew in which one sign begins whatever changes. `after` is handed what follows a sign, writes what
/// becomes of it and of the sign, and gives what it has not read.
pub(super) fn at_each<'a>(
    sign: u8,
    value: &'a [u8],
    after: impl Fn(&'a [u8], &mut Rewrite<'a>) -> &'a [u8],
) -> Option<Vec<u8>> {
    let mut made = Rewrite::after(value, memchr(sign, value)?);
    let mut rest = value.get(made.written().len()..)?;
    while let Some(at) = memchr(sign, rest) {
        let (same, found) = rest.split_at(at);
        made.extend(same);
        rest = after(found.get(1..).unwrap_or_default(), &mut made);
    }
    made.extend(rest);
    made.finish()
}

/// What has been written so far: either the beginning of the source, or bytes of its own.
pub(super) struct Rewrite<'a> {
    source: &'a [u8],
    /// How many bytes of the source are what has been written; of no meaning once there are bytes of its own.
    same: usize,
    own: Option<Vec<u8>>,
}

impl<'a> Rewrite<'a> {
    /// Nothing is written yet.
    pub(super) fn new(source: &'a [u8]) -> Self {
        Self::after(source, 0)
    }

    /// The first bytes of the source are written already: the caller knows that nothing in them changes.
    pub(super) fn after(source: &'a [u8], same: usize) -> Self {
        Self { source, same: same.min(source.len()), own: None }
    }

    /// Writes a byte.
    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        match &mut self.own {
            Some(own) => own.push(byte),
            None if self.source.get(self.same) == Some(&byte) => self.same += 1,
            None => self.own().push(byte),
        }
    }

    /// Writes bytes.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        match &mut self.own {
            Some(own) => own.extend_from_slice(bytes),
            None => match self.source.get(self.same..) {
                Some(rest) if rest.starts_with(bytes) => self.same += bytes.len(),
                Some(_) | None => self.own().extend_from_slice(bytes),
            },
        }
    }

    /// Takes back all but the first `length` bytes.
    pub(super) fn truncate(&mut self, length: usize) {
        match &mut self.own {
            Some(own) => own.truncate(length),
            None => self.same = self.same.min(length),
        }
    }

    /// What has been written.
    pub(super) fn written(&self) -> &[u8] {
        match &self.own {
            Some(own) => own,
            None => self.source.get(..self.same).unwrap_or_default(),
        }
    }

    /// The new value; `None` if it is the source.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        match self.own {
            Some(own) => (own != self.source).then_some(own),
            None if self.same == self.source.len() => None,
            None => self.source.get(..self.same).map(<[u8]>::to_vec),
        }
    }

    #[cold]
    fn own(&mut self) -> &mut Vec<u8> {
        let written = self.source.get(..self.same).unwrap_or_default();
        let mut own = Vec::with_capacity(self.source.len());
        own.extend_from_slice(written);
        self.own.insert(own)
    }
}

#[cfg(test)]
mod tests {
    use super::Rewrite;

    #[test]
    fn what_is_written_is_what_comes_out_and_nothing_comes_out_of_the_same() {
        type Case = (&'static [u8], &'static [u8], usize, &'static [u8]);
        let cases: [Case; 7] = [
            (b"abc", b"abc", 3, b""),
            (b"abc", b"abd", 3, b""),
            (b"abc", b"ab", 2, b""),
            (b"abc", b"abcd", 4, b""),
            (b"abc", b"abx", 2, b"c"),
            (b"abc", b"abc", 1, b"xy"),
            (b"", b"a", 1, b""),
        ];
        for (source, first, keep, then) in cases {
            for at_once in [false, true] {
                let mut rewrite = Rewrite::new(source);
                match at_once {
                    true => rewrite.extend(first),
                    false => first.iter().for_each(|byte| rewrite.push(*byte)),
                }
                rewrite.truncate(keep);
                rewrite.extend(then);
                let expected = [&first[..keep], then].concat();
                assert_eq!(rewrite.written(), expected);
                assert_eq!(rewrite.finish(), (expected != source).then_some(expected));
            }
        }
    }
}
