//! Refusals in the terms of RFC 6750: what is wrong with the token, or what it does not suffice for.

use std::rc::Rc;

use verdict_policy::date;
use verdict_policy::denial::Denial;
use verdict_policy::reason::Reason;
use verdict_policy::settings::Rule;
use verdict_policy::time::Now;

use crate::claims::TimeFault;
use crate::requirement::{AnyAll, ClaimCondition, Unmet};
use crate::verification::Refused;
use crate::{Verified, reasons};

/// How refusals are told.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The parameters of every challenge, with a blank before them, or nothing.
    pub(crate) place: String,
    /// Where the token is looked for, in words.
    pub(crate) places: String,
    /// What is accepted, for each provider: its audiences, in words.
    pub(crate) audiences: Vec<String>,
    /// And its `typ`.
    pub(crate) types: Vec<String>,
}

impl Refusal {
    /// For want of a token. No error code: RFC 6750, section 3.1.
    pub(crate) fn missing(&self, rule: &Rc<Rule>) -> Denial {
        let denial = Denial::new(&reasons::TOKEN_MISSING, rule).with("where", &self.places);
        Denial { challenge: Some(format!("Bearer{}", self.place)), ..denial }
    }

    /// For want of a valid token.
    pub(crate) fn of(&self, reason: &'static Reason, rule: &Rc<Rule>) -> Denial {
        let comma = if self.place.is_empty() { "" } else { "," };
        let Self { place, .. } = self;
        let challenge = format!("Bearer{place}{comma} error=\"invalid_token\", error_description=\"{}\"", reason.title);
        Denial { challenge: Some(challenge), ..Denial::new(reason, rule) }
    }

    /// For want of rights: the token itself is good.
    fn insufficient(&self, reason: &'static Reason, scope: Option<&str>, rule: &Rc<Rule>) -> Denial {
        let comma = if self.place.is_empty() { "" } else { "," };
        let Self { place, .. } = self;
        let scope = scope.map_or_else(String::new, |scope| format!(", scope=\"{scope}\""));
        let challenge = format!("Bearer{place}{comma} error=\"insufficient_scope\"{scope}");
        Denial { challenge: Some(challenge), verified: true, ..Denial::new(reason, rule) }
    }

    pub(crate) fn of_refused<'n>(&self, refused: &Refused, name: &dyn Fn(usize) -> &'n str, rule: &Rc<Rule>) -> Denial {
        match refused {
            Refused::Malformed(malformed) => self.of(&reasons::TOKEN_MALFORMED, rule).with("cause", malformed),
            Refused::Algorithm { written, provider } => {
                let by = match provider {
                    Some(provider) => format!("the provider {}", name(*provider)),
                    None => "the key".to_owned(),
                };
                self.of(&reasons::ALGORITHM_NOT_ALLOWED, rule).with("algorithm", written).with_full("by", by)
            }
            Refused::Issuer(issuer) => self.of(&reasons::ISSUER_UNKNOWN, rule).with("issuer", issuer),
            Refused::Signature(provider) => {
                self.of(&reasons::SIGNATURE_INVALID, rule).with_full("provider", name(*provider))
            }
            Refused::Audience { provider, presented } => {
                let needed = self.audiences.get(*provider).map_or("", String::as_str);
                self.of(&reasons::AUDIENCE_MISMATCH, rule)
                    .with("needed", needed)
                    .with_full("presented", listed(presented.iter().map(String::as_str)))
                    .with_full("provider", name(*provider))
            }
            Refused::Type { provider } => {
                let needed = self.types.get(*provider).map_or("", String::as_str);
                self.of(&reasons::TYPE_MISMATCH, rule).with("needed", needed).with_full("provider", name(*provider))
            }
        }
    }

    pub(crate) fn of_times(&self, fault: TimeFault, limit: Option<u32>, now: Now, rule: &Rc<Rule>) -> Denial {
        let moment = |at: i64| date::written(u64::try_from(at).unwrap_or(0));
        match fault {
            TimeFault::Expired { at } => {
                let ago = now.wall.seconds().saturating_sub(u64::try_from(at).unwrap_or(0));
                self.of(&reasons::TOKEN_EXPIRED, rule).with("expired", moment(at)).with("ago", date::duration(ago))
            }
            TimeFault::NotYetValid { at } => self.of(&reasons::TOKEN_NOT_YET_VALID, rule).with("from", moment(at)),
            TimeFault::LifetimeTooLong { seconds } => self
                .of(&reasons::TOKEN_LIFETIME_TOO_LONG, rule)
                .with("seconds", seconds)
                .with("limit", limit.unwrap_or(0)),
            TimeFault::WithoutExpiry => self.of(&reasons::TOKEN_WITHOUT_EXPIRY, rule),
        }
    }

    pub(crate) fn of_unmet(&self, unmet: Unmet<'_>, verified: &Verified, rule: &Rc<Rule>) -> Denial {
        match unmet {
            Unmet::Scopes(lacking) => self
                .insufficient(&reasons::SCOPE_INSUFFICIENT, Some(&enough(lacking.needed)), rule)
                .with("needed", in_words(&lacking.needed.all, &lacking.needed.any))
                .with("missing", in_words(&lacking.all, lacking.any))
                .with_full("granted", listed(verified.scopes.iter())),
            Unmet::Roles(lacking) => self
                .insufficient(&reasons::ROLE_INSUFFICIENT, None, rule)
                .with("needed", in_words(&lacking.needed.all, &lacking.needed.any))
                .with("missing", in_words(&lacking.all, lacking.any))
                .with_full("present", listed(verified.roles.iter())),
            Unmet::ClaimMissing(conditions) => {
                self.insufficient(&reasons::CLAIM_MISSING, None, rule).with("claim", claims(conditions))
            }
            Unmet::ClaimMismatch(conditions) => {
                self.insufficient(&reasons::CLAIM_MISMATCH, None, rule).with("claim", claims(conditions))
            }
        }
    }
}

/// Scopes that would do, for a challenge (RFC 6750, section 3): all that must be there, and one of those of which one must.
fn enough(needed: &AnyAll) -> String {
    let one = if needed.any.iter().any(|any| needed.all.contains(any)) { None } else { needed.any.first() };
    needed.all.iter().chain(one).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The claims that would do, each once: `a.b or c`.
fn claims(conditions: &[ClaimCondition]) -> String {
    let mut paths: Vec<String> = Vec::new();
    for path in conditions.iter().map(|condition| condition.path.join(".")) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths.join(" or ")
}

/// `a and b and one of c, d`.
fn in_words<A: AsRef<str>>(all: &[A], any: &[String]) -> String {
    let mut parts: Vec<String> = all.iter().map(|text| text.as_ref().to_owned()).collect();
    match any {
        [] => {}
        [one] => parts.push(one.clone()),
        several => parts.push(format!("one of {}", several.join(", "))),
    }
    parts.join(" and ")
}

fn listed<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<&str> = texts.collect();
    if texts.is_empty() { "nothing".to_owned() } else { texts.join(" ") }
}
