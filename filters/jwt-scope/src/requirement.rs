//! What a rule asks of a verified token: scopes, roles and claims.

use verdict_policy::json::Json;

use crate::claims::{Claims, Set};

#[cfg(test)]
mod tests;

/// What a token must grant and claim. Nothing asked is always met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// The scopes.
    pub scopes: AnyAll,
    /// The roles.
    pub roles: AnyAll,
    /// The claims: each condition must hold.
    pub claims: Vec<ClaimCondition>,
    /// The claims: at least one condition must hold, if there are any.
    pub any_claim: Vec<ClaimCondition>,
}

/// Texts that must be granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnyAll {
    /// At least one of these, if there are any.
    pub any: Vec<String>,
    /// Each of these.
    pub all: Vec<String>,
}

/// What a claim must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimCondition {
    /// The names that lead to it ([`Claims::get`]).
    pub path: Vec<String>,
    /// What it must be.
    pub is: Is,
}

/// What a claim must be. Numbers are compared by value (`5` and `5.0` are the same), objects without regard to the order of their
/// members, and numbers that are not whole, or too large, equal nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Is {
    /// Anything but `null`.
    Present,
    /// That value.
    Equals(Json),
    /// One of those values.
    OneOf(Vec<Json>),
    /// A list with that value in it.
    Contains(Json),
    /// A list with all of those values in it.
    AllOf(Vec<Json>),
}

/// What a token lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet<'a> {
    /// Scopes.
    Scopes(Lacking<'a>),
    /// Roles.
    Roles(Lacking<'a>),
    /// A claim that is not there; of several that would do, none is.
    ClaimMissing(&'a [ClaimCondition]),
    /// A claim that is not what it must be; of several that would do, none is.
    ClaimMismatch(&'a [ClaimCondition]),
}

/// The texts that are not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacking<'a> {
    /// All that was asked.
    pub needed: &'a AnyAll,
    /// Each of these is missing.
    pub all: Vec<&'a str>,
    /// One of these is missing. Empty if that was met, or not asked.
    pub any: &'a [String],
}

impl Requirement {
    /// Whether a token with those scopes, roles and claims suffices.
    ///
    /// # Errors
    /// What it lacks first: of the scopes all that is missing, then of the roles, then the first claim, then those of which one would do.
    pub fn check(&self, scopes: &Set, roles: &Set, claims: &Claims) -> Result<(), Unmet<'_>> {
        self.scopes.check(scopes).map_err(Unmet::Scopes)?;
        self.roles.check(roles).map_err(Unmet::Roles)?;
        self.claims.iter().try_for_each(|condition| condition.check(claims))?;
        let any = self.any_claim.as_slice();
        if any.is_empty() || any.iter().any(|condition| condition.check(claims).is_ok()) {
            return Ok(());
        }
        let none_is_there = any.iter().all(|condition| matches!(condition.check(claims), Err(Unmet::ClaimMissing(_))));
        Err(if none_is_there { Unmet::ClaimMissing(any) } else { Unmet::ClaimMismatch(any) })
    }
}

impl AnyAll {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && self.all.is_empty()
    }

    fn check(&self, granted: &Set) -> Result<(), Lacking<'_>> {
        let all: Vec<&str> = self.all.iter().map(String::as_str).filter(|text| !granted.contains(text)).collect();
        let any = if self.any.iter().any(|text| granted.contains(text)) { &[] } else { self.any.as_slice() };
        if all.is_empty() && any.is_empty() { Ok(()) } else { Err(Lacking { needed: self, all, any }) }
    }
}

impl ClaimCondition {
    fn check(&self, claims: &Claims) -> Result<(), Unmet<'_>> {
        let this = std::slice::from_ref(self);
        let value = claims.get(&self.path).ok_or(Unmet::ClaimMissing(this))?;
        let contains =
            |wanted: &Json| matches!(value, Json::List(items) if items.iter().any(|item| equal(item, wanted)));
        let holds = match &self.is {
            Is::Present if *value == Json::Null => return Err(Unmet::ClaimMissing(this)),
            Is::Present => true,
            Is::Equals(wanted) => equal(value, wanted),
            Is::OneOf(wanted) => wanted.iter().any(|wanted| equal(value, wanted)),
            Is::Contains(wanted) => contains(wanted),
            Is::AllOf(wanted) => matches!(value, Json::List(_)) && wanted.iter().all(contains),
        };
        if holds { Ok(()) } else { Err(Unmet::ClaimMismatch(this)) }
    }
}

/// Whether two values are the same. Neither has a name twice in one object.
fn equal(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Null, Json::Null) => true,
        (Json::Bool(one), Json::Bool(other)) => one == other,
        (Json::Integer(one), Json::Integer(other)) => one == other,
        (Json::Text(one), Json::Text(other)) => one == other,
        (Json::List(one), Json::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Json::Object(one), Json::Object(members)) => {
            one.len() == members.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| equal(value, other)))
        }
        (
            Json::Null
            | Json::Bool(_)
            | Json::Integer(_)
            | Json::OtherNumber { whole: _ }
            | Json::Text(_)
            | Json::List(_)
            | Json::Object(_),
            _,
        ) => false,
    }
}
