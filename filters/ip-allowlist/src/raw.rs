//! The filter's own part of the configuration, as it is written.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use verdict_policy::client_address;
use verdict_policy::fetched;

/// Settings of this filter.
#[derive(Debug, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How the address of the client is told. Required: which one is right depends on what stands in front of the proxy.
    pub client_address: client_address::raw::ClientAddress,
    /// Lists of addresses that rules name.
    #[serde(default)]
    pub lists: BTreeMap<String, List>,
    /// Where countries and AS numbers come from.
    pub geo: Option<Geo>,
}

/// A list of addresses: either `entries` or `fetch`.
#[derive(Debug, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The addresses themselves.
    pub entries: Option<Vec<Entry>>,
    /// Where the list is fetched from: a text with one CIDR block, address or range a line; `#` begins a comment.
    pub fetch: Option<fetched::raw::Source>,
}

/// Where countries and AS numbers come from: headers that Envoy's geoip filter sets.
#[derive(Debug, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Geo {
    /// The header that has the country: two letters (ISO 3166-1).
    pub country_header: Option<String>,
    /// The header that has the AS number.
    pub as_header: Option<String>,
    /// What keeps clients from setting these headers themselves: the geoip filter leaves a client's own header alone where it
    /// finds nothing. The only answer is `removed_before_geoip`: a filter before geoip removes them, as in the examples.
    pub client_headers: ClientHeaders,
    /// What a rule with a country or AS number in `deny` does where it is unknown.
    #[serde(default)]
    pub unknown: Unknown,
}

/// What keeps clients from setting the geo headers themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientHeaders {
    /// A filter before the geoip filter removes them from every request.
    RemovedBeforeGeoip,
}

/// What an unknown country means for a rule that denies some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// It may be one of the denied: the request is refused.
    #[default]
    Refuse,
    /// It is none of the denied. Private addresses have no country.
    Ignore,
}

/// What a rule of this filter asks.
#[derive(Debug, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Asks {
    /// Who is admitted: CIDR blocks, addresses, ranges (`10.0.0.1-10.0.0.9`), names of lists, `country:DE`, `as:64496`, `any`. Who
    /// is not named is refused.
    #[serde(default)]
    pub allow: Vec<Entry>,
    /// Who is refused all the same. Wins over `allow`.
    #[serde(default)]
    pub deny: Vec<Entry>,
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

/// An entry with what goes with it.
#[derive(serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Detailed {
    /// The entry: a CIDR block, an address, a range, `any`, `country:DE`, `as:64496`, or the name of a list.
    entry: String,
    /// For people: goes to the log.
    comment: Option<String>,
    /// When the entry ends by itself (RFC 3339): `2027-01-31T18:00:00Z`. Only for addresses.
    until: Option<String>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address, a CIDR block, a range, the name of a list, or an object with `entry`")
    }

    fn visit_str<E>(self, entry: &str) -> Result<Entry, E> {
        Ok(Entry { entry: entry.to_owned(), comment: None, until: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        let Detailed { entry, comment, until } = Detailed::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Entry { entry, comment, until })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Entry {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Entry".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let detailed = generator.subschema_for::<Detailed>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, detailed] })
    }
}
