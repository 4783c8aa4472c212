//! The part of the configuration that is the same in every filter, and the rules with what each filter asks in them.

use std::rc::Rc;
use std::time::Duration;

use crate::cidrs::Cidrs;
use crate::client_address::ClientAddress;
use crate::contract::{Env, Step};
use crate::denial::Denial;
use crate::document::{self, Document, Fields, Members};
use crate::matching::{Ambiguous, Found, Matcher, Routed, Table, unreachable};
use crate::problems::{Place, Problems};
use crate::reason::common;

pub mod raw;

pub use raw::{Default, Hold, Mode, OnError, Show};

/// The most rules that one configuration may have: each request walks them.
const RULES_LIMIT: usize = 1000;

/// What holds for every rule of a filter.
#[derive(Debug)]
pub struct Settings {
    /// The mode of rules that have none of their own. While it is to enforce, headers that only the filter may set are taken out of every
    /// request, also where a single rule only watches: the upstream trusts them from all.
    pub mode: Mode,
    /// What happens to a request that nobody can decide about.
    pub on_error: OnError,
    /// Who is told what.
    pub disclosure: Disclosure,
    /// 401, or 403 for estates that want 403 throughout.
    pub unauthenticated_status: u16,
    /// What stands before the reason in the `type` of a denial.
    pub problem_base: Option<String>,
    /// Whom to ask, where a rule names nobody.
    pub contact: Option<String>,
    /// What the proxy holds back while a body is read.
    pub hold: Hold,
    /// How long a body may take.
    pub body_timeout: Duration,
    /// How many lines a second the filter may write to the proxy's log.
    pub log_lines_per_second: u32,
    /// The hash of the configuration.
    pub config_hash: String,
}

/// Who is told what.
#[derive(Debug)]
pub struct Disclosure {
    /// A client that nothing is known of.
    pub anonymous: Show,
    /// A client whose credential verified.
    pub authenticated: Show,
    /// A client at one of the operator's addresses.
    pub trusted: Show,
    /// Those addresses, and how the client's address is told.
    pub trusted_clients: Option<(ClientAddress, Cidrs)>,
}

/// A rule, as far as it is the same in every filter: what a decision names as its origin.
#[derive(Debug)]
pub struct Rule {
    /// The filter.
    pub filter: &'static str,
    /// Its name; a label of the metrics.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Who keeps it.
    pub owner: Option<String>,
    /// Whom to ask about it.
    pub contact: Option<String>,
    /// Whether it refuses, or only says that it would.
    pub mode: Mode,
    /// What holds for all of them.
    pub settings: Rc<Settings>,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.filter == other.filter && self.place == other.place
    }
}

impl Eq for Rule {}

impl Rule {
    /// Whom to ask: the rule's contact, or everybody's.
    pub fn contact(&self) -> Option<&str> {
        self.contact.as_deref().or(self.settings.contact.as_deref())
    }
}

/// The rules of a filter, in order, each with what it asks.
#[derive(Debug)]
pub struct Rules<A> {
    table: Table,
    rules: Vec<(Rc<Rule>, A)>,
    default: Default,
    ambiguous: Ambiguous,
    /// What decides where no rule does: its name and place are those of the setting.
    by_default: Rc<Rule>,
    by_ambiguous: Rc<Rule>,
}

impl<A> Rules<A> {
    /// The rule that this request comes under, or what follows from there being none.
    ///
    /// # Errors
    /// The finished answer, where no rule matches or none can be told.
    pub fn find(&self, env: &Env<'_>) -> Result<(&Rc<Rule>, &A), Step> {
        let unreadable = |reason| Err(Step::deny(Denial::new(reason, &self.by_ambiguous)));
        match self.table.find(env.request, &RoutedBy(env), self.ambiguous) {
            Found::Rule(index) => match self.rules.get(index) {
                Some((rule, asks)) => Ok((rule, asks)),
                // The table is built from the same rules; if it ever were not, nobody would be admitted.
                None => Err(Step::deny(Denial::new(&common::NO_RULE_MATCHED, &self.by_default))),
            },
            Found::NoRule => Err(match self.default {
                Default::Deny => Step::deny(Denial::new(&common::NO_RULE_MATCHED, &self.by_default)),
                Default::Allow => Step::allow(&self.by_default),
            }),
            Found::PathAmbiguous => unreadable(&common::PATH_AMBIGUOUS),
            Found::PathUnknown => unreadable(&common::PATH_UNKNOWN),
            Found::HostUnknown => unreadable(&common::HOST_UNKNOWN),
            Found::MethodUnknown => unreadable(&common::METHOD_UNKNOWN),
            Found::HeaderAmbiguous(name) => {
                Err(Step::deny(Denial::new(&common::HEADER_AMBIGUOUS, &self.by_ambiguous).with("header", name)))
            }
        }
    }

    /// What decisions are attributed to where no rule matches: what such a request must not carry is taken out on its behalf.
    pub fn by_default(&self) -> &Rc<Rule> {
        &self.by_default
    }

    /// Every rule with what it asks.
    pub fn iter(&self) -> impl Iterator<Item = (&Rc<Rule>, &A)> {
        self.rules.iter().map(|(rule, asks)| (rule, asks))
    }

    /// The same rules, with what they ask turned into something else. `None` from `turn` drops the rule, and the caller has noted
    /// the problem.
    pub fn map<B>(self, mut turn: impl FnMut(&Rc<Rule>, A) -> Option<B>) -> Option<Rules<B>> {
        let count = self.rules.len();
        let rules: Vec<_> =
            self.rules.into_iter().filter_map(|(rule, asks)| turn(&rule, asks).map(|asks| (rule, asks))).collect();
        (rules.len() == count).then_some(Rules {
            table: self.table,
            rules,
            default: self.default,
            ambiguous: self.ambiguous,
            by_default: self.by_default,
            by_ambiguous: self.by_ambiguous,
        })
    }
}

/// What the proxy says was really routed.
struct RoutedBy<'a>(&'a Env<'a>);

impl Routed for RoutedBy<'_> {
    fn route_name(&self) -> Option<Vec<u8>> {
        self.0.attributes.attribute("xds\0route_name")
    }

    fn route_metadata(&self, path: &[String]) -> Option<Vec<u8>> {
        let keys = path.iter().flat_map(|key| ["\0", key.as_str()]);
        let path: String = ["xds\0route_metadata\0filter_metadata"].into_iter().chain(keys).collect();
        self.0.attributes.attribute(&path)
    }
}

/// Reads a configuration: the common part here, the rest as the filter's own types. `S` is what the filter has at the top beside
/// the common part, `A` what it asks in each rule.
///
/// The two parts share one object, so that the operator writes no nesting that means nothing; they are told apart by name.
///
/// `None` only where there is nothing to go on with. Whatever else is wrong is noted, and what can be read is returned, so that the
/// caller notes what is wrong with the rest of it: without the filter's own part, if that is what could not be read.
pub fn read<S: Fields, A: Fields>(
    filter: &'static str,
    document: &Document,
    problems: &mut Problems,
) -> Option<(Option<S>, Rc<Settings>, Rules<A>)> {
    read_for(filter, Show::Reason, document, problems)
}

/// The same for a filter that tells a client of whom nothing is known something else than the reason, unless the operator says so.
pub fn read_for<S: Fields, A: Fields>(
    filter: &'static str,
    anonymous: Show,
    document: &Document,
    problems: &mut Problems,
) -> Option<(Option<S>, Rc<Settings>, Rules<A>)> {
    let place = document.place();
    let rules_place = place.key("rules");
    let mut members = Members::of(document.value(), place, problems)?;
    let common = raw::Common::fields(&mut members);
    let top = S::fields(&mut members);
    let written_rules = members.get("rules");
    members.finish();
    let Some(written_rules) = written_rules else {
        problems.add(place, "`rules` is missing; add it, `[]` if there are none");
        return None;
    };
    let written_rules = document::list(written_rules, &rules_place, problems)?;
    if written_rules.len() > RULES_LIMIT {
        problems.add(&rules_place, format!("more than {RULES_LIMIT} rules; use lists, templates and prefixes"));
        return None;
    }
    let mut read_rules: Vec<(Place, raw::CommonRule, A)> = Vec::with_capacity(written_rules.len());
    for (index, rule) in written_rules.iter().enumerate() {
        let place = rules_place.index(index);
        let Some(mut members) = Members::of(rule, &place, problems) else { continue };
        let (common, asks) = (raw::CommonRule::fields(&mut members), A::fields(&mut members));
        members.finish();
        if let (Some(common), Some(asks)) = (common, asks) {
            read_rules.push((place, common, asks));
        }
    }
    let common = common.unwrap_or_else(raw::Common::stand_in);
    let raw::Common {
        mode,
        disclosure,
        on_error,
        default,
        unauthenticated_status,
        ambiguous_paths,
        problem_base,
        contact,
        hold,
        body_timeout_seconds,
        log_lines_per_second,
    } = common;
    let settings = Rc::new(Settings {
        mode,
        on_error,
        disclosure: read_disclosure(disclosure, anonymous, &place.key("disclosure"), problems),
        unauthenticated_status: match unauthenticated_status {
            401 | 403 => unauthenticated_status,
            other => {
                problems
                    .add(&place.key("unauthenticated_status"), format!("{other} is not possible; write 401 or 403"));
                401
            }
        },
        problem_base: problem_base.and_then(|base| {
            if base.starts_with("https://") {
                return Some(base);
            }
            problems.add(&place.key("problem_base"), "this is not an https address; write https://…/");
            None
        }),
        contact,
        hold,
        body_timeout: Duration::from_secs(body_timeout_seconds.clamp(1, 3600).into()),
        log_lines_per_second,
        config_hash: document.hash().to_owned(),
    });

    let mut names: Vec<String> = Vec::new();
    let mut rules: Vec<(Rc<Rule>, A)> = Vec::new();
    // Each with the index of its rule: one that cannot be read is missing here, and its rule is there for what it asks.
    let mut matchers: Vec<(usize, Matcher)> = Vec::new();
    for (place, rule, asks) in read_rules {
        let raw::CommonRule { name, owner, contact, mode: own_mode, r#match } = rule;
        check_name(&name, &place.key("name"), &names, problems);
        matchers.extend(Matcher::read(r#match, &place.key("match"), problems).map(|matcher| (rules.len(), matcher)));
        names.push(name.clone());
        let rule = Rule {
            filter,
            name,
            place,
            owner,
            contact,
            mode: own_mode.unwrap_or(mode),
            settings: Rc::clone(&settings),
        };
        rules.push((Rc::new(rule), asks));
    }
    let rule_of = |index: usize| matchers.get(index).and_then(|(rule, _)| rules.get(*rule)).map(|(rule, _)| rule);
    for found in unreachable(&matchers.iter().map(|(_, matcher)| matcher).collect::<Vec<_>>()).unreachable {
        let Some(late) = rule_of(found.rule) else { continue };
        let mut earlier = String::new();
        for early in found.covered_by.iter().filter_map(|index| rule_of(*index)) {
            let and = if earlier.is_empty() { "" } else { " and " };
            earlier += &format!("{and}`{}` ({})", early.name, early.place);
        }
        let message = format!("can never match: {earlier} before it match all that it does; move it up, or delete it");
        problems.add(&late.place, message);
    }
    let pseudo = |key: &str| {
        Rc::new(Rule {
            filter,
            name: key.to_owned(),
            place: place.key(key),
            owner: None,
            contact: None,
            mode,
            settings: Rc::clone(&settings),
        })
    };
    let rules = Rules {
        table: Table::new(matchers.into_iter().map(|(_, matcher)| matcher).collect()),
        rules,
        default,
        ambiguous: ambiguous_paths,
        by_default: pseudo("default"),
        by_ambiguous: pseudo("ambiguous_paths"),
    };
    Some((top, settings, rules))
}

fn check_name(name: &str, place: &Place, earlier: &[String], problems: &mut Problems) {
    if name.is_empty()
        || name.len() > 64
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    {
        problems.add(
            place,
            format!(
                "`{name}` cannot be a label of a metric; use at most 64 letters, digits, dots, dashes and underscores"
            ),
        );
    }
    if raw::RESERVED_NAMES.contains(&name) {
        problems.add(place, format!("`{name}` is what decisions without a rule are called; choose another name"));
    }
    if earlier.iter().any(|other| other == name) {
        problems.add(place, format!("there is a rule `{name}` already; give each rule a name of its own"));
    }
}

fn read_disclosure(raw: raw::Disclosure, default: Show, place: &Place, problems: &mut Problems) -> Disclosure {
    let raw::Disclosure { anonymous, authenticated, trusted, trusted_clients } = raw;
    let trusted_clients = trusted_clients.and_then(|raw::TrustedClients { client_address, addresses }| {
        let place = place.key("trusted_clients");
        let client_address = ClientAddress::read(client_address, &place.key("client_address"), problems);
        let addresses = Cidrs::read(&addresses, &place.key("addresses"), problems);
        Some((client_address?, addresses?))
    });
    Disclosure { anonymous: anonymous.unwrap_or(default), authenticated, trusted, trusted_clients }
}
