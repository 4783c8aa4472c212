//! From directives to a rule set.

use super::chain::ChainId;
use super::draft::{Draft, Drafts, is_disruptive, of_rule, refuse_duplicates, sort};
use super::prefilter::Collector;
use super::target::{self, pattern};
use super::view::Views;
use super::{Assign, Bits, Chains, Disruption, Effect, First, Gate, Link, Processor, Rule, RuleSet, Skip, TxKeys};
use crate::language::{ast, beside, template};
use crate::operator::Operator;
use crate::transformation::{Transformation, UnicodeMap};
use ast::{Action, Control, Directive, Part, Problem, SetVar, Template, Variable};

/// A list of transformations that is longer is a mistake, and would cost every value that many steps.
const LONGEST_CHAIN: usize = 32;

/// What compiling a rule needs and fills.
struct Compiler<'a> {
    files: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    drafts: &'a [Draft],
    markers: &'a [(String, usize)],
    chains: Chains,
    views: Views,
    tx: TxKeys,
    reads: Bits,
    literals: Collector,
    links: u32,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

/// See [`RuleSet::compile`].
pub(super) fn compile(
    directives: Vec<Directive>,
    files: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<RuleSet, Vec<Problem>> {
    let mut drafts = sort(directives);
    refuse_duplicates(&mut drafts);
    let Drafts { rules: drafts, markers, settings, unicode, problems, warnings } = drafts;
    let mut compiler = Compiler {
        files,
        drafts: &drafts,
        markers: &markers,
        chains: Chains::default(),
        views: Views::default(),
        tx: TxKeys::default(),
        reads: Bits::new(Variable::ALL.len()),
        literals: Collector::default(),
        links: 0,
        problems,
        warnings,
    };
    let unicode = match unicode {
        None => UnicodeMap::default(),
        Some((place, name, page)) => {
            let text = files(&name).ok_or_else(|| format!("there is no file `{name}`"));
            text.and_then(|text| UnicodeMap::read(&text, page)).unwrap_or_else(|message| {
                compiler.problems.push(Problem { place, directive: "SecUnicodeMapFile".into(), rule: None, message });
                UnicodeMap::default()
            })
        }
    };
    let mut phases: [Vec<First>; 5] = Default::default();
    let mut rules = Vec::with_capacity(drafts.len());
    for draft in &drafts {
        let Some(rule) = compiler.rule(draft) else { continue };
        if let Some(list) = phases.get_mut(usize::from(rule.phase) - 1) {
            let first = rule.links.first();
            let (sight, filter) = (first.map_or(0, |link| link.sight), first.and_then(|link| link.filter));
            let gate = first.and_then(|link| gate(link, &compiler.views));
            list.push(First { rule: rules.len(), sight, filter, gate });
        }
        rules.push(rule);
    }
    let Compiler { chains, views, tx, reads, literals, problems, warnings, .. } = compiler;
    let prefilter = literals.build();
    if problems.is_empty() {
        Ok(RuleSet { rules, phases, settings, chains, views, tx, reads, unicode, prefilter, warnings })
    } else {
        Err(problems)
    }
}

/// See [`Gate`]. That a target may be taken from a rule makes no difference: it does not match without.
fn gate(link: &Link, views: &Views) -> Option<Gate> {
    let [target] = link.targets.as_slice() else { return None };
    let target::Select::Slot(slot) = target.select else { return None };
    let mut seen = views.sights().get(link.sight)?.views.iter();
    let plain = seen.all(|view| views.all().get(*view).is_some_and(|view| view.chain == ChainId::NONE));
    let comparison = link.operator.comparison().filter(|_| plain)?;
    Some(Gate { slot, counted: target.counted, negated: link.negated, comparison })
}

/// What the actions of the first rule of a chain say about all of it.
struct Head {
    disruption: Option<Action>,
    status: Option<u16>,
    skip: Skip,
    log: bool,
    audit: bool,
    severity: Option<u8>,
    tags: Vec<Template>,
    version: Option<String>,
    revision: Option<String>,
}

impl Compiler<'_> {
    fn refuse(&mut self, draft: &Draft, rule: &ast::Rule, message: String) {
        self.problems.push(of_rule(rule, Some(draft.id), message));
    }

    fn rule(&mut self, draft: &Draft) -> Option<Rule> {
        let first = draft.links.first()?;
        let head = self.head(draft, first);
        let status = |usual: u16| head.status.unwrap_or(usual);
        let disruption = match &head.disruption {
            Some(Action::Allow(allow)) => Disruption::Allow(*allow),
            Some(Action::Deny) => Disruption::Deny(status(403)),
            Some(Action::Drop) => Disruption::Drop(status(403)),
            Some(Action::Redirect(to)) => {
                // A status that sends nobody elsewhere is that of a denial.
                let status = status(302);
                let status = if (300..400).contains(&status) { status } else { 302 };
                Disruption::Redirect(status, to.clone())
            }
            _ => Disruption::Pass,
        };
        let mut links = Vec::with_capacity(draft.links.len());
        for rule in &draft.links {
            links.extend(self.link(draft, rule, links.is_empty()));
        }
        let Head { skip, log, audit, severity, tags, version, revision, .. } = head;
        tags.iter().for_each(|tag| self.learn(tag));
        if let Disruption::Redirect(_, to) = &disruption {
            self.learn(to);
        }
        Some(Rule {
            id: draft.id,
            phase: draft.phase,
            links,
            disruption,
            skip,
            log,
            audit,
            severity,
            tags,
            version,
            revision,
            file: first.place.file.to_string(),
            line: first.place.line,
        })
    }

    /// The default actions first, then those of the rule: of those of which one counts, the last does.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the other actions are those of each link")]
    fn head(&mut self, draft: &Draft, rule: &ast::Rule) -> Head {
        let mut head = Head {
            disruption: None,
            status: None,
            skip: Skip::None,
            log: true,
            audit: true,
            severity: None,
            tags: Vec::new(),
            version: None,
            revision: None,
        };
        let usual = draft.defaults.iter().rev().find(|action| is_disruptive(action) && **action != Action::Block);
        let inherited = draft.defaults.iter().filter(|action| !is_disruptive(action));
        for action in inherited.chain(&rule.actions) {
            match action {
                Action::Log => (head.log, head.audit) = (true, true),
                Action::NoLog => (head.log, head.audit) = (false, false),
                Action::AuditLog => head.audit = true,
                Action::NoAuditLog => head.audit = false,
                Action::Status(status) => head.status = Some(*status),
                Action::Severity(severity) => head.severity = Some(*severity),
                Action::Tag(tag) => head.tags.push(tag.clone()),
                Action::Ver(text) => head.version = Some(text.clone()),
                Action::Rev(text) => head.revision = Some(text.clone()),
                Action::Skip(count) => head.skip = Skip::Rules(usize::try_from(*count).unwrap_or(usize::MAX)),
                Action::SkipAfter(name) => match self.marker(draft, name) {
                    Some(skip) => head.skip = skip,
                    None => self.refuse(draft, rule, format!("no `SecMarker {name}` follows this rule")),
                },
                Action::Block => head.disruption = usual.cloned(),
                other if is_disruptive(other) => head.disruption = Some(other.clone()),
                // The others belong to each link.
                _ => {}
            }
        }
        head
    }

    /// Where a marker of that name, or a rule with that id, comes next.
    fn marker(&self, draft: &Draft, name: &str) -> Option<Skip> {
        let after = |order: &usize| *order > draft.order;
        let marker =
            self.markers.iter().find(|(marker, order)| marker == name && after(order)).map(|(_, order)| *order);
        let by_id = || {
            let id: u64 = name.parse().ok()?;
            self.drafts.iter().find(|other| other.id == id && after(&other.order)).map(|other| other.order + 1)
        };
        let order = marker.or_else(by_id)?;
        // The place in the phase: as many rules of the phase as stand before.
        let before = self.drafts.iter().filter(|other| other.phase == draft.phase && other.order < order).count();
        Some(Skip::To(before))
    }

    fn link(&mut self, draft: &Draft, rule: &ast::Rule, is_first: bool) -> Option<Link> {
        let ast::Rule { targets: all, operator, actions, .. } = rule;
        let (mut targets, mut exclusions) = (Vec::new(), Vec::new());
        for written in all {
            let result = if written.excluded {
                target::exclusion(written).map(|exclusion| exclusions.push(exclusion))
            } else {
                self.reads.insert(written.variable as usize);
                target::compile(written, &mut self.tx).map(|target| targets.push(target))
            };
            if let Err(message) = result {
                self.refuse(draft, rule, message);
            }
        }
        if targets.is_empty() && rule.directive != "SecAction" {
            self.refuse(draft, rule, "it only says what it does not look at: name a variable without `!`".into());
        }
        let negated = operator.negated;
        let near = |name: &str| (self.files)(&beside(&rule.place.file, name)).or_else(|| (self.files)(name));
        let (chain, steps) = self.transformations(draft, rule);
        let inherited = draft.defaults.iter().filter(|_| is_first);
        let each_step = inherited.clone().chain(actions).any(|action| *action == Action::MultiMatch);
        let chains = if each_step { steps } else { vec![chain] };
        let (targets, looks) = targets.into_iter().map(|target| self.views.add(target, &chains)).unzip();
        let sight = self.views.sight(looks);
        self.links += 1;
        let mut link = Link {
            targets,
            sight,
            exclusions,
            operator: match Operator::read(&operator.name, &operator.argument, &near) {
                Ok(operator) => operator,
                Err(message) => {
                    let mut problem = of_rule(rule, Some(draft.id), message);
                    problem.place = operator.place.clone();
                    self.problems.push(problem);
                    return None;
                }
            },
            negated,
            number: self.links,
            steady: !operator.argument.contains("%{"),
            filter: None,
            capture: false,
            set: Vec::new(),
            effects: Vec::new(),
            message: None,
            logdata: None,
        };
        // An argument that is no text with variables is of an operator that takes it as it is.
        if let Ok(argument) = template(&operator.argument) {
            self.learn(&argument);
        }
        let literals = link.operator.take_literals().filter(|_| !negated);
        link.filter = literals.map(|literals| self.literals.add(literals.0));
        for action in inherited.chain(actions) {
            match action {
                Action::Capture => link.capture = true,
                Action::Msg(text) => {
                    self.learn(text);
                    link.message = Some(text.clone());
                }
                Action::LogData(text) => {
                    self.learn(text);
                    link.logdata = Some(text.clone());
                }
                Action::SetVar(set) => {
                    if set.collection.is_writable() {
                        let slot = self.learn_set(set);
                        link.set.push(Assign { set: set.clone(), slot });
                    } else {
                        let name = set.collection.name();
                        self.refuse(draft, rule, format!("`setvar` cannot write to {name}"));
                    }
                }
                Action::Ctl(control) => match self.control(control) {
                    Ok(effect) => link.effects.extend(effect),
                    Err(message) => self.refuse(draft, rule, message),
                },
                Action::SetOther(name, text) => match *name {
                    "setuid" => {
                        self.learn(text);
                        link.effects.push(Effect::SetScalar(Variable::UserId, text.clone()));
                    }
                    "setsid" => {
                        self.learn(text);
                        link.effects.push(Effect::SetScalar(Variable::SessionId, text.clone()));
                    }
                    // There is no environment, and no variable outlives its request.
                    _ => {
                        let message = format!(
                            "`{name}` has no effect: there is no environment here, and nothing outlives its request"
                        );
                        self.warnings.push(of_rule(rule, Some(draft.id), message));
                    }
                },
                // A collection is there, empty, in every transaction.
                Action::InitCol(variable, _) => {
                    if !variable.is_writable() {
                        self.refuse(draft, rule, format!("{} is no collection that can be kept", variable.name()));
                    }
                }
                // The head of the chain has these, or they say nothing to an engine.
                Action::Id(_)
                | Action::Phase(_)
                | Action::Tag(_)
                | Action::Ver(_)
                | Action::Rev(_)
                | Action::Ignored(..)
                | Action::Severity(_)
                | Action::Transform(_)
                | Action::MultiMatch
                | Action::Chain
                | Action::Skip(_)
                | Action::SkipAfter(_)
                | Action::Log
                | Action::NoLog
                | Action::AuditLog
                | Action::NoAuditLog
                | Action::Status(_)
                | Action::Allow(_)
                | Action::Block
                | Action::Deny
                | Action::Drop
                | Action::Pass
                | Action::Redirect(_) => {}
            }
        }
        Some(link)
    }

    /// The transformations after the last `t:none`; those of the default action first if there is none.
    fn transformations(&mut self, draft: &Draft, rule: &ast::Rule) -> (ChainId, Vec<ChainId>) {
        let mut list = Vec::new();
        for action in draft.defaults.iter().chain(&rule.actions) {
            let Action::Transform(name) = action else { continue };
            if name.eq_ignore_ascii_case("none") {
                list.clear();
            } else if let Some(transformation) = Transformation::from_name(name) {
                list.push(transformation);
            } else {
                self.refuse(draft, rule, format!("there is no transformation `{name}`"));
            }
        }
        if list.len() > LONGEST_CHAIN {
            self.refuse(draft, rule, format!("more than {LONGEST_CHAIN} transformations"));
            list.clear();
        }
        self.chains.add(&list)
    }

    /// Gives the members of `TX` that a text names their places, and notes which variables it reads.
    fn learn(&mut self, text: &Template) {
        for part in &text.0 {
            let Part::Value(variable, key) = part else { continue };
            self.reads.insert(*variable as usize);
            if let (Variable::Tx, Some(key)) = (variable, key) {
                self.tx.add(key.as_bytes());
            }
        }
    }

    /// The place of what is set, if it always is the same one.
    fn learn_set(&mut self, set: &SetVar) -> Option<usize> {
        self.learn(&set.key);
        match &set.to {
            ast::Assignment::Set(text) | ast::Assignment::Add(text) | ast::Assignment::Subtract(text) => {
                self.learn(text);
            }
            ast::Assignment::Unset => {}
        }
        match (set.key.0.as_slice(), set.collection) {
            ([Part::Text(key)], Variable::Tx) => Some(self.tx.add(key.as_bytes())),
            _ => None,
        }
    }

    fn control(&self, control: &Control) -> Result<Option<Effect>, String> {
        Ok(Some(match control {
            Control::RuleEngine(switch) => Effect::Engine(*switch),
            Control::AuditEngine(text) => Effect::Audit(!text.eq_ignore_ascii_case("off")),
            Control::AuditLogParts(_) => return Ok(None),
            Control::RequestBodyAccess(on) => Effect::RequestBody(*on),
            Control::ResponseBodyAccess(on) => Effect::ResponseBody(*on),
            Control::RequestBodyProcessor(name) => Effect::Processor(
                Processor::from_name(name).ok_or_else(|| format!("there is no request body processor `{name}`"))?,
            ),
            Control::ForceRequestBodyVariable(on) => Effect::ForceBody(*on),
            Control::RuleRemoveById(first, last) => Effect::Remove(self.ids(*first, *last)),
            Control::RuleRemoveByTag(tag) => Effect::Remove(self.tagged(tag)?),
            Control::RuleRemoveByMsg(text) => Effect::Remove(self.saying(text)?),
            Control::RuleRemoveTargetById(first, last, target) => {
                Effect::RemoveTarget(self.ids(*first, *last), target::exclusion(target)?)
            }
            Control::RuleRemoveTargetByTag(tag, target) => {
                Effect::RemoveTarget(self.tagged(tag)?, target::exclusion(target)?)
            }
            Control::RuleRemoveTargetByMsg(text, target) => {
                Effect::RemoveTarget(self.saying(text)?, target::exclusion(target)?)
            }
        }))
    }

    fn ids(&self, first: u64, last: u64) -> Bits {
        self.those(|draft| (first..=last).contains(&draft.id))
    }

    fn tagged(&self, tag: &str) -> Result<Bits, String> {
        let wanted = pattern(tag)?;
        Ok(self.those(|draft| draft.has_tag(&wanted)))
    }

    fn saying(&self, text: &str) -> Result<Bits, String> {
        let wanted = pattern(text)?;
        Ok(self.those(|draft| draft.has_message(&wanted)))
    }

    /// The rules of which that holds. Each draft becomes one rule, in order.
    fn those(&self, holds: impl Fn(&Draft) -> bool) -> Bits {
        let mut bits = Bits::new(self.drafts.len());
        for (index, draft) in self.drafts.iter().enumerate() {
            if holds(draft) {
                bits.insert(index);
            }
        }
        bits
    }
}
