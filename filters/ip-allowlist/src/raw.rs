//! The filter's own part of the configuration, as it is written.

use verdict_policy::client_address;
use verdict_policy::document::{Named, Read, wrong};
use verdict_policy::fetched;
use verdict_policy::json::Json;
use verdict_policy::problems::{Place, Problems};

verdict_policy::object! {
    /// Settings of this filter.
    #[derive(Debug)]
    pub struct Settings {
        /// How the address of the client is told. Required: which one is right depends on what stands in front of the proxy.
        pub client_address: client_address::raw::ClientAddress,
        /// Lists of addresses that rules name.
        pub lists: Named<List> = Named(Vec::new()),
        /// Where countries and AS numbers come from. The geoip filter looks up the address that Envoy's connection manager decided,
        /// whatever `client_address` says: set `use_remote_address: true` there, or `xff_num_trusted_hops`, or a client chooses its
        /// country with a forged `X-Forwarded-For`.
        pub geo: Option<Geo> = None,
    }
}

verdict_policy::object! {
    /// A list of addresses: either `entries` or `fetch`.
    #[derive(Debug)]
    pub struct List {
        /// The addresses themselves.
        pub entries: Option<Vec<Entry>> = None,
        /// Where the list is fetched from: a text with one CIDR block, address or range a line; `#` begins a comment. `any` cannot
        /// stand in it.
        pub fetch: Option<fetched::raw::Source> = None,
    }
}

verdict_policy::object! {
    /// Where countries and AS numbers come from: headers that Envoy's geoip filter sets, for the address that the connection manager
    /// decided.
    #[derive(Debug)]
    pub struct Geo {
        /// The header that has the country: two letters (ISO 3166-1).
        pub country_header: Option<String> = None,
        /// The header that has the AS number.
        pub as_header: Option<String> = None,
        /// What keeps clients from setting these headers themselves: the geoip filter leaves a client's own header alone where it
        /// finds nothing. The only answer is `removed_before_geoip`: a filter before geoip removes them, as in the examples.
        pub client_headers: ClientHeaders,
        /// What a rule with a country or AS number in `deny` does where it is unknown.
        pub unknown: Unknown = Unknown::Refuse,
    }
}

verdict_policy::words! {
    /// What keeps clients from setting the geo headers themselves.
    pub enum ClientHeaders {
        /// A filter before the geoip filter removes them from every request.
        RemovedBeforeGeoip = "removed_before_geoip",
    }
}

verdict_policy::words! {
    /// What an unknown country means for a rule that denies some.
    pub enum Unknown {
        /// It may be one of the denied: the request is refused.
        Refuse = "refuse",
        /// It is none of the denied. Private addresses have no country.
        Ignore = "ignore",
    }
}

verdict_policy::object! {
    /// What a rule of this filter asks.
    #[derive(Debug)]
    pub struct Asks {
        /// Who is admitted: CIDR blocks, addresses, ranges (`10.0.0.1-10.0.0.9`), names of lists, `country:DE`, `as:64496`, `any`. Who
        /// is not named is refused.
        pub allow: Vec<Entry> = Vec::new(),
        /// Who is refused all the same. Wins over `allow`.
        pub deny: Vec<Entry> = Vec::new(),
    }
}

/// An entry of a list: a text, or an object with the text and what goes with it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The entry.
    pub entry: String,
    /// For people: goes to the log.
    pub comment: Option<String>,
    /// When the entry ends by itself (RFC 3339).
    pub until: Option<String>,
}

verdict_policy::object! {
    /// An entry with what goes with it.
    struct Detailed {
        /// The entry: a CIDR block, an address, a range, `any`, `country:DE`, `as:64496`, or the name of a list.
        entry: String,
        /// For people: goes to the log.
        comment: Option<String> = None,
        /// When the entry ends by itself (RFC 3339): `2027-01-31T18:00:00Z`. Only for addresses.
        until: Option<String> = None,
    }
}

impl Read for Entry {
    fn read(value: &Json, place: &Place, problems: &mut Problems) -> Option<Self> {
        match value {
            Json::Text(entry) => Some(Self { entry: entry.clone(), comment: None, until: None }),
            Json::Object(_) => {
                let Detailed { entry, comment, until } = Detailed::read(value, place, problems)?;
                Some(Self { entry, comment, until })
            }
            Json::Null | Json::Bool(_) | Json::Integer(_) | Json::OtherNumber { whole: _ } | Json::List(_) => wrong(
                value,
                "an address, a CIDR block, a range or the name of a list, or an object with `entry`",
                place,
                problems,
            ),
        }
    }
}

verdict_policy::with_schema! {
    use verdict_policy::document::schema::{Described, JsonSchema, Schema, SchemaGenerator, Value, json_schema};

    impl JsonSchema for Entry {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Entry".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            json_schema!({ "anyOf": [{ "type": "string" }, Detailed::describe(generator)] })
        }
    }

    impl Described for Entry {
        fn describe(generator: &mut SchemaGenerator) -> Schema {
            generator.subschema_for::<Self>()
        }

        fn shown(&self) -> Option<Value> {
            None
        }
    }
}
