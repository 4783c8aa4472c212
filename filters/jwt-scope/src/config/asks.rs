//! Reads what a rule asks of tokens.

use verdict_policy::problems::{Place, Problems};

use crate::Asks;
use crate::provider::Provider;
use crate::raw::{self, Access};
use crate::requirement::{AnyAll, ClaimCondition, Is, Requirement};

/// Reads what the rule at that place asks. `providers` is `None` where they could not be read, and problem enough is noted.
pub(super) fn read(
    written: raw::Asks,
    providers: Option<&[Provider]>,
    place: &Place,
    problems: &mut Problems,
) -> Option<Asks> {
    let raw::Asks { access, providers: names, scopes, roles, claims, any_claim } = written;
    let asks_something = names.is_some()
        || !claims.is_empty()
        || !any_claim.is_empty()
        || [&scopes, &roles].iter().any(|asked| !asked.any.is_empty() || !asked.all.is_empty());
    if access == Access::Public && asks_something {
        problems.add(
            place,
            "the rule is `public`, so that what it asks of tokens is never asked; delete that, or set `access` to `required`",
        );
    }
    let scopes = any_all(scopes, &place.key("scopes"), problems, |scope| {
        let fit = !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'));
        (!fit).then(|| {
            format!(
                "`{scope}` cannot be a scope; write one without blanks, quotes and backslashes (RFC 6749, section 3.3)"
            )
        })
    });
    let roles = any_all(roles, &place.key("roles"), problems, |role| {
        role.is_empty().then(|| "the role is empty; write its name".to_owned())
    });
    let claims = conditions(claims, &place.key("claims"), problems);
    let any_claim = conditions(any_claim, &place.key("any_claim"), problems);
    let providers = match access {
        Access::Required | Access::Optional => accepted(names, providers?, place, problems),
        // Nobody's tokens are looked at: two providers of one issuer leave nothing open.
        Access::Public => Vec::new(),
    };
    Some(Asks { access, providers, requirement: Requirement { scopes, roles, claims, any_claim } })
}

fn any_all(
    written: raw::AnyAll,
    place: &Place,
    problems: &mut Problems,
    fault: impl Fn(&str) -> Option<String>,
) -> AnyAll {
    let raw::AnyAll { any, all } = written;
    for (key, texts) in [("any", &any), ("all", &all)] {
        for (index, text) in texts.iter().enumerate() {
            let place = place.key(key).index(index);
            if let Some(fault) = fault(text) {
                problems.add(&place, fault);
            }
            if texts.iter().take(index).any(|other| other == text) {
                problems.add(&place, format!("`{text}` is there twice; delete one of the two"));
            }
        }
    }
    AnyAll { any, all }
}

fn conditions(written: Vec<raw::Claim>, place: &Place, problems: &mut Problems) -> Vec<ClaimCondition> {
    let written = written.into_iter().enumerate();
    written.filter_map(|(index, claim)| condition(claim, &place.index(index), problems)).collect()
}

fn condition(written: raw::Claim, place: &Place, problems: &mut Problems) -> Option<ClaimCondition> {
    let raw::Claim { claim: path, equals, one_of, contains, all_of } = written;
    if path.is_empty() {
        problems.add(&place.key("claim"), "the path has no names; write the name of a claim, as in `[\"tenant\"]`");
    }
    let values = |values: Vec<raw::AnyJson>, key: &str, problems: &mut Problems| {
        if values.is_empty() {
            problems.add(&place.key(key), "the list is empty; add a value");
        }
        values.into_iter().map(|raw::AnyJson(value)| value).collect()
    };
    let is = match (equals, one_of, contains, all_of) {
        (None, None, None, None) => Is::Present,
        (Some(raw::AnyJson(value)), None, None, None) => Is::Equals(value),
        (None, Some(list), None, None) => Is::OneOf(values(list, "one_of", problems)),
        (None, None, Some(raw::AnyJson(value)), None) => Is::Contains(value),
        (None, None, None, Some(list)) => Is::AllOf(values(list, "all_of", problems)),
        _ => {
            problems.add(
                place,
                "a claim has one condition; write `equals`, `one_of`, `contains` or `all_of`, or a second entry",
            );
            return None;
        }
    };
    Some(ClaimCondition { path, is })
}

/// The providers that a rule accepts. Two of one issuer would leave open which of them a token is judged by.
fn accepted(names: Option<Vec<String>>, providers: &[Provider], place: &Place, problems: &mut Problems) -> Vec<usize> {
    let names_place = place.key("providers");
    let accepted: Vec<usize> = match names {
        None => (0..providers.len()).collect(),
        Some(names) => {
            if names.is_empty() {
                problems.add(&names_place, "no provider is accepted; name one, or leave it out to accept all");
            }
            names
                .iter()
                .enumerate()
                .filter_map(|(index, name)| {
                    if names.iter().take(index).any(|other| other == name) {
                        problems
                            .add(&names_place.index(index), format!("`{name}` is there twice; delete one of the two"));
                        return None;
                    }
                    let found = providers.iter().position(|provider| provider.name == *name);
                    if found.is_none() {
                        problems.add(
                            &names_place.index(index),
                            format!("there is no provider `{name}`; add it to `providers`, or correct the name"),
                        );
                    }
                    found
                })
                .collect()
        }
    };
    let named = |index: &usize| providers.get(*index);
    for (at, provider) in accepted.iter().enumerate().filter_map(|(at, index)| Some((at, named(index)?))) {
        let before = accepted.iter().take(at).filter_map(named);
        if let Some(other) = before.into_iter().find(|other| other.issuer == provider.issuer) {
            problems.add(
                &names_place,
                format!(
                    "`{}` and `{}` have the same issuer, so that nobody knows which of them judges a token; name one of them",
                    other.name, provider.name
                ),
            );
        }
    }
    accepted
}
