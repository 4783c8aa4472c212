//! Whether a case ended as it says.

use super::case::Stage;
use super::overrides::Override;

/// Why a stage does not do what is expected of it, or what takes the place of that.
pub fn judge(stage: &Stage, instead: Option<&Override>, rule: u64, ids: &[u64], log: &str) -> Option<String> {
    let matched = ids.contains(&rule);
    match instead {
        Some(Override::Match) => (!matched).then(|| format!("{rule} did not match")),
        Some(Override::NoMatch) => matched.then(|| format!("{rule} matched")),
        Some(Override::Skip) | None => as_written(stage, rule, ids, log),
    }
}

fn as_written(stage: &Stage, rule: u64, ids: &[u64], log: &str) -> Option<String> {
    let expected = &stage.output;
    let matches = |pattern: &str| regex::Regex::new(pattern).expect("a case has a regular expression").is_match(log);
    for id in &expected.log.expect_ids {
        if !ids.contains(id) {
            return Some(format!("{id} did not match; {ids:?} did"));
        }
    }
    for id in &expected.log.no_expect_ids {
        if ids.contains(id) {
            let line = log.lines().find(|line| line.contains(&format!("[id \"{id}\"]"))).unwrap_or_default();
            return Some(format!("{id} matched: {line}"));
        }
    }
    if let Some(pattern) = expected.log.match_regex.as_deref().filter(|pattern| !matches(pattern)) {
        return Some(format!("nothing in the log matches {pattern}: {log}"));
    }
    if let Some(pattern) = expected.log.no_match_regex.as_deref().filter(|pattern| matches(pattern)) {
        return Some(format!("something in the log matches {pattern}: {log}"));
    }
    // The cases say 400 where Apache refuses a request itself. No server stands in front here, and the rule has to see it.
    if (expected.status == Some(400) || expected.expect_error) && !ids.contains(&rule) {
        return Some(format!("a server would answer 400, and {rule} did not match; {ids:?} did"));
    }
    None
}
