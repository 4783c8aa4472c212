//! The audit line of an exchange in which rules matched: JSON on one line, for the access log.

use verdict_policy::json::{self, Ascii};
use verdict_policy::settings::Rule;
use verdict_seclang::transaction::{Matched, Transaction};

use crate::mask::{masked, place};
use crate::refusal::severity;
use crate::score::Score;
use crate::totals::phase;

/// So many matches are told; of so many others the ids are.
const TOLD: usize = 20;
const NAMED: usize = 300;

/// The longest message that is told, in bytes.
const LONGEST: usize = 200;

/// The line; `None` where no rule matched that is to be told of.
pub(crate) fn line(transaction: &Transaction, rule: &Rule) -> Option<String> {
    if !transaction.audit() {
        return None;
    }
    let matched: Vec<&Matched> = transaction.matched().iter().filter(|matched| matched.audit).collect();
    if matched.is_empty() {
        return None;
    }
    Some(json::write(Ascii::Only, |line| {
        line.text("filter", rule.filter);
        line.text("rule", &rule.name);
        line.text("mode", rule.mode.name());
        for (name, outbound) in [("inbound", false), ("outbound", true)] {
            if let Some(score) = Score::so_far(transaction, outbound) {
                line.object(name, |object| {
                    object.number("score", small(score.reached));
                    object.number("threshold", small(score.threshold));
                });
            }
        }
        line.list("matches", matched.iter().take(TOLD), |object, matched| {
            object.text("id", &matched.id.to_string());
            object.text("phase", phase(matched.phase));
            object.text_if_any("severity", Some(severity(matched)).filter(|severity| !severity.is_empty()));
            object.text("message", &String::from_utf8_lossy(cut(&matched.message)));
            if let Some(found) = matched.found.first() {
                object.text("where", &place(found));
                object.text("what", &masked(found));
            }
            if matched.found.len() > 1 {
                object.number("more_places", small(matched.found.len() as u64 - 1));
            }
            if let Some(source) = transaction.rules().rules().get(matched.index) {
                object.text("at", &format!("{}:{}", source.file, source.line));
            }
        });
        if matched.len() > TOLD {
            let others = matched.iter().skip(TOLD).take(NAMED).map(|matched| matched.id.to_string());
            line.text("more_matches", &others.collect::<Vec<_>>().join(" "));
        }
    }))
}

fn cut(bytes: &[u8]) -> &[u8] {
    bytes.get(..LONGEST).unwrap_or(bytes)
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
