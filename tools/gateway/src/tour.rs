//! The tour: the requests that the demonstration sends, and what each must be answered. Data only.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A request of the tour. The configuration that answers it is in envoy/gateway/filters/.
pub(crate) struct Stop {
    /// The client's address.
    pub(crate) from: &'static str,
    /// Method and target.
    pub(crate) request: (&'static str, &'static str),
    /// Request headers.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// The token that it carries, by its name in envoy/gateway/tokens.json; empty for none.
    pub(crate) token: &'static str,
    /// Whether it carries the API key that the registry has issued.
    pub(crate) key: bool,
    /// The status that it must have.
    pub(crate) status: u16,
    /// The reason that it must have; empty for a request that passes.
    pub(crate) reason: &'static str,
}

const fn get(from: &'static str, target: &'static str, status: u16, reason: &'static str) -> Stop {
    Stop { from, request: ("GET", target), headers: &[], token: "", key: false, status, reason }
}

const fn with(headers: &'static [(&'static str, &'static str)], stop: Stop) -> Stop {
    Stop { headers, ..stop }
}

const fn token(name: &'static str, stop: Stop) -> Stop {
    Stop { token: name, ..stop }
}

/// The pages of the shop.
const SHOP: (&str, &str) = ("origin", "https://shop.example");

/// What they want to do.
const METHOD: (&str, &str) = ("access-control-request-method", "POST");

/// A browser asks whether a page may pay.
const fn preflight(headers: &'static [(&'static str, &'static str)], status: u16, reason: &'static str) -> Stop {
    Stop { request: ("OPTIONS", "/process-payment"), headers, ..get("127.0.0.1", "", status, reason) }
}

/// The shop's backend pays.
const fn pay(status: u16, reason: &'static str) -> Stop {
    get("127.0.0.1", "/process-payment", status, reason)
}

/// The tokens of the local gateway, by name. They are made by tests/tokens/make.py, with a key that was thrown away.
pub(crate) static TOKENS: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../envoy/gateway/tokens.json")).unwrap_or_default());

/// In this order.
pub(crate) const TOUR: &[Stop] = &[
    get("127.0.0.1", "/health", 200, ""),
    get("127.0.0.2", "/admin/users", 200, ""),
    get("127.0.0.1", "/admin/users", 403, "ip-allowlist.not_allowed"),
    with(&[("x-forwarded-for", "127.0.0.2")], get("127.0.0.1", "/admin/users", 403, "ip-allowlist.not_allowed")),
    get("127.0.0.1", "/x/..//%61dmin/users", 403, "ip-allowlist.not_allowed"),
    get("127.0.0.1", "/x/..%2fadmin/users", 400, "cors.path_ambiguous"),
    get("127.0.0.3", "/admin/users", 403, "ip-allowlist.admission_ended"),
    get("127.0.0.4", "/partners/orders", 200, ""),
    get("127.0.0.5", "/partners/orders", 403, "ip-allowlist.denied"),
    preflight(&[SHOP, METHOD, ("access-control-request-headers", "authorization")], 204, ""),
    preflight(&[SHOP, METHOD, ("access-control-request-headers", "x-debug")], 403, "cors.header_not_allowed"),
    preflight(&[("origin", "https://evil.example"), METHOD], 403, "cors.origin_not_allowed"),
    get("127.0.0.1", "/process-payment", 401, "jwt-scope.token_missing"),
    get("127.0.0.1", "/orders/7", 401, "subscription.key_missing"),
    AWAITING_APPROVAL,
    SHORT_OF_A_SCOPE,
    token("write", pay(200, "")),
    token("expired", pay(401, "jwt-scope.token_expired")),
    token("forged", pay(401, "jwt-scope.token_invalid")),
    get("127.0.0.1", "/search?q=lamps", 200, ""),
    // To a client of whom nothing is known, the firewall says nothing.
    get("127.0.0.1", "/search?q=1%27%20or%20%271%27=%271", 403, ""),
    INJECTION,
    get("127.0.0.1", "/beta/search", 200, ""),
    get("127.0.0.2", "/elsewhere", 403, "ip-allowlist.no_rule_matched"),
];

/// The same refusal for a client that the configuration trusts: it is told everything.
pub(crate) const TOLD_IN_FULL: Stop = get("127.0.0.9", "/admin/users", 403, "ip-allowlist.not_allowed");

/// An attack, from a client that is told of it.
pub(crate) const INJECTION: Stop =
    get("127.0.0.9", "/search?q=1%27%20or%20%271%27=%271", 403, "waf.anomaly_score_exceeded");

/// A valid token that is not for what is asked: `payment:read user:profile` where `payment:write` is needed.
pub(crate) const SHORT_OF_A_SCOPE: Stop = token("read", pay(403, "jwt-scope.scope_insufficient"));

/// A request with the key of a consumer whose subscription nobody has approved yet.
pub(crate) const AWAITING_APPROVAL: Stop =
    Stop { key: true, ..get("127.0.0.1", "/orders/7", 403, "subscription.pending_approval") };
