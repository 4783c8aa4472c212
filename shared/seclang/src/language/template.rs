//! Texts with variables in them: `Score %{tx.anomaly_score} at %{MATCHED_VAR_NAME}`.

use super::ast::{Part, Template};
use super::targets;

/// Reads a text. `%{NAME}`, `%{NAME.member}` and `%{NAME:member}` are values, `\%{` is `%{`, and everything else is itself. The error
/// says what is wrong, and the remedy.
pub fn template(text: &str) -> Result<Template, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("%{") {
        if let Some(before) = before.strip_suffix('\\') {
            plain.push_str(before);
            plain.push_str("%{");
            rest = after;
            continue;
        }
        plain.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            return Err("`%{` is never closed; write `}` behind the name, or `\\%{` for the text itself".into());
        };
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(value(name)?);
        rest = after;
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(Template(parts))
}

fn value(name: &str) -> Result<Part, String> {
    let (name, key) = match name.split_once(['.', ':']) {
        Some((name, key)) => (name, Some(key)),
        None => (name, None),
    };
    if name.is_empty() {
        return Err("`%{}` names no variable; write one, as in `%{MATCHED_VAR}`".into());
    }
    let variable = targets::variable(name)?;
    match key {
        Some(_) if !variable.is_collection() => {
            let name = variable.name();
            Err(format!("{name} is one value and has no members; write `%{{{name}}}`"))
        }
        Some("") => Err(format!("the name of the member is missing; write it, as in `%{{{name}.member}}`")),
        Some(key) => Ok(Part::Value(variable, Some(key.to_owned()))),
        None => Ok(Part::Value(variable, None)),
    }
}
