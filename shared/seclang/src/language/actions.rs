//! What a rule does: `id:1,phase:2,msg:'a, b',setvar:'tx.a=+1'`.
//!
//! A value stands behind the `:`, in single quotes (then `\'` is a quote, and every other backslash stays) or as it is up to the next
//! comma. Names are read in any case.

use super::ast::{Action, Allow, Template};
use super::lexer::{Found, Text, shown};
use super::{ctl, setvar, template};

/// Actions of other engines that this one does not have, and why.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("append", "bodies of responses are not changed here; leave it out"),
    ("exec", "no program can be run inside a proxy; leave it out"),
    ("pause", "requests are not delayed here; leave it out"),
    ("prepend", "bodies of responses are not changed here; leave it out"),
    ("proxy", "where a request goes is decided by the routes of the proxy; leave it out"),
    ("sanitiseArg", SANITISE),
    ("sanitiseMatched", SANITISE),
    ("sanitiseMatchedBytes", SANITISE),
    ("sanitiseRequestHeader", SANITISE),
    ("sanitiseResponseHeader", SANITISE),
    ("sanitizeArg", SANITISE),
    ("sanitizeMatched", SANITISE),
    ("sanitizeMatchedBytes", SANITISE),
    ("sanitizeRequestHeader", SANITISE),
    ("sanitizeResponseHeader", SANITISE),
    ("xmlns", "only `XML:/*` and `XML://@*` are known here, which need no name spaces; leave it out"),
];
const SANITISE: &str = "what is logged of a match is always masked here; leave it out";

/// Reads a list of actions.
pub(super) fn read(text: &Text, found: &mut Found) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut at = text.skip_blanks(0);
    if at == text.len() {
        text.wrong(at, "the list of actions is empty; write at least one, as in `id:1`", found);
    }
    while let Some(end) = one(text, at, &mut actions, found) {
        if end == text.len() {
            return actions;
        }
        at = text.skip_blanks(end + 1);
    }
    actions
}

/// Reads the action at that position, and says where it ends: at a comma or at the end. `None`: that cannot be said.
fn one(text: &Text, start: usize, actions: &mut Vec<Action>, found: &mut Found) -> Option<usize> {
    let colon = text.find(start, b":,");
    let name = text.part(start, colon);
    if name.len() == 0 && start < text.len() {
        text.wrong(start, "an action is missing here; take the comma or colon away", found);
    } else if name.len() == 0 && start > 0 {
        text.wrong(start, "an action is missing behind the last comma; take the comma away", found);
    }
    let (value, end) = if text.byte(colon) == Some(b':') {
        let at = text.skip_blanks(colon + 1);
        if text.byte(at) == Some(b'\'') {
            let Some((value, end)) = text.quoted(at) else {
                text.wrong(at, "the ' is never closed; close it, or write `\\'` for a quote inside", found);
                return None;
            };
            let end = text.skip_blanks(end);
            if !matches!(text.byte(end), None | Some(b',')) {
                text.wrong(end, "a comma must follow the closing '; or write `\\'` for a quote inside", found);
                return None;
            }
            (Some(value), end)
        } else {
            let end = text.find(at, b",");
            (Some(text.part(at, end)), end)
        }
    } else {
        (None, colon)
    };
    if name.len() > 0
        && let Some(action) = action(&Named { name, value }, found)
    {
        actions.push(action);
    }
    Some(end)
}

/// An action as it is written.
struct Named {
    name: Text,
    value: Option<Text>,
}

impl Named {
    /// What stands behind the `:`, which must not be empty.
    fn value(&self, found: &mut Found) -> Option<&Text> {
        let value = self.value.as_ref().filter(|value| value.len() > 0);
        if value.is_none() {
            let name = self.name.as_str();
            self.name.wrong(0, format!("{name} needs a value; write `{name}:…`"), found);
        }
        value
    }

    fn bare(&self, action: Action, found: &mut Found) -> Option<Action> {
        if self.value.is_none() {
            return Some(action);
        }
        let name = self.name.as_str();
        self.name.wrong(0, format!("{name} takes no value; write `{name}`"), found);
        None
    }

    fn template(&self, found: &mut Found) -> Option<Template> {
        read_template(self.value(found)?, found)
    }

    /// As it is written; may be empty.
    fn string(&self, found: &mut Found) -> Option<String> {
        Some(self.value(found)?.as_str().to_owned())
    }

    /// What that function reads, or what it should be.
    fn parsed<T>(&self, read: impl Fn(&str) -> Option<T>, expected: &str, found: &mut Found) -> Option<T> {
        let value = self.value(found)?;
        let parsed = read(value.as_str());
        if parsed.is_none() {
            value.wrong(0, format!("{} is not {expected}", shown(value.as_str())), found);
        }
        parsed
    }
}

pub(super) fn read_template(text: &Text, found: &mut Found) -> Option<Template> {
    match template(text.as_str()) {
        Ok(template) => Some(template),
        Err(message) => {
            text.wrong(0, message, found);
            None
        }
    }
}

/// A number in decimal digits and nothing else.
pub(super) fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn action(named: &Named, found: &mut Found) -> Option<Action> {
    let name = named.name.as_str().to_ascii_lowercase();
    Some(match name.as_str() {
        "id" => Action::Id(named.parsed(
            |text| number(text).filter(|id| *id > 0),
            "a number from 1; write `id:1`",
            found,
        )?),
        "phase" => {
            Action::Phase(named.parsed(phase, "a phase; write 1, 2, 3, 4, 5, request, response or logging", found)?)
        }
        "msg" => Action::Msg(named.template(found)?),
        "logdata" => Action::LogData(named.template(found)?),
        "tag" => Action::Tag(named.template(found)?),
        "ver" => Action::Ver(named.string(found)?),
        "rev" => Action::Rev(named.string(found)?),
        "maturity" => Action::Ignored("maturity", named.string(found)?),
        "accuracy" => Action::Ignored("accuracy", named.string(found)?),
        "severity" => Action::Severity(named.parsed(
            severity,
            "a severity; write 0 to 7 or EMERGENCY, ALERT, CRITICAL, ERROR, \
            WARNING, NOTICE, INFO or DEBUG",
            found,
        )?),
        "t" => Action::Transform(named.parsed(
            word,
            "the name of a transformation; write one, as in `t:lowercase`",
            found,
        )?),
        "capture" => named.bare(Action::Capture, found)?,
        "multimatch" => named.bare(Action::MultiMatch, found)?,
        "chain" => named.bare(Action::Chain, found)?,
        "skip" => Action::Skip(named.parsed(
            |text| number(text).and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0),
            "a number of rules; write 1 or more",
            found,
        )?),
        "skipafter" => Action::SkipAfter(named.string(found)?),
        "setvar" => Action::SetVar(setvar::read(named.value(found)?, found)?),
        "initcol" => {
            let (collection, key) = setvar::read_collection(named.value(found)?, found)?;
            Action::InitCol(collection, key)
        }
        "setuid" => Action::SetOther("setuid", named.template(found)?),
        "setsid" => Action::SetOther("setsid", named.template(found)?),
        "setrsc" => Action::SetOther("setrsc", named.template(found)?),
        "setenv" => Action::SetOther("setenv", named.template(found)?),
        "expirevar" => Action::SetOther("expirevar", named.template(found)?),
        "deprecatevar" => Action::SetOther("deprecatevar", named.template(found)?),
        "ctl" => Action::Ctl(ctl::read(named.value(found)?, found)?),
        "log" => named.bare(Action::Log, found)?,
        "nolog" => named.bare(Action::NoLog, found)?,
        "auditlog" => named.bare(Action::AuditLog, found)?,
        "noauditlog" => named.bare(Action::NoAuditLog, found)?,
        "status" => Action::Status(named.parsed(status, "a status; write 100 to 599", found)?),
        "allow" if named.value.is_none() => Action::Allow(Allow::All),
        "allow" => Action::Allow(named.parsed(
            allow,
            "what may pass; write `allow`, `allow:phase` or `allow:request`",
            found,
        )?),
        "block" => named.bare(Action::Block, found)?,
        "deny" => named.bare(Action::Deny, found)?,
        "drop" => named.bare(Action::Drop, found)?,
        "pass" => named.bare(Action::Pass, found)?,
        "redirect" => Action::Redirect(named.template(found)?),
        _ => {
            let message = match UNSUPPORTED.iter().find(|(unsupported, _)| unsupported.eq_ignore_ascii_case(&name)) {
                Some((name, why)) => format!("the action `{name}` is not supported: {why}"),
                None => format!(
                    "{} is not an action; check its spelling, and put a value with a comma in it between single quotes",
                    shown(named.name.as_str())
                ),
            };
            named.name.wrong(0, message, found);
            return None;
        }
    })
}

fn phase(text: &str) -> Option<u8> {
    match text.to_ascii_lowercase().as_str() {
        "1" => Some(1),
        "2" | "request" => Some(2),
        "3" => Some(3),
        "4" | "response" => Some(4),
        "5" | "logging" => Some(5),
        _ => None,
    }
}

const SEVERITIES: [&str; 8] = ["EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"];

fn severity(text: &str) -> Option<u8> {
    (0..)
        .zip(SEVERITIES)
        .find(|(number, name)| name.eq_ignore_ascii_case(text) || number.to_string() == text)
        .map(|(number, _)| number)
}

fn status(text: &str) -> Option<u16> {
    number(text).and_then(|status| u16::try_from(status).ok()).filter(|status| (100..600).contains(status))
}

fn allow(text: &str) -> Option<Allow> {
    match text.to_ascii_lowercase().as_str() {
        "phase" => Some(Allow::Phase),
        "request" => Some(Allow::Request),
        _ => None,
    }
}

fn word(text: &str) -> Option<String> {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then(|| text.to_owned())
}
