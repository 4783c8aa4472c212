//! `@detectXSS`: libinjection takes the value for HTML with script in it; it captures the whole value.

use super::{Expand, Files, Hit, Literals, Test, no_argument};

/// See the module.
pub struct DetectXss;

impl Test for DetectXss {
    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        no_argument("detectXSS", argument).map(|()| Self)
    }

    fn test(&self, value: &[u8], capture: bool, _: Expand<'_>) -> Option<Hit> {
        libinjectionrs::detect_xss(value).is_injection().then(|| Hit::of(|| value.to_vec(), capture))
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}
