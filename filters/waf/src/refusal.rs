//! Turns what stopped an exchange into a refusal that says which rule saw what, and where.

use std::rc::Rc;

use verdict_policy::denial::Denial;
use verdict_policy::reason::common;
use verdict_policy::settings::Rule;
use verdict_seclang::transaction::{Cause, Interruption, Matched, Transaction};

use crate::mask::{masked, place};
use crate::score::{self, Score};
use crate::{exclusion, reasons};

/// The rules of the filter itself that refuse bodies which cannot be read (`built_in/base.conf`).
const UNREADABLE: std::ops::RangeInclusive<u64> = 460_002..=460_006;

/// So many rules are named.
const NAMED: usize = 12;

/// The refusal.
pub(crate) fn of(interruption: &Interruption, transaction: &Transaction, rule: &Rc<Rule>) -> Denial {
    let id = match interruption.cause {
        Cause::Rule(id) => id,
        Cause::RequestBodyLimit => {
            let limit = transaction.rules().settings().request_body_limit;
            return Denial::new(&common::BODY_TOO_LARGE, rule).with("limit", limit);
        }
        Cause::ResponseBodyLimit => {
            let limit = transaction.rules().settings().response_body_limit;
            return Denial::new(&common::RESPONSE_TOO_LARGE, rule).with("limit", limit);
        }
    };
    let last = transaction.matched().iter().rev().find(|matched| matched.id == id);
    let mut denial = match last {
        Some(last) if UNREADABLE.contains(&id) => {
            let fault = if last.logdata.is_empty() { &last.message } else { &last.logdata };
            return Denial::new(&reasons::BODY_UNREADABLE, rule).with("fault", String::from_utf8_lossy(fault));
        }
        Some(last) => match Score::of(last, transaction).filter(|_| score::evaluates(last)) {
            Some(score) => {
                let matches = score::matches(transaction, last.phase > 2);
                let told: Vec<&Matched> = matches.iter().map(|(_, matched)| *matched).collect();
                let denial = score.tell(Denial::new(&reasons::ANOMALY_SCORE_EXCEEDED, rule));
                facts(denial, &told, transaction).with_lines("exclusion", &exclusion::of_score(score, matches))
            }
            None => {
                let denial = Denial::new(&reasons::RULE_DENIED, rule);
                facts(denial, &[last], transaction).with_lines("exclusion", &exclusion::of_rule(last))
            }
        },
        // A rule that is not to be told of (`nolog`).
        None => Denial::new(&reasons::RULE_DENIED, rule).with_full("rules", id),
    };
    denial.status = Some(interruption.status).filter(|status| (400..600).contains(status));
    denial
}

/// What was seen, for those who may know.
fn facts(denial: Denial, told: &[&Matched], transaction: &Transaction) -> Denial {
    let ids: Vec<String> = told.iter().take(NAMED).map(|matched| matched.id.to_string()).collect();
    let Some(first) = told.first() else { return denial.with_full("rules", ids.join(", ")) };
    let found = first.found.first();
    let source = transaction.rules().rules().get(first.index);
    denial
        .with_full("rules", ids.join(", "))
        .with_full("message", String::from_utf8_lossy(&first.message))
        .with_full("severity", severity(first))
        .with_full("where", found.map(place).unwrap_or_default())
        .with_full("what", found.map(masked).unwrap_or_default())
        .with_full("rule_at", source.map(|rule| format!("{}:{}", rule.file, rule.line)).unwrap_or_default())
}

/// What a severity is called (SecLang's action `severity`).
pub(crate) fn severity(matched: &Matched) -> &'static str {
    match matched.severity {
        Some(0) => "emergency",
        Some(1) => "alert",
        Some(2) => "critical",
        Some(3) => "error",
        Some(4) => "warning",
        Some(5) => "notice",
        Some(6) => "info",
        Some(_) => "debug",
        None => "",
    }
}
