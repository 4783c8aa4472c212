//! The filter's own part of the configuration, as it is written.

use verdict_policy::document::Named;
use verdict_policy::fetched;
use verdict_policy::presented;

use crate::subscription::State;

verdict_policy::object! {
    /// Settings of this filter.
    #[derive(Debug)]
    pub struct Settings {
        /// Callers that have an API key. At least one of `keys` and `identity` is needed.
        pub keys: Option<Keys> = None,
        /// Callers that an earlier filter has identified. Where a request has both, the key counts.
        pub identity: Option<Identity> = None,
        /// Where consumers, plans and subscriptions come from: exactly one of the ways.
        pub source: Source,
        /// What of the caller the upstream gets.
        pub pass_on: PassOn = PassOn::default(),
        /// Where a subscription can be asked for: an https address, told to whoever has none.
        pub portal: Option<String> = None,
        /// How long a request waits for the source, in seconds.
        pub wait_seconds: u32 = 5,
    }
}

verdict_policy::object! {
    /// API keys: where they are, and how they are hashed.
    #[derive(Debug)]
    pub struct Keys {
        /// Where the key is. One key in one of these places; two are refused, wherever they are.
        pub from: Vec<presented::raw::Place> = vec![presented::raw::Place::header("x-api-key")],
        /// How long a key may be, in bytes.
        pub max_bytes: u32 = 512,
        /// A secret that keys are hashed with, by HMAC-SHA-256. Without it, the hash is SHA-256, which is enough for keys that nobody can
        /// guess: at least 128 random bits.
        pub hmac_secret: Option<String> = None,
    }
}

verdict_policy::object! {
    /// Callers that an earlier filter has identified.
    #[derive(Debug)]
    pub struct Identity {
        /// The claim that names the caller: `azp`, `client_id`, `sub`. The filter `jwt-scope` hands it over, with `pass_on.identity`.
        pub claim: String,
    }
}

verdict_policy::object! {
    /// Where consumers, plans and subscriptions come from: exactly one of these.
    #[derive(Debug)]
    pub struct Source {
        /// They stand here.
        pub inline: Option<Inline> = None,
        /// A document with all of them, which is polled.
        pub snapshot: Option<fetched::raw::Source> = None,
        /// A service that is asked for each caller.
        pub lookup: Option<Lookup> = None,
    }
}

verdict_policy::object! {
    /// Consumers and plans in the configuration itself.
    #[derive(Debug)]
    pub struct Inline {
        /// Plans, by name.
        pub plans: Named<Plan> = Named(Vec::new()),
        /// Consumers, by name.
        pub consumers: Named<Consumer>,
    }
}

verdict_policy::object! {
    /// What of an API a subscription is for.
    #[derive(Debug)]
    pub struct Plan {
        /// Methods. Without it, all.
        pub methods: Vec<String> = Vec::new(),
        /// Paths, as in `match`. Without it, all.
        pub paths: Vec<String> = Vec::new(),
    }
}

verdict_policy::object! {
    /// Who calls.
    #[derive(Debug)]
    pub struct Consumer {
        /// The keys.
        pub keys: Vec<Key> = Vec::new(),
        /// What the claim says of the consumer.
        pub identities: Vec<String> = Vec::new(),
        /// What the consumer has subscribed to.
        pub subscriptions: Vec<Subscription> = Vec::new(),
    }
}

verdict_policy::object! {
    /// A key, by its hash. Several keys with overlapping times let a key be changed without a gap.
    #[derive(Debug)]
    pub struct Key {
        /// The hash of the key in base64url without padding: `verdict-registry hash` makes it.
        pub hash: String,
        /// From when it is valid (RFC 3339).
        pub not_before: Option<String> = None,
        /// Until when it is valid (RFC 3339).
        pub not_after: Option<String> = None,
    }
}

verdict_policy::object! {
    /// A subscription to an API.
    #[derive(Debug)]
    pub struct Subscription {
        /// The API, as rules name it.
        pub api: String,
        /// The plan. Without it, all of the API.
        pub plan: Option<String> = None,
        /// How it stands.
        pub state: State,
        /// From when (RFC 3339).
        pub starts: Option<String> = None,
        /// Until when (RFC 3339).
        pub ends: Option<String> = None,
    }
}

verdict_policy::object! {
    /// A service that is asked for each caller: `GET <path>?key=<hash>&api=<api>`.
    #[derive(Debug)]
    pub struct Lookup {
        /// The proxy's name for the service: a cluster of the proxy's own configuration.
        pub cluster: String,
        /// The host that is asked for: `portal.example.com`.
        pub authority: String,
        /// The path, with a query if there is one. It begins with `/`.
        pub path: String,
        /// How long one question may take, in seconds.
        pub timeout_seconds: u32 = 2,
        /// How long an answer counts, in seconds: a revocation takes effect after that at the latest.
        pub ttl_seconds: u32 = 60,
        /// How long it counts that nobody has a key, in seconds.
        pub unknown_ttl_seconds: u32 = 10,
        /// How much longer an answer counts while the source is down, in seconds.
        pub stale_if_error_seconds: u32 = 3600,
        /// How many answers are remembered.
        pub max_entries: u32 = 10_000,
        /// How many keys are remembered that nobody has, beside those.
        pub max_unknown: u32 = 10_000,
        /// How many questions may be under way at once.
        pub max_in_flight: u32 = 64,
    }
}

verdict_policy::object! {
    /// What of the caller the upstream gets. A client's own headers of these names are always taken out.
    #[derive(Debug)]
    pub struct PassOn: Default {
        /// Whether the key is taken out of the request.
        pub strip_key: bool = false,
        /// Whether the filters behind this one are told who the caller is, by the proxy's filter state.
        pub identity: bool = false,
        /// A header for the consumer's name.
        pub consumer_header: Option<String> = None,
        /// A header for the name of the plan.
        pub plan_header: Option<String> = None,
    }
}

verdict_policy::words! {
    /// Whether a rule needs a subscription.
    pub enum Access {
        /// It does.
        Required = "required",
        /// It does not, and nobody is asked who calls.
        Public = "public",
    }
}

verdict_policy::object! {
    /// What a rule of this filter asks.
    #[derive(Debug)]
    pub struct Asks {
        /// The API (product) that the requests of this rule belong to. Needed unless `access` is `public`.
        pub api: Option<String> = None,
        /// Whether a subscription is needed.
        pub access: Access = Access::Required,
    }
}
