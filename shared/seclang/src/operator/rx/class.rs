//! Reads the classes of a regular expression: `[a-z]`, `[[:alpha:]]`.

use super::parse::{Flags, Member, Parser, Read};
use super::syntax::{Bytes, Node};

impl Parser<'_> {
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
