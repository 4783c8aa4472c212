//! CORS preflights: the question that a browser asks before a request that needs permission (Fetch standard, "CORS-preflight request").

use crate::contract::Env;
use crate::head::Sole;

/// A preflight, as the browser sends it: without credentials, and without a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preflight<'a> {
    /// Who asks.
    pub origin: &'a [u8],
    /// The method of the request to come.
    pub method: &'a [u8],
}

impl<'a> Preflight<'a> {
    /// The request as a preflight. `None` for anything more or less than one: that is a request like any other.
    pub fn of(env: &Env<'a>) -> Option<Self> {
        // Several lines may have come joined with a comma, which neither of the two has in it.
        let one = |name: &'static str| match env.request.sole(name) {
            Sole::One(value) if !value.is_empty() && !value.contains(&b',') => Some(value),
            Sole::One(_) | Sole::Absent | Sole::Many => None,
        };
        if env.request.method() != b"OPTIONS" || !env.bodiless {
            return None;
        }
        Some(Self { origin: one("origin")?, method: one("access-control-request-method")? })
    }
}
