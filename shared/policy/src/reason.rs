//! Why a request was refused: one entry of the table that the documentation, the catalogue and every rendering come from.

/// A reason. Its full name is `<filter>.<code>`; a name is never reused for another meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    /// Lower snake case, unique in its filter.
    pub code: &'static str,
    /// The HTTP status that goes with it (RFC 9110, section 15).
    pub status: u16,
    /// One constant sentence without parameters, for people: the `title` of RFC 9457.
    pub title: &'static str,
    /// The same for this one request, with the facts of the denial in braces: `{address} is in {list}`. Shown only to those who
    /// may see every fact that it names; the others read the title.
    pub detail: &'static str,
    /// What the caller can do.
    pub remedy: &'static str,
    /// What the operator can do.
    pub operator: &'static str,
    /// Whether sending the same request again can help.
    pub retry: Retry,
    /// What a client is told instead until a credential of its own has verified, so that all of a class look alike.
    pub public: Option<&'static Reason>,
    /// Names that this reason had before, kept so that dashboards and rules that use them still find it.
    pub formerly: &'static [&'static str],
}

/// Whether sending the same request again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Not without a change to the request or the configuration.
    Never,
    /// Yes, after about that many seconds (`Retry-After`, RFC 9110, section 10.2.3).
    After(u32),
}

/// Reasons that every filter has, since what they tell happens before or around its own decision.
pub mod common {
    use super::{Reason, Retry};

    /// No rule matched, and the default refuses.
    pub static NO_RULE_MATCHED: Reason = Reason {
        code: "no_rule_matched",
        status: 403,
        title: "No rule admits this request.",
        detail: "No rule matches this request, and the default is to refuse.",
        remedy: "Check the host, path and method of the request.",
        operator: "Add a rule whose `match` covers this request, or set `default` to `allow`.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };
    /// The spellings of the path lead to different rules, or to none that can be told.
    pub static PATH_AMBIGUOUS: Reason = Reason {
        code: "path_ambiguous",
        status: 400,
        title: "The path of this request can be read in more than one way.",
        detail: "The path can be read in more than one way, and they do not all lead to the same rule.",
        remedy: "Send the path in its normal form: no dot segments, no doubled slashes, no `;parameters`, and no encoded slash, \
                 backslash, dot or NUL.",
        operator: "If the upstream needs such paths, set `ambiguous_paths` to `use_normal_form`.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };
    /// The path is empty, missing or not one.
    pub static PATH_UNKNOWN: Reason = Reason {
        code: "path_unknown",
        status: 400,
        title: "The path of this request is not known.",
        detail: "The request has no path that rules could be matched against.",
        remedy: "Send a path that begins with `/`.",
        operator: "If the proxy reports no path at all, it cannot enforce rules with `paths`; the documentation lists such hosts.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };
    /// The host is empty, missing, given twice or not one.
    pub static HOST_UNKNOWN: Reason = Reason {
        code: "host_unknown",
        status: 400,
        title: "The host of this request is not known.",
        detail: "The request has no single, valid host that rules could be matched against.",
        remedy: "Send one valid `Host` header (HTTP/1.1) or `:authority` (HTTP/2).",
        operator: "If the proxy reports no host at all, it cannot enforce rules with `hosts`; the documentation lists such hosts.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };
    /// The method is missing, or given twice.
    pub static METHOD_UNKNOWN: Reason = Reason {
        code: "method_unknown",
        status: 400,
        title: "The method of this request is not known.",
        detail: "The request has no single method that rules could be matched against.",
        remedy: "Send one method.",
        operator: "If the proxy reports no method at all, it cannot enforce rules with `methods`; the documentation lists such hosts.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };
    /// A header that a rule's condition reads occurs more than once.
    pub static HEADER_AMBIGUOUS: Reason = Reason {
        code: "header_ambiguous",
        status: 400,
        title: "A header that decides about this request occurs more than once.",
        detail: "The header {header} occurs more than once, and a rule depends on it.",
        remedy: "Send that header once.",
        operator: "Find out who adds the header a second time.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };
    /// So many requests wait at once that no other one may.
    pub static TOO_MANY_WAITING: Reason = Reason {
        code: "too_many_waiting",
        status: 503,
        title: "Too many requests wait to be decided.",
        detail: "This request would have to wait for something that the filter is fetching, and {limit} others do already.",
        remedy: "Try again in a moment.",
        operator: "Find out why what is fetched takes so long, or who sends so many requests. A client can cause this, so `on_error` has no say.",
        retry: Retry::After(1),
        public: None,
        formerly: &[],
    };
    /// Another filter has left word of who the caller is, in this filter's name.
    pub static IDENTITY_TAKEN: Reason = Reason {
        code: "identity_taken",
        status: 500,
        title: "Who makes this request cannot be handed on.",
        detail: "Another filter of the proxy has left word of who makes this request, in the name of this one.",
        remedy: "Tell the operator of this service.",
        operator: "Find the filter in front of this one that writes the same name into the filter state, and remove it.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };
    /// The body is longer than the filter may read.
    pub static BODY_TOO_LARGE: Reason = Reason {
        code: "body_too_large",
        status: 413,
        title: "The body of this request is too large to be inspected.",
        detail: "The body is larger than {limit} bytes, and it has to be inspected as a whole.",
        remedy: "Send a smaller body.",
        operator: "Raise the limit of this rule, and the listener's buffer limit with it.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };
    /// The response's body is longer than the filter may read.
    pub static RESPONSE_TOO_LARGE: Reason = Reason {
        code: "response_too_large",
        status: 502,
        title: "The response is too large to be inspected.",
        detail: "The body of the response is larger than {limit} bytes, and it has to be inspected as a whole.",
        remedy: "Ask for less at once.",
        operator: "Raise the limit of this rule, and the listener's buffer limit with it.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };
    /// The body did not end in time.
    pub static BODY_INCOMPLETE: Reason = Reason {
        code: "body_incomplete",
        status: 408,
        title: "The body of this request did not arrive in time.",
        detail: "The body did not end within {seconds} seconds, and it has to be inspected as a whole.",
        remedy: "Send the whole body without a pause.",
        operator: "If this is every request with a body, the plugin lacks `allow_on_headers_stop_iteration: true`: set it, or set \
                   `hold` to `body`. If it is a stream without an end, do not inspect it as a whole.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };
    /// The response's body did not end in time.
    pub static RESPONSE_INCOMPLETE: Reason = Reason {
        code: "response_incomplete",
        status: 504,
        title: "The response did not arrive in time to be inspected.",
        detail: "The body of the response did not end within {seconds} seconds, and it has to be inspected as a whole.",
        remedy: "Try again later.",
        operator: "If this is every response with a body, the plugin lacks `allow_on_headers_stop_iteration: true`. If it is a stream \
                   without an end, do not inspect it as a whole.",
        retry: Retry::After(5),
        public: None,
        formerly: &[],
    };
    /// The host has no call that the decision needs, or refused it.
    pub static HOST_UNSUPPORTED: Reason = Reason {
        code: "host_unsupported",
        status: 503,
        title: "The proxy cannot decide about this request.",
        detail: "The proxy did not answer a call that the decision needs: {call}.",
        remedy: "Try again later.",
        operator: "Check the proxy's version against the list of hosts in the documentation.",
        retry: Retry::After(30),
        public: None,
        formerly: &[],
    };
    /// A rule in shadow mode would have had to hold the request to decide, or a policy could not come to an end.
    pub static NOT_EVALUATED: Reason = Reason {
        code: "not_evaluated",
        status: 503,
        title: "A rule in shadow mode was not evaluated.",
        detail: "The rule is in shadow mode and would have had to hold the request to decide.",
        remedy: "Nothing: the request was not refused for this.",
        operator: "Run the filter on its own, or enforce the rule.",
        retry: Retry::Never,
        public: None,
        formerly: &[],
    };

    /// All of them, in the order of the documentation.
    pub static ALL: &[&Reason] = &[
        &NO_RULE_MATCHED,
        &PATH_AMBIGUOUS,
        &PATH_UNKNOWN,
        &HOST_UNKNOWN,
        &METHOD_UNKNOWN,
        &HEADER_AMBIGUOUS,
        &IDENTITY_TAKEN,
        &BODY_TOO_LARGE,
        &RESPONSE_TOO_LARGE,
        &BODY_INCOMPLETE,
        &RESPONSE_INCOMPLETE,
        &HOST_UNSUPPORTED,
        &NOT_EVALUATED,
        &TOO_MANY_WAITING,
    ];
}
