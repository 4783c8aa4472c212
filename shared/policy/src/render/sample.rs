//! Denials for the tests of everything that tells them.

use std::rc::Rc;
use std::time::Duration;

use crate::denial::Denial;
use crate::problems::Place;
use crate::reason::{Reason, Retry};
use crate::render::DenialId;
use crate::settings::{Disclosure, Hold, Mode, OnError, Rule, Settings, Show};

pub(crate) const ID: DenialId = DenialId([0, 1, 2, 3, 4, 5, 6, 7, 0xfe, 0xff]);
pub(crate) const ID_HEX: &str = "0001020304050607feff";

/// Its text needs two facts, one of them for the log only.
pub(crate) static LISTED: Reason = Reason {
    code: "listed",
    status: 403,
    title: "The address of this client is refused.",
    detail: "{address} is in {list}.",
    remedy: "Use another network.",
    operator: "Take the address out of the list.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// Needs a scope, and says so in a challenge.
pub(crate) static SCOPE: Reason = Reason {
    code: "scope_insufficient",
    status: 403,
    title: "The token does not carry a scope that this request needs.",
    detail: "The token carries {presented}; {required} is needed.",
    remedy: "Ask for a token with the scope.",
    operator: "Grant the scope.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// What a client is told of each of `PRIVATE`.
pub(crate) static TOKEN_INVALID: Reason = Reason {
    code: "token_invalid",
    status: 401,
    title: "The token is not valid.",
    detail: "The token is not valid.",
    remedy: "Get a new token.",
    operator: "Look up the denial in the log: it says what is wrong with the token.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

const fn private(code: &'static str, status: u16, retry: Retry) -> Reason {
    Reason {
        code,
        status,
        title: "SECRET-title",
        detail: "SECRET-detail {kid}",
        remedy: "SECRET-remedy",
        operator: "SECRET-operator",
        retry,
        public: Some(&TOKEN_INVALID),
        formerly: &[],
    }
}

static EXPIRED: Reason = private("SECRET_expired", 401, Retry::Never);
static SIGNATURE: Reason = private("SECRET_signature", 403, Retry::Never);
static ISSUER: Reason = private("SECRET_issuer", 400, Retry::After(7));

/// Reasons of one class: they differ in everything that a client must not learn.
pub(crate) static PRIVATE: [&Reason; 3] = [&EXPIRED, &SIGNATURE, &ISSUER];

/// Nobody can tell just now.
pub(crate) static KEYS_UNAVAILABLE: Reason = Reason {
    code: "keys_unavailable",
    status: 503,
    title: "The token cannot be checked.",
    detail: "The token cannot be checked.",
    remedy: "Try again later.",
    operator: "Check the address of the keys.",
    retry: Retry::After(30),
    public: None,
    formerly: &[],
};

pub(crate) fn settings() -> Settings {
    Settings {
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        disclosure: Disclosure {
            anonymous: Show::Reason,
            authenticated: Show::Reason,
            trusted: Show::Full,
            trusted_clients: None,
        },
        unauthenticated_status: 401,
        problem_base: None,
        contact: Some("platform@example.com".to_owned()),
        hold: Hold::Request,
        body_timeout: Duration::from_secs(15),
        log_lines_per_second: 100,
        config_hash: "0123456789ab".to_owned(),
    }
}

pub(crate) fn denial_under(settings: Settings, reason: &'static Reason) -> Denial {
    let rule = Rule {
        filter: "jwt-scope",
        name: "SECRET-rule".to_owned(),
        place: Place::root().key("rules").index(2),
        owner: Some("team-a".to_owned()),
        contact: None,
        mode: Mode::Enforce,
        settings: Rc::new(settings),
    };
    Denial::new(reason, &Rc::new(rule))
}

pub(crate) fn denial(reason: &'static Reason) -> Denial {
    denial_under(settings(), reason)
}
