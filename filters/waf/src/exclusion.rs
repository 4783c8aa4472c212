//! The narrowest exception that would admit this request: what each rule that refused it saw there, and nothing else, as directives to paste.

use verdict_seclang::language::{written_exclusion, written_removal};
use verdict_seclang::transaction::{Found, Matched};

use crate::score::Score;

/// What would admit an exchange that scored too much by these matches, each with what it added: without as many of the lowest as are tolerated.
pub(crate) fn of_score(score: Score, mut matches: Vec<(u64, &Matched)>) -> Vec<String> {
    let known = matches.iter().fold(0_u64, |sum, (added, _)| sum.saturating_add(*added));
    if known == score.reached {
        let mut tolerated = 0;
        matches.sort_by_key(|(added, _)| *added);
        matches.retain(|(added, _)| {
            let stays = tolerated + added < score.threshold;
            if stays {
                tolerated += added;
            }
            !stays
        });
        // In the order in which they were found.
        matches.sort_by_key(|(_, matched)| matched.index);
    }
    matches.into_iter().flat_map(|(_, matched)| of_rule(matched)).collect()
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
