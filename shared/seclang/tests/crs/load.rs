//! The rule set, with the recommended configuration in front of it.

use std::fmt::Write;
use std::path::Path;

use verdict_seclang::language;
use verdict_seclang::language::ast::Problem;
use verdict_seclang::ruleset::RuleSet;

/// Loads it from its folder; `configuration` comes after its own set-up, before its rules. The error is for whoever runs this.
pub fn rule_set(folder: &Path, configuration: &str) -> Result<RuleSet, String> {
    let rules = folder.join("rules");
    let names: Vec<String> = std::fs::read_dir(&rules)
        .map_err(|error| format!("{}: {error}", rules.display()))?
        .filter_map(|entry| Some(format!("rules/{}", entry.ok()?.file_name().to_str()?)))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let files = |name: &str| std::fs::read(folder.join(name)).ok();
    let recommended = include_str!("recommended.conf");
    let text = format!("{recommended}\nInclude crs-setup.conf.example\n{configuration}\nInclude rules/*.conf\n");
    let (directives, problems) = language::load_text(&files, &names, "configuration", text.as_bytes());
    if problems.is_empty() { RuleSet::compile(directives, &files).map_err(told) } else { Err(told(problems)) }
}

fn told(problems: Vec<Problem>) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        let Problem { place, directive, rule, message } = problem;
        let _ = writeln!(text, "{}:{}:{}: {directive} {rule:?}: {message}", place.file, place.line, place.column);
        text
    })
}
