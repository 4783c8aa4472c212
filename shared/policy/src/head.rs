//! The head of a request or a response: its headers as bytes, in the order in which they came.
//!
//! Nothing here assumes UTF-8, a header that occurs once, or a header that is there at all.

use std::fmt;

/// Headers as bytes. Names are compared without regard to case; pseudo-headers (`:path`) are headers like any other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Every name and value, one behind the other: one allocation however many headers there are.
    bytes: Vec<u8>,
    spans: Vec<Span>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Span {
    name: (u32, u32),
    value: (u32, u32),
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
        let mut head = Self::default();
        for (name, value) in pairs {
            head.push(name.as_ref(), value.as_ref());
        }
        head
    }

    /// Reads the proxy-wasm serialization of a header map (ABI 0.2.1): a count, then the two lengths of each pair, then
    /// each name and value closed by a zero byte; numbers are little-endian `u32`. `None` if it is not one.
    pub fn from_abi(bytes: Vec<u8>) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let number = |at: usize| -> Option<usize> {
            let four = bytes.get(at..at.checked_add(4)?)?;
            usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
        };
        let count = number(0)?;
        // Each pair takes at least ten bytes: a count beyond that is a lie, and must not reserve memory.
        if count > bytes.len() / 10 {
            return None;
        }
        let mut spans = Vec::with_capacity(count);
        let mut at = count.checked_mul(8)?.checked_add(4)?;
        for pair in 0..count {
            let sizes = pair.checked_mul(8)?.checked_add(4)?;
            let mut part = |length: usize| -> Option<(u32, u32)> {
                let end = at.checked_add(length)?;
                if end >= bytes.len() {
                    return None;
                }
                let span = (u32::try_from(at).ok()?, u32::try_from(end).ok()?);
                at = end.checked_add(1)?;
                Some(span)
            };
            let name = part(number(sizes)?)?;
            let value = part(number(sizes.checked_add(4)?)?)?;
            spans.push(Span { name, value });
        }
        Some(Self { bytes, spans })
    }

    fn push(&mut self, name: &[u8], value: &[u8]) {
        let name = self.store(name);
        let value = self.store(value);
        self.spans.push(Span { name, value });
    }

    fn store(&mut self, part: &[u8]) -> (u32, u32) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(part);
        (start, self.bytes.len() as u32)
    }

    fn slice(&self, (start, end): (u32, u32)) -> &[u8] {
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Every header, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.spans.iter().map(|span| (self.slice(span.name), self.slice(span.value)))
    }

    /// Every value of the headers of that name, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        // Length first: most names differ in it.
        self.iter()
            .filter(move |(key, _)| key.len() == name.len() && key.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
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
    pub fn edited(&self, edits: &[Edit]) -> Self {
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
            }
        }
        Self::from_pairs(pairs)
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names only: a value may be a secret.
        f.debug_list().entries(self.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned())).finish()
    }
}

/// One change to the headers of a request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Takes away every header of that name.
    Remove(String),
    /// Leaves exactly one header of that name, with that value.
    Set(String, Vec<u8>),
    /// Adds one more header of that name.
    Add(String, Vec<u8>),
}

impl Edit {
    /// The header that changes.
    pub fn name(&self) -> &str {
        match self {
            Self::Remove(name) | Self::Set(name, _) | Self::Add(name, _) => name,
        }
    }
}
