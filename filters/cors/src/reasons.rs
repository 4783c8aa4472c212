//! Why the filter refuses, or withholds.

use verdict_policy::reason::{Reason, Retry};

/// The rule does not name the origin.
pub static ORIGIN_NOT_ALLOWED: Reason = Reason {
    code: "origin_not_allowed",
    status: 403,
    title: "Pages of this origin may not use this resource.",
    detail: "The origin {origin} is none of those that may use this resource from a browser.",
    remedy: "Call this service from an origin that it allows, or ask its operator to allow yours.",
    operator: "Add the origin, exactly as the browser sends it, to `origins` of this rule.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The method is none of those that pages may use.
pub static METHOD_NOT_ALLOWED: Reason = Reason {
    code: "method_not_allowed",
    status: 403,
    title: "Pages may not use this method here.",
    detail: "Pages may not use the method {method} here.",
    remedy: "Use another method.",
    operator: "Add the method to `methods` of this rule.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// A header is none of those that pages may send.
pub static HEADER_NOT_ALLOWED: Reason = Reason {
    code: "header_not_allowed",
    status: 403,
    title: "Pages may not send this header here.",
    detail: "Pages may not send the header {header} here.",
    remedy: "Leave the header out.",
    operator: "Add the header to `request_headers` of this rule.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// A page of a public network asks for a private one.
pub static PRIVATE_NETWORK_NOT_ALLOWED: Reason = Reason {
    code: "private_network_not_allowed",
    status: 403,
    title: "Pages of public networks may not use this resource.",
    detail: "The page is of a public network, and this resource is on a private one.",
    remedy: "Use the page from the private network.",
    operator: "Set `private_network` in this rule, if pages of public networks shall reach into this one.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// What the preflight asks for cannot be read.
pub static PREFLIGHT_MALFORMED: Reason = Reason {
    code: "preflight_malformed",
    status: 400,
    title: "This preflight cannot be read.",
    detail: "The header {header} of this preflight is no list of names, or a very long one.",
    remedy: "Let a browser send the preflight.",
    operator: "Find out who sends preflights that no browser would.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// All of them, in the order of the documentation.
pub static ALL: &[&Reason] = &[
    &ORIGIN_NOT_ALLOWED,
    &METHOD_NOT_ALLOWED,
    &HEADER_NOT_ALLOWED,
    &PRIVATE_NETWORK_NOT_ALLOWED,
    &PREFLIGHT_MALFORMED,
];
