//! `@detectSQLi`: libinjection takes the value for SQL; it captures the fingerprint.

use super::{Expand, Files, Hit, Literals, Test, no_argument};

/// See the module.
pub struct DetectSqli;

impl Test for DetectSqli {
    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        no_argument("detectSQLi", argument).map(|()| Self)
    }

    fn test(&self, value: &[u8], capture: bool, _: Expand<'_>) -> Option<Hit> {
        let found = libinjectionrs::detect_sqli(value);
        let fingerprint = || found.fingerprint.as_ref().map(|print| print.as_str().into()).unwrap_or_default();
        found.is_injection().then(|| Hit::of(fingerprint, capture))
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}
