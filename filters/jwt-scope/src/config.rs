//! Reads the filter's part of the configuration: what was written becomes what can be decided by, or a problem with its place.

mod asks;
mod keys;

use std::rc::Rc;
use std::time::Duration;

use verdict_policy::crypto::Crypto;
use verdict_policy::document::{Document, Named};
use verdict_policy::field::is_token;
use verdict_policy::own_headers::are_alike;
use verdict_policy::presented;
use verdict_policy::problems::{Place, Problems};
use verdict_policy::settings;

use crate::cache::{self, Cache, Limits};
use crate::claims::Times;
use crate::passing_on::PassingOn;
use crate::provider::{Provider, plain_type};
use crate::refusal::Refusal;
use crate::signature::HostCan;
use crate::{JwtScope, raw};

/// The most providers: their fetches are numbered, and a token is looked for with each.
const PROVIDERS_LIMIT: usize = 64;

/// The longest token that may be asked for, in bytes. Envoy has 60 KiB of headers by default.
const TOKEN_LIMIT: u32 = 65_536;

/// The longest a request may wait for keys, in seconds.
const WAIT_LIMIT: u32 = 60;

/// One KiB, in bytes.
const KIB: usize = 1024;

/// Reads the configuration.
pub(crate) fn read(document: &Document, crypto: &dyn Crypto, problems: &mut Problems) -> Option<JwtScope> {
    let (written, _, rules) = settings::read::<raw::Settings, raw::Asks>("jwt-scope", document, problems)?;
    let place = document.place();
    let Some(written) = written else {
        // Nobody knows the providers; what else is wrong with the rules is told all the same.
        rules.map(|rule, asks| asks::read(asks, None, &rule.place, problems));
        return None;
    };
    let raw::Settings {
        providers,
        token_from,
        max_token_bytes,
        pass_on,
        crypto: who,
        cache_tokens,
        cache_kib,
        wait_seconds,
        preflights,
        realm,
    } = written;
    let host = match who {
        raw::Crypto::Module => HostCan::NONE,
        raw::Crypto::PreferHost => HostCan::tried(crypto),
        raw::Crypto::HostOnly => HostCan::tried(crypto).alone(),
    };
    let only = (who == raw::Crypto::HostOnly).then_some(host);
    let providers = read_providers(providers, only, &place.key("providers"), problems);
    let places = presented::read(token_from, &place.key("token_from"), problems);
    let passing_on = read_passing_on(pass_on, &places, &place.key("pass_on"), problems);
    let size = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
    if passing_on.remembers {
        let longest = size(max_token_bytes.min(TOKEN_LIMIT));
        check_remembering(&passing_on, cache_tokens, cache_kib, longest, place, problems);
    }
    problems.in_range(max_token_bytes, 16..=TOKEN_LIMIT, &place.key("max_token_bytes"));
    problems.in_range(wait_seconds, 1..=WAIT_LIMIT, &place.key("wait_seconds"));
    let realm = realm.and_then(|realm| {
        let fit =
            !realm.is_empty() && realm.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"\"\\".contains(&byte));
        if !fit {
            problems.add(&place.key("realm"), "this cannot stand in a header; write letters, digits and blanks");
        }
        fit.then(|| format!(" realm=\"{realm}\""))
    });
    let rules = rules.map(|rule, asks| asks::read(asks, Some(&providers), &rule.place, problems).map(Rc::new))?;
    let refusal = Refusal {
        place: realm.unwrap_or_default(),
        places: presented::in_words(&places),
        audiences: providers.iter().map(|provider| provider.audiences.join(" or ")).collect(),
        types: providers.iter().map(|provider| provider.typ.clone().unwrap_or_default()).collect(),
    };
    let cache = Cache::new(Limits { tokens: size(cache_tokens), bytes: size(cache_kib).saturating_mul(KIB) });
    Some(JwtScope {
        rules,
        providers,
        places,
        max_token_bytes: size(max_token_bytes),
        preflights_pass: preflights == raw::Preflights::Pass,
        passing_on,
        host,
        cache,
        wait: Duration::from_secs(wait_seconds.into()),
        refusal,
    })
}

/// The providers, as far as they can be read: also without its keys, a provider has a name that rules may use.
fn read_providers(
    written: Named<raw::Provider>,
    only: Option<HostCan>,
    place: &Place,
    problems: &mut Problems,
) -> Vec<Provider> {
    let Named(written) = written;
    if written.is_empty() {
        problems.add(place, "there is none; add who issues the tokens");
    }
    if written.len() > PROVIDERS_LIMIT {
        problems.add(place, format!("more than {PROVIDERS_LIMIT} providers; split them over several filters"));
    }
    let mut providers = Vec::new();
    for (slot, (name, provider)) in (0..).step_by(2).zip(written.into_iter().take(PROVIDERS_LIMIT)) {
        let place = place.key(&name);
        if name.is_empty()
            || name.len() > 64
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        {
            problems.add(
                &place,
                format!("`{name}` cannot be a label of a metric; use at most 64 letters, digits, dots, dashes and underscores"),
            );
        }
        let raw::Provider {
            issuer,
            audiences,
            keys,
            algorithms,
            typ,
            clock_skew_seconds,
            max_lifetime_seconds,
            require_exp,
            scope_claims,
            role_claims,
        } = provider;
        if issuer.is_empty() {
            problems.add(&place.key("issuer"), "the issuer is empty; write the `iss` of its tokens");
        }
        for (key, paths) in [("scope_claims", &scope_claims), ("role_claims", &role_claims)] {
            for (index, path) in paths.iter().enumerate().filter(|(_, path)| path.is_empty()) {
                let _ = path;
                problems.add(
                    &place.key(key).index(index),
                    "the path has no names; write the name of a claim, as in `[\"scope\"]`",
                );
            }
        }
        if max_lifetime_seconds == Some(0) {
            problems.add(&place.key("max_lifetime_seconds"), "0 is not possible; write at least 1, or leave it out");
        }
        let allowed = algorithms.as_deref();
        let keys = keys::read(keys, &keys::Of { issuer: &issuer, name: &name, slot, allowed, only }, &place, problems);
        providers.push(Provider {
            name,
            issuer,
            audiences,
            algorithms,
            typ: typ.map(|typ| plain_type(&typ)),
            times: Times { skew_seconds: clock_skew_seconds, require_exp, max_lifetime_seconds },
            scope_claims,
            role_claims,
            keys,
        });
    }
    providers
}

/// Checks that each token that is accepted can be remembered, `longest` bytes of it: an internal redirect brings requests back without
/// theirs, and one that was forgotten looks like one that was never sent.
fn check_remembering(
    passing_on: &PassingOn,
    tokens: u32,
    kib: u32,
    longest: usize,
    place: &Place,
    problems: &mut Problems,
) {
    let why = if passing_on.strip_token { "`strip_token`" } else { "a token in the query" };
    if tokens == 0 {
        problems.add(
            &place.key("cache_tokens"),
            format!(
                "0 with {why}: a request that an internal redirect brings back would be without its token; remember some"
            ),
        );
    }
    let needed = cache::bytes_for(longest).div_ceil(KIB);
    if usize::try_from(kib).is_ok_and(|kib| kib < needed) {
        problems.add(
            &place.key("cache_kib"),
            format!(
                "{kib} with {why}: a token of `max_token_bytes` could not be remembered, and a request that an internal redirect \
                 brings back would be without it; write at least {needed}, or lower `max_token_bytes`"
            ),
        );
    }
}

fn read_passing_on(
    written: raw::PassOn,
    places: &[presented::Place],
    place: &Place,
    problems: &mut Problems,
) -> PassingOn {
    let raw::PassOn { strip_token, identity, payload_header, claims } = written;
    let remembers = strip_token || places.iter().any(|place| matches!(place, presented::Place::Query(_)));
    let mut names: Vec<String> = Vec::new();
    let mut check = |name: &str, place: &Place, problems: &mut Problems| {
        let carries_token = |other: &presented::Place| matches!(other, presented::Place::Header { name: other, .. } if are_alike(other.as_bytes(), name.as_bytes()));
        if !is_token(name) {
            problems.add(place, format!("`{name}` is not the name of a header; write one such as `x-user`"));
        } else if ["host", "connection", "content-length", "transfer-encoding", "cookie", "authorization"]
            .contains(&name.to_ascii_lowercase().as_str())
            || name.to_ascii_lowercase().starts_with("x-verdict-")
            || places.iter().any(carries_token)
        {
            problems.add(place, format!("`{name}` has a meaning of its own; choose another name"));
        } else if names.iter().any(|other| are_alike(other.as_bytes(), name.as_bytes())) {
            problems.add(
                place,
                format!("`{name}` is there twice, or an upstream may take it for another; choose another name"),
            );
        }
        names.push(name.to_owned());
        name.to_ascii_lowercase()
    };
    let payload = payload_header.map(|name| check(&name, &place.key("payload_header"), problems));
    let claims_place = place.key("claims");
    let claims = claims
        .into_iter()
        .enumerate()
        .map(|(index, raw::ClaimHeader { claim, header })| {
            let place = claims_place.index(index);
            if claim.is_empty() {
                problems
                    .add(&place.key("claim"), "the path has no names; write the name of a claim, as in `[\"sub\"]`");
            }
            (claim, check(&header, &place.key("header"), problems))
        })
        .collect();
    PassingOn { strip_token, remembers, identity, payload, claims }
}
