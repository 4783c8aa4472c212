//! The common part of the configuration, as it is written.

use serde::Deserialize;

use crate::client_address;
use crate::matching::{Ambiguous, raw::Match};

/// The names of the common part at the top, besides `rules`.
pub(super) const COMMON: &[&str] = &[
    "mode",
    "disclosure",
    "on_error",
    "default",
    "unauthenticated_status",
    "ambiguous_paths",
    "problem_base",
    "contact",
    "hold",
    "body_timeout_seconds",
    "log_lines_per_second",
];

/// All names of the common part at the top.
pub(super) const COMMON_AND_RULES: &[&str] = &[
    "mode",
    "disclosure",
    "on_error",
    "default",
    "unauthenticated_status",
    "ambiguous_paths",
    "problem_base",
    "contact",
    "hold",
    "body_timeout_seconds",
    "log_lines_per_second",
    "rules",
];

/// The names of the common part in a rule.
pub(super) const RULE: &[&str] = &["name", "owner", "contact", "mode", "match"];

/// What decisions are attributed to that no rule made.
pub(super) const RESERVED_NAMES: &[&str] = &["default", "ambiguous_paths"];

/// Settings that every filter has.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// `enforce` refuses; `shadow` only says in the log and the metrics what would have been refused. A rule may say otherwise
    /// for itself.
    #[serde(default)]
    pub mode: Mode,
    /// Who is told how much about a refusal.
    #[serde(default)]
    pub disclosure: Disclosure,
    /// What happens to a request that cannot be decided for a cause that no client has a hand in, such as a source that is
    /// down. What a client can cause is always refused.
    #[serde(default)]
    pub on_error: OnError,
    /// What happens to a request that no rule matches. Required: nobody guesses it.
    pub default: Default,
    /// The status where credentials are missing or not valid: 401, or 403 for estates that want 403 throughout.
    #[serde(default = "unauthenticated_status")]
    pub unauthenticated_status: u16,
    /// What happens to a path whose spellings lead to different rules, such as `/a/../admin`.
    #[serde(default)]
    pub ambiguous_paths: Ambiguous,
    /// An https address that stands before the reason in the `type` of a refusal. Without it, `urn:verdict:` does.
    pub problem_base: Option<String>,
    /// Whom a refused client may ask: an address or a link. A rule may name its own.
    pub contact: Option<String>,
    /// What is held back from the upstream while a body is inspected: `request` holds the headers too, and needs
    /// `allow_on_headers_stop_iteration: true` in Envoy's plugin configuration; `body` lets the headers go on.
    #[serde(default)]
    pub hold: Hold,
    /// How long, in seconds, a body that has to be inspected as a whole may take to arrive.
    #[serde(default = "body_timeout")]
    pub body_timeout_seconds: u64,
    /// How many lines a second refusals may write to the proxy's log. The access log and the metrics are not limited.
    #[serde(default = "log_lines")]
    pub log_lines_per_second: u32,
}

fn unauthenticated_status() -> u16 {
    401
}

fn body_timeout() -> u64 {
    15
}

fn log_lines() -> u32 {
    100
}

/// What every rule has.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CommonRule {
    /// The name: a label of the metrics, and what a refusal is attributed to.
    pub name: String,
    /// Who keeps this rule. For people; it goes to the log.
    pub owner: Option<String>,
    /// Whom a client that this rule refuses may ask.
    pub contact: Option<String>,
    /// The mode of this rule, where it differs.
    pub mode: Option<Mode>,
    /// Which requests come under this rule. Without it, all that no earlier rule took.
    #[serde(default)]
    pub r#match: Match,
}

/// Whether rules refuse.
#[derive(Clone, Copy, Debug, std::default::Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They do.
    #[default]
    Enforce,
    /// They only say that they would.
    Shadow,
}

impl Mode {
    /// As it is written, and as the metrics label it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
        }
    }
}

/// What happens to a request that nobody can decide about.
#[derive(Clone, Copy, Debug, std::default::Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// It is refused.
    #[default]
    Deny,
    /// It passes, and is counted as `unable`.
    Allow,
}

/// What happens to a request that no rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Default {
    /// It is refused.
    Deny,
    /// It passes.
    Allow,
}

/// What is held back from the upstream while a body is inspected.
#[derive(Clone, Copy, Debug, std::default::Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// The whole request: the upstream sees nothing of a refused one.
    #[default]
    Request,
    /// The body: the upstream sees the headers of a request that is then cut off.
    Body,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// All of it: rule, facts, place in the configuration.
    Full,
    /// The reason, its remedy and whom to ask.
    Reason,
    /// The status, its title and the denial's id.
    Opaque,
}

/// Who is told how much about a refusal.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Disclosure {
    /// A client that nothing is known of.
    pub anonymous: Show,
    /// A client whose credential verified.
    pub authenticated: Show,
    /// A client at one of `trusted_clients`.
    pub trusted: Show,
    /// Where trusted clients are. Without it, nobody is trusted.
    pub trusted_clients: Option<TrustedClients>,
}

impl std::default::Default for Disclosure {
    fn default() -> Self {
        Self { anonymous: Show::Reason, authenticated: Show::Reason, trusted: Show::Full, trusted_clients: None }
    }
}

/// Where trusted clients are.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TrustedClients {
    /// How the address of the client is told.
    pub client_address: client_address::raw::ClientAddress,
    /// Addresses and CIDR blocks.
    pub addresses: Vec<String>,
}
