//! A `match` as it stands in the configuration.

use serde::{Deserialize, Deserializer};

/// Which requests a rule is about. Every condition that is given must hold; a condition that is left out holds for
/// every request, so `{}` matches all.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Match {
    /// Hosts, one of which must be the request's: `api.example.com`, or `*.example.com` for every name below it (not
    /// `example.com` itself). Port, case and a final dot make no difference.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<String>", skip_serializing_if = "Option::is_none", extend("minItems" = 1))
    )]
    pub hosts: Option<Vec<String>>,
    /// Paths, one of which must match: `/health` (only that), `/users/{id}` (`{id}` is exactly one segment that is not
    /// empty), `/admin/**` (`/admin` and everything below it). Case counts; the query and one slash at the end do not.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<String>", skip_serializing_if = "Option::is_none", extend("minItems" = 1))
    )]
    pub paths: Option<Vec<String>>,
    /// Methods, one of which must be the request's: `GET`. Case counts.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<String>", skip_serializing_if = "Option::is_none", extend("minItems" = 1))
    )]
    pub methods: Option<Vec<String>>,
    /// Conditions on request headers, all of which must hold. Where a rule hangs on a header that the
    /// request has more than once, the request is refused.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<Header>", skip_serializing_if = "Option::is_none", extend("minItems" = 1))
    )]
    pub headers: Option<Vec<Header>>,
    /// Conditions on the route that the proxy chose, all of which must hold.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(feature = "schema", schemars(with = "Route", skip_serializing_if = "Option::is_none"))]
    pub route: Option<Route>,
}

/// A condition on one request header: either `equals` or `present`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Header {
    /// The name of the header. Case makes no difference.
    pub name: String,
    /// Values, one of which must be the header's, byte for byte.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<String>", skip_serializing_if = "Option::is_none", extend("minItems" = 1))
    )]
    pub equals: Option<Vec<String>>,
    /// `true`: the header must be there, whatever its value. `false`: it must not.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(feature = "schema", schemars(with = "bool", skip_serializing_if = "Option::is_none"))]
    pub present: Option<bool>,
}

/// Conditions on the route that the proxy chose. Where the proxy does not tell them, they do not hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Route {
    /// Names of routes, one of which must be the chosen one's.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<String>", skip_serializing_if = "Option::is_none", extend("minItems" = 1))
    )]
    pub name: Option<Vec<String>>,
    /// Conditions on the metadata of the route, all of which must hold.
    #[serde(default, deserialize_with = "given")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<Metadata>", skip_serializing_if = "Option::is_none", extend("minItems" = 1))
    )]
    pub metadata: Option<Vec<Metadata>>,
}

/// A condition on one text in the metadata of the route.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Metadata {
    /// Where it is: first the name of the filter that the metadata is for, then key by key: `["com.example", "team"]`.
    pub path: Vec<String>,
    /// What it must be, byte for byte.
    pub equals: String,
}

/// A field that is there has a value: a `null`, as a template with a hole in it leaves behind, would match every
/// request.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
