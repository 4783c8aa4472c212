//! What of a verified token the upstream gets: claims in headers, the payload, and the token itself or not.

use verdict_policy::field::is_plain_value;
use verdict_policy::head::Edit;
use verdict_policy::json::Json;

use crate::claims::Claims;

/// The longest value of a header that is made of a claim, in bytes.
const VALUE_LIMIT: usize = 4096;

/// What of a verified token the upstream gets.
#[derive(Debug, Default)]
pub struct PassingOn {
    /// Whether the token itself is taken out.
    pub strip_token: bool,
    /// Whether a request may come back without its token, after an internal redirect.
    pub remembers: bool,
    /// Whether the filters behind are told who the caller is.
    pub identity: bool,
    /// The header for the payload.
    pub payload: Option<String>,
    /// Claims by their paths, and the headers for them.
    pub claims: Vec<(Vec<String>, String)>,
}

impl PassingOn {
    /// The headers that are set here and by nobody else.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.payload.iter().map(String::as_str).chain(self.claims.iter().map(|(_, header)| header.as_str()))
    }

    /// The edits for a token with these claims; `payload` is its second part as it came.
    pub fn edits<'a>(&'a self, claims: &'a Claims, payload: &'a [u8]) -> impl Iterator<Item = Edit> + 'a {
        let payload = self.payload.iter().map(|header| Edit::Set(header.clone().into(), payload.to_vec()));
        let claims = self
            .claims
            .iter()
            .filter_map(|(path, header)| Some(Edit::Set(header.clone().into(), text(claims.get(path)?)?.into_bytes())));
        payload.chain(claims)
    }
}

/// A claim as the value of a header. `None` where it has no safe form: other characters than visible ASCII and blanks between them, an
/// object, and a list with an item that has a comma, for a comma is what stands between the items.
fn text(claim: &Json) -> Option<String> {
    let text = match claim {
        Json::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(single).collect();
            let items = items?;
            if items.iter().any(|item| item.contains(',') || item.is_empty()) {
                return None;
            }
            items.join(",")
        }
        Json::Null | Json::Bool(_) | Json::Integer(_) | Json::OtherNumber { .. } | Json::Text(_) | Json::Object(_) => {
            single(claim)?
        }
    };
    (text.len() <= VALUE_LIMIT).then_some(text)
}

fn single(claim: &Json) -> Option<String> {
    match claim {
        Json::Text(text) => is_plain_value(text).then(|| text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Integer(value) => Some(value.to_string()),
        Json::Null | Json::OtherNumber { .. } | Json::List(_) | Json::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use verdict_policy::json;

    fn check(claim: &str, expected: Option<&str>) {
        assert_eq!(text(&json::parse(claim.as_bytes()).unwrap()).as_deref(), expected, "{claim}");
    }

    #[test]
    fn what_is_safe_in_a_header_is_passed_on() {
        check(r#""a b""#, Some("a b"));
        check("7", Some("7"));
        check("true", Some("true"));
        check(r#"["a", "b", 3]"#, Some("a,b,3"));
        check("[]", Some(""));
    }

    #[test]
    fn what_is_not_is_left_out() {
        for claim in [
            r#""a\r\nx-admin: 1""#,
            r#""ä""#,
            r#"" a""#,
            r#""a ""#,
            r#""\u0000""#,
            "null",
            "1.5",
            "{}",
            r#"["a,b", "c"]"#,
            r#"["a", ""]"#,
            r#"["a", ["b"]]"#,
            r#"["a", null]"#,
        ] {
            check(claim, None);
        }
        check(&format!("\"{}\"", "x".repeat(VALUE_LIMIT + 1)), None);
    }
}
