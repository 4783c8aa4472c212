//! A regular expression as automata that work lazily: built when first asked, and small until they have seen something.

use super::check;
use super::parse::parse;
use super::syntax::{Look, Node, Taking};
use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures, pikevm::PikeVM};
use regex_automata::{Anchored, Input, MatchKind, Span};
use regex_syntax::hir::{self, Class, ClassBytes, ClassBytesRange, Hir};
use std::rc::Rc;

/// The most states that an expression may compile to: the largest of the Core Rule Set's has fewer than 10,000.
const STATES: u64 = 100_000;

/// The most memory that the states of one automaton take, bytes, before it forgets them and begins anew. Values that nobody has sent before
/// make new states without end: with 1 MiB, memory still grows after 100,000 requests. With 64 KiB, large expressions forget what they need
/// for the next byte, and a JSON body of 0.8 KB takes twice as long; with 256 it takes no longer than with 1 MiB.
pub(super) const CACHE: usize = 256 << 10;

/// The same for the automaton that finds where a match begins: it reads matches only, and those from their end to their beginning.
pub(super) const REVERSE_CACHE: usize = 64 << 10;

/// An expression that compiles, with what its user must know.
pub(super) struct Checked {
    pub(super) node: Node,
    pub(super) groups: u32,
    /// See [`check::starts_a_line_at_the_end`].
    pub(super) starts_a_line_at_the_end: bool,
    /// Whether a `\Z` is in it: then the last group, one over their number, holds the newline before which it found itself.
    pub(super) final_newline: bool,
}

/// Reads an expression. The error is for the author of the rule.
pub(super) fn read(text: &[u8], any_case: bool) -> Result<Checked, String> {
    let (node, groups, has) = parse(text, any_case)?;
    if has.kept {
        check::gives_nothing_back(&node)?;
    }
    let starts_a_line_at_the_end = (has.line_start || has.final_newline) && check::starts_a_line_at_the_end(&node)?;
    if node.cost() > STATES {
        return Err(format!("the expression is too large: its repetitions make over {STATES} states of it"));
    }
    Ok(Checked { node, groups, starts_a_line_at_the_end, final_newline: has.final_newline })
}

/// The source of an expression.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) text: Rc<[u8]>,
    pub(super) any_case: bool,
    /// Whether `^` holds after newlines; without, at the start only.
    pub(super) line_starts: bool,
}

impl Source {
    fn read(&self) -> Option<Checked> {
        read(&self.text, self.any_case).ok()
    }
}

/// An expression, compiled. It does not keep the tree: what is rarely needed reads the source again.
pub(super) struct Compiled {
    forward: (DFA, Cache),
    /// Bytes that the automaton takes without its cache, which grows.
    fixed: usize,
    captures: Option<Captures>,
}

struct Captures {
    reverse: (DFA, Cache),
    /// Absent where there is no group.
    groups: Option<PikeVM>,
}

/// Where a match may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Anywhere,
    /// At the end of the value only.
    End,
}

impl Compiled {
    /// `None` where it cannot be compiled, which reading it has ruled out.
    pub(super) fn new(source: &Source) -> Option<Self> {
        let config = thompson::Config::new().which_captures(WhichCaptures::None);
        let nfa = automaton(&source.read()?, source.line_starts, config)?;
        let forward = lazy(nfa, MatchKind::LeftmostFirst, CACHE)?;
        let fixed = of_automaton(&forward.0) + size_of::<Self>();
        Some(Self { forward, fixed, captures: None })
    }

    /// Bytes on the heap.
    pub(super) fn memory(&self) -> usize {
        let captures = self.captures.as_ref().map_or(0, |captures| {
            let (reverse, cache) = &captures.reverse;
            let groups = captures.groups.as_ref().map_or(0, |groups| groups.get_nfa().memory_usage());
            of_automaton(reverse) + cache.memory_usage() + groups
        });
        self.fixed + self.forward.1.memory_usage() + captures
    }

    pub(super) fn has_captures(&self) -> bool {
        self.captures.is_some()
    }

    /// They are made anew when they are needed.
    pub(super) fn drop_captures(&mut self) {
        self.captures = None;
    }

    /// Whether it matches anywhere. The automata are built so that a search cannot fail.
    pub(super) fn is_match(&mut self, value: &[u8]) -> bool {
        let (dfa, cache) = &mut self.forward;
        dfa.try_search_fwd(cache, &Input::new(value).earliest(true)).is_ok_and(|end| end.is_some())
    }

    /// The match that PCRE finds: of those that begin first, the one that it tries first.
    pub(super) fn find(&mut self, source: &Source, value: &[u8], from: From) -> Option<Span> {
        let (dfa, cache) = &mut self.forward;
        if from == From::End {
            let input = Input::new(value).range(value.len()..).anchored(Anchored::Yes);
            let end = dfa.try_search_fwd(cache, &input).ok()??.offset();
            return Some(Span { start: end, end });
        }
        let end = dfa.try_search_fwd(cache, &Input::new(value)).ok()??.offset();
        let (dfa, cache) = &mut self.captures(source)?.reverse;
        let start = dfa.try_search_rev(cache, &Input::new(value).range(..end).anchored(Anchored::Yes)).ok()??.offset();
        Some(Span { start, end })
    }

    /// The groups of a match, from the first.
    pub(super) fn groups(&mut self, source: &Source, value: &[u8], found: Span) -> Vec<Option<Span>> {
        let Some(Captures { groups: Some(groups), .. }) = self.captures(source) else { return Vec::new() };
        let mut slots = groups.create_captures();
        let input = Input::new(value).span(found).anchored(Anchored::Yes);
        groups.captures(&mut groups.create_cache(), input, &mut slots);
        (1..slots.group_len()).map(|group| slots.get_group(group)).collect()
    }

    fn captures(&mut self, source: &Source) -> Option<&mut Captures> {
        if self.captures.is_none() {
            self.captures = Captures::new(&source.read()?, source.line_starts);
        }
        self.captures.as_mut()
    }
}

impl Captures {
    fn new(checked: &Checked, line_starts: bool) -> Option<Self> {
        let config = thompson::Config::new().which_captures(WhichCaptures::None).reverse(true);
        let reverse = lazy(automaton(checked, line_starts, config)?, MatchKind::All, REVERSE_CACHE)?;
        let groups = if checked.node.captures() || checked.final_newline {
            Some(PikeVM::new_from_nfa(automaton(checked, line_starts, thompson::Config::new())?).ok()?)
        } else {
            None
        };
        Some(Self { reverse, groups })
    }
}

/// Bytes on the heap, without a cache.
fn of_automaton(dfa: &DFA) -> usize {
    dfa.memory_usage() + dfa.get_nfa().memory_usage()
}

fn automaton(checked: &Checked, line_starts: bool, config: thompson::Config) -> Option<NFA> {
    let hir = Lower { line_starts, final_newline: checked.groups + 1 }.lower(&checked.node);
    thompson::Compiler::new().configure(config.utf8(false)).build_from_hir(&hir).ok()
}

/// It never gives up, however often it must forget its states: a client cannot make a search fail.
fn lazy(nfa: NFA, kind: MatchKind, capacity: usize) -> Option<(DFA, Cache)> {
    let config = Config::new().match_kind(kind).cache_capacity(capacity).skip_cache_capacity_check(true);
    let dfa = DFA::builder().configure(config.minimum_cache_clear_count(None)).build_from_nfa(nfa).ok()?;
    let cache = dfa.create_cache();
    Some((dfa, cache))
}

struct Lower {
    line_starts: bool,
    /// See [`Checked::final_newline`].
    final_newline: u32,
}

impl Lower {
    fn lower(&self, node: &Node) -> Hir {
        match node {
            Node::Empty => Hir::empty(),
            Node::Set(set) => {
                Hir::class(Class::Bytes(ClassBytes::new(set.iter().map(|byte| ClassBytesRange::new(byte, byte)))))
            }
            Node::Look(look) => self.look(*look),
            Node::Repeat { node, min, max, taking } => Hir::repetition(hir::Repetition {
                min: *min,
                max: *max,
                // A possessive one has been shown to be no different.
                greedy: *taking != Taking::Lazy,
                sub: Box::new(self.lower(node)),
            }),
            Node::Group(number, node) => {
                Hir::capture(hir::Capture { index: *number, name: None, sub: Box::new(self.lower(node)) })
            }
            Node::Atomic(node) => self.lower(node),
            Node::Concat(nodes) => Hir::concat(nodes.iter().map(|node| self.lower(node)).collect()),
            Node::Either(nodes) => Hir::alternation(nodes.iter().map(|node| self.lower(node)).collect()),
        }
    }

    fn look(&self, look: Look) -> Hir {
        Hir::look(match look {
            Look::Start => hir::Look::Start,
            Look::End => hir::Look::End,
            Look::LineStart if self.line_starts => hir::Look::StartLF,
            Look::LineStart => hir::Look::Start,
            Look::LineEnd => hir::Look::EndLF,
            Look::Word => hir::Look::WordAscii,
            Look::NotWord => hir::Look::WordAsciiNegate,
            Look::EndOrFinalNewline => {
                let newline = Hir::capture(hir::Capture {
                    index: self.final_newline,
                    name: None,
                    sub: Box::new(Hir::literal(*b"\n")),
                });
                return Hir::alternation(vec![
                    Hir::look(hir::Look::End),
                    Hir::concat(vec![newline, Hir::look(hir::Look::End)]),
                ]);
            }
        })
    }
}
