//! The narrowest exception that would admit this request: what each rule that refused it saw there, and nothing else, as directives to paste.

use verdict_seclang::language::{written_exclusion, written_removal};
use verdict_seclang::transaction::{Found, Matched, Transaction};

use crate::score::{self, Score};

/// What would admit an exchange that scored too much: without as many of its lowest scores as are tolerated.
pub(crate) fn of_score(score: Score, transaction: &Transaction, phases: std::ops::RangeInclusive<u8>) -> Vec<String> {
    let rules = transaction.matched().iter();
    let mut added: Vec<(u64, &Matched)> = rules
        .filter(|matched| phases.contains(&matched.phase) && !score::evaluates(matched))
        .map(|matched| (score::added(matched, transaction), matched))
        .filter(|(added, _)| *added > 0)
        .collect();
    let known = added.iter().fold(0_u64, |sum, (added, _)| sum.saturating_add(*added));
    let mut tolerated = 0;
    if known == score.reached {
        added.sort_by_key(|(added, _)| *added);
        added.retain(|(added, _)| {
            let stays = tolerated + added < score.threshold;
            if stays {
                tolerated += added;
            }
            !stays
        });
        // In the order in which they were found.
        added.sort_by_key(|(_, matched)| matched.index);
    }
    let mut lines = Vec::new();
    for (_, matched) in added {
        for line in of_rule(matched) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

/// What would keep a rule from seeing what it saw. A rule that looks at nothing or counts, or saw more than is remembered, is taken out: the
/// language has no way to say less, and a comment says so.
pub(crate) fn of_rule(matched: &Matched) -> Vec<String> {
    let removal = |why: &str| {
        vec![format!("# {}: {why}, so that all of the rule is taken out", matched.id), written_removal(matched.id)]
    };
    if matched.found.is_empty() {
        return removal("it looks at no part of the request");
    }
    if matched.found.iter().any(|found| found.counted) {
        return removal("it counts");
    }
    if matched.found.len() >= Found::MOST {
        return removal("it matched in more places than can be named");
    }
    let mut lines: Vec<String> = Vec::new();
    for found in &matched.found {
        // What was cut would be another name.
        let long = found.key.as_ref().is_some_and(|key| key.len() >= Found::CUT);
        let line = if long {
            format!("# {}: a name that it matched is too long to be repeated, and nothing here admits it", matched.id)
        } else {
            written_exclusion(matched.id, found.variable, found.key.as_deref())
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
