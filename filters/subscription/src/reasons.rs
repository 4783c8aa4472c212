//! Why the filter refuses.

use verdict_policy::reason::{Reason, Retry};

/// Nobody says who calls.
pub static KEY_MISSING: Reason = Reason {
    code: "key_missing",
    status: 401,
    title: "This request does not say who makes it.",
    detail: "This request needs an API key, and there is none {where}.",
    remedy: "Send your API key.",
    operator: "If everybody may pass here, set `access` to `public` in this rule.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// What a client is told whose key does not admit it: which of the causes it is would help those who guess keys.
pub static KEY_INVALID: Reason = Reason {
    code: "key_invalid",
    status: 401,
    title: "The API key of this request is not valid.",
    detail: "The API key of this request is not valid.",
    remedy: "Send your API key, once and unchanged; if it is refused all the same, ask for a new one.",
    operator: "The log says which cause it was.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// There are several keys, and the upstream may read another than was looked at.
pub static KEY_AMBIGUOUS: Reason = Reason {
    code: "key_ambiguous",
    status: 401,
    title: "This request has more than one API key.",
    detail: "This request has more than one API key, or one in more than one place.",
    remedy: "Send one API key in one place.",
    operator: "Find out who adds the second key.",
    retry: Retry::Never,
    public: Some(&KEY_INVALID),
    formerly: &[],
};

/// What stands where the key belongs is none.
pub static KEY_MALFORMED: Reason = Reason {
    code: "key_malformed",
    status: 401,
    title: "The API key of this request cannot be read.",
    detail: "What stands where the API key belongs is empty, longer than {limit} bytes, or has white space in it.",
    remedy: "Send the API key as you were given it.",
    operator: "Raise `keys.max_bytes` if keys are longer.",
    retry: Retry::Never,
    public: Some(&KEY_INVALID),
    formerly: &[],
};

/// Nobody has that key, or nobody is known by that identity.
pub static KEY_UNKNOWN: Reason = Reason {
    code: "key_unknown",
    status: 401,
    title: "The API key of this request is not known.",
    detail: "Nobody is known by this API key.",
    remedy: "Check the API key.",
    operator: "If it is new, check how old the data of the source is: `verdict_data_age_seconds`.",
    retry: Retry::Never,
    public: Some(&KEY_INVALID),
    formerly: &[],
};

/// The key was somebody's, and its time is over.
pub static KEY_EXPIRED: Reason = Reason {
    code: "key_expired",
    status: 401,
    title: "The API key of this request has expired.",
    detail: "The API key of {consumer} expired at {expired}.",
    remedy: "Ask for a new API key.",
    operator: "Issue a new key, or set a later `not_after`.",
    retry: Retry::Never,
    public: Some(&KEY_INVALID),
    formerly: &[],
};

/// The key is somebody's, and its time has not come.
pub static KEY_NOT_YET_VALID: Reason = Reason {
    code: "key_not_yet_valid",
    status: 401,
    title: "The API key of this request is not valid yet.",
    detail: "The API key of {consumer} is not valid before {from}.",
    remedy: "Use your old key until then.",
    operator: "Set an earlier `not_before`.",
    retry: Retry::Never,
    public: Some(&KEY_INVALID),
    formerly: &[],
};

/// The consumer has not subscribed to this API.
pub static REQUIRED: Reason = Reason {
    code: "required",
    status: 403,
    title: "This request needs a subscription.",
    detail: "{consumer} has not subscribed to {api}.",
    remedy: "Subscribe to this API.",
    operator: "Subscribe the consumer to the API at the source, or change the rule's `api`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The subscription awaits approval.
pub static PENDING_APPROVAL: Reason = Reason {
    code: "pending_approval",
    status: 403,
    title: "The subscription of this request awaits approval.",
    detail: "The subscription of {consumer} to {api} awaits approval.",
    remedy: "Wait until it is approved.",
    operator: "Approve or reject the subscription at the source.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The subscription was asked for and refused.
pub static REJECTED: Reason = Reason {
    code: "rejected",
    status: 403,
    title: "The subscription of this request was rejected.",
    detail: "The subscription of {consumer} to {api} was rejected.",
    remedy: "Ask again, or ask why.",
    operator: "The source has the reason.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The subscription is interrupted.
pub static SUSPENDED: Reason = Reason {
    code: "suspended",
    status: 403,
    title: "The subscription of this request is suspended.",
    detail: "The subscription of {consumer} to {api} is suspended.",
    remedy: "Ask what has to happen for it to go on.",
    operator: "Resume the subscription at the source.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The subscription is over for good.
pub static REVOKED: Reason = Reason {
    code: "revoked",
    status: 403,
    title: "The subscription of this request was revoked.",
    detail: "The subscription of {consumer} to {api} was revoked.",
    remedy: "Ask for a new subscription.",
    operator: "The source has the reason.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The subscription's time is over.
pub static EXPIRED: Reason = Reason {
    code: "expired",
    status: 403,
    title: "The subscription of this request has ended.",
    detail: "The subscription of {consumer} to {api} has ended at {ended}.",
    remedy: "Renew the subscription.",
    operator: "Set a later `ends` at the source.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The subscription's time has not come.
pub static NOT_STARTED: Reason = Reason {
    code: "not_started",
    status: 403,
    title: "The subscription of this request has not begun.",
    detail: "The subscription of {consumer} to {api} begins at {starts}.",
    remedy: "Wait until then.",
    operator: "Set an earlier `starts` at the source.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The plan is not for this request.
pub static PLAN_EXCLUDES: Reason = Reason {
    code: "plan_excludes",
    status: 403,
    title: "The plan of this request does not include it.",
    detail: "The plan {plan} of {consumer} does not include this method or path of {api}.",
    remedy: "Ask for a plan that includes it.",
    operator: "Add the method or path to the plan.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// Nobody can tell who calls, since the source does not answer.
pub static SOURCE_UNAVAILABLE: Reason = Reason {
    code: "source_unavailable",
    status: 503,
    title: "This request cannot be decided at the moment.",
    detail: "The source of the subscriptions is not available.",
    remedy: "Try again in a moment.",
    operator: "See the log for why the source cannot be reached.",
    retry: Retry::After(5),
    public: None,
    formerly: &[],
};

/// The caller was identified, and is nobody's consumer.
pub static IDENTITY_UNKNOWN: Reason = Reason {
    code: "identity_unknown",
    status: 403,
    title: "The caller has no subscriptions.",
    detail: "Who calls is known, and has not subscribed to anything.",
    remedy: "Ask for a subscription.",
    operator: "If the caller is new, check how old the data of the source is (`verdict_data_age_seconds`), and that `identity.claim` names what the source lists.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The identity that the rule hangs on is not handed over.
pub static IDENTITY_UNAVAILABLE: Reason = Reason {
    code: "identity_unavailable",
    status: 401,
    title: "Who makes this request is not known.",
    detail: "No earlier filter has handed over who makes this request.",
    remedy: "Tell the operator of this service.",
    operator: "Put `jwt-scope` with `pass_on.identity` before this filter, where a token is required. The proxy must know `declare_property`: Envoy does.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// All of them.
pub static ALL: &[&Reason] = &[
    &KEY_MISSING,
    &KEY_INVALID,
    &KEY_AMBIGUOUS,
    &KEY_MALFORMED,
    &KEY_UNKNOWN,
    &KEY_EXPIRED,
    &KEY_NOT_YET_VALID,
    &REQUIRED,
    &PENDING_APPROVAL,
    &REJECTED,
    &SUSPENDED,
    &REVOKED,
    &EXPIRED,
    &NOT_STARTED,
    &PLAN_EXCLUDES,
    &SOURCE_UNAVAILABLE,
    &IDENTITY_UNKNOWN,
    &IDENTITY_UNAVAILABLE,
];
