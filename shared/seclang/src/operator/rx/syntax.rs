//! A regular expression as PCRE reads it: the tree, and sets of bytes. No Unicode: as in ModSecurity, a byte is a character.

/// The letters in the second word of a set.
const UPPER: u64 = 0x07ff_fffe;
const LOWER: u64 = UPPER << 32;

/// A set of bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bytes([u64; 4]);

impl Bytes {
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    pub(super) fn of(bytes: &[u8]) -> Self {
        bytes.iter().fold(Self::default(), |set, byte| set.with(*byte, *byte))
    }

    /// With everything from `low` to `high`, both included.
    pub(super) fn with(mut self, low: u8, high: u8) -> Self {
        for byte in low..=high {
            if let Some(word) = self.0.get_mut(usize::from(byte / 64)) {
                *word |= 1 << (byte % 64);
            }
        }
        self
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte / 64)).is_some_and(|word| word & 1 << (byte % 64) != 0)
    }

    pub(super) fn not(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    pub(super) fn or(self, other: Self) -> Self {
        let mut words = self.0;
        words.iter_mut().zip(other.0).for_each(|(word, more)| *word |= more);
        Self(words)
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(a, b)| a & b != 0)
    }

    pub(super) fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Its one byte, if it has no other.
    pub(super) fn only(&self) -> Option<u8> {
        let mut bytes = self.iter();
        bytes.next().filter(|_| self.len() == 1)
    }

    /// Its bytes, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u8> {
        self.0.into_iter().zip([0, 64, 128, 192]).flat_map(|(mut word, first)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros() as u8;
                // Takes the lowest one away.
                word &= word.checked_sub(1)?;
                Some(first + bit)
            })
        })
    }

    /// With the other case of each ASCII letter in it.
    pub(super) fn in_any_case(self) -> Self {
        let [controls, ascii, low, high] = self.0;
        let both = ascii | (ascii & UPPER) << 32 | (ascii & LOWER) >> 32;
        Self([controls, both, low, high])
    }

    /// With each ASCII letter in lower case.
    pub(super) fn in_lower_case(self) -> Self {
        let [controls, ascii, low, high] = self.0;
        Self([controls, ascii & !UPPER | (ascii & UPPER) << 32, low, high])
    }

    pub(super) fn digits() -> Self {
        Self::default().with(b'0', b'9')
    }

    pub(super) fn letters() -> Self {
        Self::default().with(b'a', b'z').with(b'A', b'Z')
    }

    /// `\w`.
    pub(super) fn words() -> Self {
        Self::letters().or(Self::digits()).or(Self::of(b"_"))
    }

    /// `\s`, which has the vertical tab since PCRE 8.34.
    pub(super) fn spaces() -> Self {
        Self::of(b"\t\n\x0b\x0c\r ")
    }

    /// `\h`: what is horizontal white space in Latin-1.
    pub(super) fn horizontal() -> Self {
        Self::of(b"\t \xa0")
    }

    /// `\v`: what is vertical white space in Latin-1.
    pub(super) fn vertical() -> Self {
        Self::of(b"\n\x0b\x0c\r\x85")
    }

    /// A POSIX class by its name.
    pub(super) fn posix(name: &[u8]) -> Option<Self> {
        let set = Self::default();
        Some(match name {
            b"alpha" => Self::letters(),
            b"lower" => set.with(b'a', b'z'),
            b"upper" => set.with(b'A', b'Z'),
            b"alnum" => Self::letters().or(Self::digits()),
            b"digit" => Self::digits(),
            b"xdigit" => Self::digits().with(b'a', b'f').with(b'A', b'F'),
            b"word" => Self::words(),
            b"space" => Self::spaces(),
            b"blank" => Self::of(b"\t "),
            b"cntrl" => set.with(0, 0x1f).with(0x7f, 0x7f),
            b"graph" => set.with(0x21, 0x7e),
            b"print" => set.with(0x20, 0x7e),
            b"punct" => set.with(0x21, 0x2f).with(0x3a, 0x40).with(0x5b, 0x60).with(0x7b, 0x7e),
            b"ascii" => set.with(0, 0x7f),
            _ => return None,
        })
    }
}

/// What is asked of a place rather than of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// `\A`, and `^` unless a line matters.
    Start,
    /// `\z`.
    End,
    /// `\Z`, and `$` unless a line matters: the end, or before a newline that is the last byte.
    EndOrFinalNewline,
    /// `^`: after a newline too, but (unlike in the `regex` crate) not after one that is the last byte.
    LineStart,
    /// `$`: before a newline too.
    LineEnd,
    /// `\b`.
    Word,
    /// `\B`.
    NotWord,
}

/// How much a repetition takes first, and whether it gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taking {
    /// `*`: as much as it can.
    Greedy,
    /// `*?`: as little as it can.
    Lazy,
    /// `*+`: as much as it can, and gives nothing back.
    Possessive,
}

/// A part of an expression. Its depth is bounded by the reader, so that recursion over it is too.
#[derive(Clone)]
pub(super) enum Node {
    Empty,
    Set(Bytes),
    Look(Look),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: Option<u32>,
        taking: Taking,
    },
    /// A group that captures, with its number from 1.
    Group(u32, Box<Node>),
    /// `(?>…)`.
    Atomic(Box<Node>),
    Concat(Vec<Node>),
    Either(Vec<Node>),
}

impl Node {
    /// Whether it can match without consuming anything, whatever its looks say.
    pub(super) fn nullable(&self) -> bool {
        match self {
            Self::Empty | Self::Look(_) => true,
            Self::Set(_) => false,
            Self::Repeat { node, min, .. } => *min == 0 || node.nullable(),
            Self::Group(_, node) | Self::Atomic(node) => node.nullable(),
            Self::Concat(nodes) => nodes.iter().all(Self::nullable),
            Self::Either(nodes) => nodes.iter().any(Self::nullable),
        }
    }

    /// Whether it can consume anything.
    pub(super) fn consumes(&self) -> bool {
        match self {
            Self::Empty | Self::Look(_) => false,
            Self::Set(_) => true,
            Self::Repeat { node, max, .. } => *max != Some(0) && node.consumes(),
            Self::Group(_, node) | Self::Atomic(node) => node.consumes(),
            Self::Concat(nodes) | Self::Either(nodes) => nodes.iter().any(Self::consumes),
        }
    }

    /// Whether it can be anything but empty: consume something, or ask what stands around.
    pub(super) fn asks(&self) -> bool {
        match self {
            Self::Empty => false,
            Self::Set(_) | Self::Look(_) => true,
            Self::Repeat { node, max, .. } => *max != Some(0) && node.asks(),
            Self::Group(_, node) | Self::Atomic(node) => node.asks(),
            Self::Concat(nodes) | Self::Either(nodes) => nodes.iter().any(Self::asks),
        }
    }

    /// Whether it may prefer to match nothing where it could match something.
    pub(super) fn prefers_nothing(&self) -> bool {
        match self {
            Self::Empty | Self::Look(_) | Self::Set(_) => false,
            Self::Repeat { node, taking, .. } => *taking == Taking::Lazy && self.nullable() || node.prefers_nothing(),
            Self::Group(_, node) | Self::Atomic(node) => node.prefers_nothing(),
            Self::Concat(nodes) => nodes.iter().any(Self::prefers_nothing),
            Self::Either(nodes) => {
                let but_last = nodes.split_last().map_or(&[][..], |(_, before)| before);
                but_last.iter().any(Self::nullable) || nodes.iter().any(Self::prefers_nothing)
            }
        }
    }

    /// Whether a group that captures is in it.
    pub(super) fn captures(&self) -> bool {
        match self {
            Self::Empty | Self::Look(_) | Self::Set(_) => false,
            Self::Group(..) => true,
            Self::Repeat { node, .. } | Self::Atomic(node) => node.captures(),
            Self::Concat(nodes) | Self::Either(nodes) => nodes.iter().any(Self::captures),
        }
    }

    /// An upper bound of the states that it compiles to.
    pub(super) fn cost(&self) -> u64 {
        match self {
            Self::Empty | Self::Look(_) | Self::Set(_) => 1,
            Self::Repeat { node, min, max, .. } => {
                node.cost().saturating_add(1).saturating_mul(u64::from(max.unwrap_or(*min).max(*min)).saturating_add(1))
            }
            Self::Group(_, node) | Self::Atomic(node) => node.cost().saturating_add(2),
            Self::Concat(nodes) | Self::Either(nodes) => nodes.iter().map(Self::cost).fold(1, u64::saturating_add),
        }
    }
}
