//! Answers that are no data: what is there serves on, nobody is admitted by them, and the log tells why.

use std::time::Duration;

use serde_json::json;
use verdict_gateway::Listener;

use super::callers::Callers;
use super::{ADMITTED, ALL_ACTIVE, APPROVED, Answer, DECIDED, Kind, NOBODY, STATES, States, UNKNOWN};
use super::{answers, asking, hash_of, key_of, offer, public, raw, run, says};
use crate::plain::Plain;

/// The version of the data that is there.
const VERSION: u64 = 5;

/// How large a snapshot may be here, in bytes. A lookup's answer may never be larger.
const MAX_BYTES: usize = 64 * 1024;

/// The one worker's, and the main thread's, which fetches snapshots too.
const VMS: usize = 2;

const PAUSE: Duration = Duration::from_millis(300);

/// An answer, its name, and what the log says of it.
struct Useless {
    name: &'static str,
    /// What goes over TCP in place of an answer, which says that everybody may call.
    answer: fn(&Answer) -> String,
    /// Whether it goes out at all.
    open: bool,
    note: &'static str,
}

fn useless(kind: Kind) -> Vec<Useless> {
    let one = |name, note, answer| Useless { name, answer, open: true, note };
    let [not_json, too_large, cut_off, replayed, own] = match kind {
        Kind::Snapshot => [
            "the document cannot be used, line 1: ",
            "it is too large, raise `max_bytes`",
            "line 6: the document was cut off before this line",
            "the data is of version 4, and version 5 was there before",
            "the answer is empty",
        ],
        Kind::Lookup => [
            "the answer cannot be used, it is not JSON: ",
            "the answer is too large",
            "the answer cannot be used, it is not JSON: ",
            "the answer is a replay, of version 4 after version 5",
            "the answer cannot be used, it is not JSON: ",
        ],
    };
    let mut all = vec![
        one("page", not_json, |_| raw("200 OK", "content-type: text/html\r\n", "<html>Sign in</html>")),
        one("rubbish", not_json, |_| raw("200 OK", "", "\u{0}\u{fffd}{{[")),
        one("empty", own, |_| raw("200 OK", "", "")),
        one("error", "the answer has status 500", |theirs| raw("500 Internal Server Error", "", &theirs.body)),
        one("elsewhere", "the answer has status 302", |theirs| raw("302 Found", "location: /\r\n", &theirs.body)),
        one("accepted", "the answer has status 202", |theirs| raw("202 Accepted", "", &theirs.body)),
        one("cut", cut_off, |theirs| {
            // The last line, or the last bracket.
            let end = theirs.body.rfind("{\"end\"").unwrap_or(theirs.body.len() - 1);
            raw("200 OK", "", theirs.body.get(..end).unwrap())
        }),
        one("short", "no answer came in time", |theirs| {
            format!("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{}", theirs.body)
        }),
        one("endless", "no answer came in time", |theirs| {
            let (length, body) = (theirs.body.len(), &theirs.body);
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n")
        }),
        one("huge", too_large, |theirs| raw("200 OK", "", &format!("{}{}", theirs.body, " ".repeat(MAX_BYTES)))),
        one("replayed", replayed, |theirs| raw("200 OK", "", &theirs.body.replace("\"version\":6", "\"version\":4"))),
        one("no-http", "the answer has status 502", |theirs| theirs.body.clone()),
        // What Envoy makes of a time-out.
        Useless { name: "silent", answer: |_| String::new(), open: false, note: "the answer has status 504" },
    ];
    all.extend(match kind {
        Kind::Snapshot => [
            one("nobody", "it has no consumer in it, and the one before had", |_| {
                raw("200 OK", "", "{\"snapshot\":1,\"version\":6}\n{\"end\":1}\n")
            }),
            one("twice", "is also on line 2", |theirs| {
                raw("200 OK", "", &theirs.body.replace(&hash_of("pending"), &hash_of("active")))
            }),
            one("unheard-of", "line 2: /subscriptions/0/state: ", |theirs| {
                raw("200 OK", "", &theirs.body.replace("\"state\":\"active\"", "\"state\":\"activated\""))
            }),
        ],
        Kind::Lookup => [
            // What a wrong path looks like: it does not say that nobody has the key.
            one("no-such-path", "and status 404; check `path`", |_| raw("404 Not Found", "", "there is nothing here")),
            one("versionless", "it has no `version`", |theirs| {
                raw("200 OK", "", &theirs.body.replace("\"version\"", "\"revision\""))
            }),
            one("unheard-of", "the answer cannot be used, `state`: ", |theirs| {
                raw("200 OK", "", &theirs.body.replace("\"state\":\"active\"", "\"state\":\"activated\""))
            }),
        ],
    });
    all
}

fn listener_of(kind: Kind, name: &str) -> String {
    format!("useless-{}-{name}", kind.name())
}

pub(super) fn listeners(plain: &Plain) -> Vec<Listener> {
    let mut listeners = Vec::new();
    for kind in Kind::BOTH {
        for Useless { name, .. } in useless(kind) {
            let name = listener_of(kind, name);
            offer(plain, &name, kind, VERSION, STATES);
            let source = match kind {
                Kind::Snapshot => json!({ "max_bytes": MAX_BYTES }),
                Kind::Lookup => json!({}),
            };
            listeners.push(asking(&name, kind, &source, &json!({})));
        }
    }
    listeners
}

/// Asserts what was told while the source was of no use, and forgets it. Whoever was approved may have been told both.
fn heard_only(kind: Kind, all: &[(Useless, String, Callers)], states: &States) {
    for (_, listener, callers) in all {
        let pending: &[&str] = if states == STATES { &["pending_approval"] } else { &["pending_approval", ADMITTED] };
        let unknown: &[&str] = match kind {
            Kind::Snapshot => &["key_invalid"],
            Kind::Lookup => &["key_invalid", "source_unavailable"],
        };
        callers.heard_only("active", &[ADMITTED], listener);
        callers.heard_only("pending", pending, listener);
        callers.heard_only("revoked", &["revoked"], listener);
        callers.heard_only(UNKNOWN, unknown, listener);
        callers.heard_only(NOBODY, &["key_missing"], listener);
        callers.forget();
    }
}

fn check(kind: Kind) {
    run("answers without data", async |watched| {
        let plain = &watched.plain;
        let mut keys: Vec<(&'static str, Option<String>)> = vec![(NOBODY, None)];
        keys.extend(DECIDED.map(|(caller, _)| (caller, Some(key_of(caller)))));
        let all: Vec<(Useless, String, Callers)> = useless(kind)
            .into_iter()
            .map(|useless| {
                let listener = listener_of(kind, useless.name);
                let callers = Callers::start(watched.at(&listener), &keys, 1, PAUSE);
                (useless, listener, callers)
            })
            .collect();
        for (_, _, callers) in &all {
            for (caller, reason) in DECIDED {
                callers.all(caller, public(reason)).await;
            }
            callers.forget();
        }

        for (Useless { answer, open, .. }, listener, _) in &all {
            for theirs in answers(listener, kind, VERSION + 1, ALL_ACTIVE) {
                plain.answer(&theirs.path, &answer(&theirs), *open);
            }
        }
        // The log does not tell which filter it is about. Each of them says so once in each VM that asks.
        for (Useless { note, .. }, ..) in &all {
            let those = all.iter().filter(|(other, ..)| other.note == *note).count();
            match kind {
                Kind::Snapshot => says(watched, &[note, "fetch from `plain` failed", "serves on"], those * VMS).await,
                Kind::Lookup => says(watched, &[note, "a question to `plain` failed"], those).await,
            }
        }
        // A lookup's source is asked about the unknown caller again and again.
        if kind == Kind::Lookup {
            for (_, _, callers) in &all {
                callers.all(UNKNOWN, "source_unavailable").await;
            }
        }
        heard_only(kind, &all, STATES);
        for (_, _, callers) in &all {
            callers.had(5).await;
        }
        heard_only(kind, &all, STATES);

        // And they recover.
        for (_, listener, _) in &all {
            offer(plain, listener, kind, VERSION + 2, APPROVED);
        }
        for (_, _, callers) in &all {
            callers.all("pending", ADMITTED).await;
            callers.all(UNKNOWN, "key_invalid").await;
            callers.all("revoked", "revoked").await;
        }
        heard_only(kind, &all, APPROVED);
        match kind {
            Kind::Snapshot => says(watched, &["`subscriptions`: good again after failures"], all.len() * VMS).await,
            Kind::Lookup => says(watched, &["`subscriptions`: answers again, after "], all.len()).await,
        }
        for (_, _, callers) in all {
            callers.stop().await;
        }
    });
}

#[test]
fn a_snapshot_that_is_none_never_replaces_the_one_that_is_there() {
    check(Kind::Snapshot);
}

#[test]
fn an_answer_that_is_none_changes_nothing_about_those_who_are_known() {
    check(Kind::Lookup);
}
