//! The head of a request or a response: its headers as bytes, in the order in which they came.
//!
//! Nothing here assumes UTF-8, a header that occurs once, or a header that is there at all.

use std::borrow::Cow;
use std::fmt;
use std::slice;

/// Headers as bytes. Names are compared without regard to case; pseudo-headers (`:path`) are headers like any other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// As the proxy hands them over: the lengths of each name and value, then the names and values. Read where they lie: of most requests
    /// two or three headers are looked at, and a table of all would cost more than to pass over the lengths.
    bytes: Vec<u8>,
    /// How many there are.
    count: usize,
    /// The lengths of the names, modulo 64, a bit each: most names that are looked for are not there, and few need be compared to know.
    lengths: u64,
    /// Whether the name of one begins as only those of our own do.
    own: bool,
}

/// How often a header occurs: a header that guards something must occur once, or the two readers may read two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sole<'a> {
    /// The header is not there.
    Absent,
    /// It occurs once, with this value.
    One(&'a [u8]),
    /// It occurs more than once.
    Many,
}

impl Head {
    /// Copies the pairs, in order.
    pub fn from_pairs<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let pairs: Vec<(N, V)> = pairs.into_iter().collect();
        let bytes = to_abi(pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
        Self::from_abi(bytes).unwrap_or_default()
    }

    /// Reads the proxy-wasm serialization of a header map ([`to_abi`]). `None` if it is not one.
    pub fn from_abi(bytes: Vec<u8>) -> Option<Self> {
        let Some((count, rest)) = bytes.split_first_chunk() else {
            return bytes.is_empty().then(Self::default);
        };
        let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        let (lengths, texts) = rest.split_at_checked(count.checked_mul(8)?)?;
        let (lengths, _) = lengths.as_chunks();
        let (mut rest, mut known, mut own) = (texts, 0, false);
        for pair in lengths {
            let (name, value) = read_lengths(pair);
            let both = u64::from(name) + u64::from(value) + 2;
            let (pair, behind) = rest.split_at_checked(usize::try_from(both).ok()?)?;
            known |= length_bit(name as usize);
            // A name that is shorter runs on into its value, and its end is no letter.
            own |= is_own(pair);
            rest = behind;
        }
        // No headers are written in one way only.
        Some(if count == 0 { Self::default() } else { Self { bytes, count, lengths: known, own } })
    }

    /// Every header, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.scan(true)
    }

    /// Every name that only a filter of ours may send. Nearly always there is none, and nothing is looked at.
    pub fn own_names(&self) -> impl Iterator<Item = &[u8]> {
        self.scan(self.own).map(|(name, _)| name).filter(|name| is_own(name))
    }

    /// Every value of the headers of that name, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let mut scan = self.scan(self.lengths & length_bit(name.len()) != 0);
        std::iter::from_fn(move || scan.value(name.as_bytes()))
    }

    /// Every header whose name has that length, in order: for names that are to be alike in another way than by the case of their letters.
    pub fn of_length(&self, length: usize) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut scan = self.scan(self.lengths & length_bit(length) != 0);
        std::iter::from_fn(move || scan.of_length(length))
    }

    /// All headers, or none where it is known that nothing is to be found.
    fn scan(&self, all: bool) -> Scan<'_> {
        let lengths = self.bytes.get(4..4 + 8 * self.count).filter(|_| all).unwrap_or_default();
        Scan { bytes: &self.bytes, lengths: lengths.as_chunks().0.iter(), at: 4 + lengths.len() }
    }

    /// The value of a header that may occur once only.
    pub fn sole<'a>(&'a self, name: &'a str) -> Sole<'a> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (None, _) => Sole::Absent,
            (Some(value), None) => Sole::One(value),
            (Some(_), Some(_)) => Sole::Many,
        }
    }

    /// `:method`, or nothing where the host does not tell it.
    pub fn method(&self) -> &[u8] {
        self.values(":method").next().unwrap_or_default()
    }

    /// `:path` with its query, as it came. `None` if it is empty or missing: hosts exist that report it so, and an unknown path
    /// is never a match for admission.
    pub fn path(&self) -> Option<&[u8]> {
        self.values(":path").next().filter(|path| !path.is_empty())
    }

    /// `:authority` as it came. `None` if it is empty or missing.
    pub fn authority(&self) -> Option<&[u8]> {
        self.values(":authority").next().filter(|host| !host.is_empty())
    }

    /// The same head after those edits, for a policy that stands behind another one.
    pub fn edited<'e>(&'e self, edits: impl IntoIterator<Item = &'e Edit>) -> Self {
        let mut pairs: Vec<(&[u8], &[u8])> = self.iter().collect();
        for edit in edits {
            let name = edit.name();
            match edit {
                Edit::Remove(_) => pairs.retain(|(key, _)| !key.eq_ignore_ascii_case(name.as_bytes())),
                Edit::SetBesideReason(_, value) => {
                    let told = pairs.iter().any(|(key, _)| key.eq_ignore_ascii_case(REASON_HEADER.as_bytes()));
                    pairs.retain(|(key, _)| !key.eq_ignore_ascii_case(name.as_bytes()));
                    pairs.extend(told.then_some((name.as_bytes(), value.as_slice())));
                }
                Edit::Set(_, value) => {
                    pairs.retain(|(key, _)| !key.eq_ignore_ascii_case(name.as_bytes()));
                    pairs.push((name.as_bytes(), value));
                }
                Edit::Add(_, value) => pairs.push((name.as_bytes(), value)),
                Edit::Default(_, value) => {
                    if !pairs.iter().any(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes())) {
                        pairs.push((name.as_bytes(), value));
                    }
                }
            }
        }
        Self::from_pairs(pairs)
    }
}

/// Headers of requests that begin so are ours, and nobody else's.
const OWN: &[u8] = b"x-verdict-";

/// Whether that name is one of ours. Nearly every other one differs at its beginning.
// Inline as far as that, for it is asked of every header.
#[inline(always)]
fn is_own(name: &[u8]) -> bool {
    matches!(name, [b'x' | b'X', b'-', b'v' | b'V', ..]) && begins_as_own(name)
}

fn begins_as_own(name: &[u8]) -> bool {
    name.get(..OWN.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN))
}

fn length_bit(length: usize) -> u64 {
    1 << (length % 64)
}

/// The lengths of a name and of its value.
// Read in one go: by the byte, it would be most of what passing over a header takes.
#[inline(always)]
fn read_lengths(pair: &[u8; 8]) -> (u32, u32) {
    let both = u64::from_le_bytes(*pair);
    (both as u32, (both >> 32) as u32)
}

/// Passes over the headers where they lie.
#[derive(Clone)]
struct Scan<'a> {
    bytes: &'a [u8],
    /// Of the headers to come.
    lengths: slice::Iter<'a, [u8; 8]>,
    /// Where the next name begins.
    at: usize,
}

impl<'a> Scan<'a> {
    /// Where the next name begins, and how long it and its value are. Nothing can overflow: `from_abi` has counted all of it.
    #[inline(always)]
    fn pass(&mut self) -> Option<(usize, usize, usize)> {
        let (name, value) = read_lengths(self.lengths.next()?);
        let (at, name, value) = (self.at, name as usize, value as usize);
        self.at = at + name + value + 2;
        Some((at, name, value))
    }

    /// The next header whose name has that length.
    fn of_length(&mut self, length: usize) -> Option<(&'a [u8], &'a [u8])> {
        while let Some((at, name, value)) = self.pass() {
            if name == length {
                return self.bytes.get(at..at + name).zip(self.bytes.get(at + name + 1..at + name + 1 + value));
            }
        }
        None
    }

    /// The value of the next header of that name. By their lengths first: most names differ in it.
    fn value(&mut self, wanted: &[u8]) -> Option<&'a [u8]> {
        while let Some((name, value)) = self.of_length(wanted.len()) {
            if name.eq_ignore_ascii_case(wanted) {
                return Some(value);
            }
        }
        None
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (at, name, value) = self.pass()?;
        Some((self.bytes.get(at..at + name)?, self.bytes.get(at + name + 1..at + name + 1 + value)?))
    }
}

/// The proxy-wasm serialization of a header map (ABI 0.2.1): a count, then the two lengths of each pair, then each name and value closed by a
/// zero byte; numbers are little-endian `u32`.
pub fn to_abi<'a>(pairs: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone) -> Vec<u8> {
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let texts = pairs.clone().flat_map(|(name, value)| [name, value]);
    let mut out = Vec::from(number(pairs.count()));
    for text in texts.clone() {
        out.extend(number(text.len()));
    }
    for text in texts {
        out.extend_from_slice(text);
        out.push(0);
    }
    out
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names only: a value may be a secret.
        f.debug_list().entries(self.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned())).finish()
    }
}

/// The header of responses that tells why.
pub const REASON_HEADER: &str = "x-verdict-reason";

/// The name of a header that changes. Most are known when the filter is written, and cost no memory.
pub type Name = Cow<'static, str>;

/// One change to the headers of a request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Takes away every header of that name.
    Remove(Name),
    /// Leaves exactly one header of that name, with that value.
    Set(Name, Vec<u8>),
    /// Adds one more header of that name.
    Add(Name, Vec<u8>),
    /// Adds a header of that name where there is none yet. Of an empty one, some hosts do not tell.
    Default(Name, Vec<u8>),
    /// [`Edit::Set`] where the head says why it was refused ([`REASON_HEADER`]), and [`Edit::Remove`] where it does not.
    SetBesideReason(Name, Vec<u8>),
}

impl Edit {
    /// The header that changes.
    pub fn name(&self) -> &str {
        match self {
            Self::Remove(name)
            | Self::Set(name, _)
            | Self::Add(name, _)
            | Self::Default(name, _)
            | Self::SetBesideReason(name, _) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head::from_pairs([
            (":method", "OPTIONS"),
            (":path", "/"),
            ("Origin", "https://shop.example"),
            ("access-control-request-method", "PUT"),
            ("x-twice", "1"),
            ("empty", ""),
            ("X-Twice", "2"),
        ])
    }

    #[test]
    fn what_was_put_in_is_read_in_order_whatever_the_case_of_the_name() {
        let head = head();
        assert_eq!(head.sole("origin"), Sole::One(b"https://shop.example"));
        assert_eq!(head.sole("access-control-request-method"), Sole::One(b"PUT"));
        assert_eq!(head.sole("x-twice"), Sole::Many);
        assert_eq!(head.sole("empty"), Sole::One(b""));
        assert_eq!(head.sole("not-there"), Sole::Absent);
        assert_eq!(head.values("x-twice").collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!((head.method(), head.path(), head.authority()), (&b"OPTIONS"[..], Some(&b"/"[..]), None));
        assert_eq!(head.own_names().count(), 0);
        assert_eq!(head.iter().count(), 7);
    }

    #[test]
    fn the_serialization_of_the_proxy_is_read_as_it_was_written() {
        let head = head();
        assert_eq!(Head::from_abi(to_abi(head.iter())), Some(head.clone()));
        for none in [&b""[..], &[0; 4], &[0, 0, 0, 0, 1]] {
            assert_eq!(Head::from_abi(none.to_vec()), Some(Head::default()), "{none:?}");
        }
        assert_eq!(Head::from_pairs([("", ""); 0]), Head::default());
    }

    #[test]
    fn names_of_our_own_are_found_in_every_spelling() {
        let names = [
            "accept",
            "X-Verdict-Reason",
            "x-verdict-",
            "x-verdict",
            "x-verdic",
            "x-v",
            "x-verdict_a",
            "x-VERDICT-consumer",
        ];
        let head = Head::from_pairs(names.map(|name| (name, "t-reason")));
        let own = ["X-Verdict-Reason", "x-verdict-", "x-VERDICT-consumer"];
        assert_eq!(head.own_names().collect::<Vec<_>>(), own.map(str::as_bytes));
        for name in names {
            let head = Head::from_pairs([("x-request-id", "1"), (name, "-reason")]);
            assert_eq!(head.own_names().count(), usize::from(own.contains(&name)), "{name}");
        }
    }

    #[test]
    fn a_default_is_set_only_where_there_is_no_such_header() {
        for (name, values) in [
            ("not-there", &[b"new".as_slice()] as &[&[u8]]),
            ("ORIGIN", &[b"https://shop.example"]),
            ("x-twice", &[b"1", b"2"]),
            ("empty", &[b""]),
        ] {
            let edited = head().edited(&[Edit::Default(name.to_owned().into(), b"new".to_vec())]);
            assert_eq!(edited.values(name).collect::<Vec<_>>(), values, "{name}");
        }
    }

    #[test]
    fn what_is_set_beside_a_reason_goes_where_there_is_none() {
        let edit = Edit::SetBesideReason("x-twice".into(), b"new".to_vec());
        let told = head().edited(&[Edit::Add(REASON_HEADER.into(), b"a.b".to_vec()), edit.clone()]);
        assert_eq!(told.values("x-twice").collect::<Vec<_>>(), [b"new"]);
        assert_eq!(head().edited(&[edit]).values("x-twice").count(), 0);
    }

    #[test]
    fn what_is_no_serialization_is_none() {
        let whole = to_abi(head().iter());
        for length in 1..whole.len() {
            assert_eq!(Head::from_abi(whole[..length].to_vec()), None, "{length} bytes of {}", whole.len());
        }
        // Counts and lengths beyond what is there, up to those that overflow.
        for at in 0..4 + 8 * 7 {
            let mut lie = whole.clone();
            lie[at] = 255;
            assert_eq!(Head::from_abi(lie), None, "byte {at}");
        }
    }
}
