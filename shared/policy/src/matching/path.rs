//! The path of a request: its normal form, and the other readings that a router or an upstream could make of it.
//!
//! Between a client and the code that answers, a path may or may not be percent-decoded (once or twice), lose its
//! `;parameters`, have its slashes merged, its dot segments removed, be cut at an encoded `?` or `#`, or be read as a
//! reference with an authority (`//authority/path`), and in any order. If a rule stands for a request, it must stand
//! for all of that.
//!
//! Nearly every path is *plain*: no step changes it. That is found out in one pass and without a copy. For the others
//! the steps are taken in all combinations, and a rule is found only if every outcome leads to it. Of decoding and of
//! merging only the extremes are judged: patterns consist of plain segments, so decoding or merging more can only let a
//! path match that did not before, and if both ends lead to the same rule, so does all between. What would break that
//! argument is refused by itself: an encoding that hides a separator, a dot segment or another encoding, a `..` that
//! would remove an empty segment (merged first, it removes another one), and parameters that hide an empty segment
//! (removed after merging, they leave one behind).

use percent_encoding::percent_encode_byte;
use std::fmt;

/// The longest path, in bytes, whose readings are compared when it is not plain. Servers commonly refuse request lines
/// beyond that; plain paths have no limit.
pub const LONGEST_ODD: usize = 8192;

/// How a path reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading<'a> {
    /// It is missing, empty, or does not begin with a slash (`*`, an absolute form).
    Unknown,
    /// Everybody reads it alike: this is the path without its query.
    Plain(&'a [u8]),
    /// There is more than one way to read it.
    Odd(Odd<'a>),
}

/// A path that can be read in several ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Odd<'a> {
    /// As it came, without the query.
    raw: &'a [u8],
}

/// Why a path has no single meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ambiguity {
    /// A `%2F` or `%5C`.
    EncodedSlash,
    /// A `%00`: to some it ends the path.
    EncodedNul,
    /// An encoded `%` before the code of a character that has a meaning of its own.
    DoubleEncoding,
    /// `.` or `..`, with an encoding or parameters.
    HiddenDotSegment,
    /// A `..` right behind an empty segment.
    DotsBehindEmptySegment,
    /// Parameters of an empty segment before the last: they may hide that it is empty.
    ParametersOfNothing,
    /// A backslash.
    Backslash,
    /// A `#`: a fragment is never sent.
    Fragment,
    /// A space or a control character.
    Control,
    /// A `%` that no two hexadecimal digits follow.
    BrokenEscape,
    /// A byte sequence that hides a character in a longer form of UTF-8.
    Overlong,
    /// It is not plain and longer than [`LONGEST_ODD`].
    Long,
    /// Its readings lead to different rules.
    Disagreement,
}

impl fmt::Display for Ambiguity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EncodedSlash => "it has an encoded slash or backslash",
            Self::EncodedNul => "it has an encoded NUL",
            Self::DoubleEncoding => "it is encoded twice",
            Self::HiddenDotSegment => "it has a dot segment behind an encoding or with parameters",
            Self::DotsBehindEmptySegment => "it has a `..` behind an empty segment",
            Self::ParametersOfNothing => "it has a segment of parameters alone",
            Self::Backslash => "it has a backslash",
            Self::Fragment => "it has a fragment",
            Self::Control => "it has a space or a control character",
            Self::BrokenEscape => "it has a `%` without two hexadecimal digits",
            Self::Overlong => "it has an overlong UTF-8 sequence",
            Self::Long => "it is long and not in normal form",
            Self::Disagreement => "it can be read in ways that lead to different rules",
        })
    }
}

/// Reads the target of a request, as `:path` carries it.
pub fn read(target: &[u8]) -> Reading<'_> {
    if !target.starts_with(b"/") {
        return Reading::Unknown;
    }
    match plain(target) {
        Some(path) => Reading::Plain(path),
        None => Reading::Odd(Odd { raw: target.split(|&byte| byte == b'?').next().unwrap_or_default() }),
    }
}

/// The path without its query, if no step that anybody takes changes it.
fn plain(target: &[u8]) -> Option<&[u8]> {
    let mut bytes = target.iter();
    while let Some(byte) = bytes.next() {
        if is_literal(*byte) {
            continue;
        }
        let rest = bytes.as_slice();
        match (byte, rest) {
            (b'?', _) => return target.get(..target.len() - rest.len() - 1),
            (b'/', [b'/', ..] | [b'.'] | [b'.', b'/' | b'?', ..] | [b'.', b'.'] | [b'.', b'.', b'/' | b'?', ..]) => {
                return None;
            }
            (b'/', _) => {}
            (b'%', _) => {
                let upper = rest.iter().take(2).all(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F'));
                // 0xE0 and 0xF0 may begin an overlong sequence: left to the thorough look.
                let stays =
                    |byte| !is_literal(byte) && !is_structure(byte) && !matches!(byte, 0xC0 | 0xC1 | 0xE0 | 0xF0);
                let (_, behind) = escape(rest).filter(|(byte, _)| upper && stays(*byte))?;
                bytes = behind.iter();
            }
            _ => return None,
        }
    }
    Some(target)
}

impl Odd<'_> {
    /// The normal form: unreserved characters decoded and the digits of the other escapes in upper case (RFC 3986,
    /// section 6.2.2), what a path cannot carry encoded, parameters removed, dot segments removed (section 5.2.4), then
    /// slashes merged.
    pub fn normal_form(&self) -> Vec<u8> {
        let (mut dotless, mut merged) = (Vec::new(), Vec::new());
        rebuild(
            &normal_escapes(self.raw),
            Steps { parameters: Parameters::Removed, dots: true, slashes: false },
            &mut dotless,
        );
        rebuild(&dotless, Steps::MERGE, &mut merged);
        merged
    }

    /// A plain spelling of the same path, if there is one: what its writer most likely meant.
    pub(super) fn plainly(&self) -> Option<String> {
        let candidates = [Some(self.normal_form()), self.decoded().ok()];
        let plain =
            candidates.into_iter().flatten().find(|path| plain(path).is_some_and(|all| all.len() == path.len()))?;
        String::from_utf8(plain).ok()
    }

    /// What `judge` says of every reading, if it is the same for all.
    ///
    /// # Errors
    /// Why the path has no single meaning.
    pub fn agreed<R: PartialEq>(&self, judge: impl FnMut(&[u8]) -> R) -> Result<R, Ambiguity> {
        let decoded = self.decoded()?;
        let present = Steps::that_change(self.raw, &decoded)?;
        let mut verdicts = Verdicts { judge, first: None };
        let (mut form, mut spare) = (Vec::new(), Vec::new());
        let levels = [Some(self.raw), Some(decoded.as_slice()).filter(|decoded| *decoded != self.raw)];
        for whole in levels.into_iter().flatten() {
            for text in [Some(whole), shortened(whole)].into_iter().flatten() {
                for steps in present.combinations() {
                    rebuild(text, steps, &mut form);
                    verdicts.hear(&form)?;
                    if let Some(path) = behind_authority(&form) {
                        verdicts.hear(path)?;
                        rebuild(path, Steps::MERGE, &mut spare);
                        verdicts.hear(&spare)?;
                    }
                }
            }
        }
        verdicts.first.ok_or(Ambiguity::Disagreement)
    }

    /// The path with everything decoded, twice, that does not change its structure.
    fn decoded(&self) -> Result<Vec<u8>, Ambiguity> {
        if self.raw.len() > LONGEST_ODD {
            return Err(Ambiguity::Long);
        }
        let mut rest = self.raw;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            match byte {
                b'\\' => return Err(Ambiguity::Backslash),
                b'#' => return Err(Ambiguity::Fragment),
                b'%' if escape(tail).is_none() => return Err(Ambiguity::BrokenEscape),
                0..=b' ' | 0x7F => return Err(Ambiguity::Control),
                _ => {}
            }
        }
        let normal = normal_escapes(self.raw);
        let mut decoded = Vec::with_capacity(normal.len());
        let mut rest = normal.as_slice();
        while let Some((&first, tail)) = rest.split_first() {
            rest = tail;
            let Some((byte, tail)) = escape(tail).filter(|_| first == b'%') else {
                decoded.push(first);
                continue;
            };
            rest = tail;
            let next = tail.strip_prefix(b"%").and_then(escape).map_or(0, |(byte, _)| byte);
            match (byte, next) {
                (b'/' | b'\\', _) => return Err(Ambiguity::EncodedSlash),
                (0, _) => return Err(Ambiguity::EncodedNul),
                (0xC0 | 0xC1, _) | (0xE0, 0x80..=0x9F) | (0xF0, 0x80..=0x8F) => return Err(Ambiguity::Overlong),
                (b'%', _) => match escape(tail) {
                    Some((twice, _)) if twice == 0 || twice == b'.' || is_structure(twice) => {
                        return Err(Ambiguity::DoubleEncoding);
                    }
                    Some((twice, tail)) => {
                        rest = tail;
                        push_readable(twice, &mut decoded);
                    }
                    None => push_readable(byte, &mut decoded),
                },
                _ => push_readable(byte, &mut decoded),
            }
        }
        Ok(decoded)
    }
}

/// What is said of one reading after the other.
struct Verdicts<R, J> {
    judge: J,
    first: Option<R>,
}

impl<R: PartialEq, J: FnMut(&[u8]) -> R> Verdicts<R, J> {
    fn hear(&mut self, form: &[u8]) -> Result<(), Ambiguity> {
        for form in [Some(form), shortened(form)].into_iter().flatten() {
            let verdict = (self.judge)(form);
            if *self.first.get_or_insert_with(|| (self.judge)(form)) != verdict {
                return Err(Ambiguity::Disagreement);
            }
        }
        Ok(())
    }
}

/// Steps that are taken on the segments of a path.
#[derive(Clone, Copy)]
struct Steps {
    parameters: Parameters,
    dots: bool,
    slashes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Parameters {
    Kept,
    /// Those behind a `;`.
    Removed,
    /// Those behind a `%3B` as well.
    AllRemoved,
}

impl Steps {
    const NONE: Self = Self { parameters: Parameters::Kept, dots: false, slashes: false };
    const MERGE: Self = Self { slashes: true, ..Self::NONE };

    /// The steps that change that path at all.
    fn that_change(raw: &[u8], decoded: &[u8]) -> Result<Self, Ambiguity> {
        let mut steps = Self::NONE;
        // For each segment that a `..` could remove: whether it is empty.
        let mut above = Vec::new();
        let mut segments = segments(raw).zip(segments(decoded)).peekable();
        while let Some((raw, decoded)) = segments.next() {
            let name = without_parameters(decoded, Parameters::AllRemoved);
            let name = shortened(name).unwrap_or(name);
            if matches!(name, b"." | b"..") && raw != name {
                return Err(Ambiguity::HiddenDotSegment);
            }
            let removed = without_parameters(decoded, Parameters::Removed);
            if without_parameters(removed, Parameters::AllRemoved) != removed {
                steps.parameters = Parameters::AllRemoved;
            } else if removed != decoded {
                steps.parameters = steps.parameters.max(Parameters::Removed);
            }
            if segments.peek().is_some() {
                if starts_parameters(decoded, Parameters::AllRemoved) {
                    return Err(Ambiguity::ParametersOfNothing);
                }
                steps.slashes |= raw.is_empty();
            }
            match raw {
                b"." => steps.dots = true,
                b".." => {
                    steps.dots = true;
                    if above.pop() == Some(true) {
                        return Err(Ambiguity::DotsBehindEmptySegment);
                    }
                }
                _ => above.push(raw.is_empty()),
            }
        }
        Ok(steps)
    }

    /// Each of them taken or not: at most twelve.
    fn combinations(self) -> impl Iterator<Item = Self> {
        let levels = [Parameters::Kept, Parameters::Removed, Parameters::AllRemoved];
        levels.into_iter().filter(move |level| *level <= self.parameters).flat_map(move |parameters| {
            let present = u8::from(self.dots) | u8::from(self.slashes) << 1;
            let taken = (0_u8..4).filter(move |taken| taken & !present == 0);
            taken.map(move |taken| Self { parameters, dots: taken & 1 != 0, slashes: taken & 2 != 0 })
        })
    }
}

/// Takes those steps, segment by segment, in time linear in the text: what `..` takes away was written before.
fn rebuild(text: &[u8], steps: Steps, out: &mut Vec<u8>) {
    out.clear();
    let mut segments = segments(text).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        let segment = without_parameters(segment, steps.parameters);
        match segment {
            b"." | b".." if steps.dots => {
                if segment == b".." {
                    out.truncate(out.iter().rposition(|&byte| byte == b'/').unwrap_or(0));
                }
                if last {
                    out.push(b'/');
                }
            }
            b"" if steps.slashes && !last => {}
            _ => {
                out.push(b'/');
                out.extend_from_slice(segment);
            }
        }
    }
}

fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.strip_prefix(b"/").unwrap_or(path).split(|&byte| byte == b'/')
}

/// A segment without its parameters.
fn without_parameters(segment: &[u8], parameters: Parameters) -> &[u8] {
    if parameters == Parameters::Kept {
        return segment;
    }
    until(segment, |rest| starts_parameters(rest, parameters)).unwrap_or(segment)
}

fn starts_parameters(text: &[u8], parameters: Parameters) -> bool {
    match parameters {
        Parameters::Kept => false,
        Parameters::Removed => text.starts_with(b";"),
        Parameters::AllRemoved => matches!(text, [b';', ..] | [b'%', b'3', b'B' | b'b', ..]),
    }
}

/// The path up to an encoded `?` or `#`, for whoever decodes before looking for the query.
fn shortened(path: &[u8]) -> Option<&[u8]> {
    until(path, |rest| matches!(rest, [b'%', b'3', b'F' | b'f', ..] | [b'%', b'2', b'3', ..]))
}

fn until(text: &[u8], ends: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
    let at = (0..text.len()).find(|&at| text.get(at..).is_some_and(&ends))?;
    text.get(..at)
}

/// The path in a reference that begins with an authority (RFC 3986, section 4.2): libraries that resolve the target of
/// a request as a reference read `//a/b` so.
fn behind_authority(path: &[u8]) -> Option<&[u8]> {
    let rest = path.strip_prefix(b"//")?;
    Some(rest.iter().position(|&byte| byte == b'/').and_then(|slash| rest.get(slash..)).unwrap_or(b"/"))
}

/// Decodes unreserved characters, writes the other escapes in upper case, and encodes what a path cannot carry.
fn normal_escapes(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'%' => match escape(tail) {
                Some((byte, tail)) => {
                    rest = tail;
                    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                        out.push(byte);
                    } else {
                        push_escape(byte, &mut out);
                    }
                }
                None => push_escape(byte, &mut out),
            },
            b'/' | b';' => out.push(byte),
            _ => push_readable(byte, &mut out),
        }
    }
    out
}

/// The byte for which two hexadecimal digits stand, and what follows them.
fn escape(behind_percent: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
    match behind_percent {
        [high, low, rest @ ..] => Some((digit(*high)? << 4 | digit(*low)?, rest)),
        _ => None,
    }
}

fn push_escape(byte: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(percent_encode_byte(byte).as_bytes());
}

fn push_readable(byte: u8, out: &mut Vec<u8>) {
    if is_literal(byte) {
        out.push(byte);
    } else {
        push_escape(byte, out);
    }
}

/// Characters that stand for themselves, encoded or not, once everything is decoded.
// Inline, and one bit, for it is asked of every byte of every path.
#[inline(always)]
fn is_literal(byte: u8) -> bool {
    const LOW: u64 = literals(0);
    const HIGH: u64 = literals(64);
    let bits = if byte < 64 { LOW } else { HIGH };
    byte < 128 && bits >> (byte % 64) & 1 != 0
}

/// Which of the 64 characters from that one on are literals, a bit each.
const fn literals(from: u8) -> u64 {
    let (mut bits, mut at) = (0, 0);
    while at < 64 {
        let byte = from + at;
        if matches!(byte, b'!'..=b'~') && !is_structure(byte) {
            bits |= 1 << at;
        }
        at += 1;
    }
    bits
}

/// Bytes that change how the rest of a path is read.
#[inline(always)]
const fn is_structure(byte: u8) -> bool {
    matches!(byte, 0 | b'%' | b'/' | b'\\' | b';' | b'?' | b'#')
}
