//! Changes of the engine for one request: `ctl:ruleRemoveTargetById=942100;ARGS:q`.

use super::actions::number;
use super::ast::{Control, Switch, Target};
use super::lexer::{Found, Text, shown};
use super::targets;

/// Changes of other engines that this one does not have, and why.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("debugLogLevel", "leave it out"),
    ("hashEnforcement", "links are not signed here; leave it out"),
    ("hashEngine", "links are not signed here; leave it out"),
    ("parseXmlIntoArgs", "XML never becomes arguments here; look at `XML:/*` and `XML://@*`"),
    ("requestBodyLimit", "the limit is the same for every request; set SecRequestBodyLimit"),
    ("responseBodyLimit", "the limit is the same for every response; set SecResponseBodyLimit"),
];

/// Reads what follows `ctl:`.
pub(super) fn read(text: &Text, found: &mut Found) -> Option<Control> {
    let equals = text.find(0, b"=");
    let name = text.part(0, equals);
    let value = text.part((equals + 1).min(text.len()), text.len());
    let known = name.as_str().to_ascii_lowercase();
    if let Some((name, why)) = UNSUPPORTED.iter().find(|(unsupported, _)| unsupported.eq_ignore_ascii_case(&known)) {
        text.wrong(0, format!("`ctl:{name}` is not supported: {why}"), found);
        return None;
    }
    let parsed = match known.as_str() {
        "ruleengine" => switch(value.as_str()).map(Control::RuleEngine).ok_or("On, Off or DetectionOnly"),
        "auditengine" => is_audit_engine(value.as_str())
            .then(|| Control::AuditEngine(value.as_str().to_owned()))
            .ok_or("On, Off or RelevantOnly"),
        "auditlogparts" => is_parts(value.as_str().trim_start_matches(['+', '-']))
            .then(|| Control::AuditLogParts(value.as_str().to_owned()))
            .ok_or("`+` or `-` and letters from A to K or Z"),
        "requestbodyaccess" => on_or_off(value.as_str()).map(Control::RequestBodyAccess).ok_or("On or Off"),
        "responsebodyaccess" => on_or_off(value.as_str()).map(Control::ResponseBodyAccess).ok_or("On or Off"),
        "forcerequestbodyvariable" => {
            on_or_off(value.as_str()).map(Control::ForceRequestBodyVariable).ok_or("On or Off")
        }
        "requestbodyprocessor" => {
            let name = value.as_str().to_ascii_uppercase();
            let is_known = matches!(name.as_str(), "URLENCODED" | "JSON" | "XML" | "MULTIPART");
            is_known.then_some(Control::RequestBodyProcessor(name)).ok_or("URLENCODED, JSON, XML or MULTIPART")
        }
        "ruleremovebyid" => range(value.as_str())
            .map(|(first, last)| Control::RuleRemoveById(first, last))
            .ok_or("a rule id or a range, as in 1-9"),
        "ruleremovebytag" => filled(&value).map(Control::RuleRemoveByTag).ok_or("a tag"),
        "ruleremovebymsg" => filled(&value).map(Control::RuleRemoveByMsg).ok_or("a message"),
        "ruleremovetargetbyid" => {
            let (of, target) = rule_and_target(&value, found)?;
            range(of.as_str())
                .map(|(first, last)| Control::RuleRemoveTargetById(first, last, target))
                .ok_or("a rule id or a range and a target, as in 1-9;ARGS:q")
        }
        "ruleremovetargetbytag" => {
            let (of, target) = rule_and_target(&value, found)?;
            filled(&of)
                .map(|tag| Control::RuleRemoveTargetByTag(tag, target))
                .ok_or("a tag and a target, as in attack-sqli;ARGS:q")
        }
        "ruleremovetargetbymsg" => {
            let (of, target) = rule_and_target(&value, found)?;
            filled(&of).map(|message| Control::RuleRemoveTargetByMsg(message, target)).ok_or("a message and a target")
        }
        _ => {
            text.wrong(0, format!("{} is not a `ctl`; check its spelling", shown(name.as_str())), found);
            return None;
        }
    };
    match parsed {
        Ok(control) => Some(control),
        Err(expected) => {
            let message = format!("{} is not what {} takes; write {expected}", shown(value.as_str()), name.as_str());
            value.wrong(0, message, found);
            None
        }
    }
}

/// What stands before and behind the first `;`.
fn rule_and_target(value: &Text, found: &mut Found) -> Option<(Text, Target)> {
    let semicolon = value.find(0, b";");
    if semicolon == value.len() {
        value.wrong(semicolon, "the target is missing; write it behind a `;`, as in `942100;ARGS:q`", found);
        return None;
    }
    let target = targets::read_one(&value.part(semicolon + 1, value.len()), found)?;
    Some((value.part(0, semicolon), target))
}

fn filled(text: &Text) -> Option<String> {
    (text.len() > 0).then(|| text.as_str().to_owned())
}

/// A rule id, or two with `-` between them.
pub(super) fn range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first.trim())?, number(last.trim())?);
    (first <= last).then_some((first, last))
}

pub(super) fn switch(text: &str) -> Option<Switch> {
    match text.to_ascii_lowercase().as_str() {
        "on" => Some(Switch::On),
        "off" => Some(Switch::Off),
        "detectiononly" => Some(Switch::DetectionOnly),
        _ => None,
    }
}

pub(super) fn on_or_off(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

pub(super) fn is_audit_engine(text: &str) -> bool {
    ["On", "Off", "RelevantOnly"].iter().any(|known| known.eq_ignore_ascii_case(text))
}

pub(super) fn is_parts(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'A'..=b'K' | b'Z'))
}
