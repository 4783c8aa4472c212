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
        let length = u32::try_from(bytes.len()).ok()?;
        let (count, rest) = bytes.split_first_chunk()?;
        let count = u32::from_le_bytes(*count);
        // Each pair takes at least ten bytes: a count beyond that is a lie, and must not reserve memory.
        if count > length / 10 {
            return None;
        }
        let (sizes, _) = rest.get(..count as usize * 8)?.as_chunks();
        let mut spans = Vec::with_capacity(sizes.len());
        let mut at = 4 + count * 8;
        for [n1, n2, n3, n4, v1, v2, v3, v4] in sizes {
            let name_end = at.checked_add(u32::from_le_bytes([*n1, *n2, *n3, *n4]))?;
            let value = name_end.checked_add(1)?;
            let value_end = value.checked_add(u32::from_le_bytes([*v1, *v2, *v3, *v4]))?;
            if value_end >= length {
                return None;
            }
            spans.push(Span { name: (at, name_end), value: (value, value_end) });
            at = value_end + 1;
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
        self.spans.iter().filter(move |span| self.is_named(span, name)).map(|span| self.slice(span.value))
    }

    /// By its length first: most names differ in it.
    fn is_named(&self, span: &Span, name: &str) -> bool {
        let (start, end) = span.name;
        (end - start) as usize == name.len() && self.slice(span.name).eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value of a header that may occur once only.
    pub fn sole<'a>(&'a self, name: &'a str) -> Sole<'a> {
        let mut sole = Sole::Absent;
        for span in &self.spans {
            if self.is_named(span, name) {
                match sole {
                    Sole::Absent => sole = Sole::One(self.slice(span.value)),
                    Sole::One(_) | Sole::Many => return Sole::Many,
                }
            }
        }
        sole
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
    /// Adds that member to a list (RFC 9110, section 5.6.1) that has neither it nor `*`.
    Include(String, String),
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
            Self::Remove(name) | Self::Set(name, _) | Self::Add(name, _) | Self::Include(name, _) => name,
        }
    }
}
