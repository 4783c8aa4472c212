//! The rule set as the tests configure it, at the paranoia level that is asked for, and blocking.

use std::fmt::Write;
use std::path::Path;

use verdict_seclang::language;
use verdict_seclang::language::ast::Problem;
use verdict_seclang::ruleset::RuleSet;

/// Loads it. The error is for whoever runs the benchmark.
pub fn rule_set(folder: &Path, paranoia: &str) -> Result<RuleSet, String> {
    let rules = folder.join("rules");
    let mut names: Vec<_> = std::fs::read_dir(&rules)
        .map_err(|error| format!("{}: {error}", rules.display()))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".conf"))
        .collect();
    names.sort();
    let files = |name: &str| -> Option<Vec<u8>> {
        Some(match name {
            "recommended.conf" => include_bytes!("../../tests/crs/recommended.conf").to_vec(),
            "engine.conf" => include_bytes!("engine.conf").to_vec(),
            "all.conf" => {
                let mut text =
                    "Include recommended.conf\nInclude engine.conf\nInclude crs-setup.conf.example\n".to_owned();
                let _ = writeln!(
                    text,
                    "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level={paranoia}\""
                );
                for name in &names {
                    let _ = writeln!(text, "Include {name}");
                }
                text.into_bytes()
            }
            _ => return std::fs::read(rules.join(name)).or_else(|_| std::fs::read(folder.join(name))).ok(),
        })
    };
    let (directives, problems) = language::load(&files, &[], "all.conf");
    if problems.is_empty() { RuleSet::compile(directives, &files).map_err(told) } else { Err(told(problems)) }
}

fn told(problems: Vec<Problem>) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        let _ = writeln!(text, "{}:{}: {}", problem.place.file, problem.place.line, problem.message);
        text
    })
}
