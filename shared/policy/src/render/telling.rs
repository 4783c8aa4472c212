//! What a client is told of a refusal, whatever the format.

use super::{DenialId, FACTS_LIMIT, challenge};
use crate::denial::{Denial, Fact, Shown};
use crate::head::{Head, Sole};
use crate::reason::{Reason, Retry};
use crate::settings::Show;

/// The longest request id that is repeated, in bytes.
const REQUEST_ID_LIMIT: usize = 128;

/// What everybody is told.
pub(super) struct Telling<'a> {
    pub(super) id: &'a DenialId,
    pub(super) status: u16,
    /// The reason's title; where no reason is told, the status's.
    pub(super) title: &'static str,
    /// `WWW-Authenticate`.
    pub(super) challenge: Option<String>,
    /// What those are told who may know the reason.
    pub(super) because: Option<Because<'a>>,
}

/// The reason and what belongs to it.
pub(super) struct Because<'a> {
    /// `<filter>.<code>`.
    pub(super) code: String,
    pub(super) filter: &'static str,
    /// A URI for the reason.
    pub(super) kind: String,
    pub(super) detail: String,
    pub(super) remedy: &'static str,
    pub(super) retry: Retry,
    pub(super) contact: Option<&'a str>,
    pub(super) request_id: Option<&'a str>,
    pub(super) context: Vec<(&'static str, &'a str)>,
    /// What those are told who may know everything.
    pub(super) full: Option<Full<'a>>,
}

/// The line of configuration, and what its keeper can do.
pub(super) struct Full<'a> {
    pub(super) rule: &'a str,
    pub(super) hash: &'a str,
    pub(super) pointer: &'a str,
    pub(super) operator_remedy: &'static str,
}

impl<'a> Telling<'a> {
    pub(super) fn new(denial: &'a Denial, id: &'a DenialId, show: Show, request: &'a Head) -> Self {
        let told = told_reason(denial, show);
        let is_real = std::ptr::eq(told, denial.reason);
        let settings = &denial.rule.settings;
        let status = match denial.status.filter(|_| is_real) {
            Some(own) => own,
            None if told.status == 401 => settings.unauthenticated_status,
            None => told.status,
        };
        let challenge = denial.challenge.as_deref().and_then(|own| {
            if told.status == 401 && status != 401 {
                return None;
            }
            match show {
                Show::Full | Show::Reason if is_real => challenge::whole(own),
                Show::Full | Show::Reason => (status == 401).then(|| challenge::of_class(own)).flatten(),
                Show::Opaque => (status == 401).then(|| challenge::bare(own)).flatten(),
            }
        });
        let because = || {
            let facts: Vec<&Fact> =
                denial.facts.iter().filter(|fact| is_visible(fact, is_real, show)).take(FACTS_LIMIT).collect();
            let code = format!("{}.{}", denial.rule.filter, told.code);
            Because {
                kind: match &settings.problem_base {
                    Some(base) => format!("{base}{code}"),
                    None => format!("urn:verdict:{code}"),
                },
                code,
                filter: denial.rule.filter,
                detail: filled(told.detail, &facts).unwrap_or_else(|| told.title.to_owned()),
                remedy: told.remedy,
                retry: told.retry,
                contact: denial.rule.contact(),
                request_id: request_id(request),
                context: facts.iter().map(|fact| (fact.name, fact.value.as_str())).collect(),
                full: (show == Show::Full).then(|| Full {
                    rule: &denial.rule.name,
                    hash: &settings.config_hash,
                    pointer: denial.pointer(),
                    operator_remedy: told.operator,
                }),
            }
        };
        match show {
            Show::Full | Show::Reason => Self { id, status, title: told.title, challenge, because: Some(because()) },
            Show::Opaque => Self { id, status, title: status_title(status), challenge, because: None },
        }
    }
}

/// The reason that is told. Before a credential of the client has verified, all its failures look alike: whoever tries out
/// credentials must not learn how close they came.
fn told_reason(denial: &Denial, show: Show) -> &'static Reason {
    match (show, denial.reason.public) {
        (Show::Reason | Show::Opaque, Some(public)) if !denial.verified => public,
        (Show::Full | Show::Reason | Show::Opaque, _) => denial.reason,
    }
}

fn is_visible(fact: &Fact, is_real: bool, show: Show) -> bool {
    match (show, fact.shown) {
        (Show::Full, Shown::WithReason | Shown::Full) => true,
        (Show::Reason, Shown::WithReason) => is_real,
        (Show::Reason, Shown::Full) | (Show::Opaque, Shown::WithReason | Shown::Full) => false,
    }
}

/// The text with each `{name}` replaced by that fact. `None` if one of them is not among the facts.
pub(crate) fn filled(template: &str, facts: &[&Fact]) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&facts.iter().find(|fact| fact.name == name)?.value);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// The request's own number, as the client or the proxy gave it, if it is fit to be repeated.
pub(crate) fn request_id(request: &Head) -> Option<&str> {
    let Sole::One(value) = request.sole("x-request-id") else { return None };
    let is_sane = !value.is_empty() && value.len() <= REQUEST_ID_LIMIT && value.iter().all(u8::is_ascii_graphic);
    if is_sane { std::str::from_utf8(value).ok() } else { None }
}

/// What a status is called (RFC 9110, section 15), for those who are told nothing else.
fn status_title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Refused",
    }
}
