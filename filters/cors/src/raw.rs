//! The filter's own part of the configuration, as it is written.

verdict_policy::object! {
    /// Settings of this filter: none beside those of every filter.
    #[derive(Debug)]
    pub struct Settings {}
}

verdict_policy::words! {
    /// What becomes of the CORS headers that the upstream sends.
    pub enum Upstream {
        /// They are taken out, and those of the rule count.
        Replace = "replace",
        /// Where the upstream grants anything, its headers count; elsewhere those of the rule.
        Keep = "keep",
        /// Those of the rule count, with what the upstream exposes beside.
        Merge = "merge",
    }
}

verdict_policy::words! {
    /// What becomes of a request from an origin that the rule does not name.
    pub enum Refused {
        /// It goes on, and the answer has no CORS headers: the browser keeps it from the page.
        Omit = "omit",
        /// It is refused, unless its method is safe (GET, HEAD, OPTIONS, TRACE) and it asks for no upgrade: the page could not read the answer, but the upstream would act. A WebSocket it could even read.
        Deny = "deny",
    }
}

verdict_policy::object! {
    /// What a rule of this filter grants, and to whom.
    #[derive(Debug)]
    pub struct Asks {
        /// The origins: `https://app.example.com`, with its port unless it is the scheme's own; `https://*.example.com` for one label in the
        /// place of the star, `https://**.example.com` for one or more; `:*` for any port. `null` stands for pages without an
        /// origin of their own (sandboxed frames, local files), which anybody can make; `*` for everybody.
        #[min_items(1)]
        pub origins: Vec<String>,
        /// Methods that pages may use where a browser asks: also GET, HEAD and POST, for which it asks only if they have headers that need
        /// permission. `*` stands for all of them, without credentials.
        pub methods: Vec<String> = vec!["GET".to_owned(), "HEAD".to_owned(), "POST".to_owned()],
        /// Headers that pages may send, beside those that need no permission. `*` stands for all but `authorization`, without credentials.
        pub request_headers: Vec<String> = Vec::new(),
        /// Headers of the answer that pages may read, beside those that need no permission and `x-verdict-reason`. `*` stands for all of
        /// them, without credentials.
        pub expose: Vec<String> = Vec::new(),
        /// Whether pages may send cookies and the like, and read the answer.
        pub credentials: bool = false,
        /// How long a browser may remember the answer to a preflight, in seconds. Browsers have bounds of their own; without it, most
        /// remember it for 5 seconds.
        pub max_age_seconds: Option<u32> = None,
        /// Whether pages of public networks may ask, where this is a private one (Private Network Access).
        pub private_network: bool = false,
        /// What becomes of the CORS headers that the upstream sends.
        pub upstream: Upstream = Upstream::Replace,
        /// What becomes of a request from an origin that the rule does not name.
        pub refused: Refused = Refused::Omit,
    }
}
