//! Variables that rules write: `tx.score=+5`, `!tx.score`, `tx.seen_%{ARGS_NAMES}`, and the collections that `initcol` opens.

use super::actions::read_template;
use super::ast::{Assignment, Part, SetVar, Template, Variable};
use super::lexer::{Found, Text};
use super::targets;

/// Reads what follows `setvar:`.
pub(super) fn read(text: &Text, found: &mut Found) -> Option<SetVar> {
    let unset = text.byte(0) == Some(b'!');
    let start = usize::from(unset);
    let dot = text.find(start, b".:=");
    let collection = writable(text, start, dot, "setvar", found)?;
    if !matches!(text.byte(dot), Some(b'.' | b':')) {
        text.wrong(dot, "the name of the member is missing; write it behind the collection, as in `tx.score`", found);
        return None;
    }
    let equals = name_end(text, dot + 1);
    let key = text.exact_part(dot + 1, equals);
    if key.len() == 0 || key.as_str().starts_with([' ', '\t']) || key.as_str().ends_with([' ', '\t']) {
        text.wrong(
            dot + 1,
            "the name of a variable has no blank at its ends and is not empty; write `tx.score=1`",
            found,
        );
        return None;
    }
    let key = read_template(&key, found)?;
    let assigned = |from: usize, found: &mut Found| read_template(&text.exact_part(from, text.len()), found);
    let to = match (unset, text.byte(equals), text.byte(equals + 1)) {
        (true, None, _) => Assignment::Unset,
        (true, Some(_), _) => {
            text.wrong(equals, "a variable that is unset takes no value; take the `!` or the value away", found);
            return None;
        }
        (false, None, _) => Assignment::Set(Template(vec![Part::Text("1".into())])),
        (false, Some(_), Some(b'+')) => Assignment::Add(assigned(equals + 2, found)?),
        (false, Some(_), Some(b'-')) => Assignment::Subtract(assigned(equals + 2, found)?),
        (false, Some(_), Some(_) | None) => Assignment::Set(assigned(equals + 1, found)?),
    };
    Some(SetVar { collection, key, to })
}

/// The first `=` from there on that is not inside `%{…}`, or the end.
fn name_end(text: &Text, mut at: usize) -> usize {
    loop {
        at = text.find(at, b"=%");
        if text.byte(at) != Some(b'%') {
            return at;
        }
        at = if text.byte(at + 1) == Some(b'{') { text.find(at, b"}") } else { at + 1 };
    }
}

/// Reads what follows `initcol:`: `ip=%{REMOTE_ADDR}`.
pub(super) fn read_collection(text: &Text, found: &mut Found) -> Option<(Variable, Template)> {
    let equals = text.find(0, b"=");
    let collection = writable(text, 0, equals, "initcol", found)?;
    if collection == Variable::Tx {
        text.wrong(0, "TX is always there; leave it out", found);
        return None;
    }
    let key = text.part(equals + 1, text.len());
    if key.len() == 0 {
        text.wrong(equals, "the key of the collection is missing; write it, as in `ip=%{REMOTE_ADDR}`", found);
        return None;
    }
    Some((collection, read_template(&key, found)?))
}

fn writable(text: &Text, start: usize, end: usize, action: &str, found: &mut Found) -> Option<Variable> {
    let name = text.part(start, end);
    let message = match targets::variable(name.as_str()) {
        Ok(variable) if variable.is_writable() => return Some(variable),
        Ok(variable) => format!(
            "{action} cannot write to {}; it can to TX, IP, GLOBAL, SESSION, USER and RESOURCE",
            variable.name()
        ),
        Err(message) => message,
    };
    text.wrong(start, message, found);
    None
}
