//! Plans and consumers as the source writes them (docs/subscription-source.md): each an object, read strictly.
//!
//! Members that nobody knows are ignored. What is written must be right: a `null`, or an empty list of methods, is a mistake that might
//! admit everybody.

use verdict_policy::date;
use verdict_policy::field::{is_plain_value, is_token};
use verdict_policy::json::{self, Json};
use verdict_policy::matching::pattern::Pattern;

use super::fault::Fault;
use super::{MAX_IDENTITIES, MAX_KEYS, MAX_LIMITS, MAX_NAME_BYTES, MAX_SUBSCRIPTIONS};
use crate::hash::Hash;
use crate::subscription::{Period, Plan, State};

/// The longest path of a plan that is read, in bytes.
const MAX_PATH_BYTES: usize = 1_024;

/// A consumer with all that is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consumer<'a> {
    /// Its name: 1 to [`MAX_NAME_BYTES`] characters of visible ASCII.
    pub name: &'a str,
    /// Its keys.
    pub keys: Vec<Key>,
    /// What the claim says of it: each 1 to [`MAX_NAME_BYTES`] bytes without control characters.
    pub identities: Vec<&'a str>,
    /// What it has subscribed to, at most once each.
    pub subscriptions: Vec<Subscribed<'a>>,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its hash.
    pub hash: Hash,
    /// When it is valid.
    pub period: Period,
}

/// A subscription of a consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed<'a> {
    /// The API; like an identity.
    pub api: &'a str,
    /// The plan, which came before; `None`: all of the API.
    pub plan: Option<&'a str>,
    /// How it stands.
    pub state: State,
    /// For which time.
    pub period: Period,
}

pub(super) type Read<T> = Result<T, Fault>;

/// The plan that an object describes.
pub(super) fn plan(value: &Json) -> Read<Plan> {
    let object = object(value)?;
    let name = required(object, "plan", name)?.to_owned();
    Ok(Plan { name, methods: limits(object, "methods", method)?, paths: limits(object, "paths", path)? })
}

/// The consumer that an object describes.
pub(super) fn consumer(value: &Json) -> Read<Consumer<'_>> {
    let object = object(value)?;
    Ok(Consumer {
        name: required(object, "consumer", name)?,
        keys: list(object, "keys", MAX_KEYS, key)?,
        identities: list(object, "identities", MAX_IDENTITIES, id)?,
        subscriptions: list(object, "subscriptions", MAX_SUBSCRIPTIONS, subscribed)?,
    })
}

/// An object, in which no name is there twice at any depth.
pub(super) fn object(value: &Json) -> Read<&Json> {
    if !matches!(value, Json::Object(_)) {
        return wrong(value, "an object: `{ … }`");
    }
    if json::has_duplicates(value) {
        return Err(Fault::new("a name is there twice in one object; delete one of the two"));
    }
    Ok(value)
}

/// A whole number that is not negative.
pub(super) fn number(value: &Json) -> Read<u64> {
    let Json::Integer(number) = value else { return wrong(value, "a whole number") };
    u64::try_from(*number).map_err(|_| Fault::new("this number is negative; write one that is not"))
}

/// A member that must be there.
pub(super) fn required<'a, T>(object: &'a Json, name: &str, read: impl Fn(&'a Json) -> Read<T>) -> Read<T> {
    optional(object, name, read)?.ok_or_else(|| Fault::new(format!("`{name}` is missing; add it")))
}

fn optional<'a, T>(object: &'a Json, name: &str, read: impl Fn(&'a Json) -> Read<T>) -> Read<Option<T>> {
    object.get(name).map(|value| read(value).map_err(|fault| fault.within(name))).transpose()
}

fn list<'a, T>(object: &'a Json, name: &str, limit: usize, read: impl Fn(&'a Json) -> Read<T>) -> Read<Vec<T>> {
    let items = optional(object, name, |value| {
        let Json::List(items) = value else { return wrong(value, "a list: `[ … ]`") };
        if items.len() > limit {
            return Err(Fault::new(format!("there are {} of them; write at most {limit}", items.len())));
        }
        let each = |(index, item)| read(item).map_err(|fault| fault.within(index));
        items.iter().enumerate().map(each).collect()
    })?;
    Ok(items.unwrap_or_default())
}

/// What a plan is limited to.
fn limits<'a, T>(object: &'a Json, name: &str, read: impl Fn(&'a Json) -> Read<T>) -> Read<Vec<T>> {
    let limits = list(object, name, MAX_LIMITS, read)?;
    if limits.is_empty() && object.get(name).is_some() {
        let fault =
            Fault::new("this is empty and would admit nothing; name at least one, or leave it out to admit all");
        return Err(fault.within(name));
    }
    Ok(limits)
}

fn key(value: &Json) -> Read<Key> {
    let value = object_within(value)?;
    Ok(Key { hash: required(value, "hash", hash)?, period: period(value, "not_before", "not_after")? })
}

fn subscribed(value: &Json) -> Read<Subscribed<'_>> {
    let value = object_within(value)?;
    Ok(Subscribed {
        api: required(value, "api", id)?,
        plan: optional(value, "plan", name)?,
        state: required(value, "state", state)?,
        period: period(value, "starts", "ends")?,
    })
}

/// An object in one that was looked through for names that are there twice.
fn object_within(value: &Json) -> Read<&Json> {
    if matches!(value, Json::Object(_)) { Ok(value) } else { wrong(value, "an object: `{ … }`") }
}

fn period(object: &Json, from: &str, until: &str) -> Read<Period> {
    Ok(Period { from: optional(object, from, moment)?, until: optional(object, until, moment)? })
}

/// What was before 1970 was always so.
fn moment(value: &Json) -> Read<u64> {
    let moment = date::read(text(value)?)
        .ok_or_else(|| Fault::new("this is no moment in RFC 3339; write it like 2027-01-31T18:00:00Z"))?;
    Ok(u64::try_from(moment).unwrap_or(0))
}

fn hash(value: &Json) -> Read<Hash> {
    // Not a word of it: it might be the key itself.
    Hash::read(text(value)?)
        .ok_or_else(|| Fault::new("this is no hash; write its 32 bytes in base64url without padding, 43 characters"))
}

fn state(value: &Json) -> Read<State> {
    let text = text(value)?;
    let states = [State::Pending, State::Active, State::Rejected, State::Suspended, State::Revoked];
    states
        .into_iter()
        .find(|state| state.name() == text)
        .ok_or_else(|| Fault::new(format!("this is no state; write one of `{}`", states.map(State::name).join("`, `"))))
}

fn name(value: &Json) -> Read<&str> {
    let text = text(value)?;
    check_name(text).map(|()| text)
}

fn id(value: &Json) -> Read<&str> {
    let text = text(value)?;
    check_id(text).map(|()| text)
}

/// Consumers and plans are told in headers and logs: whom neither can carry would be admitted without a trace.
pub(super) fn check_name(text: &str) -> Read<()> {
    if (1..=MAX_NAME_BYTES).contains(&text.len()) && is_plain_value(text) {
        return Ok(());
    }
    let most = MAX_NAME_BYTES;
    Err(Fault::new(format!(
        "this is no name; write 1 to {most} characters of visible ASCII, as headers can carry them"
    )))
}

/// APIs and identities are only compared.
pub(super) fn check_id(text: &str) -> Read<()> {
    if (1..=MAX_NAME_BYTES).contains(&text.len()) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Fault::new(format!("this is no name; write 1 to {MAX_NAME_BYTES} bytes without control characters")))
}

/// A method is a token, and case counts (RFC 9110, section 9.1).
fn method(value: &Json) -> Read<String> {
    let text = text(value)?;
    if !is_token(text) || text.len() > MAX_NAME_BYTES || text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(Fault::new("this is no method; write one in upper case, as in `GET`"));
    }
    Ok(text.to_owned())
}

fn path(value: &Json) -> Read<Pattern> {
    let text = text(value)?;
    if text.len() > MAX_PATH_BYTES {
        return Err(Fault::new(format!("this path has more than {MAX_PATH_BYTES} bytes; write a shorter one")));
    }
    Pattern::read(text).map_err(Fault::new)
}

fn text(value: &Json) -> Read<&str> {
    let Json::Text(text) = value else { return wrong(value, "a text in quotes") };
    Ok(text)
}

fn wrong<T>(value: &Json, expected: &str) -> Read<T> {
    let or = if matches!(value, Json::Null) { ", or leave it out" } else { "" };
    Err(Fault::new(format!("this is {}; write {expected}{or}", value.kind())))
}
