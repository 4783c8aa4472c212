//! What the log is told of a decision: everything but secrets, as one JSON object on one line; and how many such lines there may be.

use crate::denial::{Denial, Fact};
use crate::head::Head;
use crate::json::{self, Ascii};
use crate::render::{DenialId, FACTS_LIMIT, filled, request_id};
use crate::settings::Show;
use crate::time::Mono;

/// The longest path that is written, in bytes of the request.
const PATH_LIMIT: usize = 200;

/// The longest host: longer than any name that can be looked up (RFC 1035, section 2.3.4).
const HOST_LIMIT: usize = 255;

/// The longest method.
const METHOD_LIMIT: usize = 32;

/// What a client got to see of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The HTTP status.
    pub status: u16,
    /// How much.
    pub show: Show,
}

/// The line about a decision that somebody may ask about: `denied`, `would_deny` or `unable`. `told` is what the client got to see;
/// `None` if the request went on.
///
/// It is ASCII: no character of a request can end it early or move the cursor of a terminal.
pub fn line(denial: &Denial, decision: &str, id: &DenialId, told: Option<Told>, request: &Head) -> String {
    let facts: Vec<&Fact> = denial.facts.iter().take(FACTS_LIMIT).collect();
    json::write(Ascii::Only, |line| {
        line.text("verdict", decision);
        line.text("filter", denial.rule.filter);
        line.text("reason", &denial.code());
        line.text("rule", &denial.rule.name);
        line.text("mode", denial.rule.mode.name());
        line.text_if_any("owner", denial.rule.owner.as_deref());
        line.text("id", &id.to_string());
        if let Some(Told { status, show }) = told {
            line.number("status", status.into());
            line.text("shown", show.name());
        }
        line.text("method", &text(request.method(), METHOD_LIMIT));
        line.text("host", &text(without_user(request.authority().unwrap_or_default()), HOST_LIMIT));
        line.text("path", &text(&harmless_path(request.path().unwrap_or_default()), PATH_LIMIT));
        line.text_if_any("request_id", request_id(request));
        line.text("detail", &filled(denial.reason.detail, &facts).unwrap_or_else(|| denial.reason.title.to_owned()));
        line.object("context", |context| facts.iter().for_each(|fact| context.text(fact.name, &fact.value)));
        line.object("config", |config| {
            config.text("hash", &denial.rule.settings.config_hash);
            config.text("pointer", denial.pointer());
        });
        line.text("operator_remedy", denial.reason.operator);
    })
}

/// The path without what is known to carry secrets: the query, a user in front of the host of an absolute form, and the values of
/// parameters (`;jsessionid=…`).
fn harmless_path(path: &[u8]) -> Vec<u8> {
    let path = path.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
    let path = if path.starts_with(b"/") { path } else { without_user(path) };
    let mut out = Vec::new();
    for segment in path.split_inclusive(|byte| *byte == b'/') {
        // Of a segment that goes on to be cut, no more is looked at than is written.
        if out.len() > PATH_LIMIT {
            break;
        }
        match segment.iter().position(|byte| *byte == b';') {
            Some(at) => {
                out.extend_from_slice(segment.get(..at).unwrap_or_default());
                out.extend_from_slice(b";...");
                out.extend_from_slice(if segment.ends_with(b"/") { b"/" } else { b"" });
            }
            None => out.extend_from_slice(segment),
        }
    }
    out
}

/// Without `user:password@` (RFC 3986, section 3.2.1).
fn without_user(authority: &[u8]) -> &[u8] {
    authority.rsplit(|byte| *byte == b'@').next().unwrap_or_default()
}

/// As text, and no more than `limit` bytes of it.
fn text(bytes: &[u8], limit: usize) -> String {
    let mut out = String::from_utf8_lossy(bytes.get(..limit).unwrap_or(bytes)).into_owned();
    if bytes.len() > limit {
        out.push('…');
    }
    out
}

/// Bounds how many lines a second are written: so many at once, and then one as often as the rate allows.
#[derive(Debug)]
pub struct RateBound {
    /// What may be spent, in nanoseconds: at most a second's worth.
    credit: u64,
    last: Mono,
    suppressed_now: u64,
    suppressed_total: u64,
}

const SECOND: u64 = 1_000_000_000;

impl Default for RateBound {
    fn default() -> Self {
        Self { credit: SECOND, last: Mono::default(), suppressed_now: 0, suppressed_total: 0 }
    }
}

impl RateBound {
    /// Whether one more line may be written, of so many a second. If so, how many were not since the last that was.
    pub fn allow(&mut self, now: Mono, lines_per_second: u32) -> Option<u64> {
        let passed = u64::try_from(now.since(self.last).as_nanos()).unwrap_or(u64::MAX);
        self.last = now;
        self.credit = self.credit.saturating_add(passed).min(SECOND);
        // With no lines a second, none has a price at which it can be had.
        let price = SECOND.checked_div(lines_per_second.into());
        match price.and_then(|price| self.credit.checked_sub(price)) {
            Some(left) => {
                self.credit = left;
                Some(std::mem::take(&mut self.suppressed_now))
            }
            None => {
                self.suppressed_now = self.suppressed_now.saturating_add(1);
                self.suppressed_total = self.suppressed_total.saturating_add(1);
                None
            }
        }
    }

    /// How many lines were not written, ever.
    pub fn suppressed_total(&self) -> u64 {
        self.suppressed_total
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::render::sample;

    fn request(path: &str, host: &str) -> Head {
        Head::from_pairs([
            (":method", "GET"),
            (":path", path),
            (":authority", host),
            ("authorization", "Bearer SECRET"),
            ("cookie", "SECRET"),
            ("x-request-id", "r-1"),
        ])
    }

    fn read(denial: &Denial, request: &Head, told: Option<Told>) -> Value {
        let decision = if told.is_some() { "denied" } else { "would_deny" };
        let line = line(denial, decision, &sample::ID, told, request);
        assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line:?}");
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn a_line_tells_everything_but_secrets() {
        let denial = sample::denial(&sample::LISTED).with("address", "192.0.2.7").with_full("list", "bots");
        let told = Told { status: 403, show: Show::Opaque };
        assert_eq!(
            read(&denial, &request("/a/b?token=SECRET", "api.example.com"), Some(told)),
            json!({
                "verdict": "denied",
                "filter": "jwt-scope",
                "reason": "jwt-scope.listed",
                "rule": "SECRET-rule",
                "mode": "enforce",
                "owner": "team-a",
                "id": sample::ID_HEX,
                "status": 403,
                "shown": "opaque",
                "method": "GET",
                "host": "api.example.com",
                "path": "/a/b",
                "request_id": "r-1",
                "detail": "192.0.2.7 is in bots.",
                "context": {"address": "192.0.2.7", "list": "bots"},
                "config": {"hash": "0123456789ab", "pointer": "/rules/2"},
                "operator_remedy": "Take the address out of the list.",
            })
        );
    }

    #[test]
    fn a_request_that_went_on_has_no_status() {
        let line = read(&sample::denial(&sample::LISTED), &request("/", "h"), None);
        assert_eq!(line["verdict"], "would_deny");
        assert_eq!(line["detail"], sample::LISTED.title);
        assert_eq!((line.get("status"), line.get("shown")), (None, None));
    }

    #[test]
    fn the_real_reason_is_told_even_where_the_client_gets_another() {
        let line = read(&sample::denial(sample::PRIVATE[0]), &request("/", "h"), None);
        assert_eq!(line["reason"], "jwt-scope.SECRET_expired");
    }

    #[test]
    fn what_is_written_of_a_request_is_bounded_and_harmless() {
        let check = |path: &str, host: &str, expected_path: &str, expected_host: &str| {
            let line = read(&sample::denial(&sample::LISTED), &request(path, host), None);
            assert_eq!((&line["path"], &line["host"]), (&json!(expected_path), &json!(expected_host)));
        };
        check("/a;jsessionid=SECRET/b;x", "api.example.com:443", "/a;.../b;...", "api.example.com:443");
        check("/a#SECRET", "user:SECRET@h", "/a", "h");
        check("http://user:SECRET@h/a", "h", "h/a", "h");
        check("*", "", "*", "");
        check("/a@b", "h", "/a@b", "h");
        check("/\r\n\"}\u{7f}\u{2028}\u{202e}\u{1f512}", "\u{0}", "/\r\n\"}\u{7f}\u{2028}\u{202e}\u{1f512}", "\u{0}");
        check(
            &format!("/{}", "a".repeat(60_000)),
            &"h".repeat(60_000),
            &format!("/{}…", "a".repeat(199)),
            &format!("{}…", "h".repeat(255)),
        );
    }

    #[test]
    fn a_path_that_is_no_text_is_written_all_the_same() {
        let head = Head::from_pairs([(&b":path"[..], &b"/\xff\xfe"[..]), (b":method", b"\xff")]);
        let line = read(&sample::denial(&sample::LISTED), &head, None);
        assert_eq!(line["path"], "/\u{fffd}\u{fffd}");
        assert_eq!(line["host"], "");
    }

    #[test]
    fn lines_are_bounded_in_rate_and_those_left_out_are_counted() {
        let at = |milliseconds: u64| Mono::default().after(Duration::from_millis(3_600_000 + milliseconds));
        let mut bound = RateBound::default();
        let asked = [0, 0, 0, 0, 0, 300, 333, 334, 5000, 5000, 5000, 5000, 5001, 6000];
        let answers: Vec<_> = asked.iter().map(|time| bound.allow(at(*time), 3)).collect();
        let expected = [
            Some(0),
            Some(0),
            Some(0),
            None,
            None,
            None,
            None,
            Some(4),
            Some(0),
            Some(0),
            Some(0),
            None,
            None,
            Some(2),
        ];
        assert_eq!(answers, expected);
        assert_eq!(bound.suppressed_total(), 6);
    }

    #[test]
    fn a_rate_of_zero_writes_nothing_and_a_large_one_everything() {
        let mut none = RateBound::default();
        let mut all = RateBound::default();
        for _ in 0..1000 {
            assert_eq!(none.allow(Mono(u64::MAX), 0), None);
            assert_eq!(all.allow(Mono(0), u32::MAX), Some(0));
        }
    }
}
