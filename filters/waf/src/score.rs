//! Anomaly scores, as the Core Rule Set keeps them: what each match adds, and what is tolerated.

use verdict_policy::denial::Denial;
use verdict_seclang::language::ast::Variable;
use verdict_seclang::transaction::{Matched, Transaction};

/// What a rule that compares the score with the threshold is tagged with, in the Core Rule Set and in the starter set.
const EVALUATION: &[u8] = b"anomaly-evaluation";

/// What a rule of a paranoia level is tagged with, before the level.
const LEVEL: &[u8] = b"paranoia-level/";

/// The score of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Score {
    /// What it has.
    pub reached: u64,
    /// At what it is refused.
    pub threshold: u64,
}

impl Score {
    /// What a rule that compares scores has found.
    pub fn of(evaluation: &Matched, transaction: &Transaction) -> Option<Self> {
        let found = evaluation.found.iter().find(|found| found.variable == Variable::Tx)?;
        let (_, threshold) = names(evaluation.phase > 2);
        Some(Self { reached: number(&found.value)?, threshold: number(transaction.tx(threshold)?)? })
    }

    /// What the rules know of the request's score so far, or of the response's.
    pub fn so_far(transaction: &Transaction, outbound: bool) -> Option<Self> {
        let (score, threshold) = names(outbound);
        Some(Self { reached: number(transaction.tx(score)?)?, threshold: number(transaction.tx(threshold)?)? })
    }

    /// Adds it to a refusal, for those who may know.
    pub fn tell(self, denial: Denial) -> Denial {
        denial.with_full("score", self.reached).with_full("threshold", self.threshold)
    }
}

/// The members of `TX` that have the score and the threshold.
fn names(outbound: bool) -> (&'static str, &'static str) {
    if outbound {
        ("blocking_outbound_anomaly_score", "outbound_anomaly_score_threshold")
    } else {
        ("blocking_inbound_anomaly_score", "inbound_anomaly_score_threshold")
    }
}

/// Whether the rule compares scores, and says nothing of the request itself.
pub(crate) fn evaluates(matched: &Matched) -> bool {
    matched.tags.iter().any(|tag| tag == EVALUATION)
}

/// What added to the score that refuses, each with how much, of the request or of the response.
pub(crate) fn matches(transaction: &Transaction, outbound: bool) -> Vec<(u64, &Matched)> {
    let matched = transaction.matched().iter().filter(|matched| (matched.phase > 2) == outbound && !evaluates(matched));
    matched.map(|matched| (added(matched, transaction), matched)).filter(|(added, _)| *added > 0).collect()
}

/// What a match added to the score that refuses. Nothing for a rule above the paranoia level that refuses.
fn added(matched: &Matched, transaction: &Transaction) -> u64 {
    let level = matched.tags.iter().find_map(|tag| number(tag.strip_prefix(LEVEL)?));
    let blocking = transaction.tx("blocking_paranoia_level").and_then(number).unwrap_or(1);
    if level.is_some_and(|level| level > blocking) {
        return 0;
    }
    let points = match matched.severity {
        Some(0..=2) => "critical_anomaly_score",
        Some(3) => "error_anomaly_score",
        Some(4) => "warning_anomaly_score",
        Some(5) => "notice_anomaly_score",
        Some(_) | None => return 0,
    };
    let points = transaction.tx(points).and_then(number).unwrap_or(0);
    points.saturating_mul(u64::try_from(matched.hits).unwrap_or(u64::MAX))
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}
