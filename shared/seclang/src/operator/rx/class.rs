//! The parts of an expression that stand for bytes: escapes, and classes in brackets.

use super::parse::{Flags, Parser, Read};
use super::syntax::{Bytes, Node};

/// What an escape or a part of a class stands for.
pub(super) enum Member {
    One(u8),
    Set(Bytes),
}

impl Parser<'_> {
    /// What follows a `\`, where it means the same in a class and outside of one.
    pub(super) fn member(&mut self) -> Read<Member> {
        let Some(byte) = self.next() else { return self.refuse("a `\\` at the end") };
        let set = match byte {
            b'd' => Some(Bytes::digits()),
            b'D' => Some(Bytes::digits().not()),
            b'w' => Some(Bytes::words()),
            b'W' => Some(Bytes::words().not()),
            b's' => Some(Bytes::spaces()),
            b'S' => Some(Bytes::spaces().not()),
            b'h' => Some(Bytes::horizontal()),
            b'H' => Some(Bytes::horizontal().not()),
            b'v' => Some(Bytes::vertical()),
            b'V' => Some(Bytes::vertical().not()),
            _ => None,
        };
        if let Some(set) = set {
            return Ok(Member::Set(set));
        }
        Ok(Member::One(match byte {
            b'a' => 0x07,
            b'e' => 0x1b,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'c' => match self.next() {
                Some(byte @ 0x20..=0x7e) => byte.to_ascii_uppercase() ^ 0x40,
                _ => return self.refuse("`\\c` without a printable character"),
            },
            b'x' => self.hexadecimal()?,
            b'o' if self.peek() == Some(b'{') => self.braced(8)?,
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                match u8::try_from(value) {
                    Ok(byte) => byte,
                    Err(_) => return self.refuse("a character over \\377"),
                }
            }
            other if other.is_ascii_alphanumeric() => {
                return self.refuse(&format!("`\\{}`, which has no equivalent here", char::from(other)));
            }
            other => other,
        }))
    }

    fn hexadecimal(&mut self) -> Read<u8> {
        if self.peek() == Some(b'{') {
            return self.braced(16);
        }
        let mut value = 0;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else { break };
            value = value << 4 | digit as u8;
            self.at += 1;
        }
        Ok(value)
    }

    fn braced(&mut self, radix: u32) -> Read<u8> {
        let length = self.rest().iter().position(|byte| *byte == b'}').unwrap_or(0);
        let digits = self.rest().get(1..length).unwrap_or_default();
        let value = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'));
        match value
            .and_then(|digits| u32::from_str_radix(digits, radix).ok())
            .and_then(|value| u8::try_from(value).ok())
        {
            Some(byte) => {
                self.at += length + 1;
                Ok(byte)
            }
            None => self.refuse("a character in braces that is no number up to 255: values are bytes"),
        }
    }

    /// What follows a `[`.
    pub(super) fn class(&mut self, flags: &Flags) -> Read<Node> {
        if self.rest().starts_with(b"[:<:]]") || self.rest().starts_with(b"[:>:]]") {
            return self.refuse("`[[:<:]]` and `[[:>:]]` are not supported");
        }
        self.at -= 1;
        if self.posix(false)?.is_some() {
            return self.refuse("a POSIX class outside of a class: write `[[:alpha:]]`");
        }
        self.at += 1;
        let negated = self.skip(b"^");
        let mut set = Bytes::default();
        let mut first = true;
        loop {
            if self.class_ends(first)? {
                break;
            }
            first = false;
            let low = match self.class_member(flags.any_case)? {
                Member::One(byte) => byte,
                Member::Set(more) => {
                    set = set.or(more);
                    if self.rest().starts_with(b"-") && !self.quoting {
                        self.at += 1;
                        set = set.or(Bytes::of(b"-"));
                    }
                    continue;
                }
            };
            let ranges = !self.quoting && self.peek() == Some(b'-') && self.rest().get(1) != Some(&b']');
            if !ranges {
                set = set.with(low, low);
                continue;
            }
            self.at += 1;
            if self.class_ends(false)? {
                set = set.or(Bytes::of(&[low, b'-']));
                break;
            }
            match self.class_member(flags.any_case)? {
                Member::One(high) if high < low => return self.refuse("a range that is out of order"),
                Member::One(high) => set = set.with(low, high),
                Member::Set(more) => set = set.or(more).or(Bytes::of(&[low, b'-'])),
            }
        }
        let set = if flags.any_case { set.in_any_case() } else { set };
        Ok(Node::Set(if negated { set.not() } else { set }))
    }

    /// Reads the `]`, if it is next; `\Q` and `\E` before it. The first one of a class is a member.
    fn class_ends(&mut self, first: bool) -> Read<bool> {
        loop {
            if self.quoting {
                if !self.skip(b"\\E") {
                    break;
                }
                self.quoting = false;
            } else if self.skip(b"\\Q") {
                self.quoting = true;
            } else if !self.skip(b"\\E") {
                break;
            }
        }
        if self.peek().is_none() {
            return self.refuse("a class that is not closed: `[` alone is `\\[`");
        }
        Ok(!self.quoting && !first && self.skip(b"]"))
    }

    fn class_member(&mut self, any_case: bool) -> Read<Member> {
        if !self.quoting
            && self.peek() == Some(b'[')
            && let Some(set) = self.posix(any_case)?
        {
            return Ok(Member::Set(set));
        }
        let quoting = self.quoting;
        match self.next() {
            Some(b'\\') if !quoting => match self.peek() {
                Some(b'b') => {
                    self.at += 1;
                    Ok(Member::One(0x08))
                }
                _ => self.member(),
            },
            Some(byte) => Ok(Member::One(byte)),
            None => self.refuse("a class that is not closed: `[` alone is `\\[`"),
        }
    }

    /// `[:name:]`; nothing where the `[` is itself.
    fn posix(&mut self, any_case: bool) -> Read<Option<Bytes>> {
        let Some([b'[', mark @ (b':' | b'.' | b'='), inner @ ..]) = self.text.get(self.at..) else { return Ok(None) };
        let mut length = 0;
        loop {
            match inner.get(length..) {
                Some([b'\\', b']' | b'\\', ..]) => length += 2,
                Some([b']', ..] | []) | None => return Ok(None),
                Some([b'[', next, ..]) if next == mark => return Ok(None),
                Some([byte, b']', ..]) if byte == mark => break,
                Some([_, ..]) => length += 1,
            }
        }
        let name = inner.get(..length).unwrap_or_default();
        let (negated, name) = name.strip_prefix(b"^").map_or((false, name), |name| (true, name));
        let set = match name {
            _ if *mark != b':' => None,
            b"lower" | b"upper" if any_case => Bytes::posix(b"alpha"),
            name => Bytes::posix(name),
        };
        let Some(set) = set else { return self.refuse("an unknown POSIX class") };
        self.at += length + 4;
        Ok(Some(if negated { set.not() } else { set }))
    }
}
