//! The cases that ask something of the web server in front of the rules, which is not there in this run, and what the rule set itself
//! expects where no such server stands in front (its overrides for other engines say the same).

/// What becomes of a case.
pub enum Override {
    /// It is not run.
    Skip,
    /// Its own rule must match.
    Match,
    /// Its own rule must not match.
    NoMatch,
}

/// What becomes of a case, and why, if it is judged otherwise than it is written.
pub fn of(rule: u64, case: u64) -> Option<(&'static Override, &'static str)> {
    OVERRIDES.iter().find(|known| (known.0, known.1) == (rule, case)).map(|(_, _, instead, why)| (instead, *why))
}

/// The rule, the case, what becomes of it, and why.
const OVERRIDES: &[(u64, u64, Override, &str)] = &[
    (920100, 8, Override::NoMatch, "a colon in a path is legal; Apache refuses it before any rule"),
    (
        920181,
        1,
        Override::Match,
        "Apache takes Content-Length away where Transfer-Encoding stands; here the rule sees both",
    ),
    (920280, 3, Override::Skip, "HTTP/0.9 has no headers: no proxy hands such a request to a filter"),
    (
        920430,
        5,
        Override::Skip,
        "a request line without a protocol is HTTP/0.9: no proxy hands such a request to a filter",
    ),
    (
        920430,
        6,
        Override::Skip,
        "a protocol `1.1` is refused by every HTTP server, and the rule itself takes it for a part of HTTP/1.1",
    ),
    (920620, 1, Override::Match, "Apache joins the two headers; here the rule sees both"),
    (
        920640,
        5,
        Override::Match,
        "HTTP/1.1 has no body without a length; here the body is there, and the rule is meant to see it",
    ),
    (921140, 1, Override::Match, "Apache refuses the line break before any rule; here the rule sees it"),
];
