//! Whatever a client and a backend send: no rule panics, none looks further than the budget, and what is over it says so. The rules are a
//! few of all kinds, and, where `CRS` names its folder, all of the Core Rule Set at paranoia 4.
#![no_main]

#[path = "../../../shared/seclang/tests/crs/load.rs"]
mod load;

use std::rc::Rc;
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use verdict_seclang::language;
use verdict_seclang::ruleset::RuleSet;
use verdict_seclang::transaction::{Connection, Outcome, Start, Transaction};

/// Rules of all kinds.
const SMALL: &str = include_str!("../transaction.conf");

thread_local! {
    static RULES: Vec<Rc<RuleSet>> = {
        let (directives, problems) = language::load_text(&|_| None, &[], "rules", SMALL.as_bytes());
        assert!(problems.is_empty(), "{problems:?}");
        let mut sets = vec![RuleSet::compile(directives, &|_| None).unwrap_or_else(|problems| panic!("{problems:?}"))];
        if let Some(folder) = std::env::var_os("CRS") {
            let setup = include_str!("../../../shared/seclang/tests/crs/setup.conf");
            let blocking = format!("{setup}\nSecRuleEngine On");
            sets.push(load::rule_set(folder.as_ref(), &blocking).unwrap_or_else(|problems| panic!("{problems}")));
        }
        sets.into_iter().map(Rc::new).collect()
    };
}

/// An exchange: a byte of flags, the head up to an empty line, the body; a byte 0x1e, and the same of the response.
fn exchange(rules: &Rc<RuleSet>, data: &[u8], budget: u64) {
    let begun = Instant::now();
    let (flags, rest) = data.split_first().unwrap_or((&0, &[]));
    let (request, response) = halves(rest, b"\x1e");
    let (head, body) = halves(request, b"\n\n");
    let (line, head) = halves(head, b"\n");
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let mut word = || words.next().unwrap_or_default();
    let mut transaction = Transaction::new(rules, &Start { epoch: 1_767_225_600, unique_id: b"id", budget });
    transaction.connection(&Connection { remote_address: b"192.0.2.7", ..Connection::default() });
    transaction.request_line(word(), word(), word());
    let fields = |head: &'_ [u8]| -> Vec<(Vec<u8>, Vec<u8>)> {
        let lines = head.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let halved = lines.map(|line| halves(line, b": "));
        halved.map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
    };
    let headers = fields(head);
    let mut outcomes = vec![transaction.request_headers(headers.iter().map(|(name, value)| (&name[..], &value[..])))];
    outcomes.push(transaction.request_body(body));
    let (head, body) = halves(response, b"\n\n");
    let headers = fields(head);
    let status = 200 + u16::from(flags % 8) * 50;
    let headers = headers.iter().map(|(name, value)| (&name[..], &value[..]));
    outcomes.push(transaction.response_headers(status, b"HTTP/1.1", headers));
    outcomes.push(transaction.response_body(body));
    transaction.logging();
    let over = outcomes.iter().position(|outcome| *outcome == Outcome::OverBudget);
    if let Some(first) = over {
        assert_eq!(transaction.budget(), 0, "it says so with work left");
        assert!(outcomes[first..].iter().all(|outcome| *outcome == Outcome::OverBudget), "it stays so: {outcomes:?}");
    }
    if let Some(stop) = outcomes.iter().position(|outcome| matches!(outcome, Outcome::Interrupted(_))) {
        let end = over.unwrap_or(outcomes.len()).max(stop);
        assert!(outcomes[stop..end].iter().all(|outcome| *outcome == outcomes[stop]), "it stays stopped: {outcomes:?}");
    }
    // A byte of the budget takes some nanoseconds: far more means work that is not counted.
    assert!(begun.elapsed().as_secs() < 10, "{budget} bytes of work took {:?}", begun.elapsed());
}

fn halves<'a>(text: &'a [u8], by: &[u8]) -> (&'a [u8], &'a [u8]) {
    match text.windows(by.len()).position(|window| window == by) {
        Some(at) => (&text[..at], &text[at + by.len()..]),
        None => (text, &[]),
    }
}

fuzz_target!(|data: &[u8]| {
    let small = data.first().is_some_and(|flags| flags & 8 != 0);
    RULES.with(|rules| {
        for rules in rules {
            exchange(rules, data, if small { 50_000 } else { 50_000_000 });
        }
    });
});
