//! The conditions of one rule, and the table that finds the first rule whose conditions hold.

use super::header::{self, Holds};
use super::host::{self, Host};
use super::path::{self, Reading};
use super::route::{self, Told};
use super::{Routed, each, noted, pattern, raw};
use crate::field::is_token;
use crate::head::{Head, Sole};
use crate::problems::{Place, Problems, about, instead, quoted};

/// The conditions of one rule. Without any, it matches every request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matcher {
    // Empty lists: any will do.
    pub(super) hosts: Vec<host::Pattern>,
    pub(super) paths: Vec<pattern::Pattern>,
    pub(super) methods: Vec<String>,
    pub(super) headers: Vec<header::Condition>,
    pub(super) route: route::Condition,
}

impl Matcher {
    /// Reads a `match` that stands at that place, and notes everything that is wrong with it.
    pub fn read(raw: raw::Match, place: &Place, problems: &mut Problems) -> Option<Self> {
        let raw::Match { hosts, paths, methods, headers, route } = raw;
        let hosts = optional(hosts, &place.key("hosts"), problems, |text: String, place, problems| {
            noted(host::Pattern::read(&text), place, problems)
        });
        let paths = optional(paths, &place.key("paths"), problems, |text: String, place, problems| {
            noted(pattern::Pattern::read(&text), place, problems)
        });
        let methods = optional(methods, &place.key("methods"), problems, |text, place, problems| {
            noted(read_method(text), place, problems)
        });
        let headers_place = place.key("headers");
        let headers = optional(headers, &headers_place, problems, header::Condition::read)
            .filter(|headers| named_once(headers, &headers_place, problems));
        let route = match route {
            None => Some(route::Condition::default()),
            Some(route) => route::Condition::read(route, &place.key("route"), problems),
        };
        Some(Self { hosts: hosts?, paths: paths?, methods: methods?, headers: headers?, route: route? })
    }

    /// Whether the conditions hold for that reading of the path. The name of a header that occurs more than once, if
    /// that is what it hangs on.
    fn holds<'t>(&'t self, request: &Request<'_>, path: &[u8], told: &mut Told<'t, '_>) -> Result<bool, &'t str> {
        let Self { hosts, paths, methods, headers, route } = self;
        if !(paths.is_empty() || paths.iter().any(|pattern| pattern.matches(path)))
            || !(methods.is_empty() || methods.iter().any(|method| method.as_bytes() == request.method))
            || !(hosts.is_empty()
                || request.host.is_some_and(|host| hosts.iter().any(|pattern| pattern.matches(&host))))
        {
            return Ok(false);
        }
        // All headers first: whether one is ambiguous must not hang on the order in which they are listed.
        let mut hold = true;
        for condition in headers {
            match condition.holds(request.head) {
                Holds::Yes => {}
                Holds::No => hold = false,
                Holds::Ambiguous => return Err(condition.name()),
            }
        }
        Ok(hold && route.holds(told))
    }
}

fn optional<T, U: PartialEq>(
    list: Option<Vec<T>>,
    place: &Place,
    problems: &mut Problems,
    read: impl Fn(T, &Place, &mut Problems) -> Option<U>,
) -> Option<Vec<U>> {
    match list {
        None => Some(Vec::new()),
        Some(list) => each(list, place, problems, read),
    }
}

/// A method is a token, and case counts (RFC 9110, section 9.1).
fn read_method(text: String) -> Result<String, String> {
    if !is_token(&text) {
        return Err(about(&text, "is not a method; write one as in `GET`"));
    }
    if text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(instead(&text, "is in lower case, and case counts", &text.to_ascii_uppercase()));
    }
    Ok(text)
}

/// All conditions must hold: two on one header say the same, or contradict each other.
fn named_once(headers: &[header::Condition], place: &Place, problems: &mut Problems) -> bool {
    let mut once = true;
    for (index, header) in headers.iter().enumerate() {
        if headers.iter().take(index).any(|other| other.name() == header.name()) {
            let message = format!("is a second condition on {}; write one that says all", quoted(header.name()));
            problems.add(&place.index(index), message);
            once = false;
        }
    }
    once
}

crate::words! {
    /// What becomes of a path that can be read in ways that lead to different rules (`ambiguous_paths`).
    pub enum Ambiguous {
        /// The request is refused.
        Refuse = "refuse",
        /// The normal form of the path decides. Only safe where the upstream, and all between, read paths in that way.
        UseNormalForm = "use_normal_form",
    }
}

/// Which rule a request falls under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'t> {
    /// The first whose conditions hold, by its place in the table.
    Rule(usize),
    /// None.
    NoRule,
    /// It depends on how the path is read, or the path is spelled as only somebody does who wants it read in two ways.
    PathAmbiguous,
    /// A rule asks for the path, and there is none that could be read.
    PathUnknown,
    /// A rule asks for the host, and there is none that could be read, or there are two.
    HostUnknown,
    /// A rule asks for the method, and there is none, or there are two.
    MethodUnknown,
    /// It depends on this header, which occurs more than once.
    HeaderAmbiguous(&'t str),
}

/// The matchers of all rules, in order.
#[derive(Clone, Debug, Default)]
pub struct Table {
    matchers: Vec<Matcher>,
    /// Whether any of them asks for it. What nobody asks for is not looked at.
    asks_host: bool,
    asks_path: bool,
    asks_method: bool,
}

/// What the matchers see of a request, beside its path.
struct Request<'a> {
    head: &'a Head,
    host: Option<Host<'a>>,
    method: &'a [u8],
}

impl Table {
    /// The first matcher comes first.
    pub fn new(matchers: Vec<Matcher>) -> Self {
        Self {
            asks_host: matchers.iter().any(|matcher| !matcher.hosts.is_empty()),
            asks_path: matchers.iter().any(|matcher| !matcher.paths.is_empty()),
            asks_method: matchers.iter().any(|matcher| !matcher.methods.is_empty()),
            matchers,
        }
    }

    /// The matchers, in order.
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// The rule that a request falls under: the first whose conditions hold.
    pub fn find(&self, head: &Head, routed: &dyn Routed, ambiguous: Ambiguous) -> Found<'_> {
        let path = if self.asks_path {
            match head.sole(":path") {
                Sole::One(target) => path::read(target),
                Sole::Absent | Sole::Many => Reading::Unknown,
            }
        } else {
            Reading::Plain(b"/")
        };
        let host = if self.asks_host { Host::of(head) } else { None };
        let method = if self.asks_method {
            match head.sole(":method") {
                Sole::One(method) => method,
                Sole::Absent | Sole::Many => return Found::MethodUnknown,
            }
        } else {
            b""
        };
        let request = Request { head, host, method };
        let mut told = Told::new(routed);
        match (path, ambiguous) {
            (Reading::Unknown, _) => Found::PathUnknown,
            (Reading::Plain(_) | Reading::Odd(_), _) if self.asks_host && host.is_none() => Found::HostUnknown,
            (Reading::Plain(path), _) => self.first(&request, path, &mut told),
            (Reading::Odd(odd), Ambiguous::UseNormalForm) => self.first(&request, &odd.normal_form(), &mut told),
            (Reading::Odd(odd), Ambiguous::Refuse) => {
                odd.agreed(|path| self.first(&request, path, &mut told)).unwrap_or(Found::PathAmbiguous)
            }
        }
    }

    fn first<'t>(&'t self, request: &Request<'_>, path: &[u8], told: &mut Told<'t, '_>) -> Found<'t> {
        for (index, matcher) in self.matchers.iter().enumerate() {
            match matcher.holds(request, path, told) {
                Ok(false) => {}
                Ok(true) => return Found::Rule(index),
                Err(header) => return Found::HeaderAmbiguous(header),
            }
        }
        Found::NoRule
    }
}
