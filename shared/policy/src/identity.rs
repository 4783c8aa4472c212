//! Who the caller was found to be: said by one filter, read by those behind it.
//!
//! In the same module it is handed over in memory; between modules by the proxy's filter state, which no client can reach. There it is
//! declared read-only, so that no filter behind can change it; that one in front of it wrote it first is found out, and refused. The
//! filters in front are trusted not to.

use std::borrow::Cow;
use std::rc::Rc;

use crate::contract::Env;
use crate::json::{self, Ascii, Json};

/// Who the caller was found to be, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    filter: String,
    claims: Vec<(String, String)>,
    credential: Option<String>,
    text: String,
}

impl Identity {
    /// What that filter vouches for. `credential` is what the filter itself may know the credential by when it meets the request
    /// again: a digest, never the credential.
    pub fn new(filter: &str, claims: Vec<(String, String)>, credential: Option<String>) -> Rc<Self> {
        let text = json::write(Ascii::Only, |out| {
            out.text("filter", filter);
            out.object("claims", |out| claims.iter().for_each(|(name, value)| out.text(name, value)));
            out.text_if_any("credential", credential.as_deref());
        });
        Rc::new(Self { filter: filter.to_owned(), claims, credential, text })
    }

    /// The filter that vouches for it.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// What was found, by name.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What the filter that vouches for it knows the credential by.
    pub fn credential(&self) -> Option<&str> {
        self.credential.as_deref()
    }

    /// As it stands in the filter state.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What another filter left. `None` if that is none: nothing was found out then.
    fn read(text: &[u8]) -> Option<Rc<Self>> {
        let read = json::parse(text).ok()?;
        let Some(Json::Text(filter)) = read.get("filter") else { return None };
        let Some(Json::Object(members)) = read.get("claims") else { return None };
        let claims = members.iter().filter_map(|(name, value)| match value {
            Json::Text(value) => Some((name.clone(), value.clone())),
            Json::Null
            | Json::Bool(_)
            | Json::Integer(_)
            | Json::OtherNumber { .. }
            | Json::List(_)
            | Json::Object(_) => None,
        });
        let credential = match read.get("credential") {
            Some(Json::Text(credential)) => Some(credential.clone()),
            Some(_) | None => None,
        };
        Some(Self::new(filter, claims.collect(), credential))
    }
}

/// Where a filter leaves it in the filter state: one segment, or the access log could not print it.
pub fn property(filter: &str) -> String {
    format!("verdict.{filter}.identity")
}

/// What that filter, in front of the one that asks, found out about the caller.
pub fn of<'e>(env: &Env<'e>, filter: &str) -> Option<Cow<'e, Identity>> {
    match env.identity.filter(|identity| identity.filter == filter) {
        Some(identity) => Some(Cow::Borrowed(identity)),
        None => {
            let left = env.attributes.attribute(&property(filter))?;
            Identity::read(&left)
                .filter(|identity| identity.filter == filter)
                .map(|identity| Cow::Owned((*identity).clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_is_read() {
        let claims = vec![("sub".to_owned(), "alice \"\u{202e}ä".to_owned()), ("azp".to_owned(), String::new())];
        let identity = Identity::new("jwt-scope", claims, Some("00ff".to_owned()));
        assert!(identity.text().is_ascii());
        assert_eq!(Identity::read(identity.text().as_bytes()).unwrap(), identity);
        assert_eq!(identity.claim("azp"), Some(""));
        assert_eq!(identity.claim("iss"), None);
    }

    #[test]
    fn what_is_none_is_not_read() {
        for text in
            ["", "{}", "[]", r#"{"filter": 1, "claims": {}}"#, r#"{"filter": "a", "claims": []}"#, "{\"filter\": \"a\""]
        {
            assert_eq!(Identity::read(text.as_bytes()), None, "{text}");
        }
    }
}
