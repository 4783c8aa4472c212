//! Literals without one of which an expression cannot match, from its tree: what one search over all rules looks for first.

use super::syntax::{Bytes, Node};
use crate::operator::Literals;
use std::collections::{BTreeSet, HashSet};

/// The most literals that a part is spelled out to; more are only gathered from alternatives.
const SPELLED: usize = 128;

/// The most literals of an expression.
const MOST: usize = 2048;

/// The longest literal, bytes.
const LONGEST: usize = 24;

/// The largest class, its letters in lower case, that is spelled out amid other bytes.
const CLASS: u32 = 4;

/// The largest class that is worth looking for by itself.
const ALONE: u32 = 20;

type Set = Vec<Vec<u8>>;

/// A set one of which is in everything that a part matches, with how likely it is that a usual value has one.
struct Needed {
    chance: f64,
    set: Set,
}

struct Part {
    /// Everything that it can match, in lower case, if that is little.
    all: Option<Set>,
    needed: Option<Needed>,
    /// What each match begins and ends with, for a repetition: one of these, next to what is before or after.
    edge: Option<Set>,
}

/// The literals of an expression; `None` where it can match without any.
pub(super) fn literals(node: &Node) -> Option<Literals> {
    let part = part(node);
    let Needed { set, .. } = rarer(part.needed, part.all)?;
    let members: HashSet<&[u8]> = set.iter().map(Vec::as_slice).collect();
    let lengths: BTreeSet<usize> = set.iter().map(Vec::len).collect();
    let redundant = |literal: &[u8]| {
        let shorter = lengths.iter().take_while(|length| **length < literal.len());
        shorter.into_iter().any(|length| literal.windows(*length).any(|window| members.contains(window)))
    };
    Some(Literals(distinct(set.iter().filter(|literal| !redundant(literal)).cloned().collect())))
}

/// The set that is less likely to be found in a value that has nothing to do with the expression.
fn rarer(needed: Option<Needed>, other: Option<Set>) -> Option<Needed> {
    let usable = other.filter(|set| set.len() <= MOST && set.iter().all(|literal| !literal.is_empty()));
    let Some(set) = usable else { return needed };
    let chance = set.iter().map(|literal| chance(literal)).sum();
    match needed {
        Some(needed) if needed.chance <= chance => Some(needed),
        _ => Some(Needed { chance, set }),
    }
}

fn rarest(first: Option<Needed>, second: Option<Needed>) -> Option<Needed> {
    match (first, second) {
        (Some(first), Some(second)) => Some(if second.chance < first.chance { second } else { first }),
        (first, second) => first.or(second),
    }
}

/// How likely it is found at a place of a usual value, roughly.
fn chance(literal: &[u8]) -> f64 {
    let byte = |byte: &u8| match byte {
        b'j' | b'q' | b'x' | b'z' | b'v' | b'k' => 0.01,
        b'a'..=b'z' => 0.05,
        b'0'..=b'9' | b' ' => 0.03,
        b'=' | b'&' | b'%' | b'-' | b'_' | b'.' | b'/' | b':' | b',' | b'+' => 0.02,
        b'"' | b'\'' | b'(' | b')' | b';' | b'\n' | b'\r' => 0.008,
        _ => 0.003,
    };
    literal.iter().map(byte).product::<f64>() + 1e-7
}

fn part(node: &Node) -> Part {
    let nothing = || Part { all: Some(vec![Vec::new()]), needed: None, edge: None };
    match node {
        Node::Empty | Node::Look(_) => nothing(),
        Node::Set(set) => class(set),
        Node::Group(_, node) | Node::Atomic(node) => part(node),
        Node::Repeat { max: Some(0), .. } => nothing(),
        Node::Repeat { node, min, max, .. } => repetition(part(node), *min, *max),
        Node::Concat(nodes) => sequence(nodes),
        Node::Either(nodes) => either(nodes),
    }
}

fn either(nodes: &[Node]) -> Part {
    let mut all = Some(Vec::new());
    let mut needed = Some(Needed { chance: 0.0, set: Vec::new() });
    for node in nodes {
        let part = part(node);
        all = all.zip(part.all.as_ref()).map(|(mut all, more)| {
            all.extend_from_slice(more);
            all
        });
        needed = needed.zip(rarer(part.needed, part.all)).map(|(mut needed, more)| {
            needed.chance += more.chance;
            needed.set.extend(more.set);
            needed
        });
        all = all.filter(|all| all.len() <= SPELLED);
        needed = needed.filter(|needed| needed.set.len() <= MOST);
    }
    Part { all: all.map(distinct), needed, edge: None }
}

fn distinct(mut set: Set) -> Set {
    set.sort();
    set.dedup();
    set
}

fn class(set: &Bytes) -> Part {
    let folded = set.in_lower_case();
    let spelled = |most: u32| (folded.len() <= most).then(|| folded.iter().map(|byte| vec![byte]).collect());
    match spelled(CLASS) {
        None => Part { all: None, needed: rarer(None, spelled(ALONE)), edge: None },
        all => Part { all, needed: None, edge: None },
    }
}

fn repetition(part: Part, min: u32, max: Option<u32>) -> Part {
    let Part { all, needed, .. } = part;
    if min == 0 {
        // `x?` is x or nothing.
        let all = all.filter(|_| max == Some(1)).map(|mut all| {
            all.push(Vec::new());
            distinct(all)
        });
        return Part { all, needed: None, edge: None };
    }
    let Some(all) = all else { return Part { all: None, needed, edge: None } };
    let mut edge = vec![Vec::new()];
    for _ in 0..min {
        if let Err(next) = join(&mut edge, &all) {
            return Part { all: None, needed: rarer(rarer(needed, Some(edge)), Some(next)), edge: None };
        }
    }
    if max == Some(min) {
        return Part { all: Some(edge), needed: None, edge: None };
    }
    Part { all: None, needed: rarer(rarer(needed, Some(edge.clone())), Some(all)), edge: Some(edge) }
}

/// Puts a byte behind each of `run`, if that is not too much. Whether it was.
fn push(run: &mut Set, byte: u8) -> bool {
    let fits = run.len() <= SPELLED && run.iter().all(|text| text.len() < LONGEST);
    if fits {
        run.iter_mut().for_each(|text| text.push(byte));
    }
    fits
}

/// Puts each of `next` behind each of `run`, if that is not too much; else gives `next` back.
fn join(run: &mut Set, next: &Set) -> Result<(), Set> {
    let longest = |set: &Set| set.iter().map(Vec::len).max().unwrap_or(0);
    if run.len() * next.len() > SPELLED || longest(run) + longest(next) > LONGEST {
        return Err(next.clone());
    }
    if let [only] = next.as_slice() {
        run.iter_mut().for_each(|text| text.extend_from_slice(only));
    } else {
        *run = distinct(run.iter().flat_map(|a| next.iter().map(move |b| [a.as_slice(), b].concat())).collect());
    }
    Ok(())
}

fn sequence(nodes: &[Node]) -> Part {
    let mut found = None;
    // What ends here: one of these is what has just been matched.
    let mut run: Set = vec![Vec::new()];
    let mut whole = true;
    for node in nodes {
        // What most nodes are goes without a part of its own.
        if let Node::Set(set) = node
            && let Some(byte) = set.in_lower_case().only()
            && push(&mut run, byte)
        {
            continue;
        }
        let Part { all, needed, edge } = part(node);
        found = rarest(found, needed);
        let fits = match all.as_ref().or(edge.as_ref()) {
            Some(next) => join(&mut run, next),
            None => Err(vec![Vec::new()]),
        };
        if let Err(next) = fits {
            whole = false;
            found = rarer(found, Some(std::mem::replace(&mut run, next)));
        }
        if let (None, Some(edge)) = (all, edge) {
            // Between its first repetitions and its last there may be others.
            whole = false;
            found = rarer(found, Some(std::mem::replace(&mut run, edge)));
        }
    }
    found = rarer(found, Some(run.clone()));
    Part { all: whole.then_some(run), needed: found, edge: None }
}
