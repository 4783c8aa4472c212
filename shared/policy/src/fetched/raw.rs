//! Where a fetched document lives, as it is written.

crate::object! {
    /// Where a document lives, and how it is kept fresh.
    #[derive(Debug)]
    pub struct Source {
        /// The proxy's name for the service that has the document: a cluster of the proxy's own configuration, which also
        /// says whether the connection is encrypted and whom it trusts.
        pub cluster: String,
        /// The host that is asked for, as the service knows itself: `keys.example.com`.
        pub authority: String,
        /// The path, with a query if there is one. It begins with `/`.
        pub path: String,
        /// How often the document is fetched, in seconds; each time up to a tenth earlier or later, so that proxies that
        /// started together do not ask together. After a failure it is tried again sooner: after one second, then two, then
        /// four.
        pub refresh_seconds: u32 = 300,
        /// How long one fetch may take, in seconds; of a list or snapshot that comes in parts, each part.
        pub timeout_seconds: u32 = 5,
        /// How long the last good document is used while the source is down, in seconds since the source last confirmed it.
        pub max_stale_seconds: u32 = 86_400,
        /// How far apart fetches are at least, in seconds, when a request asks for something that the document does not
        /// list. It bounds what a flood of made-up keys can cause.
        pub min_interval_seconds: u32 = 10,
        /// How large the document may be, in bytes. A larger one counts as a failure. Of a list or snapshot whose source serves no parts,
        /// Envoy takes in 32 MiB; for more, raise `http.async_response_buffer_limit` in its runtime too.
        pub max_bytes: u32 = 4 * 1024 * 1024,
    }
}
