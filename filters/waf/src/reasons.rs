//! Why the filter refuses.

use verdict_policy::reason::{Reason, Retry};

/// The rules that matched add up to more than is tolerated.
pub static ANOMALY_SCORE_EXCEEDED: Reason = Reason {
    code: "anomaly_score_exceeded",
    status: 403,
    title: "This request or its response looks like an attack.",
    detail: "It scored {score} where {threshold} is the limit. Rule {rules} first: {message}, in {where}.",
    remedy: "If this was no attack, send the id of this refusal to the operator.",
    operator: "If it was no attack, add the lines of `exclusion` to `exclusions` of this rule.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// A rule of the rule set refuses by itself.
pub static RULE_DENIED: Reason = Reason {
    code: "rule_denied",
    status: 403,
    title: "A rule of the firewall refuses this request or its response.",
    detail: "Rule {rules} refuses it: {message}, in {where}.",
    remedy: "If this was no attack, send the id of this refusal to the operator.",
    operator: "If the rule was wrong here, add the lines of `exclusion` to `exclusions` of this rule.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The body cannot be decoded or parsed as what it claims to be.
pub static BODY_UNREADABLE: Reason = Reason {
    code: "body_unreadable",
    status: 400,
    title: "The body of this request cannot be read.",
    detail: "The body cannot be inspected: {fault}.",
    remedy: "Send a body that is what Content-Type and Content-Encoding say.",
    operator: "If the upstream takes such bodies, change how rules read them (`ctl:requestBodyProcessor`), or match the path in a rule without this filter.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The same of a response.
pub static RESPONSE_UNREADABLE: Reason = Reason {
    code: "response_unreadable",
    status: 502,
    title: "The response cannot be inspected.",
    detail: "The body of the response cannot be inspected: {fault}.",
    remedy: "Try again without Accept-Encoding, or ask the operator.",
    operator: "Let the upstream send gzip, deflate, br or nothing of the kind, or do not inspect its responses.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// It is a stream, and those are refused.
pub static STREAM_NOT_ALLOWED: Reason = Reason {
    code: "stream_not_allowed",
    status: 403,
    title: "Streams are not allowed here.",
    detail: "The request is a stream (gRPC, an upgrade), which cannot be inspected as a whole.",
    remedy: "Send a request that ends.",
    operator: "If streams belong here, set `request_body.streams` of this rule to `head` or `first_part`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// Inspecting it costs more than is allowed.
pub static WORK_LIMIT_EXCEEDED: Reason = Reason {
    code: "work_limit_exceeded",
    status: 413,
    title: "This request costs too much to inspect.",
    detail: "Inspecting it costs more than the limit of {limit} thousand bytes read.",
    remedy: "Send less at once.",
    operator: "If such requests are legitimate, raise `work_limit` of this rule; find out first what they are.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// All of them, in the order of the documentation.
pub static ALL: &[&Reason] = &[
    &ANOMALY_SCORE_EXCEEDED,
    &RULE_DENIED,
    &BODY_UNREADABLE,
    &RESPONSE_UNREADABLE,
    &STREAM_NOT_ALLOWED,
    &WORK_LIMIT_EXCEEDED,
];
