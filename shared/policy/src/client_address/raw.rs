//! The option `client_address`, as it is written.

use crate::document::{Read, wrong};
use crate::json::Json;
use crate::problems::{Place, Problems};

/// What can be written, for a message.
const WAYS: &str = "`envoy`, `direct`, `{\"forwarded\": { … }}` or `{\"header\": { … }}`";

/// Where the address of the client is taken from. There is no default: what is right depends on what stands in front of
/// this proxy, and a wrong choice lets clients name their own address.
#[derive(Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields, rename_all = "snake_case"))]
pub enum ClientAddress {
    /// What Envoy's connection manager decided: the attribute `source.address`. Set `use_remote_address: true` there,
    /// or `xff_num_trusted_hops`: with Envoy's defaults, a client that sends `X-Forwarded-For: 10.0.0.1` *is* 10.0.0.1.
    Envoy,
    /// Whoever opened the connection to this proxy, whatever the headers say. Envoy tells it through its own filter
    /// `set_filter_state`, which must stand before this one and set the key `verdict.direct_peer` (factory key
    /// `envoy.string`) to `%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%`.
    Direct,
    /// An address in the chain that proxies write: `X-Forwarded-For`, or `Forwarded` (RFC 7239). It is read from the
    /// right, and all that lies to the left of the client is ignored: anybody can write that.
    Forwarded(Forwarded),
    /// The one address in a header that the proxy in front sets, such as `true-client-ip`. A port is understood if an
    /// IPv6 address with a port is in brackets.
    Header(Header),
}

crate::object! {
    /// The ways that are objects: exactly one of them.
    struct ByHeader {
        /// A chain of addresses.
        forwarded: Option<Forwarded> = None,
        /// One address.
        header: Option<Header> = None,
    }
}

impl Read for ClientAddress {
    fn read(value: &Json, place: &Place, problems: &mut Problems) -> Option<Self> {
        match value {
            Json::Text(way) if way == "envoy" => Some(Self::Envoy),
            Json::Text(way) if way == "direct" => Some(Self::Direct),
            Json::Text(way) => {
                problems.add(place, format!("`{way}` is not possible; write {WAYS}"));
                None
            }
            Json::Object(_) => match ByHeader::read(value, place, problems)? {
                ByHeader { forwarded: Some(forwarded), header: None } => Some(Self::Forwarded(forwarded)),
                ByHeader { forwarded: None, header: Some(header) } => Some(Self::Header(header)),
                ByHeader { forwarded: Some(_), header: Some(_) } | ByHeader { forwarded: None, header: None } => {
                    problems.add(place, format!("the client has one address; write one of {WAYS}"));
                    None
                }
            },
            Json::Null | Json::Bool(_) | Json::Integer(_) | Json::OtherNumber { whole: _ } | Json::List(_) => {
                wrong(value, WAYS, place, problems)
            }
        }
    }
}

crate::with_schema! {
    impl crate::document::schema::Described for ClientAddress {
        fn describe(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
            generator.subschema_for::<Self>()
        }

        fn shown(&self) -> Option<serde_json::Value> {
            None
        }
    }
}

crate::object! {
    /// A chain of addresses, and how far it is believed: exactly one of `trusted_hops` and `trusted_proxies`.
    #[derive(Debug)]
    pub struct Forwarded {
        /// The header that holds the chain.
        pub header: ChainHeader,
        /// The client is the address at this place from the right, beginning with 1, of the chain as this filter sees it.
        /// Envoy with `use_remote_address: true` has appended the direct peer to `X-Forwarded-For` by then. A shorter chain
        /// is refused. Nothing checks who the proxies are: whoever can reach this proxy past them writes the chain alone.
        pub trusted_hops: Option<u32> = None,
        /// The networks of your proxies. If the direct peer is not in them, it is the client and the header is not read. If
        /// it is, the client is the first address from the right that is not in them, or the leftmost if all are. A trusted
        /// peer that sends no chain is refused. Needs `verdict.direct_peer`, as `direct` does. Whoever is at one of these
        /// addresses can claim any other, so list the proxies, not the whole internal network.
        pub trusted_proxies: Option<Vec<String>> = None,
    }
}

crate::words! {
    /// A header that holds a chain of addresses. Several lines of it are one chain, in order.
    pub enum ChainHeader {
        /// `X-Forwarded-For`: addresses, with or without ports.
        XForwardedFor = "x-forwarded-for",
        /// `Forwarded` (RFC 7239): the parameter `for` of each element.
        Forwarded = "forwarded",
    }
}

crate::object! {
    /// A header that holds one address, and whom to believe it.
    #[derive(Debug)]
    pub struct Header {
        /// The name of the header.
        pub name: String,
        /// The networks of the proxies that set the header. If the direct peer is not in them, it is the client and the
        /// header is not read. If it is, the header must be there, once, with one address. Needs `verdict.direct_peer`, as
        /// `direct` does.
        pub trusted_proxies: Vec<String>,
    }
}
