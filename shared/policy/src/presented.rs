//! Where a request carries its credential, a token or a key, and that it carries only one.
//!
//! Each must be good, or the upstream may read the one that was ignored. So a second one is refused wherever it stands,
//! also where only some servers would see one.

use std::borrow::Cow;
use std::fmt;

use crate::field::{is_token, is_token_byte};
use crate::head::{Edit, Head};
use crate::own_headers::are_alike;
use crate::problems::{self, Problems};

pub mod raw;
#[cfg(test)]
mod tests;

/// A place that may carry a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A header.
    Header {
        /// Its name, in any case.
        name: String,
        /// The authentication scheme before the token (RFC 9110, section 11.4), such as `Bearer`, in any case. `None`: the token is
        /// all of the value.
        prefix: Option<String>,
    },
    /// The cookie of that name (RFC 6265, section 4.2); case counts.
    Cookie(String),
    /// The query parameter of that name, as it is when percent-decoded; case counts.
    Query(String),
}

/// What a request carries.
#[derive(Clone, PartialEq, Eq)]
pub enum Presented<'a> {
    /// No token.
    Absent,
    /// One token.
    One {
        /// The token: not empty and without white space, but otherwise any bytes.
        token: Cow<'a, [u8]>,
        /// The index of the place where it is.
        place: usize,
    },
    /// More than one, or one that not everybody would find.
    Ambiguous,
    /// A token that is longer than allowed, whatever else there is.
    TooLarge,
    /// A place where a token belongs, with none or with several words.
    Malformed,
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            // Never the token.
            Self::One { token: _, place } => f.debug_struct("One").field("place", place).finish_non_exhaustive(),
            Self::Ambiguous => f.write_str("Ambiguous"),
            Self::TooLarge => f.write_str("TooLarge"),
            Self::Malformed => f.write_str("Malformed"),
        }
    }
}

/// Reads the places that stand at that one, and notes everything that is wrong with them.
pub fn read(written: Vec<raw::Place>, place: &problems::Place, problems: &mut Problems) -> Vec<Place> {
    if written.is_empty() {
        problems.add(place, "there is no place; add one");
    }
    let mut places: Vec<Place> = Vec::new();
    for (index, written) in written.into_iter().enumerate() {
        let place = place.index(index);
        let raw::Place { header, prefix, cookie, query } = written;
        let read = match (header, cookie, query) {
            (Some(name), None, None) => {
                if !is_token(&name) {
                    problems.add(
                        &place.key("header"),
                        format!("`{name}` is not the name of a header; write one such as `authorization`"),
                    );
                }
                if let Some(prefix) = prefix.as_ref().filter(|prefix| !is_token(prefix)) {
                    problems.add(
                        &place.key("prefix"),
                        format!("`{prefix}` is no scheme; write one word, such as `Bearer`, without the blank"),
                    );
                }
                Place::Header { name: name.to_ascii_lowercase(), prefix }
            }
            (None, Some(name), None) if prefix.is_none() => {
                if !is_token(&name) {
                    problems.add(
                        &place.key("cookie"),
                        format!("`{name}` is not the name of a cookie; write one such as `session`"),
                    );
                }
                Place::Cookie(name)
            }
            (None, None, Some(name)) if prefix.is_none() => {
                if !is_token(&name) || name.contains(['&', '#']) {
                    problems.add(
                        &place.key("query"),
                        format!("`{name}` is not the name of a parameter; write one such as `access_token`"),
                    );
                }
                Place::Query(name)
            }
            _ => {
                problems.add(&place, "a place is one of these; write `header` (and `prefix`), `cookie` or `query`");
                continue;
            }
        };
        let same = |other: &Place| match (other, &read) {
            (Place::Header { name: one, .. }, Place::Header { name: other, .. }) => one == other,
            (one, other) => one == other,
        };
        let alike = |known: &&Place| match (known, &read) {
            (Place::Header { name: one, .. }, Place::Header { name: other, .. }) => {
                are_alike(one.as_bytes(), other.as_bytes())
            }
            (Place::Header { .. } | Place::Cookie(_) | Place::Query(_), _) => false,
        };
        if places.iter().any(same) {
            problems.add(&place, "this place is there twice; delete one of the two");
        } else if let Some(Place::Header { name, .. }) = places.iter().find(alike) {
            // A credential in the one would be hidden from the other, and every request refused.
            problems.add(&place, format!("upstreams may take this header for `{name}`; delete one of the two"));
        }
        places.push(read);
    }
    places
}

/// The places, for people.
pub fn in_words(places: &[Place]) -> String {
    let words: Vec<String> = places
        .iter()
        .map(|place| match place {
            Place::Header { name, prefix: Some(prefix) } => format!("in the header {name} behind {prefix}"),
            Place::Header { name, prefix: None } => format!("in the header {name}"),
            Place::Cookie(name) => format!("in the cookie {name}"),
            Place::Query(name) => format!("in the query parameter {name}"),
        })
        .collect();
    words.join(" or ")
}

/// Looks for the token in all of the places, which must differ from one another. `max_bytes` is the longest that is taken.
pub fn find<'a>(head: &'a Head, places: &[Place], max_bytes: usize) -> Presented<'a> {
    let mut found = Found { max_bytes, count: 0, too_large: false, first: None };
    for (index, place) in places.iter().enumerate() {
        match place {
            Place::Header { name, prefix } => found.look_into_header(head, name, prefix.as_deref(), index),
            Place::Cookie(name) => found.look_into_cookies(head, name, index),
            Place::Query(name) => found.look_into_query(head.path().unwrap_or_default(), name, index),
        }
    }
    let Found { max_bytes: _, count, too_large, first } = found;
    match first {
        _ if too_large => Presented::TooLarge,
        _ if count > 1 => Presented::Ambiguous,
        None => Presented::Absent,
        Some((token, _)) if token.is_empty() || has_white_space(&token, matches!(token, Cow::Owned(_))) => {
            Presented::Malformed
        }
        Some((token, place)) => Presented::One { token, place },
    }
}

/// The edits that take the token out of that place, and change nothing else.
pub fn stripped(head: &Head, place: &Place) -> Vec<Edit> {
    match place {
        Place::Header { name, prefix } => {
            let mut edits = Vec::new();
            for (spelling, line) in lines(head, name) {
                let removal = Edit::Remove(String::from_utf8_lossy(spelling).to_ascii_lowercase().into());
                if behind_scheme(line, prefix.as_deref()).is_some() && !edits.contains(&removal) {
                    edits.push(removal);
                }
            }
            edits
        }
        Place::Cookie(name) => without_cookie(head, name),
        Place::Query(name) => without_parameter(head.path().unwrap_or_default(), name).into_iter().collect(),
    }
}

/// What was found so far.
struct Found<'a> {
    max_bytes: usize,
    /// How many tokens, by the reading that finds most.
    count: usize,
    too_large: bool,
    /// The first token and the index of its place.
    first: Option<(Cow<'a, [u8]>, usize)>,
}

impl<'a> Found<'a> {
    fn note(&mut self, token: Cow<'a, [u8]>, place: usize) {
        self.count += 1;
        self.too_large |= token.len() > self.max_bytes;
        self.first.get_or_insert((token, place));
    }

    fn look_into_header(&mut self, head: &'a Head, name: &str, scheme: Option<&str>, place: usize) {
        let before = self.count;
        let mut elements = 0;
        let mut hidden = 0;
        for (spelling, line) in lines(head, name) {
            let is_hidden = !spelling.eq_ignore_ascii_case(name.as_bytes());
            // Two lines may have been joined with a comma (RFC 9110, section 5.3).
            for element in elements_of(line) {
                elements += 1;
                match behind_scheme(element, scheme) {
                    Some(_) if is_hidden => hidden += 1,
                    Some(token) => self.note(Cow::Borrowed(token), place),
                    None => {}
                }
            }
        }
        if self.count > before {
            // Whoever reads another element finds another credential.
            self.count = self.count.max(before + elements);
        }
        self.note_hidden(hidden, place);
    }

    fn look_into_cookies(&mut self, head: &'a Head, name: &str, place: usize) {
        for line in head.values("cookie") {
            // Older servers end a cookie at a comma as well (RFC 2965, section 3.3.4), and some decode its name.
            let mut most =
                line.split(|byte| matches!(byte, b';' | b',')).filter(|pair| may_be_cookie(pair, name)).count();
            for pair in line.split(|byte| *byte == b';').filter(|pair| is_cookie(pair, name)) {
                let value = cut(pair, b'=').1.trim_ascii();
                let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
                self.note(Cow::Borrowed(quoted.unwrap_or(value)), place);
                most = most.saturating_sub(1);
            }
            self.note_hidden(most, place);
        }
    }

    fn look_into_query(&mut self, target: &'a [u8], name: &str, place: usize) {
        let behind = cut(target, b'?').1;
        // Some servers end a parameter at a semicolon, and some do not know fragments, which are never sent.
        let mut most =
            behind.split(|byte| matches!(byte, b'&' | b';' | b'#')).filter(|pair| is_parameter(pair, name)).count();
        for pair in cut(behind, b'#').0.split(|byte| *byte == b'&').filter(|pair| is_parameter(pair, name)) {
            let value = cut(pair, b'=').1;
            let token = if value.contains(&b'%') { unescaped(value).collect() } else { Cow::Borrowed(value) };
            self.note(token, place);
            most = most.saturating_sub(1);
        }
        self.note_hidden(most, place);
    }

    /// Notes tokens that only some would find: even one alone must not pass for none.
    fn note_hidden(&mut self, count: usize, place: usize) {
        if count > 0 {
            self.count += 1 + count;
            self.first.get_or_insert((Cow::Borrowed(b""), place));
        }
    }
}

/// The headers of that name, in every spelling that an upstream may take for it: CGI, WSGI and Rack make one of `x-token` and `x_token`.
fn lines<'a>(head: &'a Head, name: &str) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    head.of_length(name.len()).filter(|(spelling, _)| are_alike(name.as_bytes(), spelling))
}

/// What stands between the commas. Hardly ever is there one, and to look for one byte is many times faster than to split.
fn elements_of(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = (!line.contains(&b',')).then_some(line);
    let split = if whole.is_none() { Some(line.split(|byte| *byte == b',')) } else { None };
    whole.into_iter().chain(split.into_iter().flatten())
}

/// As it stands in a header, no other blanks can be in it; one that was percent-decoded can hold any.
fn has_white_space(token: &[u8], decoded: bool) -> bool {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t') || decoded && byte.is_ascii_whitespace();
    // To the end: that is faster than to look at each byte whether it is the last to be looked at.
    token.iter().fold(false, |any, byte| any | blank(byte))
}

/// What stands behind the scheme: empty where that is not separated by a space. `None` if it is another scheme.
fn behind_scheme<'a>(value: &'a [u8], scheme: Option<&str>) -> Option<&'a [u8]> {
    let value = value.trim_ascii();
    let Some(scheme) = scheme else { return Some(value) };
    let (before, rest) = value.split_at_checked(scheme.len())?;
    // A scheme that anything but a character of a token follows has ended.
    if !before.eq_ignore_ascii_case(scheme.as_bytes()) || rest.first().is_some_and(|byte| is_token_byte(*byte)) {
        return None;
    }
    Some(if rest.starts_with(b" ") { rest.trim_ascii_start() } else { b"" })
}

fn is_cookie(pair: &[u8], name: &str) -> bool {
    cut(pair, b'=').0.trim_ascii() == name.as_bytes()
}

/// Whether some would take it for that cookie: those who percent-decode names.
fn may_be_cookie(pair: &[u8], name: &str) -> bool {
    unescaped(cut(pair, b'=').0.trim_ascii()).eq(unescaped(name.as_bytes()))
}

fn is_parameter(pair: &[u8], name: &str) -> bool {
    unescaped(cut(pair, b'=').0).eq(name.bytes())
}

/// What is before the first such byte, and what is behind it; nothing is, if there is none.
fn cut(text: &[u8], at: u8) -> (&[u8], &[u8]) {
    let mut parts = text.splitn(2, |byte| *byte == at);
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// Percent-decoded (RFC 3986, section 2.1). A `%` without two hexadecimal digits stands for itself.
fn unescaped(text: &[u8]) -> impl Iterator<Item = u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut rest = text;
    std::iter::from_fn(move || {
        if let [b'%', high, low, tail @ ..] = rest
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            rest = tail;
            return Some(high << 4 | low);
        }
        let (byte, tail) = rest.split_first()?;
        rest = tail;
        Some(*byte)
    })
}

fn without_cookie(head: &Head, name: &str) -> Vec<Edit> {
    let lines = || head.values("cookie").map(|line| line.split(|byte| *byte == b';'));
    if !lines().flatten().any(|pair| may_be_cookie(pair, name)) {
        return Vec::new();
    }
    let mut edits = vec![Edit::Remove("cookie".into())];
    for line in lines() {
        let left: Vec<&[u8]> = line.filter(|pair| !may_be_cookie(pair, name)).collect();
        let left = left.join(&b';');
        if !left.trim_ascii().is_empty() {
            edits.push(Edit::Add("cookie".into(), left.trim_ascii().to_vec()));
        }
    }
    edits
}

fn without_parameter(target: &[u8], name: &str) -> Option<Edit> {
    let mark = target.iter().position(|byte| *byte == b'?')?;
    let (path, behind) = (target.get(..mark)?, target.get(mark + 1..)?);
    let query = cut(behind, b'#').0;
    let left: Vec<&[u8]> =
        query.split(|byte| *byte == b'&').filter(|parameter| !is_parameter(parameter, name)).collect();
    let mut edited = path.to_vec();
    if !left.is_empty() {
        edited.push(b'?');
        edited.extend_from_slice(&left.join(&b'&'));
    }
    edited.extend_from_slice(behind.get(query.len()..)?);
    (edited != target).then(|| Edit::Set(":path".into(), edited))
}
