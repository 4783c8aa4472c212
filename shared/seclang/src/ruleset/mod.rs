//! A rule set, ready to run: validated, immutable, shared by all transactions.
//!
//! Compiling resolves everything that does not depend on a request: chains of rules, default actions, markers, exclusions, the lists of
//! transformations (equal ones become one), the places of the members of `TX`. What is wrong is told with its place, all of it at once.

pub mod bits;
pub mod chain;
mod compile;
mod draft;
pub mod prefilter;
pub mod target;
pub mod view;

use std::fmt;
use std::hash::Hasher;
use std::rc::Rc;

use crate::language::ast;
use crate::operator::{Comparison, Operator};
use crate::transformation::UnicodeMap;
use ast::{Allow, Directive, LimitAction, Problem, SetVar, Switch, Template, Variable};
use bits::Bits;
use chain::Chains;
use prefilter::Prefilter;
use target::{Exclusion, Target, TxKeys};
use view::Views;

/// Rules, ready to run.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    /// The rules of the phases 1 to 5, in order.
    phases: [Vec<First>; 5],
    settings: Settings,
    chains: Chains,
    views: Views,
    tx: TxKeys,
    /// The variables that anything in the rules reads, by their places in [`Variable::ALL`].
    reads: Bits,
    unicode: UnicodeMap,
    prefilter: Prefilter,
    warnings: Vec<Problem>,
}

/// How the engine is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `SecRuleEngine`.
    pub engine: Switch,
    /// `SecRequestBodyAccess`.
    pub request_body: bool,
    /// `SecResponseBodyAccess`.
    pub response_body: bool,
    /// `SecRequestBodyLimit`, bytes.
    pub request_body_limit: usize,
    /// `SecRequestBodyNoFilesLimit`, bytes.
    pub no_files_limit: usize,
    /// `SecRequestBodyLimitAction`.
    pub request_over_limit: LimitAction,
    /// `SecRequestBodyJsonDepthLimit`.
    pub json_depth: usize,
    /// `SecArgumentsLimit`.
    pub arguments: usize,
    /// `SecResponseBodyLimit`, bytes.
    pub response_body_limit: usize,
    /// `SecResponseBodyLimitAction`.
    pub response_over_limit: LimitAction,
    /// `SecResponseBodyMimeType`, in lower case.
    pub response_types: Vec<String>,
    /// `SecArgumentSeparator`.
    pub separator: u8,
    /// `SecUploadFileLimit`.
    pub files: usize,
    /// `SecWebAppId`.
    pub application: String,
    /// `SecComponentSignature`, in order.
    pub components: Vec<String>,
}

impl Default for Settings {
    /// As ModSecurity v3 is without any directive, except that bodies have limits.
    fn default() -> Self {
        Self {
            engine: Switch::Off,
            request_body: false,
            response_body: false,
            request_body_limit: 13_107_200,
            no_files_limit: 131_072,
            request_over_limit: LimitAction::Reject,
            json_depth: 512,
            arguments: 1000,
            response_body_limit: 524_288,
            response_over_limit: LimitAction::ProcessPartial,
            response_types: ["text/plain", "text/html"].map(String::from).to_vec(),
            separator: b'&',
            files: 100,
            application: "default".into(),
            components: Vec::new(),
        }
    }
}

/// What is asked first about a rule: most have no more to say. All of a phase stand together, as the rules themselves do not.
#[derive(Clone, Copy, Debug)]
pub struct First {
    /// The rule, as an index of [`RuleSet::rules`].
    pub rule: usize,
    /// [`Link::sight`] of its first link.
    pub sight: usize,
    /// [`Link::filter`] of its first link.
    pub filter: Option<usize>,
    /// What is asked before all else, if its first link asks only that.
    pub gate: Option<Gate>,
}

/// Whether a member of `TX`, or how many of it there are, compares with a number: a third of the rules of the Core Rule Set ask for the
/// level of paranoia, and pass over others.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// The place of the member.
    pub slot: usize,
    /// Whether it is its count.
    pub counted: bool,
    /// Whether the comparison is not to hold.
    pub negated: bool,
    /// With what.
    pub comparison: Comparison,
}

/// A rule with those that are chained to it.
#[derive(Debug)]
pub struct Rule {
    /// `id`.
    pub id: u64,
    /// 1 to 5.
    pub phase: u8,
    /// Itself, then those chained to it.
    pub links: Vec<Link>,
    /// What happens to the request when all links match.
    pub disruption: Disruption,
    /// Which rules are passed over when all links match.
    pub skip: Skip,
    /// Whether a match is told.
    pub log: bool,
    /// Whether a match is told in the audit log.
    pub audit: bool,
    /// `severity`, 0 to 7.
    pub severity: Option<u8>,
    /// `tag`, in order.
    pub tags: Vec<Template>,
    /// `ver`.
    pub version: Option<String>,
    /// `rev`.
    pub revision: Option<String>,
    /// Where it stands.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// A rule, or one that is chained to it.
pub struct Link {
    /// What it looks at, in order. Empty for `SecAction`, which always matches.
    pub targets: Vec<Rc<Target>>,
    /// How it looks at each of them: an index of [`Views::sights`].
    pub sight: usize,
    /// What it leaves out.
    pub exclusions: Vec<Exclusion>,
    /// How it looks.
    pub operator: Operator,
    /// Whether it matches where the operator does not.
    pub negated: bool,
    /// Its number among all links, from 1.
    pub number: u32,
    /// Whether the operator says the same of the same value throughout a transaction: no variable is in its argument.
    pub steady: bool,
    /// Its number in the search for the literals of all rules, if it can match only where one of them stands.
    pub filter: Option<usize>,
    /// Whether `TX:0` to `TX:9` are filled.
    pub capture: bool,
    /// What each match sets.
    pub set: Vec<Assign>,
    /// What is done when all links match.
    pub effects: Vec<Effect>,
    /// `msg`.
    pub message: Option<Template>,
    /// `logdata`.
    pub logdata: Option<Template>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("targets", &self.targets).finish_non_exhaustive()
    }
}

/// `setvar`.
#[derive(Debug)]
pub struct Assign {
    /// As it is written.
    pub set: SetVar,
    /// The place of the member, if it is one of `TX` that is always the same.
    pub slot: Option<usize>,
}

/// What happens to the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disruption {
    /// Nothing.
    Pass,
    /// The rest is not looked at.
    Allow(Allow),
    /// It is answered with that status.
    Deny(u16),
    /// Its connection is closed; the status is for hosts that cannot.
    Drop(u16),
    /// It is sent elsewhere, with that status.
    Redirect(u16, Template),
}

/// Which rules are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// None.
    None,
    /// So many that follow.
    Rules(usize),
    /// Those before that place among the rules of the phase.
    To(usize),
}

/// What is done when all links of a rule match.
#[derive(Debug)]
pub enum Effect {
    /// `ctl:ruleEngine`.
    Engine(Switch),
    /// `ctl:requestBodyAccess`.
    RequestBody(bool),
    /// `ctl:responseBodyAccess`.
    ResponseBody(bool),
    /// `ctl:requestBodyProcessor`.
    Processor(Processor),
    /// `ctl:forceRequestBodyVariable`.
    ForceBody(bool),
    /// `ctl:auditEngine=Off` (`false`) and its like.
    Audit(bool),
    /// `ctl:ruleRemoveById`, `ByTag`, `ByMsg`: the rules.
    Remove(Bits),
    /// `ctl:ruleRemoveTargetById`, `ByTag`, `ByMsg`: the rules and the target.
    RemoveTarget(Bits, Exclusion),
    /// `setuid`, `setsid`: the variable and its value.
    SetScalar(Variable, Template),
}

/// How a request body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    /// `application/x-www-form-urlencoded`.
    UrlEncoded,
    /// `multipart/form-data`.
    Multipart,
    /// JSON.
    Json,
    /// XML.
    Xml,
}

impl Processor {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::UrlEncoded, Self::Multipart, Self::Json, Self::Xml];

    /// As rules write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::UrlEncoded => "URLENCODED",
            Self::Multipart => "MULTIPART",
            Self::Json => "JSON",
            Self::Xml => "XML",
        }
    }

    /// The processor of that name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|processor| processor.name().eq_ignore_ascii_case(name))
    }
}

/// A hash of bytes, eight at a time, that goes on from another one. It spreads values that come by chance, not those that are made to
/// collide.
pub(crate) fn hash(before: u64, bytes: &[u8]) -> u64 {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(SPREAD).rotate_left(29);
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(before ^ bytes.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let last = rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    mix(mix(hash, last), 0)
}

/// For what is only found in rules, so that nobody chooses what collides.
#[derive(Debug, Default)]
struct Words(u64);

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(self.0, bytes);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl RuleSet {
    /// Makes directives ready to run. `files` gives the files that operators and settings name.
    ///
    /// # Errors
    /// Everything that is wrong, each with its place and rule.
    pub fn compile(directives: Vec<Directive>, files: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, Vec<Problem>> {
        compile::compile(directives, files)
    }

    /// The rules, in the order in which they are written; without those that were removed.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules of a phase, 1 to 5, in order.
    pub fn phase(&self, phase: u8) -> &[First] {
        usize::from(phase).checked_sub(1).and_then(|index| self.phases.get(index)).map_or(&[], Vec::as_slice)
    }

    /// How the engine is set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The lists of transformations.
    pub fn chains(&self) -> &Chains {
        &self.chains
    }

    /// What rules look at.
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// The members of `TX` that rules name.
    pub fn tx(&self) -> &TxKeys {
        &self.tx
    }

    /// Whether any rule looks at a variable, or has it in a text: what no rule reads need not be found out.
    pub fn reads(&self, variable: Variable) -> bool {
        self.reads.contains(variable as usize)
    }

    /// What `urlDecodeUni` reads.
    pub fn unicode(&self) -> &UnicodeMap {
        &self.unicode
    }

    /// The search for the literals of all rules.
    pub fn prefilter(&self) -> &Prefilter {
        &self.prefilter
    }

    /// What is not wrong but has no effect, such as the removal of a rule that is not there.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language;

    fn check(rule: &str, read: bool) {
        let (directives, problems) = language::parse("test.conf", rule.as_bytes());
        assert!(problems.is_empty(), "{rule}: {problems:?}");
        let rules = RuleSet::compile(directives, &|_| None).unwrap_or_else(|problems| panic!("{rule}: {problems:?}"));
        assert_eq!(rules.reads(Variable::RemotePort), read, "{rule}");
    }

    #[test]
    fn what_rules_read_is_known_wherever_they_name_it() {
        for rule in [
            "SecRule REMOTE_PORT \"@eq 1\" \"id:1,phase:1,pass\"",
            "SecRule ARGS|&REMOTE_PORT \"@eq 1\" \"id:1,phase:1,pass\"",
            "SecRule ARGS \"@streq %{REMOTE_PORT}\" \"id:1,phase:1,pass\"",
            "SecRule ARGS \"@rx ^%{REMOTE_PORT}$\" \"id:1,phase:1,pass\"",
            "SecRule ARGS \"@rx a\" \"id:1,phase:1,pass,chain\"\nSecRule REMOTE_PORT \"@eq 1\"",
            "SecAction \"id:1,phase:1,pass,msg:'%{REMOTE_PORT}'\"",
            "SecAction \"id:1,phase:1,pass,logdata:'port %{remote_port}'\"",
            "SecAction \"id:1,phase:1,pass,tag:'port/%{REMOTE_PORT}'\"",
            "SecAction \"id:1,phase:1,pass,setvar:'tx.port=%{REMOTE_PORT}'\"",
            "SecAction \"id:1,phase:1,pass,setvar:'tx.sum=+%{REMOTE_PORT}'\"",
            "SecAction \"id:1,phase:1,pass,setvar:'tx.p%{REMOTE_PORT}=1'\"",
            "SecAction \"id:1,phase:1,pass,setvar:'!tx.p%{REMOTE_PORT}'\"",
            "SecAction \"id:1,phase:1,pass,setuid:'%{REMOTE_PORT}'\"",
            "SecAction \"id:1,phase:1,pass,setsid:'%{REMOTE_PORT}'\"",
            "SecAction \"id:1,phase:1,redirect:'http://a.example/%{REMOTE_PORT}'\"",
            "SecDefaultAction \"phase:1,pass,log,tag:'%{REMOTE_PORT}'\"\nSecAction \"id:1,phase:1\"",
        ] {
            check(rule, true);
        }
        for rule in [
            "SecRule ARGS:remote_port|REMOTE_ADDR \"@rx REMOTE_PORT\" \"id:1,phase:1,pass,msg:'REMOTE_PORT',tag:'%{SERVER_PORT}'\"",
            "SecRule REMOTE_PORT \"@eq 1\" \"id:1,phase:1,pass\"\nSecRuleRemoveById 1",
        ] {
            check(rule, false);
        }
    }
}
