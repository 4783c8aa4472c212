//! What a rule looks at: `ARGS|!ARGS:q|&REQUEST_HEADERS:Host|TX:/^a_/`.
//!
//! A selection follows the `:`.
//!
//! | Written | Selects |
//! |---|---|
//! | `q` | the member of that name, in any case: everything up to the next `\|` or `,`; no blanks |
//! | `/^a\d/` | the members whose names match, in any case; no `\|` inside; `\/` is a slash |
//! | `'/^a\|b/'` | the same, with anything inside; `\'` is a quote |
//! | `'a\x20b'` | the member of that name, which may have any bytes: `\x` and two hexadecimal digits, `\\` and `\'` are bytes, everything else is itself |
//!
//! The last form is ours (ModSecurity v3 takes the quotes for a part of the name): without it there would be names that no exclusion
//! can name. What [`written_target`] writes needs no further care wherever a target can stand. Of `XML` every selection is a name.

use std::fmt::Write as _;

use super::ast::{Selection, Target, Variable};
use super::lexer::{Found, Text, shown};

/// Variables of other engines that this one does not have, and why.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("FILES_TMPNAMES", "files are never written to a disk; look at FILES or FILES_NAMES"),
    ("FILES_TMP_CONTENT", "files are never written to a disk; look at REQUEST_BODY"),
    ("MODSEC_BUILD", "it is the version of another engine; leave it out"),
    ("MSC_PCRE_ERROR", "no pattern can fail here; leave it out"),
    ("MSC_PCRE_LIMITS_EXCEEDED", "no pattern can exceed a limit here; leave it out"),
    ("MULTIPART_CRLF_LF_LINES", "look at MULTIPART_LF_LINE"),
    ("STATUS", "look at RESPONSE_STATUS"),
    ("STREAM_INPUT_BODY", "look at REQUEST_BODY"),
    ("STREAM_OUTPUT_BODY", "look at RESPONSE_BODY"),
    ("WEBSERVER_ERROR_LOG", "the log of the server cannot be read here; leave it out"),
];

/// The variable of that name, in any case. The error says what is wrong with it, and the remedy.
pub(super) fn variable(name: &str) -> Result<Variable, String> {
    if let Some(variable) = Variable::from_name(name) {
        return Ok(variable);
    }
    if name.eq_ignore_ascii_case("MULTIPART_SEMICOLON_MISSING") {
        return Ok(Variable::MultipartMissingSemicolon);
    }
    match UNSUPPORTED.iter().find(|(unsupported, _)| unsupported.eq_ignore_ascii_case(name)) {
        Some((_, why)) => Err(format!("the variable {} is not supported: {why}", shown(name))),
        None => Err(format!("{} is not a variable; check its spelling", shown(name))),
    }
}

/// Reads targets, separated by `|` or `,`.
pub(super) fn read(text: &Text, found: &mut Found) -> Vec<Target> {
    let mut targets = Vec::new();
    let mut at = 0;
    loop {
        let start = text.skip_blanks(at);
        let Some((target, end)) = one(text, start, found) else { return targets };
        targets.push(target);
        let end = text.skip_blanks(end);
        match text.byte(end) {
            None => return targets,
            Some(b'|' | b',') => at = end + 1,
            Some(_) => {
                let message =
                    "another target needs a `|` before it; a name with blanks in it is written `ARGS:'a\\x20b'`";
                text.wrong(end, message, found);
                return targets;
            }
        }
    }
}

/// Reads one target: that of a `ctl`.
pub(super) fn read_one(text: &Text, found: &mut Found) -> Option<Target> {
    let (target, end) = one(text, text.skip_blanks(0), found)?;
    if end < text.len() {
        text.wrong(end, "one target only is possible here; write another action for the next", found);
        return None;
    }
    if target.excluded || target.counted {
        text.wrong(0, "no `!` or `&` is possible here; the target itself is what is left out", found);
        return None;
    }
    Some(target)
}

/// The target at that position, and where it ends.
fn one(text: &Text, start: usize, found: &mut Found) -> Option<(Target, usize)> {
    let (mut excluded, mut counted, mut at) = (false, false, start);
    loop {
        match text.byte(at) {
            Some(b'!') if !excluded && !counted => excluded = true,
            Some(b'&') if !excluded && !counted => counted = true,
            Some(b'!' | b'&') => {
                text.wrong(at, "one `!` or one `&` is possible before a variable, not both; take one away", found);
                return None;
            }
            Some(_) | None => break,
        }
        at += 1;
    }
    let rest = text.as_str().get(at..).unwrap_or_default();
    let length =
        rest.find(|character: char| !character.is_ascii_alphanumeric() && character != '_').unwrap_or(rest.len());
    let name = rest.get(..length).unwrap_or_default();
    if name.is_empty() {
        text.wrong(at, "a variable is missing here; write its name, as in `ARGS`", found);
        return None;
    }
    let variable = match variable(name) {
        Ok(variable) => variable,
        Err(message) => {
            text.wrong(at, message, found);
            return None;
        }
    };
    let end = at + length;
    if text.byte(end) != Some(b':') {
        return Some((Target { excluded, counted, variable, selection: Selection::All }, end));
    }
    if !variable.is_collection() {
        let name = variable.name();
        text.wrong(end, format!("{name} is one value and has no members to select; write {name}"), found);
        return None;
    }
    let (selection, end) = selection(text, end + 1, variable, found)?;
    Some((Target { excluded, counted, variable, selection }, end))
}

fn selection(text: &Text, start: usize, variable: Variable, found: &mut Found) -> Option<(Selection, usize)> {
    match text.byte(start) {
        Some(b'\'') => quoted(text, start, variable, found),
        Some(b'/') if variable != Variable::Xml => pattern(text, start, found),
        Some(_) | None => {
            let end = text.find(start, b"|,");
            let name = text.as_str().get(start..end).unwrap_or_default().trim_end_matches([' ', '\t']);
            if name.is_empty() {
                let all = variable.name();
                text.wrong(
                    start,
                    format!("the name is missing; write `{all}` for all, `{all}:''` for the empty one"),
                    found,
                );
                return None;
            }
            if let Some(odd) = name.find(|character: char| character == ' ' || character.is_ascii_control()) {
                let message = "a name with a blank in it stands in quotes, and the blank is `\\x20`: `ARGS:'a\\x20b'`";
                text.wrong(start + odd, message, found);
                return None;
            }
            Some((Selection::Key(name.into()), end))
        }
    }
}

/// `/…/`: up to the first slash behind which a target can end.
fn pattern(text: &Text, start: usize, found: &mut Found) -> Option<(Selection, usize)> {
    let mut at = start + 1;
    loop {
        match text.byte(at) {
            Some(b'/') if matches!(text.byte(at + 1), None | Some(b'|' | b',' | b' ' | b'\t')) => break,
            None | Some(b'|') => {
                let message =
                    "the pattern is never closed: it ends with `/`, and with a `|` inside it is written `'/a|b/'`";
                text.wrong(start, message, found);
                return None;
            }
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
    let pattern = text.as_str().get(start + 1..at).unwrap_or_default();
    pattern_of(text, start, pattern.to_owned(), at + 1, found)
}

fn pattern_of(text: &Text, at: usize, pattern: String, end: usize, found: &mut Found) -> Option<(Selection, usize)> {
    if pattern.is_empty() {
        text.wrong(at, "the pattern is empty; leave it out to select all", found);
        return None;
    }
    Some((Selection::Pattern(pattern), end))
}

/// `'/…/'` or `'…'`.
fn quoted(text: &Text, open: usize, variable: Variable, found: &mut Found) -> Option<(Selection, usize)> {
    let mut close = open + 1;
    loop {
        match text.byte(close) {
            Some(b'\'') => break,
            Some(b'\\') => close += 2,
            Some(_) => close += 1,
            None => {
                let message =
                    "the ' is never closed; a blank inside is written `\\x20`, a comma in a list of actions `\\x2c`";
                text.wrong(open, message, found);
                return None;
            }
        }
    }
    let inner = text.as_str().get(open + 1..close).unwrap_or_default();
    let slashes = inner.strip_prefix('/').filter(|_| variable != Variable::Xml);
    if let Some(pattern) = slashes {
        let Some(pattern) = pattern.strip_suffix('/') else {
            let message =
                "the pattern is never closed: it ends with `/'`; a name that begins with a slash is written `'\\x2f…'`";
            text.wrong(open, message, found);
            return None;
        };
        return pattern_of(text, open, pattern.replace("\\'", "'"), close + 1, found);
    }
    let name = unescaped(text, open + 1, close, found)?;
    Some((Selection::Key(name.into()), close + 1))
}

/// The bytes of a name in quotes.
fn unescaped(text: &Text, start: usize, end: usize, found: &mut Found) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(end - start);
    let mut at = start;
    while at < end {
        let byte = text.byte(at)?;
        if byte != b'\\' {
            name.push(byte);
            at += 1;
            continue;
        }
        let digits = text.as_str().get(at + 2..at + 4);
        let hexadecimal = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match (text.byte(at + 1), hexadecimal.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (Some(byte @ (b'\\' | b'\'')), _) => {
                name.push(byte);
                at += 2;
            }
            (Some(b'x'), Some(byte)) => {
                name.push(byte);
                at += 4;
            }
            (Some(_) | None, _) => {
                text.wrong(
                    at,
                    "a name has `\\x` with two hexadecimal digits, `\\\\` and `\\'`; write one of those",
                    found,
                );
                return None;
            }
        }
    }
    Some(name)
}

/// A target that is exactly this member, as the language writes it: `ARGS:q`, `ARGS:'a\x20b'`. Of a variable without members it is the
/// variable. It has no blank, comma, semicolon or double quote and no backslash before a quote: it can stand in a list of targets and in
/// a `ctl`, with and without double quotes around.
pub fn written_target(variable: Variable, key: &[u8]) -> String {
    let mut written = variable.name().to_owned();
    if !variable.is_collection() {
        return written;
    }
    let xml = variable == Variable::Xml;
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]$".contains(&byte) || (xml && b"/@*:()".contains(&byte));
    if !key.is_empty() && key.iter().copied().all(is_plain) {
        written.push(':');
        written.extend(key.iter().copied().map(char::from));
        return written;
    }
    written.push_str(":'");
    for byte in key.iter().copied() {
        if is_plain(byte) {
            written.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(written, "\\x{byte:02x}");
        }
    }
    written.push('\'');
    written
}

/// The directive that takes this member out of what that rule looks at, for every request. Without a name it is all of the variable.
pub fn written_exclusion(rule: u64, variable: Variable, key: Option<&[u8]>) -> String {
    let target = key.map_or_else(|| variable.name().to_owned(), |key| written_target(variable, key));
    format!("SecRuleUpdateTargetById {rule} \"!{target}\"")
}

/// The directive that takes a rule out.
pub fn written_removal(rule: u64) -> String {
    format!("SecRuleRemoveById {rule}")
}

/// The action that takes this member out of what that rule looks at, for the request in which it runs. It runs before the rule.
pub fn written_ctl(rule: u64, variable: Variable, key: &[u8]) -> String {
    format!("ctl:ruleRemoveTargetById={rule};{}", written_target(variable, key))
}
