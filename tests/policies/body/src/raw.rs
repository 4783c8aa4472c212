//! The configuration as it is written.

/// Nothing beside what every filter has.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

/// What a rule asks.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asks {
    /// The word that no body may have in it.
    pub forbid: String,
    /// How much of a body is read, in bytes.
    #[serde(default = "limit")]
    pub limit: u32,
    /// Whether the beginning will do where there is more. Otherwise such a message is refused.
    #[serde(default)]
    pub prefix: bool,
    /// Whether responses are read too.
    #[serde(default)]
    pub response: bool,
}

fn limit() -> u32 {
    65536
}
