//! What a backtracking engine means and an automaton cannot say: each is shown to make no difference in this expression, or refused.

use super::syntax::{Bytes, Look, Node, Taking};

/// What may come next after a part of an expression.
#[derive(Clone, Copy, Default)]
struct Next {
    bytes: Bytes,
    /// A `$` may be asked before any byte.
    line_end: bool,
    /// Another assertion, of which we know nothing, may be asked before any byte.
    unknown: bool,
}

impl Next {
    fn or(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.or(other.bytes),
            line_end: self.line_end || other.line_end,
            unknown: self.unknown || other.unknown,
        }
    }

    /// Whether what follows cannot begin where a byte of `set` stands: then a repetition of `set` that gives bytes back never
    /// helps, and one that keeps them is the same.
    fn excludes(&self, set: &Bytes) -> bool {
        !(self.unknown || self.bytes.meets(set) || self.line_end && set.has(b'\n'))
    }

    /// What `node` begins with, and what follows it where it may be empty.
    fn of(node: &Node, then: Self) -> Self {
        match node {
            Node::Empty => then,
            Node::Set(set) => Self { bytes: *set, ..Self::default() },
            // Before a byte it is false.
            Node::Look(Look::End) => Self::default(),
            Node::Look(Look::LineEnd | Look::EndOrFinalNewline) => Self { line_end: true, ..Self::default() },
            Node::Look(Look::Start | Look::LineStart | Look::Word | Look::NotWord) => {
                Self { unknown: true, ..Self::default() }
            }
            Node::Repeat { node, min, .. } => {
                let own = Self::of(node, Self::default());
                if *min == 0 || node.nullable() { own.or(then) } else { own }
            }
            Node::Group(_, node) | Node::Atomic(node) => Self::of(node, then),
            Node::Concat(nodes) => nodes.iter().rfold(then, |then, node| Self::of(node, then)),
            Node::Either(nodes) => nodes.iter().map(|node| Self::of(node, then)).fold(Self::default(), Self::or),
        }
    }
}

/// Refuses what is possessive or atomic where that makes a difference.
pub(super) fn gives_nothing_back(node: &Node) -> Result<(), String> {
    kept(node, Next::default())
}

fn kept(node: &Node, then: Next) -> Result<(), String> {
    match node {
        Node::Empty | Node::Set(_) | Node::Look(_) => Ok(()),
        Node::Repeat { node, taking: Taking::Possessive, .. } => {
            if matches!(node.as_ref(), Node::Set(set) if then.excludes(set)) {
                return Ok(());
            }
            Err("a possessive quantifier that gives back what a greedy one would: it has no equivalent here".into())
        }
        Node::Repeat { node: inner, max, .. } => {
            kept(inner, if *max == Some(1) { then } else { Next::of(inner, Next::default()).or(then) })
        }
        Node::Group(_, node) => kept(node, then),
        Node::Atomic(node) => atomic(node, then),
        Node::Concat(nodes) => {
            let mut then = then;
            for node in nodes.iter().rev() {
                kept(node, then)?;
                then = Next::of(node, then);
            }
            Ok(())
        }
        Node::Either(nodes) => nodes.iter().try_for_each(|node| kept(node, then)),
    }
}

/// An atomic group has no choices, but for a repetition of one class at its end.
fn atomic(node: &Node, then: Next) -> Result<(), String> {
    let parts = if let Node::Concat(nodes) = node { nodes } else { std::slice::from_ref(node) };
    let (last, before) = parts.split_last().unwrap_or((&Node::Empty, &[]));
    let last_is_fixed = if let Node::Repeat { node, taking: Taking::Greedy | Taking::Possessive, .. } = last {
        matches!(node.as_ref(), Node::Set(set) if then.excludes(set))
    } else {
        fixed(last)
    };
    if last_is_fixed && before.iter().all(fixed) {
        Ok(())
    } else {
        Err("an atomic group, `(?>…)`, that gives back what a plain one would: it has no equivalent here".into())
    }
}

/// Whether there is one way at most in which it matches at a place.
fn fixed(node: &Node) -> bool {
    match node {
        Node::Empty | Node::Set(_) | Node::Look(_) => true,
        Node::Repeat { node, min, max, .. } => *max == Some(*min) && fixed(node),
        Node::Group(_, node) | Node::Atomic(node) => fixed(node),
        Node::Concat(nodes) => nodes.iter().all(fixed),
        Node::Either(_) => false,
    }
}

/// What stands around a part.
#[derive(Clone, Copy)]
struct Around {
    /// The match may have consumed something before it.
    consumed: bool,
    /// The match may end without consuming anything after it.
    may_end: bool,
    /// The match may go on after it, were it only with another assertion.
    may_go_on: bool,
}

/// Whether the expression could match where this engine's `^` holds and PCRE's does not: at the very end, after a newline. If so, the `^` is
/// where the match begins (another one is refused), so that such a match is the empty one at the end.
///
/// `\Z`, which asks what follows, may only stand where the match ends.
pub(super) fn starts_a_line_at_the_end(node: &Node) -> Result<bool, String> {
    lines(node, Around { consumed: false, may_end: true, may_go_on: false })
}

fn lines(node: &Node, around: Around) -> Result<bool, String> {
    match node {
        Node::Look(Look::LineStart) if around.may_end => {
            if around.consumed {
                return Err("a `^` that stands neither where a match begins nor before anything that it must find: \
                            whether it holds after a final newline has no equivalent here"
                    .into());
            }
            Ok(true)
        }
        Node::Look(Look::EndOrFinalNewline) if around.may_go_on => {
            Err("a `\\Z` (or a `$` with `(?-m)`) with something after it: write `\\z` or put it last".into())
        }
        Node::Empty | Node::Set(_) | Node::Look(_) => Ok(false),
        Node::Repeat { node, max, .. } => {
            let again = *max != Some(1);
            let consumed = around.consumed || again && node.consumes();
            lines(node, Around { consumed, may_go_on: around.may_go_on || again, ..around })
        }
        Node::Group(_, node) | Node::Atomic(node) => lines(node, around),
        Node::Concat(nodes) => {
            let mut found = false;
            let mut consumed = around.consumed;
            for (index, node) in nodes.iter().enumerate() {
                let rest = nodes.get(index + 1..).unwrap_or_default();
                found |= lines(
                    node,
                    Around {
                        consumed,
                        may_end: around.may_end && rest.iter().all(Node::nullable),
                        may_go_on: around.may_go_on || rest.iter().any(Node::asks),
                    },
                )?;
                consumed |= node.consumes();
            }
            Ok(found)
        }
        Node::Either(nodes) => nodes.iter().try_fold(false, |found, node| Ok(found | lines(node, around)?)),
    }
}
