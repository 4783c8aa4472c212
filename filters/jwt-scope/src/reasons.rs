//! Why the filter refuses.

use verdict_policy::reason::{Reason, Retry};

/// There is no token.
pub static TOKEN_MISSING: Reason = Reason {
    code: "token_missing",
    status: 401,
    title: "This request has no token.",
    detail: "This request needs a token, and there is none {where}.",
    remedy: "Send a token.",
    operator: "If everybody may pass here, set `access` to `public` in this rule. Check that no proxy before this one removes the token.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// An internal redirect brought the request back without its token, which is not remembered any more.
pub static TOKEN_FORGOTTEN: Reason = Reason {
    code: "token_forgotten",
    status: 503,
    title: "The token of this request is not at hand any more.",
    detail: "The proxy redirected this request, and its token, which was taken out the first time, is not remembered any more or is none that \
             this route accepts.",
    remedy: "Send the request again, to where it was redirected if it has a place there.",
    operator: "Raise `cache_tokens` and `cache_kib`, or do not take the token out where the proxy follows redirects. Rules on both sides of a \
               redirect must accept the same providers.",
    retry: Retry::After(1),
    public: None,
    formerly: &[],
};

/// What a client is told whose token does not verify: which of the causes it is would help those who forge tokens.
pub static TOKEN_INVALID: Reason = Reason {
    code: "token_invalid",
    status: 401,
    title: "The token of this request is not valid.",
    detail: "The token of this request is not valid.",
    remedy: "Ask the authorization server for a new token, and send it once and unchanged.",
    operator: "The log says which cause it was.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// What stands where the token belongs is none that could be read.
pub static TOKEN_MALFORMED: Reason = Reason {
    code: "token_malformed",
    status: 401,
    title: "The token of this request cannot be read.",
    detail: "The token of this request cannot be read: {cause}.",
    remedy: "Send the token as the authorization server gave it: a JWS in compact form.",
    operator: "The client sends something that is no signed token. Opaque tokens and encrypted ones (JWE) cannot be verified here.",
    retry: Retry::Never,
    public: Some(&TOKEN_INVALID),
    formerly: &[],
};

/// There are several tokens, and the upstream may read another than was verified.
pub static TOKEN_AMBIGUOUS: Reason = Reason {
    code: "token_ambiguous",
    status: 401,
    title: "This request has more than one token.",
    detail: "This request has more than one token, or one in more than one place.",
    remedy: "Send one token in one place.",
    operator: "Find out who adds the second token. A client that joins header lines with a comma looks like this, too.",
    retry: Retry::Never,
    public: Some(&TOKEN_INVALID),
    formerly: &[],
};

/// The token is longer than may be read.
pub static TOKEN_TOO_LARGE: Reason = Reason {
    code: "token_too_large",
    status: 401,
    title: "The token of this request is too large.",
    detail: "The token of this request is longer than {limit} bytes.",
    remedy: "Ask for a token with fewer claims.",
    operator: "Raise `max_token_bytes`, or let the authorization server put less into tokens.",
    retry: Retry::Never,
    public: Some(&TOKEN_INVALID),
    formerly: &[],
};

/// The token names an algorithm that its key, or its provider, does not allow.
pub static ALGORITHM_NOT_ALLOWED: Reason = Reason {
    code: "algorithm_not_allowed",
    status: 401,
    title: "The token of this request is signed with an algorithm that is not allowed.",
    detail: "The token names the algorithm {algorithm}, which {by} does not allow.",
    remedy: "Ask for a token that is signed with an allowed algorithm.",
    operator: "Add the algorithm to the provider's `algorithms` if it is meant to be used, and check the `alg` of the key.",
    retry: Retry::Never,
    public: Some(&TOKEN_INVALID),
    formerly: &[],
};

/// No key of the provider is the one that the token names.
pub static KEY_UNKNOWN: Reason = Reason {
    code: "key_unknown",
    status: 401,
    title: "The token of this request is signed with a key that is not known.",
    detail: "The token names the key {key}, which is not among those of {provider}.",
    remedy: "Ask for a new token.",
    operator: "Check that the provider's keys are the right ones and how old they are: `verdict_data_age_seconds`.",
    retry: Retry::Never,
    public: Some(&TOKEN_INVALID),
    formerly: &[],
};

/// The signature is not that of the key.
pub static SIGNATURE_INVALID: Reason = Reason {
    code: "signature_invalid",
    status: 401,
    title: "The signature of the token of this request is not valid.",
    detail: "The signature of the token does not hold under the keys of {provider}.",
    remedy: "Send the token unchanged.",
    operator: "Somebody changed or forged the token, or it is from another environment with the same issuer.",
    retry: Retry::Never,
    public: Some(&TOKEN_INVALID),
    formerly: &[],
};

/// The token is from an issuer that no provider of the rule stands for.
pub static ISSUER_UNKNOWN: Reason = Reason {
    code: "issuer_unknown",
    status: 401,
    title: "The token of this request is from an issuer that is not accepted.",
    detail: "The token is from the issuer {issuer}, which no provider that this rule accepts stands for.",
    remedy: "Ask an accepted authorization server for a token.",
    operator: "Add a provider with this `issuer` to the rule's `providers`, character by character as the token has it.",
    retry: Retry::Never,
    public: Some(&TOKEN_INVALID),
    formerly: &[],
};

/// The token's time is over.
pub static TOKEN_EXPIRED: Reason = Reason {
    code: "token_expired",
    status: 401,
    title: "The token of this request has expired.",
    detail: "The token expired at {expired}, {ago} ago.",
    remedy: "Ask the authorization server for a new token.",
    operator: "If it should still be valid, compare the clocks; `clock_skew_seconds` allows for small differences.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The token's time has not come.
pub static TOKEN_NOT_YET_VALID: Reason = Reason {
    code: "token_not_yet_valid",
    status: 401,
    title: "The token of this request is not valid yet.",
    detail: "The token is not valid before {from}.",
    remedy: "Wait until then, or check the clock that the token was made by.",
    operator: "Compare the clocks; `clock_skew_seconds` allows for small differences.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The token is valid for longer than the provider allows.
pub static TOKEN_LIFETIME_TOO_LONG: Reason = Reason {
    code: "token_lifetime_too_long",
    status: 401,
    title: "The token of this request is valid for too long.",
    detail: "The token is valid for {seconds} seconds, and {limit} are allowed.",
    remedy: "Ask for a token with a shorter lifetime.",
    operator: "Shorten the lifetime of tokens at the authorization server, or raise `max_lifetime_seconds`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The token does not say when it ends, and must.
pub static TOKEN_WITHOUT_EXPIRY: Reason = Reason {
    code: "token_without_expiry",
    status: 401,
    title: "The token of this request does not expire.",
    detail: "The token has no claim exp, so that it would be valid for ever.",
    remedy: "Ask for a token that expires.",
    operator: "Let the authorization server write `exp`. If tokens may be valid for ever, set `require_exp` to `false`, without `max_lifetime_seconds`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The token is meant for somebody else.
pub static AUDIENCE_MISMATCH: Reason = Reason {
    code: "audience_mismatch",
    status: 401,
    title: "The token of this request is meant for another service.",
    detail: "The token is not meant for this service, whose audience is {needed}.",
    remedy: "Ask for a token with this service as its audience.",
    operator: "If tokens for {presented} shall pass here, add it to the provider's `audiences`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The token is of another type than the provider asks for: an ID token, perhaps.
pub static TYPE_MISMATCH: Reason = Reason {
    code: "type_mismatch",
    status: 401,
    title: "The token of this request is of the wrong type.",
    detail: "The token is not of the type {needed}.",
    remedy: "Send an access token.",
    operator: "If the authorization server does not write `typ` into its access tokens, leave `typ` out of the provider.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// A claim that the rule asks for is not in the token.
pub static CLAIM_MISSING: Reason = Reason {
    code: "claim_missing",
    status: 403,
    title: "The token of this request lacks a claim.",
    detail: "The token has no claim {claim}, which this request needs.",
    remedy: "Ask for a token with that claim.",
    operator: "Let the authorization server write the claim, or change the rule's `claims`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// A claim is not what the rule asks for.
pub static CLAIM_MISMATCH: Reason = Reason {
    code: "claim_mismatch",
    status: 403,
    title: "A claim of the token of this request does not admit it.",
    detail: "The claim {claim} of the token does not have a value that admits this request.",
    remedy: "Ask for the rights that this request needs.",
    operator: "Compare the claim with the rule's `claims`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The token lacks a scope.
pub static SCOPE_INSUFFICIENT: Reason = Reason {
    code: "scope_insufficient",
    status: 403,
    title: "The token of this request lacks a scope.",
    detail: "This request needs the scope {needed}, and the token does not grant {missing}.",
    remedy: "Ask the authorization server for a token with the missing scope.",
    operator: "Grant the client the scope, or change the rule's `scopes`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The token lacks a role.
pub static ROLE_INSUFFICIENT: Reason = Reason {
    code: "role_insufficient",
    status: 403,
    title: "The token of this request lacks a role.",
    detail: "This request needs the role {needed}, and the token does not have {missing}.",
    remedy: "Ask for the role that this request needs.",
    operator: "Give the caller the role, or change the rule's `roles`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The keys are not there, so that nobody can tell whether the token is good.
pub static KEYS_UNAVAILABLE: Reason = Reason {
    code: "keys_unavailable",
    status: 503,
    title: "The token of this request cannot be verified at the moment.",
    detail: "The keys of {provider} are not available.",
    remedy: "Try again in a moment.",
    operator: "See the log for why the keys cannot be fetched. `max_stale_seconds` says how long the last good ones are used.",
    retry: Retry::After(5),
    public: None,
    formerly: &[],
};

/// All of them.
pub static ALL: &[&Reason] = &[
    &TOKEN_MISSING,
    &TOKEN_FORGOTTEN,
    &TOKEN_INVALID,
    &TOKEN_MALFORMED,
    &TOKEN_AMBIGUOUS,
    &TOKEN_TOO_LARGE,
    &ALGORITHM_NOT_ALLOWED,
    &KEY_UNKNOWN,
    &SIGNATURE_INVALID,
    &ISSUER_UNKNOWN,
    &TOKEN_EXPIRED,
    &TOKEN_NOT_YET_VALID,
    &TOKEN_LIFETIME_TOO_LONG,
    &TOKEN_WITHOUT_EXPIRY,
    &AUDIENCE_MISMATCH,
    &TYPE_MISMATCH,
    &CLAIM_MISSING,
    &CLAIM_MISMATCH,
    &SCOPE_INSUFFICIENT,
    &ROLE_INSUFFICIENT,
    &KEYS_UNAVAILABLE,
];
