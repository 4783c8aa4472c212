//! What of a challenge (`WWW-Authenticate`, RFC 9110, section 11.6.1) a client is told.

use crate::field::is_token;

/// The longest challenge that is sent whole, in bytes.
const LIMIT: usize = 1024;

/// What says where one is, and nothing about what went wrong: the protection space (RFC 9110, section 11.5) and where the
/// authorization server is found (RFC 9728, section 5.1).
const PLACE: [&str; 2] = ["realm", "resource_metadata"];

/// The challenge itself. Where it is no valid header or too long, what is left of it without the reasons for the refusal.
pub(super) fn whole(challenge: &str) -> Option<String> {
    if is_valid(challenge) { Some(challenge.to_owned()) } else { bare(challenge) }
}

/// The challenge of a whole class of failures, which all look alike: it says that the credential is not valid, and not why.
pub(super) fn of_class(challenge: &str) -> Option<String> {
    let bare = bare(challenge)?;
    // RFC 6750, section 3.1; other schemes have no code for it.
    Some(match bare.strip_prefix("Bearer") {
        Some("") => "Bearer error=\"invalid_token\"".to_owned(),
        Some(parameters) if parameters.starts_with(' ') => format!("Bearer{parameters}, error=\"invalid_token\""),
        Some(_) | None => bare,
    })
}

/// The scheme, and the parameters that are the same for every refusal at this place.
pub(super) fn bare(challenge: &str) -> Option<String> {
    let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
    if scheme.len() > 64 || !is_token(scheme) {
        return None;
    }
    let kept: Vec<&str> =
        split(parameters).into_iter().map(str::trim).filter(|parameter| names_the_place(parameter)).collect();
    let whole = if kept.is_empty() { scheme.to_owned() } else { format!("{scheme} {}", kept.join(", ")) };
    Some(if is_valid(&whole) { whole } else { scheme.to_owned() })
}

fn names_the_place(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, _)| PLACE.iter().any(|known| known.eq_ignore_ascii_case(name.trim())))
}

/// The parts between commas that are not in quotes.
fn split(parameters: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    parameters
        .split(|char| {
            let ends = char == ',' && !quoted;
            if char == '"' && !escaped {
                quoted = !quoted;
            }
            escaped = char == '\\' && quoted && !escaped;
            ends
        })
        .collect()
}

fn is_valid(value: &str) -> bool {
    !value.is_empty() && value.len() <= LIMIT && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(challenge: &str, bare_is: Option<&str>, class_is: Option<&str>) {
        assert_eq!(bare(challenge).as_deref(), bare_is, "{challenge:?}");
        assert_eq!(of_class(challenge).as_deref(), class_is, "{challenge:?}");
    }

    #[test]
    fn what_went_wrong_is_left_out() {
        let class = r#"Bearer error="invalid_token""#;
        check("Bearer", Some("Bearer"), Some(class));
        check(r#"Bearer error="expired""#, Some("Bearer"), Some(class));
        check(
            r#"Bearer error="invalid_token", error_description="it, too, \", realm=\"x, expired""#,
            Some("Bearer"),
            Some(class),
        );
        check("Bearer error=expired,x=y", Some("Bearer"), Some(class));
        check("ApiKey error=expired", Some("ApiKey"), Some("ApiKey"));
        check("BearerX", Some("BearerX"), Some("BearerX"));
    }

    #[test]
    fn where_one_is_stays() {
        check(
            r#"Bearer error="expired", realm="a, b", resource_metadata="https://a.example/m", scope="x""#,
            Some(r#"Bearer realm="a, b", resource_metadata="https://a.example/m""#),
            Some(r#"Bearer realm="a, b", resource_metadata="https://a.example/m", error="invalid_token""#),
        );
        check(r#"Basic REALM="a""#, Some(r#"Basic REALM="a""#), Some(r#"Basic REALM="a""#));
    }

    #[test]
    fn nothing_invalid_becomes_a_header() {
        check("", None, None);
        check(" Bearer", None, None);
        check("Bear\r\ner x=y", None, None);
        check("\u{e4}", None, None);
        check("Bearer realm=\"\r\nset-cookie: x\"", Some("Bearer"), Some(r#"Bearer error="invalid_token""#));
        check(&format!("ApiKey realm=\"{}\"", "x".repeat(5000)), Some("ApiKey"), Some("ApiKey"));
        assert_eq!(whole("Bearer x=\"\r\n\"").as_deref(), Some("Bearer"));
        assert_eq!(whole("Bearer scope=\"a b\"").as_deref(), Some("Bearer scope=\"a b\""));
    }
}
