//! The tour: the requests that the demonstration sends, and what each must be answered. Data only.

/// A request of the tour. The configuration that answers it is in envoy/gateway/filters/.
pub(crate) struct Stop {
    /// The client's address.
    pub(crate) from: &'static str,
    /// Method and target.
    pub(crate) request: (&'static str, &'static str),
    /// Request headers.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// The status that it must have.
    pub(crate) status: u16,
    /// The reason that it must have; empty for a request that passes.
    pub(crate) reason: &'static str,
}

const fn get(from: &'static str, target: &'static str, status: u16, reason: &'static str) -> Stop {
    Stop { from, request: ("GET", target), headers: &[], status, reason }
}

const fn with(headers: &'static [(&'static str, &'static str)], stop: Stop) -> Stop {
    Stop { headers, ..stop }
}

/// In this order.
pub(crate) const TOUR: &[Stop] = &[
    get("127.0.0.1", "/health", 200, ""),
    get("127.0.0.2", "/admin/users", 200, ""),
    get("127.0.0.1", "/admin/users", 403, "ip-allowlist.not_allowed"),
    with(&[("x-forwarded-for", "127.0.0.2")], get("127.0.0.1", "/admin/users", 403, "ip-allowlist.not_allowed")),
    get("127.0.0.1", "/x/..//%61dmin/users", 403, "ip-allowlist.not_allowed"),
    get("127.0.0.1", "/x/..%2fadmin/users", 400, "ip-allowlist.path_ambiguous"),
    get("127.0.0.3", "/admin/users", 403, "ip-allowlist.admission_ended"),
    get("127.0.0.4", "/partners/orders", 200, ""),
    get("127.0.0.5", "/partners/orders", 403, "ip-allowlist.denied"),
    get("127.0.0.1", "/beta/search", 200, ""),
    get("127.0.0.2", "/elsewhere", 403, "ip-allowlist.no_rule_matched"),
];

/// The same refusal for a client that the configuration trusts: it is told everything.
pub(crate) const TOLD_IN_FULL: Stop = get("127.0.0.9", "/admin/users", 403, "ip-allowlist.not_allowed");
