//! Where credentials are, as it is written.

crate::object! {
    /// A place where a credential may be: exactly one of `header`, `cookie` and `query`.
    #[derive(Debug)]
    pub struct Place {
        /// A header.
        pub header: Option<String> = None,
        /// What stands before the credential in that header, with a blank between them: `Bearer`. Case makes no difference.
        pub prefix: Option<String> = None,
        /// A cookie.
        pub cookie: Option<String> = None,
        /// A parameter of the query. Queries end up in logs and in the history of browsers.
        pub query: Option<String> = None,
    }
}

impl Place {
    /// `Authorization: Bearer` (RFC 6750, section 2.1).
    pub fn bearer() -> Self {
        Self { header: Some("authorization".to_owned()), prefix: Some("Bearer".to_owned()), cookie: None, query: None }
    }

    /// A header that holds the credential and nothing else.
    pub fn header(name: &str) -> Self {
        Self { header: Some(name.to_owned()), prefix: None, cookie: None, query: None }
    }
}
