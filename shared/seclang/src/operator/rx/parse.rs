//! Reads a regular expression as PCRE reads it, or says what in it this engine has no equivalent for.
//!
//! What PCRE2 10.32 refuses is refused, with one exception: a `-` beside a class in a class (`[\w-.]`), which PCRE 8 takes as it is.

use super::class::Member;
use super::syntax::{Bytes, Look, Node, Taking};

/// How deep groups may be nested: the parts that follow recurse as deep.
const DEPTH: u32 = 100;

#[derive(Clone, Copy)]
pub(super) struct Flags {
    pub(super) any_case: bool,
    lines: bool,
    dot_all: bool,
    extended: bool,
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    depth: u32,
    /// Groups so far.
    groups: u32,
    names: Vec<&'a [u8]>,
    has: Has,
    /// Between `\Q` and `\E`.
    pub(super) quoting: bool,
}

/// What is read, or what is wrong with it.
pub(super) type Read<T> = Result<T, String>;

/// What is in an expression that must be looked at once more.
#[derive(Clone, Copy, Default)]
pub(super) struct Has {
    /// Something possessive or atomic.
    pub(super) kept: bool,
    /// A `^` that matches after newlines.
    pub(super) line_start: bool,
    /// A `\Z`, or a `$` that means the same.
    pub(super) final_newline: bool,
}

/// Reads it with `dotall` and `multiline`, as ModSecurity does. The number is that of its groups.
pub(super) fn parse(text: &[u8], any_case: bool) -> Read<(Node, u32, Has)> {
    let mut parser =
        Parser { text, at: 0, depth: 0, groups: 0, names: Vec::new(), has: Has::default(), quoting: false };
    let mut flags = Flags { any_case, lines: true, dot_all: true, extended: false };
    let node = parser.alternatives(&mut flags)?;
    match parser.peek() {
        None => Ok((node, parser.groups, parser.has)),
        Some(_) => parser.refuse("a `)` that closes nothing"),
    }
}

impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    pub(super) fn skip(&mut self, prefix: &[u8]) -> bool {
        let there = self.rest().starts_with(prefix);
        if there {
            self.at += prefix.len();
        }
        there
    }

    pub(super) fn refuse<T>(&self, what: &str) -> Read<T> {
        Err(format!("{what} (byte {} of the expression)", self.at))
    }

    /// Everything up to a `)` or the end. Flags that change in it hold for its later alternatives too.
    fn alternatives(&mut self, flags: &mut Flags) -> Read<Node> {
        let mut branches = Vec::new();
        let mut branch = Vec::new();
        loop {
            self.skip_ignored(flags)?;
            match self.peek() {
                None => break,
                Some(b')') if !self.quoting => break,
                Some(b'|') if !self.quoting => {
                    self.at += 1;
                    branches.push(concat(std::mem::take(&mut branch)));
                }
                Some(_) => {
                    if let Some(node) = self.atom(flags)? {
                        branch.push(self.repeated(node, flags)?);
                    }
                }
            }
        }
        branches.push(concat(branch));
        Ok(if branches.len() == 1 { branches.pop().unwrap_or(Node::Empty) } else { Node::Either(branches) })
    }

    /// Comments, `\Q` and `\E`, and white space where it means nothing.
    fn skip_ignored(&mut self, flags: &Flags) -> Read<()> {
        loop {
            if self.quoting {
                if !self.skip(b"\\E") {
                    return Ok(());
                }
                self.quoting = false;
            } else if self.skip(b"\\Q") {
                self.quoting = true;
            } else if self.skip(b"\\E") {
            } else if self.skip(b"(?#") {
                while self.next().is_some_and(|byte| byte != b')') {}
                if self.text.get(self.at.wrapping_sub(1)) != Some(&b')') {
                    return self.refuse("a comment that is not closed");
                }
            } else if flags.extended && self.peek().is_some_and(|byte| Bytes::spaces().has(byte)) {
                self.at += 1;
            } else if flags.extended && self.peek() == Some(b'#') {
                while self.next().is_some_and(|byte| byte != b'\n') {}
            } else {
                return Ok(());
            }
        }
    }

    fn literal(byte: u8, flags: &Flags) -> Node {
        let set = Bytes::of(&[byte]);
        Node::Set(if flags.any_case { set.in_any_case() } else { set })
    }

    /// One thing that can be repeated; nothing for a change of flags.
    fn atom(&mut self, flags: &mut Flags) -> Read<Option<Node>> {
        let quoting = self.quoting;
        let Some(byte) = self.next() else { return Ok(None) };
        if quoting {
            return Ok(Some(Self::literal(byte, flags)));
        }
        Ok(Some(match byte {
            b'\\' => self.escape(flags)?,
            b'[' => self.class(flags)?,
            b'(' => return self.group(flags),
            b'.' if flags.dot_all => Node::Set(Bytes::ALL),
            b'.' => Node::Set(Bytes::of(b"\n").not()),
            b'^' => self.look(if flags.lines { Look::LineStart } else { Look::Start }),
            b'$' => self.look(if flags.lines { Look::LineEnd } else { Look::EndOrFinalNewline }),
            b'*' | b'+' | b'?' => return self.refuse("a quantifier with nothing before it to repeat"),
            b'{' => {
                self.at -= 1;
                if self.braces()?.is_some() {
                    return self.refuse("a quantifier with nothing before it to repeat");
                }
                self.at += 1;
                Self::literal(b'{', flags)
            }
            other => Self::literal(other, flags),
        }))
    }

    fn look(&mut self, look: Look) -> Node {
        self.has.line_start |= look == Look::LineStart;
        self.has.final_newline |= look == Look::EndOrFinalNewline;
        Node::Look(look)
    }

    fn repeated(&mut self, node: Node, flags: &Flags) -> Read<Node> {
        self.skip_ignored(flags)?;
        let Some((min, max)) = self.quantifier()? else { return Ok(node) };
        if matches!(node, Node::Look(_)) {
            return self.refuse("a quantifier after an assertion");
        }
        if max != Some(1) && node.nullable() && node.captures() {
            // After the last repetition that consumed something PCRE makes an empty one, and that is what the group then holds.
            return self.refuse("a group that captures, in a repetition of what may be empty: make it `(?:…)`");
        }
        if max != Some(1) && node.nullable() && node.prefers_nothing() {
            // PCRE does not repeat after a repetition that was empty.
            return self
                .refuse("a repetition of what prefers to be empty: which match it finds has no equivalent here");
        }
        let taking = if self.skip(b"?") {
            Taking::Lazy
        } else if self.skip(b"+") {
            self.has.kept = true;
            Taking::Possessive
        } else {
            Taking::Greedy
        };
        self.skip_ignored(flags)?;
        if self.quantifier()?.is_some() {
            return self.refuse("two quantifiers in a row: put the first into a group, `(?:…)`");
        }
        if max == Some(0) && node.captures() {
            return self.refuse("a group that captures, repeated no times");
        }
        Ok(Node::Repeat { node: Box::new(node), min, max, taking })
    }

    fn quantifier(&mut self) -> Read<Option<(u32, Option<u32>)>> {
        if self.quoting {
            return Ok(None);
        }
        let found = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => return self.braces(),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(found))
    }

    /// `{n}`, `{n,}` or `{n,m}`; nothing, and nothing read, where the `{` is itself.
    fn braces(&mut self) -> Read<Option<(u32, Option<u32>)>> {
        let allowed = |byte: &&u8| byte.is_ascii_digit() || matches!(**byte, b',' | b' ' | b'\t');
        let length = self.rest().iter().skip(1).take_while(allowed).count();
        let Some(inner) = self.text.get(self.at + 1..self.at + 1 + length) else { return Ok(None) };
        if self.text.get(self.at + 1 + length) != Some(&b'}') {
            return Ok(None);
        }
        let mut parts = inner.split(|byte| *byte == b',');
        let (low, high, more) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let digits = |part: &[u8]| part.iter().any(u8::is_ascii_digit);
        if more.is_some() || !(digits(low) || high.is_some_and(digits)) {
            return Ok(None);
        }
        if !digits(low) || inner.iter().any(|byte| matches!(byte, b' ' | b'\t')) {
            // Text to PCRE before 10.43, a quantifier to later ones.
            return self
                .refuse("`{,n}` or a quantifier with blanks, which PCREs read differently: write `{0,n}`, or `\\{`");
        }
        let number = |part: &[u8]| std::str::from_utf8(part).ok()?.parse().ok().filter(|number| *number <= 65_535);
        let (Some(min), Some(max)) = (
            number(low),
            match high {
                None => number(low).map(Some),
                Some([]) => Some(None),
                Some(high) => number(high).map(Some),
            },
        ) else {
            return self.refuse("a quantifier over 65535");
        };
        if max.is_some_and(|max| max < min) {
            return self.refuse("a quantifier whose numbers are out of order");
        }
        self.at += length + 2;
        Ok(Some((min, max)))
    }

    /// What follows a `(`.
    fn group(&mut self, flags: &mut Flags) -> Read<Option<Node>> {
        if self.peek() == Some(b'*') {
            return self.refuse("a verb, `(*…)`, which has no equivalent here");
        }
        if !self.skip(b"?") {
            return self.capturing(flags).map(Some);
        }
        for (opening, what) in [
            (&b"="[..], "lookahead"),
            (b"!", "negative lookahead"),
            (b"<=", "lookbehind"),
            (b"<!", "negative lookbehind"),
            (b"|", "a branch reset, `(?|…)`,"),
            (b"(", "a conditional"),
            (b"P=", "a back reference"),
            (b"P>", "a subroutine call"),
            (b"R", "recursion"),
            (b"&", "a subroutine call"),
            (b"+", "a subroutine call"),
            (b"C", "a callout"),
        ] {
            if self.rest().starts_with(opening) {
                return self.refuse(&format!("{what} has no equivalent here: matching takes linear time"));
            }
        }
        if self.skip(b":") {
            return self.closed(*flags).map(Some);
        }
        if self.skip(b">") {
            self.has.kept = true;
            return Ok(Some(Node::Atomic(Box::new(self.closed(*flags)?))));
        }
        if self.skip(b"P<") || self.skip(b"<") {
            self.name(b'>')?;
            return self.capturing(flags).map(Some);
        }
        if self.skip(b"'") {
            self.name(b'\'')?;
            return self.capturing(flags).map(Some);
        }
        let mut within = *flags;
        let mut on = true;
        loop {
            match self.next() {
                Some(b'-') if on => on = false,
                Some(b'i') => within.any_case = on,
                Some(b'm') => within.lines = on,
                Some(b's') => within.dot_all = on,
                Some(b'x') if self.peek() != Some(b'x') => within.extended = on,
                Some(b':') => return self.closed(within).map(Some),
                Some(b')') => {
                    *flags = within;
                    return Ok(None);
                }
                _ => return self.refuse("a flag or a kind of group that is not supported: `i`, `m`, `s` and `x` are"),
            }
        }
    }

    fn name(&mut self, closing: u8) -> Read<()> {
        let length = self.rest().iter().position(|byte| *byte == closing).unwrap_or(0);
        let name = self.rest().get(..length).unwrap_or_default();
        let good = name.iter().all(|byte| Bytes::words().has(*byte)) && !name.first().is_none_or(u8::is_ascii_digit);
        if !good || name.len() > 32 {
            return self.refuse("the name of a group: a letter or `_`, then letters, digits and `_`, 32 at the most");
        }
        if self.names.contains(&name) {
            return self.refuse("two groups of the same name");
        }
        self.names.push(name);
        self.at += length + 1;
        Ok(())
    }

    fn capturing(&mut self, flags: &Flags) -> Read<Node> {
        self.groups += 1;
        let number = self.groups;
        Ok(Node::Group(number, Box::new(self.closed(*flags)?)))
    }

    /// The rest of a group, with its `)`.
    fn closed(&mut self, mut flags: Flags) -> Read<Node> {
        self.depth += 1;
        if self.depth > DEPTH {
            return self.refuse("groups nested too deeply");
        }
        let node = self.alternatives(&mut flags)?;
        self.depth -= 1;
        if self.skip(b")") { Ok(node) } else { self.refuse("a group that is not closed") }
    }

    /// What follows a `\` outside of a class.
    fn escape(&mut self, flags: &Flags) -> Read<Node> {
        let look = match self.peek() {
            Some(b'A') => Some(Look::Start),
            Some(b'z') => Some(Look::End),
            Some(b'Z') => Some(Look::EndOrFinalNewline),
            Some(b'b') => Some(Look::Word),
            Some(b'B') => Some(Look::NotWord),
            _ => None,
        };
        if let Some(look) = look {
            self.at += 1;
            return Ok(self.look(look));
        }
        match self.peek() {
            Some(b'N') if self.rest().get(1) != Some(&b'{') => {
                self.at += 1;
                return Ok(Node::Set(Bytes::of(b"\n").not()));
            }
            Some(b'C') => {
                self.at += 1;
                return Ok(Node::Set(Bytes::ALL));
            }
            Some(b'1'..=b'9' | b'g' | b'k') => return self.refuse("a back reference has no equivalent here"),
            _ => {}
        }
        Ok(match self.member()? {
            Member::One(byte) => Self::literal(byte, flags),
            Member::Set(set) => Node::Set(set),
        })
    }
}

fn concat(mut nodes: Vec<Node>) -> Node {
    match nodes.len() {
        0 => Node::Empty,
        1 => nodes.pop().unwrap_or(Node::Empty),
        _ => Node::Concat(nodes),
    }
}
