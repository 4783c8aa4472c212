//! Reads the filter's part of the configuration: what was written becomes what can be decided by, or a problem with its place.

use std::rc::Rc;

use verdict_policy::document::{Document, Named};
use verdict_policy::fetched;
use verdict_policy::field::is_token;
use verdict_policy::json::Json;
use verdict_policy::own_headers::are_alike;
use verdict_policy::presented;
use verdict_policy::problems::{Place, Problems};
use verdict_policy::settings;

use crate::admitted::Admitted;
use crate::book::{Book, Builder, NotABook};
use crate::hash::Hasher;
use crate::lookup::{self, Lookups};
use crate::raw::{self, Access};
use crate::source::{LABEL, Snapshot, Source, seconds};
use crate::{Asks, Keys, PassingOn, SubscriptionPolicy};

/// The most consumers that may stand in the configuration itself. They are read in one go, before the proxy serves with them.
const INLINE_LIMIT: usize = 10_000;

/// The longest key that may be asked for, in bytes.
const KEY_LIMIT: u32 = 8192;

/// The longest a request may wait for the source, in seconds.
const WAIT_LIMIT: u32 = 60;

/// The shortest secret for HMAC, in bytes (RFC 2104, section 3, advises the length of the hash).
const SECRET_LEAST: usize = 32;

/// Reads the configuration.
pub(crate) fn read(document: &Document, problems: &mut Problems) -> Option<SubscriptionPolicy> {
    let (written, _, rules) = settings::read::<raw::Settings, raw::Asks>("subscription", document, problems)?;
    let place = document.place();
    let rules = rules.map(|rule, asks| read_asks(asks, &rule.place, problems).map(Rc::new));
    let raw::Settings { keys, identity, source, pass_on, portal, wait_seconds } = written?;
    if keys.is_none() && identity.is_none() {
        problems.add(place, "nothing says who calls; add `keys`, `identity` or both");
    }
    let claim = identity.map(|raw::Identity { claim }| {
        if claim.is_empty() {
            problems.add(&place.key("identity").key("claim"), "the claim is empty; write its name, such as `azp`");
        }
        claim
    });
    let keys = keys.map(|keys| read_keys(keys, &place.key("keys"), problems));
    let source = read_source(source, &place.key("source"), problems);
    let places = keys.as_ref().map_or(&[][..], |keys| &keys.places);
    let passing_on = read_passing_on(pass_on, places, &place.key("pass_on"), problems);
    if portal.as_ref().is_some_and(|portal| !portal.starts_with("https://")) {
        problems.add(&place.key("portal"), "this is not an https address; write https://…/");
    }
    problems.in_range(wait_seconds, 1..=WAIT_LIMIT, &place.key("wait_seconds"));
    let wait = seconds(wait_seconds);
    let (admitted, rules, source) = (Admitted::default(), rules?, source?);
    Some(SubscriptionPolicy { rules, keys, claim, source, passing_on, portal, wait, admitted })
}

fn read_asks(written: raw::Asks, place: &Place, problems: &mut Problems) -> Option<Asks> {
    match written {
        raw::Asks { api: None, access: Access::Public } => Some(Asks::Public),
        raw::Asks { api: Some(api), access: Access::Required } if !api.is_empty() => Some(Asks::Api(api.into())),
        raw::Asks { api: Some(_), access: Access::Public } => {
            problems.add(
                place,
                "the rule is `public`, so that nobody is asked for a subscription; delete `api` or `access`",
            );
            None
        }
        raw::Asks { access: Access::Required, .. } => {
            problems.add(place, "the rule does not say which API it is; add `api`, or set `access` to `public`");
            None
        }
    }
}

fn read_keys(written: raw::Keys, place: &Place, problems: &mut Problems) -> Keys {
    let raw::Keys { from, max_bytes, hmac_secret } = written;
    let places = presented::read(from, &place.key("from"), problems);
    problems.in_range(max_bytes, 8..=KEY_LIMIT, &place.key("max_bytes"));
    let hasher = match hmac_secret {
        None => Hasher::Sha256,
        Some(secret) => {
            let secret = secret.as_bytes();
            if secret.len() < SECRET_LEAST {
                problems.add(
                    &place.key("hmac_secret"),
                    format!("the secret is too short; use at least {SECRET_LEAST} random bytes"),
                );
            }
            Hasher::with_secret(secret).unwrap_or(Hasher::Sha256)
        }
    };
    let max_bytes = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    Keys { in_words: presented::in_words(&places), places, max_bytes, hasher }
}

fn read_source(written: raw::Source, place: &Place, problems: &mut Problems) -> Option<Source> {
    match written {
        raw::Source { inline: Some(inline), snapshot: None, lookup: None } => {
            read_inline(inline, &place.key("inline"), problems).map(|book| Source::Inline(Box::new(book)))
        }
        raw::Source { inline: None, snapshot: Some(snapshot), lookup: None } => {
            let source = fetched::Source::read(snapshot, &place.key("snapshot"), problems)?;
            Some(Source::Snapshot(Box::new(Snapshot::new(source))))
        }
        raw::Source { inline: None, snapshot: None, lookup: Some(lookup) } => {
            read_lookup(lookup, &place.key("lookup"), problems).map(|lookups| Source::Lookup(Box::new(lookups)))
        }
        raw::Source { .. } => {
            problems.add(place, "the data comes from one place; write `inline`, `snapshot` or `lookup`");
            None
        }
    }
}

fn read_lookup(written: raw::Lookup, place: &Place, problems: &mut Problems) -> Option<Lookups> {
    let raw::Lookup {
        cluster,
        authority,
        path,
        timeout_seconds,
        ttl_seconds,
        unknown_ttl_seconds,
        stale_if_error_seconds,
        max_entries,
        max_unknown,
        max_in_flight,
    } = written;
    // The same checks as for a document that is polled.
    let as_source = fetched::raw::Source {
        cluster: cluster.clone(),
        authority: authority.clone(),
        path: path.clone(),
        refresh_seconds: 300,
        timeout_seconds: 5,
        max_stale_seconds: 86_400,
        min_interval_seconds: 10,
        max_bytes: 65_536,
    };
    let fit = fetched::Source::read(as_source, place, problems).is_some();
    problems.in_range(timeout_seconds, 1..=30, &place.key("timeout_seconds"));
    problems.in_range(ttl_seconds, 1..=86_400, &place.key("ttl_seconds"));
    problems.in_range(unknown_ttl_seconds, 1..=86_400, &place.key("unknown_ttl_seconds"));
    problems.in_range(max_entries, 1..=10_000_000, &place.key("max_entries"));
    problems.in_range(max_unknown, 1..=10_000_000, &place.key("max_unknown"));
    problems.in_range(max_in_flight, 1..=10_000, &place.key("max_in_flight"));
    let size = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
    fit.then(|| {
        Lookups::new(
            lookup::Settings {
                cluster,
                authority,
                path,
                timeout: seconds(timeout_seconds),
                positive_ttl: seconds(ttl_seconds),
                negative_ttl: seconds(unknown_ttl_seconds),
                stale_if_error: seconds(stale_if_error_seconds),
                max_entries: size(max_entries),
                max_unknown: size(max_unknown),
                max_in_flight: size(max_in_flight),
                label: LABEL.to_owned(),
            },
            0,
        )
    })
}

/// Consumers in the configuration: as objects of a snapshot, so that both are read by the same code and mean the same.
fn read_inline(written: raw::Inline, place: &Place, problems: &mut Problems) -> Option<Book> {
    let raw::Inline { plans: Named(plans), consumers: Named(consumers) } = written;
    if consumers.len() > INLINE_LIMIT {
        problems.add(
            &place.key("consumers"),
            format!(
                "{} consumers stand in this configuration, and {INLINE_LIMIT} may; offer them as a `snapshot`",
                consumers.len()
            ),
        );
        return None;
    }
    let mut builder = Builder::default();
    let mut good = true;
    let mut line = 0;
    let plans = plans.into_iter().map(|(name, plan)| (place.key("plans").key(&name), plan_object(name, plan)));
    for (place, plan) in plans {
        line += 1;
        if let Err(why) = builder.plan(&plan, line) {
            note(why, &place, problems);
            good = false;
        }
    }
    let consumers = consumers
        .into_iter()
        .map(|(name, consumer)| (place.key("consumers").key(&name), consumer_object(name, consumer)));
    for (place, consumer) in consumers {
        line += 1;
        if let Err(why) = builder.consumer(&consumer, line) {
            note(why, &place, problems);
            good = false;
        }
    }
    if !good {
        return None;
    }
    builder.finish(0).map_err(|why| problems.add(place, why.to_string())).ok()
}

/// Notes what is wrong with an object that stands at that place.
fn note(why: NotABook, place: &Place, problems: &mut Problems) {
    match why {
        NotABook::Line { line: _, place: inside, message } => {
            let place = inside.split('/').skip(1).fold(place.clone(), |place, name| place.key(name));
            problems.add(&place, message.into_owned());
        }
        NotABook::Older { .. } | NotABook::NobodyLeft | NotABook::Twice { .. } | NotABook::OutOfMemory => {
            problems.add(place, why.to_string())
        }
    }
}

fn object(members: Vec<(&str, Option<Json>)>) -> Json {
    Json::Object(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

fn texts(texts: Vec<String>) -> Option<Json> {
    (!texts.is_empty()).then(|| Json::List(texts.into_iter().map(Json::Text).collect()))
}

fn plan_object(name: String, plan: raw::Plan) -> Json {
    let raw::Plan { methods, paths } = plan;
    object(vec![("plan", Some(Json::Text(name))), ("methods", texts(methods)), ("paths", texts(paths))])
}

fn consumer_object(name: String, consumer: raw::Consumer) -> Json {
    let raw::Consumer { keys, identities, subscriptions } = consumer;
    let text = |text: Option<String>| text.map(Json::Text);
    let keys = keys.into_iter().map(|raw::Key { hash, not_before, not_after }| {
        object(vec![("hash", text(Some(hash))), ("not_before", text(not_before)), ("not_after", text(not_after))])
    });
    let subscriptions = subscriptions.into_iter().map(|raw::Subscription { api, plan, state, starts, ends }| {
        object(vec![
            ("api", text(Some(api))),
            ("plan", text(plan)),
            ("state", text(Some(state.name().to_owned()))),
            ("starts", text(starts)),
            ("ends", text(ends)),
        ])
    });
    object(vec![
        ("consumer", text(Some(name))),
        ("keys", Some(Json::List(keys.collect()))),
        ("identities", texts(identities)),
        ("subscriptions", Some(Json::List(subscriptions.collect()))),
    ])
}

fn read_passing_on(
    written: raw::PassOn,
    places: &[presented::Place],
    place: &Place,
    problems: &mut Problems,
) -> PassingOn {
    let raw::PassOn { strip_key, identity, consumer_header, plan_header } = written;
    let carries_key = |name: &str| {
        places.iter().any(|place| {
            matches!(place, presented::Place::Header { name: other, .. } if are_alike(other.as_bytes(), name.as_bytes()))
        })
    };
    let mut check = |name: Option<String>, key: &str| {
        let name = name?.to_ascii_lowercase();
        if !is_token(&name) {
            problems
                .add(&place.key(key), format!("`{name}` is not the name of a header; write one such as `x-consumer`"));
        } else if carries_key(&name) || name.starts_with("x-verdict-") {
            problems.add(&place.key(key), format!("`{name}` has a meaning of its own; choose another name"));
        }
        Some(name)
    };
    let (consumer, plan) = (check(consumer_header, "consumer_header"), check(plan_header, "plan_header"));
    if let (Some(one), Some(other)) = (&consumer, &plan)
        && are_alike(one.as_bytes(), other.as_bytes())
    {
        problems.add(
            place,
            "both headers have the same name, or an upstream may take one for the other; rename one of them",
        );
    }
    PassingOn { strip_key, identity, consumer, plan }
}
