//! Runs requests through rules and says what came of them: the native side of `tests/oracle/engine.py`.
//!
//! `engine cases FOLDER` prints the requests of the Core Rule Set's regression cases. `engine` alone reads lines of JSON: `{"rules": text}`
//! takes the place of the rules, anything else is a [`Request`] for them. Every line is answered with one. In all texts a character is a
//! byte. Rules may name files by any path.

#![expect(clippy::expect_used, reason = "it serves a script, which shows where it ended")]

#[path = "../tests/crs/case.rs"]
#[expect(
    dead_code,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the tests use all of it, and end where something is wrong"
)]
mod case;

use std::fmt::Write as _;
use std::io::{BufRead, Write};
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;
use verdict_seclang::language;
use verdict_seclang::language::ast::Problem;
use verdict_seclang::ruleset::RuleSet;
use verdict_seclang::transaction::{Cause, Connection, Outcome, Start, Stop, Transaction};

/// One line of input.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    rules: Option<String>,
    request: Option<Request>,
}

/// A request and what is answered to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    target: String,
    protocol: String,
    headers: Vec<(String, String)>,
    body: String,
    /// The response: its status, headers and body.
    status: u16,
    answer_headers: Vec<(String, String)>,
    answer: String,
    /// The members of TX to tell.
    tx: Vec<String>,
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if let (Some("cases"), Some(folder)) = (arguments.next().as_deref(), arguments.next()) {
        return cases(Path::new(&folder), &mut out);
    }
    let mut rules = None;
    for line in std::io::stdin().lock().lines() {
        let line: Line = serde_norway::from_str(&line?).expect("a line of JSON");
        let answer = match (&line, &rules) {
            (Line { rules: Some(text), .. }, _) => match load(&bytes(text)) {
                Ok(made) => {
                    rules = Some(Rc::new(made));
                    "{\"problems\":[]}".to_owned()
                }
                Err(problems) => {
                    rules = None;
                    format!("{{\"problems\":{}}}", list(&problems, |problem| quoted(told(problem).as_bytes())))
                }
            },
            (Line { request: Some(request), .. }, Some(rules)) => run(rules, request),
            (Line { request, .. }, _) => format!("{{\"refused\":{}}}", request.is_some()),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(u32::from(character)).expect("a byte")).collect()
}

fn quoted(bytes: &[u8]) -> String {
    let mut out = "\"".to_owned();
    for byte in bytes {
        match byte {
            b'"' | b'\\' | 0..=31 | 127.. => drop(write!(out, "\\u{byte:04x}")),
            plain => out.push(char::from(*plain)),
        }
    }
    out.push('"');
    out
}

fn list<T>(items: &[T], one: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(one).collect::<Vec<_>>().join(","))
}

fn told(problem: &Problem) -> String {
    let Problem { place, directive, rule, message } = problem;
    format!("{}:{}:{}: {directive} {rule:?}: {message}", place.file, place.line, place.column)
}

fn load(text: &[u8]) -> Result<RuleSet, Vec<Problem>> {
    let files = |name: &str| std::fs::read(name).ok();
    let (directives, problems) = language::load_text(&files, &[], "rules", text);
    if problems.is_empty() { RuleSet::compile(directives, &files) } else { Err(problems) }
}

/// What each phase comes to, until one stops the exchange.
fn outcomes(transaction: &mut Transaction, request: &Request) -> Vec<Outcome> {
    let pairs = |headers: &[(String, String)]| -> Vec<(Vec<u8>, Vec<u8>)> {
        headers.iter().map(|(name, value)| (bytes(name), bytes(value))).collect()
    };
    let (sent, answered) = (pairs(&request.headers), pairs(&request.answer_headers));
    let mut outcomes = Vec::new();
    for phase in 1..=4 {
        let outcome = match phase {
            1 => transaction.request_headers(sent.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))),
            2 => transaction.request_body(&bytes(&request.body)),
            3 => {
                let headers = answered.iter().map(|(name, value)| (name.as_slice(), value.as_slice()));
                transaction.response_headers(request.status, b"HTTP/1.1", headers)
            }
            _ => transaction.response_body(&bytes(&request.answer)),
        };
        let passed = outcome == Outcome::Pass;
        outcomes.push(outcome);
        if !passed {
            break;
        }
    }
    transaction.logging();
    outcomes
}

fn run(rules: &Rc<RuleSet>, request: &Request) -> String {
    let start = Start { epoch: 1_767_225_600, unique_id: b"176722560012.345678", budget: Start::BUDGET };
    let mut transaction = Transaction::new(rules, &start);
    transaction.connection(&Connection {
        remote_address: b"127.0.0.1",
        remote_port: 40_000,
        server_address: b"127.0.0.1",
        server_port: 80,
    });
    transaction.request_line(&bytes(&request.method), &bytes(&request.target), &bytes(&request.protocol));
    let outcomes = list(&outcomes(&mut transaction, request), |outcome| match outcome {
        Outcome::Pass => "{}".to_owned(),
        Outcome::OverBudget => "{\"over\":true}".to_owned(),
        Outcome::Interrupted(stopped) => {
            let rule = match stopped.cause {
                Cause::Rule(id) => id,
                Cause::RequestBodyLimit | Cause::ResponseBodyLimit => 0,
            };
            let to = match &stopped.action {
                Stop::Deny | Stop::Drop => "null".to_owned(),
                Stop::Redirect(to) => quoted(to),
            };
            format!("{{\"status\":{},\"rule\":{rule},\"to\":{to}}}", stopped.status)
        }
    });
    let matched = list(transaction.matched(), |matched| {
        format!(
            "{{\"id\":{},\"message\":{},\"data\":{},\"tags\":{},\"places\":{}}}",
            matched.id,
            quoted(&matched.message),
            quoted(&matched.logdata),
            list(&matched.tags, |tag| quoted(tag)),
            matched.found.len()
        )
    });
    let tx = list(&request.tx, |name| transaction.tx(name).map_or("null".to_owned(), quoted));
    format!("{{\"phases\":{outcomes},\"matched\":{matched},\"tx\":{tx}}}")
}

/// The requests of the regression cases below a folder, in the form in which they are read, without what is answered.
fn cases(folder: &Path, out: &mut impl Write) -> std::io::Result<()> {
    for file in case::all(folder) {
        for test in &file.tests {
            for (stage, number) in test.stages.iter().zip(1..) {
                let case::Request { method, target, protocol, headers, body } = stage.input.request();
                let headers = list(&headers, |(name, value)| format!("[{},{}]", quoted(name), quoted(value)));
                writeln!(
                    out,
                    "{{\"name\":\"{}-{}/{number}\",\"method\":{},\"target\":{},\"protocol\":{},\"headers\":{headers},\"body\":{}}}",
                    file.rule_id,
                    test.test_id,
                    quoted(&method),
                    quoted(&target),
                    quoted(&protocol),
                    quoted(&body)
                )?;
            }
        }
    }
    Ok(())
}
