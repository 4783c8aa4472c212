//! The head of a request or a response: its headers as bytes, in the order in which they came.
//!
//! Nothing here assumes UTF-8, a header that occurs once, or a header that is there at all.

use std::borrow::Cow;
use std::fmt;

/// Headers as bytes. Names are compared without regard to case; pseudo-headers (`:path`) are headers like any other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// As the proxy hands them over: the lengths of each name and value, then the names and values. Read where they lie: of most requests
    /// two or three headers are looked at, and a table of all would cost more than to pass over the lengths.
    bytes: Vec<u8>,
    /// How many there are.
    count: usize,
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
        Self { bytes, count: pairs.len() }.normal()
    }

    /// Reads the proxy-wasm serialization of a header map ([`to_abi`]). `None` if it is not one.
    pub fn from_abi(bytes: Vec<u8>) -> Option<Self> {
        let Some((count, rest)) = bytes.split_first_chunk() else {
            return bytes.is_empty().then(Self::default);
        };
        let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        let (lengths, texts) = rest.split_at_checked(count.checked_mul(8)?)?;
        let (lengths, _) = lengths.as_chunks();
        let mut room = texts.len();
        for length in lengths {
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            room = room.checked_sub(length.checked_add(1)?)?;
        }
        Some(Self { bytes, count }.normal())
    }

    /// No headers are written in one way only.
    fn normal(self) -> Self {
        if self.count == 0 { Self::default() } else { self }
    }

    /// Every header, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.all().map(|(name, value)| (self.slice(name), self.slice(value)))
    }

    /// Every name of at least so many bytes, in order.
    pub fn names_from(&self, length: usize) -> impl Iterator<Item = &[u8]> {
        self.all().filter(move |((start, end), _)| end - start >= length).map(|(name, _)| self.slice(name))
    }

    /// Where each name and value lies.
    fn all(&self) -> impl Iterator<Item = (Span, Span)> + Clone {
        let lengths = self.bytes.get(4..4 + 8 * self.count).unwrap_or_default();
        let mut end = 4 + lengths.len();
        // Nothing can overflow: `from_abi` has counted all of it.
        lengths.as_chunks().0.iter().map(move |[n1, n2, n3, n4, v1, v2, v3, v4]| {
            let name = (end, end + u32::from_le_bytes([*n1, *n2, *n3, *n4]) as usize);
            let value = (name.1 + 1, name.1 + 1 + u32::from_le_bytes([*v1, *v2, *v3, *v4]) as usize);
            end = value.1 + 1;
            (name, value)
        })
    }

    fn slice(&self, (start, end): Span) -> &[u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Every value of the headers of that name, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        // By its length first: most names differ in it.
        self.all()
            .filter(move |((start, end), _)| {
                end - start == name.len() && self.slice((*start, *end)).eq_ignore_ascii_case(name.as_bytes())
            })
            .map(|(_, value)| self.slice(value))
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
                Edit::Include(_, member) => {
                    let mut values = pairs.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
                    if !values.any(|(_, value)| has_member(value, member)) {
                        pairs.push((name.as_bytes(), member.as_bytes()));
                    }
                }
            }
        }
        Self::from_pairs(pairs)
    }
}

/// The beginning and the end of a name or a value.
type Span = (usize, usize);

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
    /// Adds that member to a list (RFC 9110, section 5.6.1) that has neither it nor `*`.
    Include(Name, &'static str),
}

/// Whether a list has that member, in any case, or `*`.
pub fn has_member(list: &[u8], member: &str) -> bool {
    let mut members = list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    members.any(|known| known == b"*" || known.eq_ignore_ascii_case(member.as_bytes()))
}

impl Edit {
    /// The header that changes.
    pub fn name(&self) -> &str {
        match self {
            Self::Remove(name)
            | Self::Set(name, _)
            | Self::Add(name, _)
            | Self::Default(name, _)
            | Self::Include(name, _) => name,
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
        assert_eq!(head.names_from(7).map(<[u8]>::len).collect::<Vec<_>>(), [7, 29, 7, 7]);
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
