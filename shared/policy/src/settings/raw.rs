//! The common part of the configuration, as it is written.

use crate::client_address;
use crate::matching::{Ambiguous, raw::Match};

/// What decisions are attributed to that no rule made.
pub(super) const RESERVED_NAMES: &[&str] = &["default", "ambiguous_paths"];

crate::object! {
    /// Settings that every filter has.
    #[derive(Debug)]
    pub struct Common {
        /// `enforce` refuses; `shadow` only says in the log and the metrics what would have been refused. A rule may say otherwise
        /// for itself.
        pub mode: Mode = Mode::Enforce,
        /// Who is told how much about a refusal.
        pub disclosure: Disclosure = Disclosure::default(),
        /// What happens to a request that cannot be decided for a cause that no client has a hand in, such as a source that is
        /// down. What a client can cause is always refused.
        pub on_error: OnError = OnError::Deny,
        /// What happens to a request that no rule matches. Required: nobody guesses it.
        pub default: Default,
        /// The status where credentials are missing or not valid: 401, or 403 for estates that want 403 throughout.
        pub unauthenticated_status: u16 = 401,
        /// What happens to a path whose spellings lead to different rules, such as `/a/../admin`.
        pub ambiguous_paths: Ambiguous = Ambiguous::Refuse,
        /// An https address that stands before the reason in the `type` of a refusal. Without it, `urn:verdict:` does.
        pub problem_base: Option<String> = None,
        /// Whom a refused client may ask: an address or a link. A rule may name its own.
        pub contact: Option<String> = None,
        /// What is held back from the upstream while a body is inspected: `request` holds the headers too, and needs
        /// `allow_on_headers_stop_iteration: true` in Envoy's plugin configuration; `body` lets the headers go on.
        pub hold: Hold = Hold::Request,
        /// How long, in seconds, a body that has to be inspected as a whole may take to arrive.
        pub body_timeout_seconds: u32 = 15,
        /// How many lines a second refusals may write to the proxy's log. The access log and the metrics are not limited.
        pub log_lines_per_second: u32 = 100,
    }
}

impl Common {
    /// In the place of what could not be read, so that what is wrong with the rest is told too. Nothing is ever decided by it: a
    /// configuration with problems is refused.
    pub(super) fn stand_in() -> Self {
        Self {
            mode: Mode::Enforce,
            disclosure: Disclosure::default(),
            on_error: OnError::Deny,
            default: Default::Deny,
            unauthenticated_status: 401,
            ambiguous_paths: Ambiguous::Refuse,
            problem_base: None,
            contact: None,
            hold: Hold::Request,
            body_timeout_seconds: 15,
            log_lines_per_second: 0,
        }
    }
}

crate::object! {
    /// What every rule has.
    #[derive(Debug)]
    pub struct CommonRule {
        /// The name: a label of the metrics, and what a refusal is attributed to.
        pub name: String,
        /// Who keeps this rule. For people; it goes to the log.
        pub owner: Option<String> = None,
        /// Whom a client that this rule refuses may ask.
        pub contact: Option<String> = None,
        /// The mode of this rule, where it differs.
        pub mode: Option<Mode> = None,
        /// Which requests come under this rule. Without it, all that no earlier rule took.
        pub r#match: Match = Match::default(),
    }
}

crate::words! {
    /// Whether rules refuse.
    pub enum Mode {
        /// They do.
        Enforce = "enforce",
        /// They only say that they would.
        Shadow = "shadow",
    }
}

crate::words! {
    /// What happens to a request that nobody can decide about.
    pub enum OnError {
        /// It is refused.
        Deny = "deny",
        /// It passes, and is counted as `unable`.
        Allow = "allow",
    }
}

crate::words! {
    /// What happens to a request that no rule matches.
    pub enum Default {
        /// It is refused.
        Deny = "deny",
        /// It passes.
        Allow = "allow",
    }
}

crate::words! {
    /// What is held back from the upstream while a body is inspected.
    pub enum Hold {
        /// The whole request: the upstream sees nothing of a refused one.
        Request = "request",
        /// The body: the upstream sees the headers of a request that is then cut off.
        Body = "body",
    }
}

crate::words! {
    /// How much is told.
    pub enum Show {
        /// All of it: rule, facts, place in the configuration.
        Full = "full",
        /// The reason, its remedy and whom to ask.
        Reason = "reason",
        /// The status, its title and the denial's id.
        Opaque = "opaque",
    }
}

crate::object! {
    /// Who is told how much about a refusal.
    #[derive(Debug)]
    pub struct Disclosure: Default {
        /// A client that nothing is known of. Without it `reason`; of the filter `waf` `opaque`: a score teaches an attacker to climb.
        pub anonymous: Option<Show> = None,
        /// A client whose credential verified.
        pub authenticated: Show = Show::Reason,
        /// A client at one of `trusted_clients`.
        pub trusted: Show = Show::Full,
        /// Where trusted clients are. Without it, nobody is trusted.
        pub trusted_clients: Option<TrustedClients> = None,
    }
}

crate::object! {
    /// Where trusted clients are.
    #[derive(Debug)]
    pub struct TrustedClients {
        /// How the address of the client is told.
        pub client_address: client_address::raw::ClientAddress,
        /// Addresses and CIDR blocks.
        pub addresses: Vec<String>,
    }
}
