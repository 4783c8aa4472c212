//! What a token claims (RFC 7519, section 4), and the time within which it may be used.

use std::fmt;

use verdict_policy::json::Json;

use crate::jws::{Malformed, Part};

#[cfg(test)]
mod tests;

/// The longest name and text of a claim that other filters are told, in bytes, and the most of them.
const TOLD_LENGTH: usize = 256;
const TOLD_COUNT: usize = 32;

/// The payload of a token: no name is twice in it, and the registered claims that are in it have the type that they must have.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    object: Json,
    exp: Option<i64>,
    nbf: Option<i64>,
    iat: Option<i64>,
}

impl Claims {
    /// Reads an object without duplicates.
    ///
    /// # Errors
    /// The first of the registered claims that has the wrong type.
    pub(crate) fn read(object: Json) -> Result<Self, Malformed> {
        for name in ["iss", "sub"] {
            if object.get(name).is_some_and(|value| !matches!(value, Json::Text(_))) {
                return Err(wrong(name, "a text"));
            }
        }
        if let Some(audience) = object.get("aud") {
            let is_text = |value: &Json| matches!(value, Json::Text(_));
            if !is_text(audience) && !matches!(audience, Json::List(items) if items.iter().all(is_text)) {
                return Err(wrong("aud", "a text or a list of texts"));
            }
        }
        let (exp, nbf, iat) = (date(&object, "exp")?, date(&object, "nbf")?, date(&object, "iat")?);
        Ok(Self { object, exp, nbf, iat })
    }

    /// Who issued it (RFC 7519, section 4.1.1).
    pub fn iss(&self) -> Option<&str> {
        text(self.object.get("iss")?)
    }

    /// Whom it is about (section 4.1.2).
    pub fn sub(&self) -> Option<&str> {
        text(self.object.get("sub")?)
    }

    /// Whom it is meant for (section 4.1.3): none, one or several.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        self.object.get("aud").into_iter().flat_map(one_or_several).filter_map(text)
    }

    /// When it ends (section 4.1.4), in seconds since 1970; a fraction is cut off, also before 1970 towards the past.
    pub fn exp(&self) -> Option<i64> {
        self.exp
    }

    /// When it begins (section 4.1.5), in seconds since 1970, without a fraction.
    pub fn nbf(&self) -> Option<i64> {
        self.nbf
    }

    /// When it was issued (section 4.1.6), in seconds since 1970, without a fraction.
    pub fn iat(&self) -> Option<i64> {
        self.iat
    }

    /// The claim at the end of that path: the name in the payload, the name in the object there, and so on. All of the payload, if
    /// the path has no names.
    pub fn get(&self, path: &[String]) -> Option<&Json> {
        path.iter().try_fold(&self.object, |value, name| value.get(name))
    }

    /// The claims that are short texts, with their names: what is told to other filters of whom the token is about.
    pub fn texts_at_the_top(&self) -> Vec<(String, String)> {
        let Json::Object(members) = &self.object else { return Vec::new() };
        let short = |text: &str| text.len() <= TOLD_LENGTH;
        let texts = members.iter().filter_map(|(name, value)| Some((name.as_str(), text(value)?)));
        let told = texts.filter(|(name, text)| short(name) && short(text)).take(TOLD_COUNT);
        told.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    /// The texts of the claim at the end of that path: a list of texts, or one text with spaces between them (RFC 6749, section
    /// 3.3). None of anything else, for what cannot be read must not grant.
    pub fn texts(&self, path: &[String]) -> Set {
        match self.get(path) {
            Some(Json::Text(all)) => all.split(' ').filter(|text| !text.is_empty()).collect(),
            Some(Json::List(items)) => items.iter().filter_map(text).collect(),
            Some(Json::Null | Json::Bool(_) | Json::Integer(_) | Json::OtherNumber { whole: _ } | Json::Object(_))
            | None => Set::default(),
        }
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No more: the claims are somebody's.
        let Self { object: _, exp, nbf, iat } = self;
        f.debug_struct("Claims").field("exp", exp).field("nbf", nbf).field("iat", iat).finish_non_exhaustive()
    }
}

fn wrong(name: &'static str, wanted: &'static str) -> Malformed {
    Malformed::Member { part: Part::Payload, name, wanted }
}

/// A NumericDate (RFC 7519, section 2): it may have a fraction.
fn date(object: &Json, name: &'static str) -> Result<Option<i64>, Malformed> {
    match object.get(name) {
        None => Ok(None),
        Some(Json::Integer(seconds) | Json::OtherNumber { whole: Some(seconds) }) => Ok(Some(*seconds)),
        Some(
            Json::Null
            | Json::Bool(_)
            | Json::OtherNumber { whole: None }
            | Json::Text(_)
            | Json::List(_)
            | Json::Object(_),
        ) => Err(wrong(name, "a number of seconds of at most 64 bits")),
    }
}

fn text(value: &Json) -> Option<&str> {
    if let Json::Text(text) = value { Some(text) } else { None }
}

fn one_or_several(value: &Json) -> &[Json] {
    if let Json::List(items) = value { items } else { std::slice::from_ref(value) }
}

/// Texts, each once and in order: scopes or roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set(Vec<String>);

impl Set {
    /// Whether that text is one of them; case counts.
    pub fn contains(&self, text: &str) -> bool {
        self.0.binary_search_by(|known| known.as_str().cmp(text)).is_ok()
    }

    /// Each, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The texts of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }
}

impl<'a> FromIterator<&'a str> for Set {
    fn from_iter<T: IntoIterator<Item = &'a str>>(texts: T) -> Self {
        let mut texts: Vec<&str> = texts.into_iter().collect();
        texts.sort_unstable();
        texts.dedup();
        Self(texts.into_iter().map(str::to_owned).collect())
    }
}

/// What is asked of a token's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// By how many seconds the issuer's clock and ours may differ.
    pub skew_seconds: u32,
    /// Whether a token must end.
    pub require_exp: bool,
    /// The longest time from issue to end.
    pub max_lifetime_seconds: Option<u32>,
}

/// Why a token may not be used now. Moments are in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFault {
    /// It does not say when it ends, and must.
    WithoutExpiry,
    /// It has ended.
    Expired {
        /// Its `exp`.
        at: i64,
    },
    /// It has not begun.
    NotYetValid {
        /// Its `nbf` or `iat`: the later one, if both are yet to come.
        at: i64,
    },
    /// It is valid for longer than allowed.
    LifetimeTooLong {
        /// For how long: from `iat` to `exp`; from now on, if it does not tell when it was issued.
        seconds: i64,
    },
}

/// Whether a token may be used now (RFC 7519, sections 4.1.4 to 4.1.6): `now` in seconds since 1970.
///
/// # Errors
/// Why not. A token that never ends lives longer than any limit, so `exp` is missing then, too.
pub fn check_times(claims: &Claims, now_seconds: u64, rules: &Times) -> Result<(), TimeFault> {
    let Times { skew_seconds, require_exp, max_lifetime_seconds } = *rules;
    let now = i64::try_from(now_seconds).unwrap_or(i64::MAX);
    let skew = i64::from(skew_seconds);
    if claims.exp.is_none() && (require_exp || max_lifetime_seconds.is_some()) {
        return Err(TimeFault::WithoutExpiry);
    }
    if let Some(at) = claims.exp
        && at.saturating_add(skew) <= now
    {
        return Err(TimeFault::Expired { at });
    }
    if let Some(at) = claims.nbf.max(claims.iat)
        && at.saturating_sub(skew) > now
    {
        return Err(TimeFault::NotYetValid { at });
    }
    if let (Some(exp), Some(limit)) = (claims.exp, max_lifetime_seconds) {
        let seconds = exp.saturating_sub(claims.iat.unwrap_or(now));
        // `iat` and `exp` are of one clock. Now is of another one.
        let tolerance = if claims.iat.is_some() { 0 } else { skew };
        if seconds > i64::from(limit).saturating_add(tolerance) {
            return Err(TimeFault::LifetimeTooLong { seconds });
        }
    }
    Ok(())
}
