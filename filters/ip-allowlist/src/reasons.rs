//! Why the filter refuses.

use verdict_policy::reason::{Reason, Retry};

/// The address is not among those that the rule admits.
pub static NOT_ALLOWED: Reason = Reason {
    code: "not_allowed",
    status: 403,
    title: "This address may not make this request.",
    detail: "{address} is not among the addresses that may make this request.",
    remedy: "Call from an admitted network, or ask for yours to be admitted.",
    operator: "Add the address to the rule's `allow`, or to one of its lists.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// An entry of the rule's `deny` names the address.
pub static DENIED: Reason = Reason {
    code: "denied",
    status: 403,
    title: "This address is barred from making this request.",
    detail: "{address} is barred by {entry}.",
    remedy: "Ask for the bar to be lifted if it should not concern you.",
    operator: "Take the entry out of the rule's `deny`, or out of its list.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The only entry that admitted the address has ended.
pub static ADMISSION_ENDED: Reason = Reason {
    code: "admission_ended",
    status: 403,
    title: "The admission of this address has ended.",
    detail: "{address} was admitted by {entry} until {until}.",
    remedy: "Ask for the admission to be extended.",
    operator: "Set a later `until` in the entry, or delete the entry.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The country or the network (AS) of the address is not among those that the rule admits.
pub static COUNTRY_NOT_ALLOWED: Reason = Reason {
    code: "country_not_allowed",
    status: 403,
    title: "This request may not be made from this country or network.",
    detail: "{address} is in {origin}, which is not among those that may make this request.",
    remedy: "Call from an admitted country or network.",
    operator: "Add the country or AS number to the rule's `allow`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The rule depends on the country or the network of the address, and nobody can tell it.
pub static COUNTRY_UNKNOWN: Reason = Reason {
    code: "country_unknown",
    status: 403,
    title: "The country or network of this address is not known.",
    detail: "The country or network of {address} is not known, and this request depends on it.",
    remedy: "Call from an address whose country is known.",
    operator: "Check that the geoip filter stands before this one and finds the address; see `geo`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// What the proxy tells as the client's address is not one.
pub static ADDRESS_UNREADABLE: Reason = Reason {
    code: "address_unreadable",
    status: 400,
    title: "The address of this client cannot be read.",
    detail: "The address of the client cannot be read: {cause}.",
    remedy: "Call directly, or through a proxy that tells its client's address.",
    operator: "Check what `client_address` reads against what stands in front of this proxy.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The proxy does not tell the address at all. Nobody is admitted then, whatever `on_error` says.
pub static ADDRESS_UNAVAILABLE: Reason = Reason {
    code: "address_unavailable",
    status: 503,
    title: "The proxy does not tell this filter the address of its client.",
    detail: "The address of the client is not known: {cause}.",
    remedy: "Try again later.",
    operator: "For `direct`, `trusted_proxies` and `header`, put Envoy's `set_filter_state` before this filter, as in the examples.",
    retry: Retry::After(30),
    public: None,
    formerly: &[],
};

/// The header that names the client is malformed, or there twice.
pub static FORWARDING_MALFORMED: Reason = Reason {
    code: "forwarding_malformed",
    status: 400,
    title: "The header that names the client of this request is malformed.",
    detail: "The header that names the client is malformed: {cause}.",
    remedy: "Send no such header yourself; each proxy adds one well-formed address.",
    operator: "Find out which proxy writes the header, and what it makes of one that a client sent.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// A trusted proxy did not say who its client is.
pub static FORWARDING_MISSING: Reason = Reason {
    code: "forwarding_missing",
    status: 400,
    title: "The header that names the client of this request is missing.",
    detail: "The header that names the client is missing: {cause}.",
    remedy: "Call through a proxy that sets the header.",
    operator: "Make the proxy in front set the header, or take it out of `trusted_proxies`.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The chain of forwarding proxies is longer than any honest one.
pub static CHAIN_TOO_LONG: Reason = Reason {
    code: "chain_too_long",
    status: 400,
    title: "The chain of forwarding proxies is too long.",
    detail: "The chain of forwarding proxies has more than 64 hops or 8 KiB.",
    remedy: "Send no `X-Forwarded-For` or `Forwarded` header yourself.",
    operator: "Make the outermost proxy remove what clients send.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// The chain of forwarding proxies is shorter than the hops that are trusted: somebody came past one of them.
pub static CHAIN_TOO_SHORT: Reason = Reason {
    code: "chain_too_short",
    status: 403,
    title: "This request did not come through all the proxies that it should.",
    detail: "The chain of forwarding proxies has fewer hops than are trusted.",
    remedy: "Call through the public address of the service.",
    operator: "Compare `trusted_hops` with the proxies in front, and close ways past them.",
    retry: Retry::Never,
    public: None,
    formerly: &[],
};

/// A list that the rule depends on was not fetched yet, or is too old.
pub static LIST_UNAVAILABLE: Reason = Reason {
    code: "list_unavailable",
    status: 503,
    title: "A list that decides about this request is not available.",
    detail: "The list {list} is not available, and this request depends on it.",
    remedy: "Try again later.",
    operator: "Check the list's source; the proxy's log says why the last fetch failed.",
    retry: Retry::After(5),
    public: None,
    formerly: &[],
};

/// All of them, in the order of the documentation.
pub static ALL: &[&Reason] = &[
    &NOT_ALLOWED,
    &DENIED,
    &ADMISSION_ENDED,
    &COUNTRY_NOT_ALLOWED,
    &COUNTRY_UNKNOWN,
    &ADDRESS_UNREADABLE,
    &ADDRESS_UNAVAILABLE,
    &FORWARDING_MALFORMED,
    &FORWARDING_MISSING,
    &CHAIN_TOO_LONG,
    &CHAIN_TOO_SHORT,
    &LIST_UNAVAILABLE,
];
