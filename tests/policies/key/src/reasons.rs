//! Why this policy refuses.

use verdict_policy::reason::{Reason, Retry};

/// There is no key.
pub static KEY_MISSING: Reason = Reason {
    code: "key_missing",
    status: 401,
    title: "This request has no API key.",
    detail: "The header {header} is missing or empty, and this request needs an API key in it.",
    remedy: "Send your API key.",
    operator: "If everybody may pass here, set `public` in this rule.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};
/// What a client is told whose key does not admit it: which of the causes it is would help those who guess keys.
pub static KEY_INVALID: Reason = Reason {
    code: "key_invalid",
    status: 401,
    title: "The API key of this request is not valid.",
    detail: "The header {header} holds no valid API key.",
    remedy: "Send your API key, once and unchanged; if it is refused all the same, ask for a new one.",
    operator: "The log says which cause it was.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};
/// There are several keys, and the upstream may read another than we did.
pub static KEY_AMBIGUOUS: Reason = Reason {
    code: "key_ambiguous",
    status: 401,
    title: "This request has more than one API key.",
    detail: "The header {header} occurs more than once.",
    remedy: "Send your API key once.",
    operator: "Find out who adds the header a second time.",
    retry: Retry::Never,
    public: Some(&KEY_INVALID),
    formerly: &[],
};
/// Nobody has that key.
pub static KEY_UNKNOWN: Reason = Reason {
    code: "key_unknown",
    status: 401,
    title: "The API key of this request is not known.",
    detail: "The header {header} holds an API key that nobody has.",
    remedy: "Check the API key.",
    operator: "If the key is new, check that the fetched document lists it and how old the document is.",
    retry: Retry::Never,
    public: Some(&KEY_INVALID),
    formerly: &[],
};
/// The key was somebody's, and its time is over.
pub static KEY_EXPIRED: Reason = Reason {
    code: "key_expired",
    status: 401,
    title: "The API key of this request has expired.",
    detail: "The header {header} holds an API key of {consumer} that has expired.",
    remedy: "Ask for a new API key.",
    operator: "If it should still be valid, change its `until` in the fetched document.",
    retry: Retry::Never,
    public: Some(&KEY_INVALID),
    formerly: &[],
};
/// There is no document that could say.
pub static KEYS_UNAVAILABLE: Reason = Reason {
    code: "keys_unavailable",
    status: 503,
    title: "API keys cannot be checked at the moment.",
    detail: "The list of API keys could not be fetched, and the last good one, if any, is too old.",
    remedy: "Try again later.",
    operator: "Check the service that has the list: the log and the metrics of the call say what went wrong.",
    retry: Retry::After(5),
    public: None,
    formerly: &[],
};

/// All of them, in the order of the documentation.
pub static ALL: &[&Reason] =
    &[&KEY_MISSING, &KEY_INVALID, &KEY_AMBIGUOUS, &KEY_UNKNOWN, &KEY_EXPIRED, &KEYS_UNAVAILABLE];
