//! What OpenID Connect Discovery 1.0 says of a provider: where its keys are.

use verdict_policy::json::{self, Json};

/// Where keys are: the host that is asked for, and the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The host, and the port if there is one.
    pub authority: String,
    /// The path, with a query if there is one.
    pub path: String,
}

/// Reads the document (section 3): its `issuer` must be the one that was asked for (section 4.3).
///
/// # Errors
/// What is wrong with it.
pub fn read(document: &[u8], issuer: &str) -> Result<Location, String> {
    let document = json::parse(document).map_err(|error| format!("it is not JSON: {error}"))?;
    let text = |name: &str| match document.get(name) {
        Some(Json::Text(text)) => Ok(text.as_str()),
        Some(_) | None => Err(format!("it has no `{name}`")),
    };
    let theirs = text("issuer")?;
    if theirs != issuer {
        let theirs: String = theirs.chars().filter(|char| !char.is_control()).take(100).collect();
        return Err(format!("it is that of another issuer, `{theirs}`; correct `issuer`, or the path"));
    }
    location(text("jwks_uri")?).ok_or_else(|| "its `jwks_uri` is no http or https address".to_owned())
}

fn location(uri: &str) -> Option<Location> {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let (authority, path) = match rest.find(['/', '?', '#']) {
        Some(at) => rest.split_at_checked(at)?,
        None => (rest, "/"),
    };
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let fit =
        plain(authority) && !authority.contains('@') && plain(path) && path.starts_with('/') && !path.contains('#');
    fit.then(|| Location { authority: authority.to_owned(), path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expected: Result<(&str, &str), &str>) {
        let read = read(document.as_bytes(), "https://login.example/shop");
        match (read, expected) {
            (Ok(location), Ok((authority, path))) => {
                assert_eq!((location.authority.as_str(), location.path.as_str()), (authority, path));
            }
            (Err(fault), Err(expected)) => assert!(fault.contains(expected), "{fault}"),
            (is, should) => panic!("{document}: {is:?}, not {should:?}"),
        }
    }

    fn with(jwks_uri: &str) -> String {
        format!(r#"{{"issuer": "https://login.example/shop", "jwks_uri": "{jwks_uri}", "more": [1, {{}}]}}"#)
    }

    #[test]
    fn the_place_of_the_keys_is_read() {
        check(&with("https://login.example/shop/keys"), Ok(("login.example", "/shop/keys")));
        check(&with("http://login.example:8080/keys?v=1"), Ok(("login.example:8080", "/keys?v=1")));
        check(&with("https://login.example"), Ok(("login.example", "/")));
    }

    #[test]
    fn a_document_of_another_issuer_is_refused() {
        check(r#"{"issuer": "https://login.example/shop/", "jwks_uri": "https://a/b"}"#, Err("another issuer"));
        check(r#"{"jwks_uri": "https://a/b"}"#, Err("no `issuer`"));
        check(r#"{"issuer": "https://login.example/shop"}"#, Err("no `jwks_uri`"));
        check("<html>", Err("not JSON"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for uri in [
            "",
            "ftp://a/b",
            "/keys",
            "https://",
            "https:///b",
            "https://user@a/b",
            "https://a/b#c",
            "https://a?b",
            "https://a b/c",
        ] {
            check(&with(uri), Err("no http or https address"));
        }
    }
}
