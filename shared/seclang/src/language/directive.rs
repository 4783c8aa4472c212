//! One directive: its name, its words, and what they say.

use super::ast::{Action, Directive, OperatorText, Place, Problem, Rule, Target};
use super::lexer::{self, Found, Logical, Text, Words, shown};
use super::{actions, ctl, setting, targets};

/// What a directive turned out to be.
pub(super) enum Item {
    /// Something for the rule set.
    Directive(Directive),
    /// `Include`, or `IncludeOptional`, which may find nothing.
    Include { place: Place, directive: String, name: String, optional: bool },
}

/// A directive with its words.
pub(super) struct Line {
    pub(super) place: Place,
    /// As it is written.
    pub(super) name: Text,
    pub(super) words: Vec<Text>,
}

impl Line {
    /// Exactly so many words.
    pub(super) fn take<const N: usize>(&self, usage: &str, found: &mut Found) -> Option<[&Text; N]> {
        let taken = <[&Text; N]>::try_from(self.words.iter().collect::<Vec<_>>()).ok();
        if taken.is_none() {
            self.wrong_count(usage, found);
        }
        taken
    }

    pub(super) fn wrong_count(&self, usage: &str, found: &mut Found) {
        let name = self.name.as_str();
        let message = match self.words.len() {
            0 => format!("{name} needs more; write `{name} {usage}`"),
            count => format!(
                "{name} does not go with {count} words; write `{name} {usage}`, with quotes around what has blanks in it"
            ),
        };
        self.name.wrong(0, message, found);
    }
}

/// Reads a directive. `found` is what is wrong with its lines; that and the rest is said with the id of the rule where it has one.
pub(super) fn read(line: &Logical, mut found: Found, problems: &mut Vec<Problem>) -> Option<Item> {
    let mut rule = None;
    let item = line.text.as_ref().and_then(|text| {
        let Words { name, arguments } = lexer::words(text, &mut found);
        let line = Line { place: name.place(0), name, words: arguments? };
        item(&line, &mut rule, &mut found)
    });
    // A directive of which a part is wrong says something else than was meant: all of it is left out.
    let item = item.filter(|_| found.is_empty());
    let directive = || line.name.clone();
    problems.extend(found.into_iter().map(|(place, message)| Problem { place, directive: directive(), rule, message }));
    item
}

fn item(line: &Line, rule: &mut Option<u64>, found: &mut Found) -> Option<Item> {
    let place = line.place.clone();
    let name = line.name.as_str().to_ascii_lowercase();
    let directive = match name.as_str() {
        "include" | "includeoptional" => {
            let [file] = line.take("rules/*.conf", found)?;
            let (directive, name) = (line.name.as_str().to_owned(), file.as_str().to_owned());
            return Some(Item::Include { place, directive, name, optional: line.name.len() > "Include".len() });
        }
        "secrule" => {
            let [targets, operator, actions] = match line.words.as_slice() {
                [targets, operator] => [targets, operator, &line.name.exact_part(0, 0)],
                [targets, operator, actions] => [targets, operator, actions],
                _ => {
                    line.wrong_count("ARGS \"@rx a\" \"id:1,phase:2,deny\"", found);
                    return None;
                }
            };
            // The actions come first, so that a problem with a target knows the id.
            let actions = if line.words.len() > 2 { rule_actions(actions, rule, found) } else { Vec::new() };
            let targets = rule_targets(targets, found);
            let operator = self::operator(operator, found)?;
            Directive::Rule(Box::new(Rule { place, directive: "SecRule", targets, operator, actions }))
        }
        "secaction" => {
            let [actions] = line.take("\"id:1,phase:1,pass\"", found)?;
            let operator = OperatorText {
                negated: false,
                name: "unconditionalMatch".into(),
                argument: String::new(),
                place: place.clone(),
            };
            let actions = rule_actions(actions, rule, found);
            Directive::Rule(Box::new(Rule { place, directive: "SecAction", targets: Vec::new(), operator, actions }))
        }
        "secmarker" => {
            let [marker] = line.take("END-OF-CHECKS", found)?;
            Directive::Marker(place, filled(marker, found)?)
        }
        "secdefaultaction" => {
            let [text] = line.take("\"phase:2,log,pass\"", found)?;
            let actions = actions::read(text, found);
            check_default(text, &actions, found);
            Directive::DefaultAction(place, actions)
        }
        "secruleremovebyid" => {
            if line.words.is_empty() {
                line.wrong_count("942100 942110-942119", found);
            }
            Directive::RemoveById(place, line.words.iter().flat_map(|word| ranges(word, found)).collect())
        }
        "secruleremovebytag" => {
            let [tag] = line.take("attack-sqli", found)?;
            Directive::RemoveByTag(place, filled(tag, found)?)
        }
        "secruleremovebymsg" => {
            let [message] = line.take("\"a message\"", found)?;
            Directive::RemoveByMsg(place, filled(message, found)?)
        }
        "secruleupdatetargetbyid" => {
            let [ids, targets] = line.take("942100 \"!ARGS:q\"", found)?;
            let ids = ranges(ids, found);
            if let [(first, last)] = ids.as_slice()
                && first == last
            {
                *rule = Some(*first);
            }
            Directive::UpdateTargetById(place, ids, targets::read(targets, found))
        }
        "secruleupdatetargetbytag" => {
            let [tag, targets] = line.take("attack-sqli \"!ARGS:q\"", found)?;
            Directive::UpdateTargetByTag(place, filled(tag, found)?, targets::read(targets, found))
        }
        "secruleupdatetargetbymsg" => {
            let [message, targets] = line.take("\"a message\" \"!ARGS:q\"", found)?;
            Directive::UpdateTargetByMsg(place, filled(message, found)?, targets::read(targets, found))
        }
        "secruleupdateactionbyid" => {
            let [id, text] = line.take("942100 \"pass\"", found)?;
            let Some(number) = actions::number(id.as_str()) else {
                id.wrong(0, format!("{} is not the id of a rule; write one number", shown(id.as_str())), found);
                return None;
            };
            *rule = Some(number);
            let actions = actions::read(text, found);
            let fixed = |action: &Action| matches!(action, Action::Id(_) | Action::Phase(_) | Action::Chain);
            if actions.iter().any(fixed) {
                text.wrong(0, "the id, the phase and the chain of a rule cannot be changed; take them away", found);
            }
            Directive::UpdateActionById(place, number, actions)
        }
        "" => {
            let message = "a line begins with a quote and belongs to no directive; end the line before it with `\\`";
            line.name.wrong(0, message, found);
            return None;
        }
        other => Directive::Setting(place, setting::read(other, line, found)?),
    };
    Some(Item::Directive(directive))
}

fn filled(text: &Text, found: &mut Found) -> Option<String> {
    if text.len() == 0 {
        text.wrong(0, "the text is empty; write something between the quotes", found);
        return None;
    }
    Some(text.as_str().to_owned())
}

/// Numbers and ranges, separated by blanks or commas.
fn ranges(text: &Text, found: &mut Found) -> Vec<(u64, u64)> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = text.find(at, b" \t,");
        let part = text.part(at, end);
        match ctl::range(part.as_str()) {
            Some(range) => ranges.push(range),
            None if part.len() == 0 => {}
            None => part.wrong(
                0,
                format!("{} is not a rule id or a range; write 942100 or 942100-942199", shown(part.as_str())),
                found,
            ),
        }
        at = end + 1;
    }
    if ranges.is_empty() && found.is_empty() {
        text.wrong(0, "no rule id is named; write one, as in 942100", found);
    }
    ranges
}

fn rule_targets(text: &Text, found: &mut Found) -> Vec<Target> {
    let targets = targets::read(text, found);
    if !targets.is_empty() && targets.iter().all(|target| target.excluded) {
        text.wrong(0, "everything is left out and nothing is looked at; name a variable without `!`", found);
    }
    targets
}

fn rule_actions(text: &Text, rule: &mut Option<u64>, found: &mut Found) -> Vec<Action> {
    let actions = actions::read(text, found);
    let mut ids = actions.iter().filter_map(|action| if let Action::Id(id) = action { Some(*id) } else { None });
    *rule = ids.next();
    if ids.next().is_some() {
        text.wrong(0, "the rule has two ids; take one away", found);
    }
    if actions.iter().filter(|action| matches!(action, Action::Phase(_))).count() > 1 {
        text.wrong(0, "the rule has two phases; take one away", found);
    }
    actions
}

/// What ModSecurity v3 asks of default actions: a phase, what becomes of the request, and nothing that belongs to one rule.
fn check_default(text: &Text, actions: &[Action], found: &mut Found) {
    if !actions.iter().any(|action| matches!(action, Action::Phase(_))) {
        text.wrong(0, "the phase is missing; write it, as in `phase:2`", found);
    }
    let decides = |action: &Action| {
        matches!(
            action,
            Action::Allow(_) | Action::Block | Action::Deny | Action::Drop | Action::Pass | Action::Redirect(_)
        )
    };
    if !actions.iter().any(decides) {
        text.wrong(0, "what becomes of the request is missing; write pass, deny, drop, allow or redirect", found);
    }
    if actions.iter().any(|action| !is_shareable(action)) {
        let message = "id, chain, skip, skipAfter, msg, logdata, setvar, ctl and `t:none` belong to one rule and cannot be a default; \
            take them away";
        text.wrong(0, message, found);
    }
}

/// Whether an action can be that of many rules.
fn is_shareable(action: &Action) -> bool {
    match action {
        Action::Id(_)
        | Action::Chain
        | Action::Skip(_)
        | Action::SkipAfter(_)
        | Action::Msg(_)
        | Action::LogData(_) => false,
        Action::SetVar(_) | Action::InitCol(..) | Action::SetOther(..) | Action::Ctl(_) => false,
        Action::Transform(name) => !name.eq_ignore_ascii_case("none"),
        Action::Phase(_)
        | Action::Tag(_)
        | Action::Ver(_)
        | Action::Rev(_)
        | Action::Ignored(..)
        | Action::Severity(_) => true,
        Action::Capture | Action::MultiMatch | Action::Log | Action::NoLog | Action::AuditLog | Action::NoAuditLog => {
            true
        }
        Action::Status(_)
        | Action::Allow(_)
        | Action::Block
        | Action::Deny
        | Action::Drop
        | Action::Pass
        | Action::Redirect(_) => true,
    }
}

/// `@name argument`, `!@name argument`, or a pattern alone.
fn operator(text: &Text, found: &mut Found) -> Option<OperatorText> {
    let mut at = text.skip_blanks(0);
    let negated = text.byte(at) == Some(b'!');
    if negated {
        at = text.skip_blanks(at + 1);
    }
    let (name, start) = if text.byte(at) == Some(b'@') {
        let end = text.find(at, b" \t");
        let name = text.as_str().get(at + 1..end).unwrap_or_default();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            let shown = shown(text.as_str().get(at..end).unwrap_or_default());
            text.wrong(
                at,
                format!("{shown} is not an operator; write one and a blank, or `@rx @…` for a pattern with `@`"),
                found,
            );
            return None;
        }
        (name.to_owned(), (end + 1).min(text.len()))
    } else {
        ("rx".to_owned(), at)
    };
    let argument = text.as_str().get(start..).unwrap_or_default().to_owned();
    Some(OperatorText { negated, name, argument, place: text.place(start) })
}
