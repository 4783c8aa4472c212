//! The filter's own part of the configuration, as it is written.

use verdict_policy::client_address;
use verdict_policy::document::Named;

verdict_policy::object! {
    /// Where the rules come from.
    #[derive(Debug)]
    pub struct Settings {
        /// Rule sets, in order: `@starter` (the small one of this filter), `@crs` (the Core Rule Set, in a module built with it) or names of
        /// `files`, also with `*`.
        pub include: Vec<String> = Vec::new(),
        /// Directives of the rule language (SecLang), each text one or several lines. They stand before what is included: settings and
        /// rules of your own. `Include` and `@pmFromFile` find `files`.
        pub directives: Vec<String> = Vec::new(),
        /// Texts by name, for `include`, `Include` and `@pmFromFile`.
        pub files: Named<String> = Named(Vec::new()),
        /// How the address of the client is told: `REMOTE_ADDR`. Without it, as the connection manager decided (`envoy`).
        pub client_address: Option<client_address::raw::ClientAddress> = None,
    }
}

verdict_policy::object! {
    /// How requests that come under a rule are inspected: a profile of the one rule set.
    #[derive(Debug)]
    pub struct Asks {
        /// The paranoia level that refuses, 1 to 4 (`TX:blocking_paranoia_level`). Without it, what the rule set says: 1.
        pub paranoia: Option<u16> = None,
        /// The paranoia level up to which rules are evaluated, and told of in the log only above `paranoia`
        /// (`TX:detection_paranoia_level`). Without it, the same level.
        pub detection_paranoia: Option<u16> = None,
        /// The score at which a request is refused (`TX:inbound_anomaly_score_threshold`). Without it, what the rule set says: 5.
        pub inbound_threshold: Option<u32> = None,
        /// The score at which a response is refused (`TX:outbound_anomaly_score_threshold`). Without it, what the rule set says: 4.
        pub outbound_threshold: Option<u32> = None,
        /// Further variables of the rule set (`TX`), by name: `allowed_methods`, `max_num_args`.
        pub variables: Named<String> = Named(Vec::new()),
        /// What rules do not look at here, as refusals propose it: `SecRuleUpdateTargetById 942100 "!ARGS:q"`, `SecRuleRemoveById 920350`,
        /// and the same by tag and message.
        pub exclusions: Vec<String> = Vec::new(),
        /// How the bodies of requests are read.
        pub request_body: RequestBody = RequestBody::default(),
        /// Whether and how responses are inspected. Without it, they are not.
        pub response: Option<Response> = None,
        /// How much work one request and its response may cost, in thousands of bytes that rules read. What costs more is refused. The
        /// Core Rule Set takes about 90 times the length of a body at paranoia 4, half of that at 1.
        pub work_limit: u32 = 100_000,
    }
}

verdict_policy::object! {
    /// How the bodies of requests are read.
    #[derive(Debug)]
    pub struct RequestBody: Default {
        /// How long a body may be, in bytes. Lower than the buffer limit of the listener, which is 1 MiB unless it is set.
        pub limit_bytes: u32 = 524_288,
        /// What becomes of a longer one.
        pub over: Over = Over::Refuse,
        /// How long a compressed body may become, in bytes.
        pub expanded_limit_bytes: u32 = 1_048_576,
        /// What is read of a request that may never end: gRPC, an upgrade (WebSocket).
        pub streams: Streams = Streams::Head,
    }
}

verdict_policy::object! {
    /// How responses are inspected.
    #[derive(Debug)]
    pub struct Response {
        /// How long a body may be, in bytes. Lower than the buffer limit of the listener, which is 1 MiB unless it is set. Only bodies of the types that
        /// `SecResponseBodyMimeType` names are read: text, HTML, XML and JSON unless it says otherwise.
        pub limit_bytes: u32 = 524_288,
        /// What becomes of a longer one.
        pub over: Over = Over::Refuse,
        /// How long a compressed body may become, in bytes.
        pub expanded_limit_bytes: u32 = 1_048_576,
    }
}

verdict_policy::words! {
    /// What becomes of a body over its limit.
    pub enum Over {
        /// It is refused.
        Refuse = "refuse",
        /// Its beginning is inspected, and the rest passes. A compressed one is refused all the same: it can be read as a whole only.
        InspectPrefix = "inspect_prefix",
    }
}

verdict_policy::words! {
    /// What is read of a stream.
    pub enum Streams {
        /// Its head, and nothing is held.
        Head = "head",
        /// Its head, and the first part of its body; it is held until that is there. An upgrade has none.
        FirstPart = "first_part",
        /// It is refused.
        Refuse = "refuse",
    }
}
