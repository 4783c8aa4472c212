//! Reads where the keys of a provider come from, and whether anything can be verified with them.

use verdict_policy::fetched::Source;
use verdict_policy::json::{self, Json};
use verdict_policy::problems::{Place, Problems};

use crate::algorithm::Algorithm;
use crate::key::{BadKey, From, Key, jwk, pem};
use crate::provider::{FetchedKeys, KeySet, Keys};
use crate::raw;
use crate::signature::HostCan;

/// Whose keys they are.
pub(super) struct Of<'a> {
    pub(super) issuer: &'a str,
    pub(super) name: &'a str,
    pub(super) slot: u16,
    /// The algorithms that the provider allows.
    pub(super) allowed: Option<&'a [Algorithm]>,
    /// What the host can do, if nobody else may.
    pub(super) only: Option<HostCan>,
}

/// Reads the keys of the provider at that place. None at all where they cannot be read, and then the problem is noted.
pub(super) fn read(written: raw::Keys, of: &Of<'_>, provider: &Place, problems: &mut Problems) -> Keys {
    let place = provider.key("keys");
    let raw::Keys { jwks, pem, fetch, discovery } = written;
    check_algorithms(of, &provider.key("algorithms"), problems);
    let none = || Keys::Written(KeySet::new(Vec::new()));
    match (jwks, pem, fetch, discovery) {
        (Some(jwks), None, None, None) => {
            written_keys(read_jwks(jwks.0, &place.key("jwks"), problems), of, provider, problems)
        }
        (None, Some(pem), None, None) => {
            let place = place.key("pem");
            if pem.is_empty() {
                problems.add(&place, "there is no key; add one");
                return none();
            }
            let keys: Vec<Option<Key>> = pem
                .iter()
                .enumerate()
                .map(|(index, text)| noted(pem::read(text), &place.index(index), problems))
                .collect();
            written_keys(keys.into_iter().collect(), of, provider, problems)
        }
        (None, None, Some(source), None) => {
            fetched(source, of, &place.key("fetch"), problems, |source| FetchedKeys::at(source, of.name, of.slot))
        }
        (None, None, None, Some(source)) => fetched(source, of, &place.key("discovery"), problems, |source| {
            FetchedKeys::discovered(source, of.issuer, of.name, of.slot)
        }),
        _ => {
            problems.add(&place, "keys come from one place; write `jwks`, `pem`, `fetch` or `discovery`");
            none()
        }
    }
}

fn fetched(
    source: verdict_policy::fetched::raw::Source,
    of: &Of<'_>,
    place: &Place,
    problems: &mut Problems,
    begin: impl FnOnce(Source) -> FetchedKeys,
) -> Keys {
    if let Some(algorithm) = of.allowed.into_iter().flatten().find(|algorithm| algorithm.is_symmetric()) {
        problems.add(
            place,
            format!(
                "{} takes a secret, and keys that anybody can fetch are none; write `jwks`, or leave the algorithm out",
                algorithm.name()
            ),
        );
    }
    match Source::read(source, place, problems) {
        Some(source) => Keys::Fetched(Box::new(begin(source))),
        None => Keys::Written(KeySet::new(Vec::new())),
    }
}

/// The algorithms that a provider lists, against what may verify them.
fn check_algorithms(of: &Of<'_>, place: &Place, problems: &mut Problems) {
    let Some(allowed) = of.allowed else {
        if of.only.is_some() {
            problems
                .add(place, "`crypto` is `host_only`, so that the algorithms must be known at the start; list them");
        }
        return;
    };
    if allowed.is_empty() {
        problems.add(place, "no algorithm is allowed; leave it out, or list those that are");
    }
    for (index, algorithm) in allowed.iter().enumerate() {
        if allowed.iter().take(index).any(|other| other == algorithm) {
            problems.add(&place.index(index), format!("{} is there twice; delete one of the two", algorithm.name()));
        }
        if of.only.is_some_and(|host| !host.can(*algorithm)) {
            problems.add(
                &place.index(index),
                format!(
                    "this proxy cannot verify {}; leave it out, or set `crypto` to `prefer_host`",
                    algorithm.name()
                ),
            );
        }
    }
}

fn read_jwks(written: Json, place: &Place, problems: &mut Problems) -> Option<Vec<Key>> {
    let set = match written {
        // Templates can paste a text more easily than an object.
        Json::Text(text) => match json::parse(text.as_bytes()) {
            Ok(set) => set,
            Err(error) => {
                problems.add(place, format!("this text is not JSON: {error}"));
                return None;
            }
        },
        other @ (Json::Null
        | Json::Bool(_)
        | Json::Integer(_)
        | Json::OtherNumber { .. }
        | Json::List(_)
        | Json::Object(_)) => other,
    };
    let keys = noted(jwk::list(set), place, problems)?;
    if keys.is_empty() {
        problems.add(place, "there is no key; add one");
        return None;
    }
    let place = place.key("keys");
    let keys: Vec<Option<Key>> = keys
        .iter()
        .enumerate()
        .map(|(index, key)| noted(jwk::read(key, From::Configuration), &place.index(index), problems))
        .collect();
    keys.into_iter().collect()
}

fn noted<T>(read: Result<T, BadKey>, place: &Place, problems: &mut Problems) -> Option<T> {
    read.map_err(|fault| problems.add(place, fault.to_string())).ok()
}

/// Keys that stand in the configuration: what they and the provider's algorithms are for must meet.
fn written_keys(keys: Option<Vec<Key>>, of: &Of<'_>, provider: &Place, problems: &mut Problems) -> Keys {
    let Some(keys) = keys else { return Keys::Written(KeySet::new(Vec::new())) };
    let serves = |algorithm: Algorithm| keys.iter().any(|key| key.serves(algorithm));
    match of.allowed {
        Some(allowed) => {
            for (index, algorithm) in allowed.iter().enumerate().filter(|(_, algorithm)| !serves(**algorithm)) {
                problems.add(
                    &provider.key("algorithms").index(index),
                    format!("no key is for {}; add one, or leave the algorithm out", algorithm.name()),
                );
            }
        }
        None if !Algorithm::ALL.into_iter().any(|algorithm| !algorithm.is_symmetric() && serves(algorithm)) => {
            problems.add(
                &provider.key("keys"),
                "these are secrets only: whoever can verify with them can make tokens; if that is meant, list the algorithm in \
                 `algorithms`, as in [\"HS256\"]",
            );
        }
        None => {}
    }
    Keys::Written(KeySet::new(keys))
}
