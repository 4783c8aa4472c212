//! Whatever stands where rules belong: nothing panics, and rules that load look at a request within their budget.
#![no_main]

use std::rc::Rc;
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use verdict_seclang::language;
use verdict_seclang::ruleset::RuleSet;
use verdict_seclang::transaction::{Outcome, Start, Transaction};

/// Bytes looked at; far less than a second of work.
const BUDGET: u64 = 1_000_000;

fuzz_target!(|data: &[u8]| {
    let begun = Instant::now();
    let files = |name: &str| name.ends_with(".txt").then(|| b"one\ntwo # 3\n127.0.0.1/8\n".to_vec());
    let (directives, problems) = language::load_text(&files, &["a.txt"], "rules", data);
    for problem in &problems {
        assert!(problem.place.line > 0 && problem.place.column > 0 && !problem.message.is_empty(), "{problem:?}");
    }
    // What could be read is compiled also where something else could not.
    let Ok(rules) = RuleSet::compile(directives, &files) else { return };
    let mut transaction = Transaction::new(&Rc::new(rules), &Start { epoch: 1, unique_id: b"id", budget: BUDGET });
    transaction.request_line(b"POST", b"/a/b.php?q=One&r=two&q=three%20", b"HTTP/1.1");
    let headers = [("Host", "h"), ("Cookie", "a=1; b=2"), ("Content-Type", "application/x-www-form-urlencoded")];
    let one = transaction.request_headers(headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
    let two = transaction.request_body(b"q=<script>&n=5' or 1=1--");
    let three = transaction.response_headers(200, b"HTTP/1.1", [(b"Content-Type".as_slice(), b"text/html".as_slice())]);
    let four = transaction.response_body(b"<p>secret</p>");
    transaction.logging();
    let over = [one, two, three, four].contains(&Outcome::OverBudget);
    assert!(!over || transaction.budget() == 0, "over its budget with {} left", transaction.budget());
    assert!(begun.elapsed().as_secs() < 5, "it took {:?}", begun.elapsed());
});
