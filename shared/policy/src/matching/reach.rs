//! Rules that can never match, because earlier ones match first.

use super::host;
use super::matcher::Matcher;
use super::pattern::Pattern;

/// The most combinations of host, path and method that are looked at for one rule.
const COMBINATIONS: usize = 4096;

/// The most comparisons for all rules together: a configuration is read between two requests.
const COMPARISONS: usize = 500_000;

/// What the check found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The rules that can never match, in order.
    pub unreachable: Vec<Unreachable>,
    /// The rules that were not checked: they have too many combinations of host, path and method, or come after too
    /// many rules that have.
    pub unchecked: Vec<usize>,
}

/// A rule that can never match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// Its place among the rules.
    pub rule: usize,
    /// The earlier rules that together match all that it would, in order. At least one.
    pub covered_by: Vec<usize>,
}

/// Finds the rules that can never match: for each of their combinations of host, path and method there is an earlier
/// rule that matches it, and whose conditions on headers and route hold wherever theirs do.
pub fn unreachable(matchers: &[&Matcher]) -> Reach {
    let mut reach = Reach::default();
    let mut left = COMPARISONS;
    for (rule, matcher) in matchers.iter().enumerate() {
        match covering(matcher, matchers.get(..rule).unwrap_or_default(), &mut left) {
            Cover::By(covered_by) => reach.unreachable.push(Unreachable { rule, covered_by }),
            Cover::Incomplete => {}
            Cover::Unchecked => reach.unchecked.push(rule),
        }
    }
    reach
}

enum Cover {
    By(Vec<usize>),
    Incomplete,
    Unchecked,
}

fn covering(matcher: &Matcher, earlier: &[&Matcher], left: &mut usize) -> Cover {
    let sizes = [matcher.hosts.len(), matcher.paths.len(), matcher.methods.len()];
    let combinations = sizes.iter().fold(1_usize, |product, &size| product.saturating_mul(size.max(1)));
    if combinations > COMBINATIONS || !spend(left, earlier.len()) {
        return Cover::Unchecked;
    }
    let rivals: Vec<(usize, &Matcher)> =
        earlier.iter().copied().enumerate().filter(|(_, other)| follows_from(other, matcher)).collect();
    let mut covered_by = Vec::new();
    // A rule that does not ask for the path takes every path that is known, as `/**` does.
    let everything = [Pattern::all()];
    let paths = if matcher.paths.is_empty() { everything.as_slice() } else { &matcher.paths };
    for host in any_or(&matcher.hosts) {
        for path in paths {
            for method in any_or(&matcher.methods) {
                let mut first = None;
                for (index, other) in &rivals {
                    if !spend(left, cost(other)) {
                        return Cover::Unchecked;
                    }
                    if covers(other, host, path, method) {
                        first = Some(*index);
                        break;
                    }
                }
                let Some(index) = first else { return Cover::Incomplete };
                if let Err(at) = covered_by.binary_search(&index) {
                    covered_by.insert(at, index);
                }
            }
        }
    }
    Cover::By(covered_by)
}

/// Takes that many comparisons from what is left, if there are as many.
fn spend(left: &mut usize, comparisons: usize) -> bool {
    match left.checked_sub(comparisons) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

/// How many patterns a comparison with that rule looks at.
fn cost(matcher: &Matcher) -> usize {
    matcher.hosts.len() + matcher.paths.len() + matcher.methods.len() + 1
}

fn follows_from(one: &Matcher, other: &Matcher) -> bool {
    let headers = one.headers.iter().all(|ours| other.headers.iter().any(|theirs| ours.follows_from(theirs)));
    headers && one.route.follows_from(&other.route)
}

fn any_or<T>(list: &[T]) -> impl Iterator<Item = Option<&T>> {
    list.is_empty().then_some(None).into_iter().chain(list.iter().map(Some))
}

/// Whether a rule takes that combination, headers and route aside; `None` is any.
fn covers(matcher: &Matcher, host: Option<&host::Pattern>, path: &Pattern, method: Option<&String>) -> bool {
    let Matcher { hosts, paths, methods, headers: _, route: _ } = matcher;
    (hosts.is_empty() || host.is_some_and(|host| hosts.iter().any(|pattern| pattern.covers(host))))
        && (paths.is_empty() || paths.iter().any(|pattern| pattern.covers(path)))
        && (methods.is_empty() || method.is_some_and(|method| methods.contains(method)))
}
