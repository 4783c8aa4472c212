//! Paths made of tricky pieces, the same ones in every run.

/// A generator of numbers that are good enough to choose with (xorshift64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// A number below `sides`.
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// What paths are put together from. The plain ones stand there more than once, so that not every path is refused.
const PIECES: &[&[u8]] = &[
    b"/",
    b"/",
    b"/",
    b"/",
    b"/",
    b"/",
    b"/",
    b"/",
    b"/admin",
    b"/admin",
    b"/users",
    b"/users/5",
    b"/a",
    b"/x:y",
    b"/b",
    b"a",
    b"a",
    b"b",
    b"admin",
    b"/..",
    b"/..",
    b"/..",
    b"/.",
    b".",
    b"..",
    b"//",
    b"//",
    b";x",
    b";",
    b"/;",
    b"/;p",
    b"%61",
    b"%61",
    b"%41",
    b"%2541",
    b"%2561",
    b"%3A",
    b"%3a",
    b"%253A",
    b":",
    b"y",
    b"x",
    b"%3F",
    b"%3f",
    b"%23",
    b"%3B",
    b"%3b",
    b"%7E",
    b"%20",
    b"%C3%A9",
    b"%c3%a9",
    b"\xC3\xA9",
    b"%25",
    b"%25",
    b"5",
    b"{",
    b"=",
];

/// Pieces that are refused by themselves, now and then.
const REFUSED: &[&[u8]] = &[
    b"%2f",
    b"%5C",
    b"%00",
    b"%252e",
    b"%2e%2e",
    b"%2e",
    b"%253B",
    b"\\",
    b"#",
    b" ",
    b"\x01",
    b"%zz",
    b"%4",
    b"%",
    b"%c0%af",
    b"%E0%80%AF",
    b"?",
    b"\xFF",
    b"*",
];

/// A path of a few pieces. It nearly always begins with a slash.
pub(super) fn path(dice: &mut Dice) -> Vec<u8> {
    let mut path = if dice.roll(50) == 0 { Vec::new() } else { b"/".to_vec() };
    for _ in 0..dice.roll(9) {
        let pieces = if dice.roll(25) == 0 { REFUSED } else { PIECES };
        path.extend_from_slice(pieces[dice.roll(pieces.len())]);
    }
    path
}
