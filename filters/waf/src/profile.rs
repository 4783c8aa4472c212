//! What a rule of the configuration asks: a profile of the one rule set.
//!
//! All profiles share one compiled rule set. What they set and leave out becomes one rule each in front of it, which matches the requests that
//! come under the profile: by `WEBAPPID`, which is the profile's name.

use verdict_policy::document::Named;
use verdict_policy::problems::{Place, Problems};
use verdict_policy::settings::Rule;
use verdict_seclang::language;
use verdict_seclang::language::ast::{self, Action, Assignment, Control, Directive, SetVar, Template, Variable};

use crate::raw::{self, Over, Streams};
use crate::rule_set::Assembly;

/// The id of the rule of the first profile; the others follow.
const FIRST_ID: u64 = 460_100;

/// How requests that come under a rule are inspected.
#[derive(Debug)]
pub(crate) struct Profile {
    /// How bodies of requests are read.
    pub request: Limits,
    /// What is read of a stream.
    pub streams: Streams,
    /// How responses are, if at all.
    pub response: Option<Limits>,
    /// How much work one request may cost, in thousands of bytes.
    pub work_limit: u32,
}

/// The bounds of a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// As it comes, in bytes.
    pub bytes: usize,
    /// What becomes of a longer one.
    pub over: Over,
    /// Decompressed, in bytes.
    pub expanded: usize,
}

impl Profile {
    /// Reads what was written, and adds what it says to the rule set. `index` is the place of the rule among all.
    pub fn read(asks: raw::Asks, rule: &Rule, index: usize, assembly: &mut Assembly<'_>) -> Self {
        let place = &rule.place;
        let problems = &mut *assembly.problems;
        let raw::Asks {
            paranoia,
            detection_paranoia,
            inbound_threshold,
            outbound_threshold,
            variables,
            exclusions,
            request_body,
            response,
            work_limit,
        } = asks;
        for (level, key) in [(paranoia, "paranoia"), (detection_paranoia, "detection_paranoia")] {
            if let Some(level) = level {
                problems.in_range(level.into(), 1..=4, &place.key(key));
            }
        }
        if let (Some(blocking @ 1..=4), Some(detection @ 1..=4)) = (paranoia, detection_paranoia)
            && detection < blocking
        {
            let message = format!("rules above it are not evaluated, and cannot refuse; write {blocking} or more");
            problems.add(&place.key("detection_paranoia"), message);
        }
        for (threshold, key) in [(inbound_threshold, "inbound_threshold"), (outbound_threshold, "outbound_threshold")] {
            if threshold == Some(0) {
                problems.add(&place.key(key), "0 is reached by every request; write 1 or more");
            }
        }
        problems.in_range(work_limit, 1..=100_000_000, &place.key("work_limit"));
        let named = [
            ("blocking_paranoia_level", paranoia.map(|level| level.to_string())),
            ("detection_paranoia_level", detection_paranoia.map(|level| level.to_string())),
            ("inbound_anomaly_score_threshold", inbound_threshold.map(|score| score.to_string())),
            ("outbound_anomaly_score_threshold", outbound_threshold.map(|score| score.to_string())),
        ];
        let mut actions: Vec<Action> = Vec::new();
        for (name, value) in named {
            actions.extend(value.map(|value| set(name, Template(vec![ast::Part::Text(value)]))));
        }
        actions.extend(read_variables(&variables, &place.key("variables"), problems));
        for (index, text) in exclusions.iter().enumerate() {
            let place = place.key("exclusions").index(index);
            for directive in assembly.parse(place.clone(), text) {
                match exclusion(directive) {
                    Ok(controls) => actions.extend(controls.into_iter().map(Action::Ctl)),
                    Err(message) => assembly.problems.add(&place, message),
                }
            }
        }
        if !actions.is_empty() {
            assembly.add(in_front(rule, index, actions));
        }
        let problems = &mut *assembly.problems;
        Self {
            streams: request_body.streams,
            request: {
                let raw::RequestBody { limit_bytes, over, expanded_limit_bytes, streams: _ } = request_body;
                limits((limit_bytes, over, expanded_limit_bytes), &place.key("request_body"), problems)
            },
            response: response.map(|raw::Response { limit_bytes, over, expanded_limit_bytes }| {
                limits((limit_bytes, over, expanded_limit_bytes), &place.key("response"), problems)
            }),
            work_limit,
        }
    }
}

/// So much may be held of one body: it is held in the module's memory too.
const MOST: u32 = 64 << 20;

fn limits((bytes, over, expanded): (u32, Over, u32), place: &Place, problems: &mut Problems) -> Limits {
    problems.in_range(bytes, 1..=MOST, &place.key("limit_bytes"));
    problems.in_range(expanded, 1..=MOST, &place.key("expanded_limit_bytes"));
    Limits { bytes: bytes as usize, over, expanded: expanded as usize }
}

fn set(name: &str, to: Template) -> Action {
    let key = Template(vec![ast::Part::Text(name.to_owned())]);
    Action::SetVar(SetVar { collection: Variable::Tx, key, to: Assignment::Set(to) })
}

fn read_variables(Named(variables): &Named<String>, place: &Place, problems: &mut Problems) -> Vec<Action> {
    let mut actions = Vec::new();
    for (name, text) in variables {
        let place = place.key(name);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if name.is_empty() || !name.bytes().all(plain) {
            problems.add(&place, "is no name of a variable; letters, digits, `_`, `-` and `.` are");
            continue;
        }
        match language::template(text) {
            Ok(text) => actions.push(set(name, text)),
            Err(message) => problems.add(&place, message),
        }
    }
    actions
}

/// What a directive takes away, as what takes it away for one request.
fn exclusion(directive: Directive) -> Result<Vec<Control>, String> {
    let targets = |targets: Vec<ast::Target>| -> Result<Vec<ast::Target>, String> {
        targets
            .into_iter()
            .map(|target| {
                if target.excluded {
                    Ok(ast::Target { excluded: false, ..target })
                } else {
                    Err("only targets with `!` are possible: an exclusion takes away, and adds nothing".to_owned())
                }
            })
            .collect()
    };
    Ok(match directive {
        Directive::RemoveById(_, ranges) => {
            ranges.into_iter().map(|(first, last)| Control::RuleRemoveById(first, last)).collect()
        }
        Directive::RemoveByTag(_, tag) => vec![Control::RuleRemoveByTag(tag)],
        Directive::RemoveByMsg(_, text) => vec![Control::RuleRemoveByMsg(text)],
        Directive::UpdateTargetById(_, ranges, written) => {
            let targets = targets(written)?;
            let each = |target: ast::Target| {
                ranges.iter().map(move |(first, last)| Control::RuleRemoveTargetById(*first, *last, target.clone()))
            };
            targets.into_iter().flat_map(each).collect()
        }
        Directive::UpdateTargetByTag(_, tag, written) => {
            let all = targets(written)?.into_iter();
            all.map(|target| Control::RuleRemoveTargetByTag(tag.clone(), target)).collect()
        }
        Directive::UpdateTargetByMsg(_, text, written) => {
            let all = targets(written)?.into_iter();
            all.map(|target| Control::RuleRemoveTargetByMsg(text.clone(), target)).collect()
        }
        Directive::Rule(_)
        | Directive::Marker(..)
        | Directive::DefaultAction(..)
        | Directive::UpdateActionById(..)
        | Directive::Setting(..) => {
            return Err("this excludes nothing; write SecRuleRemoveById, SecRuleUpdateTargetById or the like, and put all else into \
                        `directives`"
                .to_owned());
        }
    })
}

/// The rule that stands in front of the rule set, for the requests of this profile.
fn in_front(rule: &Rule, index: usize, then: Vec<Action>) -> Directive {
    let place = ast::Place { file: rule.place.pointer().into(), line: 1, column: 1 };
    let mut actions = vec![
        Action::Id(FIRST_ID + index as u64),
        Action::Phase(1),
        Action::Transform("none".to_owned()),
        Action::Pass,
        Action::NoLog,
        Action::NoAuditLog,
    ];
    actions.extend(then);
    Directive::Rule(Box::new(ast::Rule {
        place: place.clone(),
        directive: "SecRule",
        targets: vec![ast::Target {
            excluded: false,
            counted: false,
            variable: Variable::WebAppId,
            selection: ast::Selection::All,
        }],
        operator: ast::OperatorText { negated: false, name: "streq".to_owned(), argument: rule.name.clone(), place },
        actions,
    }))
}
