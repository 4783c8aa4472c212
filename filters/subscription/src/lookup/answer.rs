//! What a reply says: who the caller is, that nobody knows them, or nothing that can be used.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use verdict_policy::contract::CallError;
use verdict_policy::date;
use verdict_policy::document::Read;
use verdict_policy::field::{is_plain_value, is_token};
use verdict_policy::json::{self, Json};
use verdict_policy::matching::pattern::Pattern;
use verdict_policy::problems::{Place, Problems};

use crate::subscription::{Known, Period, Plan, State, Subscription};

/// The longest name of a consumer or a plan, in bytes.
const NAME_LIMIT: usize = 256;

/// How long all methods and paths of a plan may be together, in bytes.
const PLAN_LIMIT: usize = 16 * 1024;

/// How many plans are shared between the answers that name them.
const PLANS_LIMIT: usize = 256;

/// The longest account of a failure, in characters.
const ACCOUNT_LIMIT: usize = 200;

/// What the source said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// In which version of its data.
    pub(super) version: u64,
    /// What it knows of the caller; `None`: nothing.
    pub(super) known: Option<Known>,
}

/// Why there is no answer that can be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There was no reply.
    NoReply(CallError),
    /// There was no word of the call at all, long after its time-out.
    Lost,
    /// The status is neither 200 nor 404.
    Status(u16),
    /// It is not what such an answer has to be, for that cause.
    Shape(String),
    /// It is older than one that came before the call was made.
    Replay {
        /// Of this answer.
        version: u64,
        /// Of that one.
        latest: u64,
    },
}

/// The plans that answers named, so that all who have the same plan share it.
#[derive(Default)]
pub(super) struct Plans(BTreeMap<String, Rc<Plan>>);

impl Plans {
    fn share(&mut self, plan: Plan) -> Rc<Plan> {
        if let Some(shared) = self.0.get(&plan.name).filter(|shared| ***shared == plan) {
            return Rc::clone(shared);
        }
        if self.0.len() >= PLANS_LIMIT {
            self.0.clear();
        }
        let plan = Rc::new(plan);
        self.0.insert(plan.name.clone(), Rc::clone(&plan));
        plan
    }
}

/// Reads a reply.
///
/// # Errors
/// If it says nothing about the caller.
pub(super) fn read(status: u16, body: &[u8], plans: &mut Plans) -> Result<Told, Failure> {
    let read = match status {
        200 => object(body).and_then(|answer| known(&answer, plans)),
        // A wrong path has that status too, and must not look as if nobody had a key.
        404 => object(body)
            .and_then(|answer| Ok(Told { version: version(&answer)?, known: None }))
            .map_err(|cause| format!("{cause}, and status 404; check `path`")),
        other => return Err(Failure::Status(other)),
    };
    read.map_err(|cause| {
        let visible = cause.chars().map(|char| if char.is_control() { ' ' } else { char });
        Failure::Shape(visible.take(ACCOUNT_LIMIT).collect())
    })
}

fn object(body: &[u8]) -> Result<Json, String> {
    let value = json::parse(body).map_err(|fault| format!("it is not JSON: {fault}"))?;
    if !matches!(value, Json::Object(_)) {
        return Err(format!("it is {}, not an object", value.kind()));
    }
    if json::has_duplicates(&value) {
        return Err("it has two members of one name".to_owned());
    }
    Ok(value)
}

fn known(answer: &Json, plans: &mut Plans) -> Result<Told, String> {
    let version = version(answer)?;
    let consumer = name(answer, "consumer")?.ok_or("it has no `consumer`")?;
    let credential = period(answer, "not_before", "not_after")?;
    let subscription = match answer.get("subscription") {
        Some(Json::Null) => None,
        Some(subscription @ Json::Object(_)) => Some(read_subscription(subscription, plans)?),
        Some(other) => return Err(format!("`subscription` is {}, neither an object nor null", other.kind())),
        None => return Err("it has no `subscription`; write null for none".to_owned()),
    };
    Ok(Told { version, known: Some(Known { consumer: consumer.into(), credential, subscription }) })
}

fn version(answer: &Json) -> Result<u64, String> {
    match answer.get("version") {
        Some(Json::Integer(version)) => u64::try_from(*version).map_err(|_| "`version` is below 0".to_owned()),
        Some(other) => Err(format!("`version` is {}, not a whole number of at most 63 bits", other.kind())),
        None => Err("it has no `version`".to_owned()),
    }
}

fn read_subscription(subscription: &Json, plans: &mut Plans) -> Result<Subscription, String> {
    let state = subscription.get("state").ok_or("the subscription has no `state`")?;
    let mut problems = Problems::new();
    let state = State::read(state, &Place::root(), &mut problems).ok_or_else(|| {
        let cause = problems.iter().next().map_or("it is none", |problem| &problem.message);
        format!("`state`: {cause}")
    })?;
    let period = period(subscription, "starts", "ends")?;
    let methods = list(subscription, "methods")?;
    let paths = list(subscription, "paths")?;
    let plan = match (name(subscription, "plan")?, methods, paths) {
        (None, None, None) => None,
        // What limits a subscription is never overlooked.
        (None, _, _) => return Err("there are `methods` or `paths` without a `plan`".to_owned()),
        (Some(name), methods, paths) => Some(plans.share(plan(name, methods, paths)?)),
    };
    Ok(Subscription { state, period, plan })
}

fn plan(name: &str, methods: Option<Vec<&str>>, paths: Option<Vec<&str>>) -> Result<Plan, String> {
    let (methods, paths) = (methods.unwrap_or_default(), paths.unwrap_or_default());
    if methods.iter().chain(&paths).map(|text| text.len()).sum::<usize>() > PLAN_LIMIT {
        return Err(format!("the plan's `methods` and `paths` have more than {PLAN_LIMIT} bytes"));
    }
    if !methods.iter().all(|method| is_method(method)) {
        return Err("one of `methods` is none, or in lower case; write one as in `GET`".to_owned());
    }
    Ok(Plan {
        name: name.to_owned(),
        methods: methods.into_iter().map(str::to_owned).collect(),
        paths: paths.into_iter().map(Pattern::read).collect::<Result<_, _>>()?,
    })
}

fn text<'a>(object: &'a Json, member: &str) -> Result<Option<&'a str>, String> {
    match object.get(member) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(other) => Err(format!("`{member}` is {}, not a text; leave it out if there is none", other.kind())),
    }
}

/// A text that can name somebody in a header, a log and a metric.
fn name<'a>(object: &'a Json, member: &str) -> Result<Option<&'a str>, String> {
    match text(object, member)? {
        Some("") => Err(format!("`{member}` is empty")),
        Some(name) if name.len() > NAME_LIMIT => Err(format!("`{member}` has more than {NAME_LIMIT} bytes")),
        Some(name) if !is_plain_value(name) => {
            Err(format!("`{member}` cannot be told in a header; write it in visible ASCII"))
        }
        name => Ok(name),
    }
}

fn list<'a>(object: &'a Json, member: &str) -> Result<Option<Vec<&'a str>>, String> {
    let items = match object.get(member) {
        None => return Ok(None),
        Some(Json::List(items)) => items,
        Some(other) => return Err(format!("`{member}` is {}, not a list; leave it out for all", other.kind())),
    };
    // It may be meant as nothing, and would be read as everything.
    if items.is_empty() {
        return Err(format!("`{member}` is empty; leave it out for all"));
    }
    let texts = items.iter().map(|item| match item {
        Json::Text(text) => Ok(text.as_str()),
        other @ (Json::Null
        | Json::Bool(_)
        | Json::Integer(_)
        | Json::OtherNumber { whole: _ }
        | Json::List(_)
        | Json::Object(_)) => Err(format!("in `{member}` is {}, not a text", other.kind())),
    });
    texts.collect::<Result<_, _>>().map(Some)
}

fn period(object: &Json, from: &str, until: &str) -> Result<Period, String> {
    Ok(Period { from: moment(object, from)?, until: moment(object, until)? })
}

fn moment(object: &Json, member: &str) -> Result<Option<u64>, String> {
    let Some(text) = text(object, member)? else { return Ok(None) };
    let seconds =
        date::read(text).ok_or_else(|| format!("`{member}` is no moment; write one as in `2027-01-31T18:00:00Z`"))?;
    // What began before 1970 has begun, and what ended then has ended.
    Ok(Some(u64::try_from(seconds).unwrap_or(0)))
}

/// A method is a token, and case counts (RFC 9110, section 9.1). As in rules, none is in lower case.
fn is_method(text: &str) -> bool {
    is_token(text) && !text.bytes().any(|byte| byte.is_ascii_lowercase())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoReply(CallError::Refused) => {
                f.write_str("the proxy did not take the call, check the cluster's name")
            }
            Self::NoReply(CallError::NoAnswer) => f.write_str("no answer came in time"),
            Self::NoReply(CallError::TooLarge) => f.write_str("the answer is too large"),
            Self::Lost => f.write_str("the proxy lost the call"),
            Self::Status(status) => write!(f, "the answer has status {status}"),
            Self::Shape(cause) => write!(f, "the answer cannot be used, {cause}"),
            Self::Replay { version, latest } => write!(
                f,
                "the answer is a replay, of version {version} after version {latest}; versions only rise, also when data is restored"
            ),
        }
    }
}
