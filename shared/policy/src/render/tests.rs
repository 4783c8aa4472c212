//! What clients are told, by audience, format and request; and that nothing in a request can break a format.

use std::collections::BTreeMap;

use prost::Message;
use serde_json::{Value, json};

use super::*;
use crate::denial::{Fact, Shown};
use crate::settings::Settings;

fn get(accept: &str) -> Head {
    Head::from_pairs([(":method", "GET"), ("accept", accept), ("x-request-id", "r-1")])
}

fn call() -> Head {
    Head::from_pairs([(":method", "POST"), ("content-type", "application/grpc+proto"), ("x-request-id", "r-1")])
}

const PAGE: &str = "text/html,*/*;q=0.8";

fn header<'a>(rendered: &'a Rendered, name: &str) -> Option<&'a str> {
    let mut values = rendered.headers.iter().filter(|(key, _)| key == name);
    let value = values.next().map(|(_, value)| std::str::from_utf8(value).unwrap());
    assert!(values.next().is_none(), "{name} occurs once");
    value
}

fn body(rendered: &Rendered) -> Value {
    serde_json::from_slice(&rendered.body).unwrap()
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.ErrorInfo`.
#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(btree_map = "string, string", tag = "3")]
    metadata: BTreeMap<String, String>,
}

fn grpc_details(rendered: &Rendered) -> (Status, ErrorInfo) {
    use base64::Engine;
    let bytes =
        base64::engine::general_purpose::STANDARD_NO_PAD.decode(header(rendered, "grpc-status-details-bin").unwrap());
    let status = Status::decode(bytes.unwrap().as_slice()).unwrap();
    assert_eq!(status.details[0].type_url, "type.googleapis.com/google.rpc.ErrorInfo");
    let info = ErrorInfo::decode(status.details[0].value.as_slice()).unwrap();
    (status, info)
}

fn listed() -> Denial {
    sample::denial(&sample::LISTED).with("address", "192.0.2.7").with_full("list", "crawlers").at(place())
}

fn place() -> crate::problems::Place {
    crate::problems::Place::root().key("rules").index(2).key("deny").index(0)
}

fn scope() -> Denial {
    let mut denial = sample::denial(&sample::SCOPE).with("presented", "read").with("required", "write");
    denial.challenge = Some(r#"Bearer error="insufficient_scope", scope="write""#.to_owned());
    denial.verified = true;
    denial
}

#[test]
fn full_tells_everything() {
    let rendered = render(&listed(), &sample::ID, Show::Full, &get("*/*"));
    assert_eq!(
        body(&rendered),
        json!({
            "type": "urn:verdict:jwt-scope.listed",
            "title": "The address of this client is refused.",
            "status": 403,
            "detail": "192.0.2.7 is in crawlers.",
            "instance": "urn:verdict:denial:0001020304050607feff",
            "verdict": {
                "version": 1,
                "reason": "jwt-scope.listed",
                "filter": "jwt-scope",
                "rule": "SECRET-rule",
                "remedy": "Use another network.",
                "operator_remedy": "Take the address out of the list.",
                "contact": "platform@example.com",
                "request_id": "r-1",
                "context": {"address": "192.0.2.7", "list": "crawlers"},
                "config": {"hash": "0123456789ab", "pointer": "/rules/2/deny/0"},
            },
        })
    );
}

#[test]
fn reason_tells_why_but_not_where() {
    let rendered = render(&listed(), &sample::ID, Show::Reason, &get("*/*"));
    assert_eq!(
        body(&rendered),
        json!({
            "type": "urn:verdict:jwt-scope.listed",
            "title": "The address of this client is refused.",
            "status": 403,
            "detail": "The address of this client is refused.",
            "instance": "urn:verdict:denial:0001020304050607feff",
            "verdict": {
                "version": 1,
                "reason": "jwt-scope.listed",
                "filter": "jwt-scope",
                "remedy": "Use another network.",
                "contact": "platform@example.com",
                "request_id": "r-1",
                "context": {"address": "192.0.2.7"},
            },
        })
    );
    assert_eq!(header(&rendered, "x-verdict-reason"), Some("jwt-scope.listed"));
}

#[test]
fn opaque_tells_the_status_and_the_id() {
    let rendered = render(&listed(), &sample::ID, Show::Opaque, &get("*/*"));
    assert_eq!(
        body(&rendered),
        json!({
            "type": "about:blank",
            "title": "Forbidden",
            "status": 403,
            "instance": "urn:verdict:denial:0001020304050607feff",
        })
    );
    assert_eq!(header(&rendered, "x-verdict-reason"), None);
    assert_eq!(rendered.details, "verdict:jwt-scope.listed");
}

#[test]
fn every_answer_says_how_it_may_be_kept() {
    for show in [Show::Full, Show::Reason, Show::Opaque] {
        for (request, kind) in [
            (get("*/*"), "application/problem+json"),
            (get(PAGE), "text/html; charset=utf-8"),
            (call(), "application/grpc"),
        ] {
            let rendered = render(&listed(), &sample::ID, show, &request);
            assert_eq!(header(&rendered, "content-type"), Some(kind));
            assert_eq!(header(&rendered, "cache-control"), Some("no-store"));
            assert_eq!(header(&rendered, "vary"), Some("Accept, Origin"));
            assert_eq!(header(&rendered, "x-content-type-options"), Some("nosniff"));
            assert_eq!(header(&rendered, "content-security-policy").is_some(), kind.starts_with("text/html"));
            assert_eq!(rendered.grpc_status, (kind == "application/grpc").then_some(7));
        }
    }
}

#[test]
fn a_class_looks_alike_until_a_credential_has_verified() {
    let challenges = [
        Some(r#"Bearer realm="a", error="invalid_token", error_description="SECRET expired""#),
        Some(r#"Bearer error="SECRET", realm="a""#),
        Some(r#"Bearer realm="a""#),
    ];
    for request in [get("*/*"), get(PAGE), call()] {
        for show in [Show::Reason, Show::Opaque] {
            let mut answers = sample::PRIVATE.iter().zip(challenges).map(|(reason, challenge)| {
                let mut denial = sample::denial(reason).with("kid", "SECRET").with("other", "SECRET").at(place());
                denial.challenge = challenge.map(str::to_owned);
                let mut rendered = render(&denial, &sample::ID, show, &request);
                assert_eq!(rendered.details, format!("verdict:jwt-scope.{}", reason.code));
                // Only the access log reads them.
                rendered.details.clear();
                rendered
            });
            let first = answers.next().unwrap();
            assert_eq!(first.status, 401);
            let expected = match show {
                Show::Full | Show::Reason => r#"Bearer realm="a", error="invalid_token""#,
                Show::Opaque => r#"Bearer realm="a""#,
            };
            assert_eq!(header(&first, "www-authenticate"), Some(expected));
            let printed = format!("{first:?} {}", String::from_utf8_lossy(&first.body));
            assert!(!printed.contains("SECRET"), "{printed}");
            for other in answers {
                assert_eq!(other, first);
            }
        }
    }
}

#[test]
fn the_real_reason_is_told_to_those_who_may_know_it() {
    let tell = |verified, show| {
        let mut denial = sample::denial(sample::PRIVATE[0]);
        denial.verified = verified;
        let rendered = render(&denial, &sample::ID, show, &get("*/*"));
        body(&rendered)["verdict"]["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(tell(false, Show::Reason), "jwt-scope.token_invalid");
    assert_eq!(tell(false, Show::Full), "jwt-scope.SECRET_expired");
    assert_eq!(tell(true, Show::Reason), "jwt-scope.SECRET_expired");
}

#[test]
fn a_challenge_stands_where_it_can_be_met() {
    let check =
        |settings: Settings, reason, challenge: &str, show, status: u16, title: &str, expected: Option<&str>| {
            let mut denial = sample::denial_under(settings, reason);
            denial.challenge = Some(challenge.to_owned());
            denial.verified = true;
            let rendered = render(&denial, &sample::ID, show, &get("*/*"));
            assert_eq!(rendered.status, status);
            assert_eq!(header(&rendered, "www-authenticate"), expected);
            assert_eq!(body(&rendered)["status"], status);
            assert_eq!(body(&rendered)["title"], title);
        };
    let plain = sample::settings;
    let forbidden = || Settings { unauthenticated_status: 403, ..sample::settings() };
    let missing = r#"Bearer realm="a""#;
    let scope = r#"Bearer error="insufficient_scope", scope="write""#;
    let title = sample::TOKEN_INVALID.title;
    check(plain(), &sample::TOKEN_INVALID, missing, Show::Reason, 401, title, Some(missing));
    check(plain(), &sample::TOKEN_INVALID, missing, Show::Opaque, 401, "Unauthorized", Some(missing));
    check(forbidden(), &sample::TOKEN_INVALID, missing, Show::Reason, 403, title, None);
    check(forbidden(), &sample::TOKEN_INVALID, missing, Show::Opaque, 403, "Forbidden", None);
    // RFC 6750, section 3.1: a 403 says which scope is missing; an opaque one must not.
    for settings in [plain, forbidden] {
        check(settings(), &sample::SCOPE, scope, Show::Reason, 403, sample::SCOPE.title, Some(scope));
        check(settings(), &sample::SCOPE, scope, Show::Opaque, 403, "Forbidden", None);
    }
}

#[test]
fn a_client_is_told_when_to_try_again() {
    let check = |reason, show, expected| {
        let rendered = render(&sample::denial(reason), &sample::ID, show, &get("*/*"));
        assert_eq!(header(&rendered, "retry-after"), expected);
    };
    check(&sample::KEYS_UNAVAILABLE, Show::Reason, Some("30"));
    check(&sample::KEYS_UNAVAILABLE, Show::Full, Some("30"));
    // How long is one reason's own.
    check(&sample::KEYS_UNAVAILABLE, Show::Opaque, None);
    check(&sample::LISTED, Show::Reason, None);
}

#[test]
fn the_type_stands_under_the_address_of_the_operators() {
    let settings = Settings { problem_base: Some("https://errors.example.com/".to_owned()), ..sample::settings() };
    let rendered = render(&sample::denial_under(settings, &sample::LISTED), &sample::ID, Show::Reason, &get("*/*"));
    assert_eq!(body(&rendered)["type"], "https://errors.example.com/jwt-scope.listed");
}

#[test]
fn a_request_id_is_repeated_only_if_it_is_fit_for_it() {
    let check = |values: &[&[u8]], expected: Option<&str>| {
        let request = Head::from_pairs(values.iter().map(|value| ("x-request-id", *value)));
        let rendered = render(&listed(), &sample::ID, Show::Reason, &request);
        assert_eq!(body(&rendered)["verdict"].get("request_id").and_then(Value::as_str), expected, "{values:?}");
    };
    check(&[], None);
    check(&[b""], None);
    check(&[b"a"], Some("a"));
    check(&[&[b'x'; 128]], Some(&"x".repeat(128)));
    check(&[&[b'x'; 129]], None);
    check(&[b"a b"], None);
    check(&[b"a\r\nb"], None);
    check(&[b"\xff"], None);
    check(&["ä".as_bytes()], None);
    check(&[b"a", b"b"], None);
}

#[test]
fn a_head_request_gets_what_a_get_request_gets() {
    let head = Head::from_pairs([(":method", "HEAD"), ("accept", "*/*"), ("x-request-id", "r-1")]);
    let of_get = render(&listed(), &sample::ID, Show::Reason, &get("*/*"));
    assert_eq!(render(&listed(), &sample::ID, Show::Reason, &head), of_get);
}

#[test]
fn a_page_tells_what_the_json_tells() {
    let page = |show| String::from_utf8(render(&scope_in_rule(), &sample::ID, show, &get(PAGE)).body).unwrap();
    fn scope_in_rule() -> Denial {
        scope().at(place()).with_full("list", "crawlers")
    }
    let everybody = ["403", sample::ID_HEX];
    let reason = [
        "jwt-scope.scope_insufficient",
        "The token carries read; write is needed.",
        "Ask for a token",
        "platform@",
        "r-1",
    ];
    let full = ["SECRET-rule", "Grant the scope.", "/rules/2/deny/0", "0123456789ab", "crawlers"];
    for (show, told, untold) in [
        (Show::Full, [&everybody[..], &reason, &full].concat(), vec![]),
        (Show::Reason, [&everybody[..], &reason].concat(), full.to_vec()),
        (Show::Opaque, everybody.to_vec(), [&reason[..], &full].concat()),
    ] {
        let page = page(show);
        let text = html_escape::decode_html_entities(&page);
        for part in told {
            assert!(text.contains(part), "{show:?}: {part} is missing in {text}");
        }
        for part in untold {
            assert!(!text.contains(part), "{show:?}: {part} is told in {text}");
        }
    }
}

#[test]
fn a_grpc_call_gets_a_status_with_details() {
    let rendered = render(&scope(), &sample::ID, Show::Reason, &call());
    let (status, info) = grpc_details(&rendered);
    assert_eq!((rendered.grpc_status, status.code), (Some(7), 7));
    let message = "The token carries read; write is needed. Ask for a token with the scope. \
                   (urn:verdict:denial:0001020304050607feff)";
    assert_eq!((String::from_utf8(rendered.body).unwrap().as_str(), status.message.as_str()), (message, message));
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("JWT_SCOPE_SCOPE_INSUFFICIENT", "verdict"));
    let metadata: Vec<_> = info.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        metadata,
        [
            ("filter", "jwt-scope"),
            ("id", sample::ID_HEX),
            ("presented", "read"),
            ("reason", "jwt-scope.scope_insufficient"),
            ("required", "write"),
        ]
    );
    let (_, info) = grpc_details(&render(&scope(), &sample::ID, Show::Full, &call()));
    assert_eq!(info.metadata["rule"], "SECRET-rule");
    let rendered = render(&scope(), &sample::ID, Show::Opaque, &call());
    let (status, info) = grpc_details(&rendered);
    assert_eq!(status.message, "Forbidden. (urn:verdict:denial:0001020304050607feff)");
    assert_eq!(info.reason, "REQUEST_REFUSED");
    assert_eq!(info.metadata.len(), 1);
}

#[test]
fn a_grpc_status_stays_small_whatever_the_facts() {
    // Clients may refuse more than 8 KiB of headers in all.
    let mut denial = sample::denial(&sample::LISTED);
    let names = ["address", "list", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n"];
    for name in names {
        denial.facts.push(Fact { name, value: "\u{e4}".repeat(600), shown: Shown::WithReason });
    }
    let rendered = render(&denial, &sample::ID, Show::Full, &call());
    assert!(rendered.body.len() < 600, "{}", rendered.body.len());
    assert!(header(&rendered, "grpc-status-details-bin").unwrap().len() < 4000);
    assert_eq!(grpc_details(&rendered).1.metadata["address"].len(), 1200);
}

#[test]
fn statuses_become_those_of_grpc() {
    for (http, expected) in [
        (400, 3),
        (401, 16),
        (403, 7),
        (404, 5),
        (408, 4),
        (413, 8),
        (429, 8),
        (502, 14),
        (503, 14),
        (504, 4),
        (418, 2),
    ] {
        assert_eq!(grpc::status(http), expected, "{http}");
    }
}

#[test]
fn what_is_no_grpc_call_for_envoy_is_none_here() {
    let check = |values: &[&str], expected| {
        let request = Head::from_pairs(values.iter().map(|value| ("content-type", value)));
        assert_eq!(grpc::is_call(&request), expected, "{values:?}");
    };
    check(&["application/grpc"], true);
    check(&["application/grpc+proto"], true);
    check(&["application/grpc+json"], true);
    check(&["application/grpc-web"], false);
    check(&["application/grpc-web+proto"], false);
    check(&["application/grpc;x=y"], false);
    check(&["application/json"], false);
    check(&["application/grpc", "application/grpc"], false);
    check(&[], false);
}

#[test]
fn a_grpc_message_is_escaped_as_grpc_wants_it() {
    for (text, expected) in [
        ("plain, text ~ here", "plain, text ~ here"),
        ("100%", "100%25"),
        ("a\r\nb\u{0}\u{7f}", "a%0D%0Ab%00%7F"),
        ("\u{e4}\u{20ac}", "%C3%A4%E2%82%AC"),
        ("", ""),
    ] {
        assert_eq!(grpc_message(text), expected);
    }
}

/// A small random number generator (xorshift64): the same run every time.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }

    fn text(&mut self) -> String {
        const PARTS: [&str; 20] = [
            "a",
            "\"",
            "\\",
            "<script>alert(1)</script>",
            "</style>",
            "\r\n",
            "\r\nset-cookie: x=y",
            "\0",
            "\u{7f}",
            "\u{1b}[2J",
            "'",
            "&",
            "{address}",
            "}",
            "\u{2028}",
            "\u{202e}",
            "\u{1f512}",
            "\u{e4}",
            "%",
            ";.;",
        ];
        (0..self.next(12)).map(|_| PARTS[self.next(PARTS.len())]).collect()
    }

    fn denial(&mut self) -> Denial {
        let reasons =
            [&sample::LISTED, &sample::SCOPE, &sample::TOKEN_INVALID, sample::PRIVATE[0], &sample::KEYS_UNAVAILABLE];
        let mut settings = sample::settings();
        settings.contact = Some(self.text());
        let mut denial = sample::denial_under(settings, reasons[self.next(reasons.len())]);
        for name in ["address", "list", "presented", "<name>"] {
            let value = self.text().repeat(1 + self.next(40));
            let shown = if self.next(2) == 0 { Shown::WithReason } else { Shown::Full };
            denial = match self.next(3) {
                0 => denial.with(name, value),
                // A filter that forgets to make a fact printable must not break an answer either.
                1 => {
                    denial.facts.push(Fact { name, value, shown });
                    denial
                }
                _ => denial,
            };
        }
        denial.challenge = (self.next(2) == 0).then(|| format!("Bearer realm=\"{}\", {}", self.text(), self.text()));
        denial.verified = self.next(2) == 0;
        denial
    }
}

/// Everything in a page that a browser would take for a tag.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|part| part.split(['>', ' ']).next().unwrap()).collect()
}

#[test]
fn nothing_in_a_request_breaks_an_answer() {
    const TAGS: [&str; 22] = [
        "!doctype", "html", "/html", "head", "/head", "meta", "title", "/title", "style", "/style", "body", "/body",
        "h1", "/h1", "p", "/p", "dl", "/dl", "dt", "/dt", "dd", "/dd",
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut answers = 0;
    for _ in 0..500 {
        let denial = random.denial();
        let request_id = random.text();
        for kind in ["*/*", PAGE, "application/grpc"] {
            let request = Head::from_pairs([
                (":method", "GET"),
                ("accept", kind),
                ("content-type", kind),
                ("x-request-id", &request_id),
                (":path", &request_id),
            ]);
            for show in [Show::Full, Show::Reason, Show::Opaque] {
                let rendered = render(&denial, &sample::ID, show, &request);
                for (name, value) in &rendered.headers {
                    assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name:?}");
                    assert!(value.iter().all(|byte| matches!(byte, b' '..=b'~')), "{name}: {value:?}");
                    assert!(value.len() <= 8 * 1024, "{name}: {} bytes", value.len());
                }
                let text = std::str::from_utf8(&rendered.body).unwrap();
                match kind {
                    "*/*" => assert_eq!(body(&rendered)["status"], rendered.status),
                    PAGE => assert!(tags(text).iter().all(|tag| TAGS.contains(tag)), "{text}"),
                    _ => assert_eq!(grpc_details(&rendered).0.message, text),
                }
                answers += 1;
            }
            let line = crate::record::line(&denial, "denied", &sample::ID, None, &request);
            assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line:?}");
            assert!(serde_json::from_str::<Value>(&line).is_ok(), "{line:?}");
        }
    }
    assert_eq!(answers, 4500);
}
