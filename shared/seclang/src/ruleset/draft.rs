//! Directives sorted: rules with their chains, markers, settings and changes, before anything is compiled.

use std::collections::HashMap;

use super::Settings;
use super::target::pattern;
use crate::language::ast;
use crate::operator::rx::Pattern;
use ast::{Action, Directive, Part, Place, Problem, Setting, Target, Template};

/// A rule and those chained to it, as written.
#[derive(Debug)]
pub(super) struct Draft {
    /// `id`.
    pub id: u64,
    /// 1 to 5.
    pub phase: u8,
    /// What `SecDefaultAction` said for its phase when it was read.
    pub defaults: Vec<Action>,
    /// Itself, then those chained to it.
    pub links: Vec<ast::Rule>,
    /// The place of the rule among all.
    pub order: usize,
}

impl Draft {
    /// Whether a tag matches.
    pub fn has_tag(&self, wanted: &Pattern) -> bool {
        self.starter().any(|action| matches!(action, Action::Tag(tag) if wanted.is_match(written(tag).as_bytes())))
    }

    /// Whether the message matches.
    pub fn has_message(&self, wanted: &Pattern) -> bool {
        self.starter().any(|action| matches!(action, Action::Msg(text) if wanted.is_match(written(text).as_bytes())))
    }

    fn starter(&self) -> impl Iterator<Item = &Action> {
        self.links.first().into_iter().flat_map(|link| &link.actions)
    }
}

/// A template as rules write it.
fn written(template: &Template) -> String {
    let mut text = String::new();
    for part in &template.0 {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Value(variable, key) => {
                text.push_str("%{");
                text.push_str(variable.name());
                if let Some(key) = key {
                    text.push('.');
                    text.push_str(key);
                }
                text.push('}');
            }
        }
    }
    text
}

/// Everything that was read.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub rules: Vec<Draft>,
    /// The names of markers, each with the order of the rule that follows it.
    pub markers: Vec<(String, usize)>,
    pub settings: Settings,
    /// `SecUnicodeMapFile`.
    pub unicode: Option<(Place, String, u32)>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

/// Whether what it does to the request is what the default action says.
fn blocks(draft: &Draft) -> bool {
    draft
        .links
        .first()
        .is_some_and(|link| link.actions.iter().rfind(|action| is_disruptive(action)) == Some(&Action::Block))
}

/// What is wrong with a directive that is no rule.
fn problem(place: &Place, directive: &str, message: String) -> Problem {
    Problem { place: place.clone(), directive: directive.into(), rule: None, message }
}

/// What is wrong with a rule.
pub(super) fn of_rule(rule: &ast::Rule, id: Option<u64>, message: String) -> Problem {
    Problem { place: rule.place.clone(), directive: rule.directive.into(), rule: id, message }
}

/// A change to rules, which counts wherever it stands.
enum Change {
    Remove,
    Targets(Vec<Target>),
    Actions(Vec<Action>),
}

/// Which rules a change concerns.
enum Which {
    Ids(Vec<(u64, u64)>),
    Tag(String),
    Msg(String),
}

/// Sorts directives.
pub(super) fn sort(directives: Vec<Directive>) -> Drafts {
    let mut drafts = Drafts::default();
    let mut defaults: [Vec<Action>; 5] = Default::default();
    let mut changes: Vec<(Place, &'static str, Which, Change)> = Vec::new();
    let mut chained = false;
    let mut order = 0;
    for directive in directives {
        match directive {
            Directive::Rule(rule) => {
                let goes_on = rule.actions.contains(&Action::Chain);
                if chained {
                    if let Some(draft) = drafts.rules.last_mut() {
                        if let Some(message) = refused_in_chain(&rule) {
                            drafts.problems.push(of_rule(&rule, Some(draft.id), message));
                        }
                        draft.links.push(*rule);
                    }
                } else {
                    start(&mut drafts, &defaults, *rule, order);
                    order += 1;
                }
                chained = goes_on;
            }
            Directive::Marker(_, name) => drafts.markers.push((name, order)),
            Directive::DefaultAction(place, actions) => {
                let phase = phase_of(&actions);
                if !actions.iter().any(is_disruptive) {
                    let message = "a default action says what `block` does: add `pass` or `deny`".into();
                    drafts.problems.push(problem(&place, "SecDefaultAction", message));
                }
                let others = |draft: &&Draft| draft.phase == phase && blocks(draft) && draft.defaults != actions;
                let before: Vec<_> = drafts.rules.iter().filter(others).map(|draft| draft.id.to_string()).collect();
                if !before.is_empty() {
                    let message = format!(
                        "it is for the rules that follow, not for {}, which have `block` and stand before it; \
                         in ModSecurity v3 it is for them too: put it before them",
                        before.join(", ")
                    );
                    drafts.warnings.push(problem(&place, "SecDefaultAction", message));
                }
                if let Some(slot) = defaults.get_mut(usize::from(phase) - 1) {
                    *slot = actions;
                }
            }
            Directive::RemoveById(place, ids) => {
                changes.push((place, "SecRuleRemoveById", Which::Ids(ids), Change::Remove));
            }
            Directive::RemoveByTag(place, tag) => {
                changes.push((place, "SecRuleRemoveByTag", Which::Tag(tag), Change::Remove));
            }
            Directive::RemoveByMsg(place, msg) => {
                changes.push((place, "SecRuleRemoveByMsg", Which::Msg(msg), Change::Remove));
            }
            Directive::UpdateTargetById(place, ids, targets) => {
                changes.push((place, "SecRuleUpdateTargetById", Which::Ids(ids), Change::Targets(targets)));
            }
            Directive::UpdateTargetByTag(place, tag, targets) => {
                changes.push((place, "SecRuleUpdateTargetByTag", Which::Tag(tag), Change::Targets(targets)));
            }
            Directive::UpdateTargetByMsg(place, msg, targets) => {
                changes.push((place, "SecRuleUpdateTargetByMsg", Which::Msg(msg), Change::Targets(targets)));
            }
            Directive::UpdateActionById(place, id, actions) => {
                let ids = Which::Ids(vec![(id, id)]);
                changes.push((place, "SecRuleUpdateActionById", ids, Change::Actions(actions)));
            }
            Directive::Setting(place, setting) => set(&mut drafts, place, setting),
        }
    }
    if chained
        && let Some(draft) = drafts.rules.last()
        && let Some(rule) = draft.links.last()
    {
        let message = "it is chained, but no rule follows it".into();
        drafts.problems.push(of_rule(rule, Some(draft.id), message));
    }
    for (place, directive, which, change) in changes {
        apply(&mut drafts, &place, directive, &which, &change);
    }
    drafts
}

/// Begins a rule.
fn start(drafts: &mut Drafts, defaults: &[Vec<Action>; 5], rule: ast::Rule, order: usize) {
    let id = rule.actions.iter().rev().find_map(|action| if let Action::Id(id) = action { Some(*id) } else { None });
    if id.is_none() {
        drafts.problems.push(of_rule(&rule, None, "a rule needs an `id`".into()));
    }
    let phase = phase_of(&rule.actions);
    let defaults = defaults.get(usize::from(phase) - 1).cloned().unwrap_or_default();
    drafts.rules.push(Draft { id: id.unwrap_or_default(), phase, defaults, links: vec![rule], order });
}

/// The phase that actions say; 2 where they say none.
fn phase_of(actions: &[Action]) -> u8 {
    let said =
        actions.iter().rev().find_map(|action| if let Action::Phase(phase) = action { Some(*phase) } else { None });
    said.unwrap_or(2).clamp(1, 5)
}

/// Whether an action decides about the request.
pub(super) fn is_disruptive(action: &Action) -> bool {
    matches!(
        action,
        Action::Allow(_) | Action::Block | Action::Deny | Action::Drop | Action::Pass | Action::Redirect(_)
    )
}

/// Why a rule cannot be chained to another one.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other action may stand there")]
fn refused_in_chain(rule: &ast::Rule) -> Option<String> {
    rule.actions.iter().find_map(|action| {
        let refused = match action {
            Action::Id(_) => "an `id`",
            Action::Phase(_) => "a `phase`",
            Action::Skip(_) => "`skip`",
            Action::SkipAfter(_) => "`skipAfter`",
            other if is_disruptive(other) => "a disruptive action",
            _ => return None,
        };
        Some(format!("a chained rule cannot have {refused}: only the first of the chain can"))
    })
}

/// Makes a change.
fn apply(drafts: &mut Drafts, place: &Place, directive: &'static str, which: &Which, change: &Change) {
    let text = match which {
        Which::Ids(_) => None,
        Which::Tag(text) | Which::Msg(text) => match pattern(text) {
            Ok(pattern) => Some(pattern),
            Err(message) => {
                drafts.problems.push(problem(place, directive, message));
                return;
            }
        },
    };
    let concerns = |draft: &Draft| match (which, &text) {
        (Which::Ids(ranges), _) => ranges.iter().any(|(first, last)| (*first..=*last).contains(&draft.id)),
        (Which::Tag(_), Some(wanted)) => draft.has_tag(wanted),
        (Which::Msg(_), Some(wanted)) => draft.has_message(wanted),
        (Which::Tag(_) | Which::Msg(_), None) => false,
    };
    let mut found = false;
    match change {
        Change::Remove => drafts.rules.retain(|draft| {
            let gone = concerns(draft);
            found |= gone;
            !gone
        }),
        Change::Targets(targets) => {
            for draft in drafts.rules.iter_mut().filter(|draft| concerns(draft)) {
                found = true;
                if let Some(link) = draft.links.first_mut() {
                    link.targets.extend_from_slice(targets);
                }
            }
        }
        Change::Actions(actions) => {
            if actions.iter().any(|action| matches!(action, Action::Id(_) | Action::Phase(_) | Action::Chain)) {
                let message = "`id`, `phase` and `chain` of a rule cannot be changed".into();
                drafts.problems.push(problem(place, directive, message));
                return;
            }
            for draft in drafts.rules.iter_mut().filter(|draft| concerns(draft)) {
                found = true;
                if let Some(link) = draft.links.first_mut() {
                    link.actions.extend_from_slice(actions);
                }
            }
        }
    }
    if !found {
        drafts.warnings.push(problem(place, directive, "no rule is concerned: it has no effect".into()));
    }
}

/// Takes a setting over.
fn set(drafts: &mut Drafts, place: Place, setting: Setting) {
    let settings = &mut drafts.settings;
    match setting {
        Setting::RuleEngine(switch) => settings.engine = switch,
        Setting::RequestBodyAccess(on) => settings.request_body = on,
        Setting::ResponseBodyAccess(on) => settings.response_body = on,
        Setting::RequestBodyLimit(bytes) => settings.request_body_limit = size(bytes),
        Setting::RequestBodyNoFilesLimit(bytes) => settings.no_files_limit = size(bytes),
        Setting::RequestBodyLimitAction(action) => settings.request_over_limit = action,
        Setting::RequestBodyJsonDepthLimit(depth) => settings.json_depth = size(depth),
        Setting::ArgumentsLimit(count) => settings.arguments = size(count),
        Setting::ResponseBodyLimit(bytes) => settings.response_body_limit = size(bytes),
        Setting::ResponseBodyLimitAction(action) => settings.response_over_limit = action,
        Setting::ResponseBodyMimeType(types) => {
            settings.response_types.extend(types.iter().map(|name| name.to_ascii_lowercase()));
        }
        Setting::ResponseBodyMimeTypesClear => settings.response_types.clear(),
        Setting::UploadFileLimit(count) => settings.files = size(count),
        Setting::WebAppId(text) => settings.application = text,
        Setting::ArgumentSeparator(byte) => settings.separator = byte,
        Setting::CookieFormat(version) => {
            if version != 0 {
                let message = "cookies are read as browsers send them: only format 0 is supported".into();
                drafts.problems.push(problem(&place, "SecCookieFormat", message));
            }
        }
        Setting::UnicodeMapFile(file, page) => drafts.unicode = Some((place, file, page)),
        Setting::ComponentSignature(text) => settings.components.push(text),
        // Nothing is kept between requests, and the host does the logging.
        Setting::Ignored(_)
        | Setting::CollectionTimeout(_)
        | Setting::AuditEngine(_)
        | Setting::AuditLogRelevantStatus(_)
        | Setting::AuditLogParts(_) => {}
    }
}

/// A number of bytes that this machine can hold.
fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Tells of ids that occur more than once.
pub(super) fn refuse_duplicates(drafts: &mut Drafts) {
    let mut seen: HashMap<u64, Place> = HashMap::new();
    for draft in &drafts.rules {
        let Some(rule) = draft.links.first() else { continue };
        if let Some(first) = seen.get(&draft.id) {
            let message = format!("the id {} is taken by the rule at {}:{}", draft.id, first.file, first.line);
            drafts.problems.push(of_rule(rule, Some(draft.id), message));
        } else if draft.id != 0 {
            seen.insert(draft.id, rule.place.clone());
        }
    }
}
