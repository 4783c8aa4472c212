//! A `match` as it stands in the configuration.

crate::object! {
    /// Which requests a rule is about. Every condition that is given must hold; a condition that is left out holds for
    /// every request, so `{}` matches all.
    #[derive(Clone, Debug)]
    pub struct Match: Default {
        /// Hosts, one of which must be the request's: `api.example.com`, or `*.example.com` for every name below it (not
        /// `example.com` itself). Port, case and a final dot make no difference.
        #[min_items(1)]
        pub hosts: Option<Vec<String>> = None,
        /// Paths, one of which must match: `/health` (only that), `/users/{id}` (`{id}` is exactly one segment that is not
        /// empty), `/admin/**` (`/admin` and everything below it). Case counts; the query and one slash at the end do not.
        #[min_items(1)]
        pub paths: Option<Vec<String>> = None,
        /// Methods, one of which must be the request's: `GET`. Case counts.
        #[min_items(1)]
        pub methods: Option<Vec<String>> = None,
        /// Conditions on request headers, all of which must hold. Where a rule hangs on a header that the
        /// request has more than once, the request is refused.
        #[min_items(1)]
        pub headers: Option<Vec<Header>> = None,
        /// Conditions on the route that the proxy chose, all of which must hold.
        pub route: Option<Route> = None,
    }
}

crate::object! {
    /// A condition on one request header: either `equals` or `present`.
    #[derive(Clone, Debug)]
    pub struct Header {
        /// The name of the header. Case makes no difference.
        pub name: String,
        /// Values, one of which must be the header's, byte for byte.
        #[min_items(1)]
        pub equals: Option<Vec<String>> = None,
        /// `true`: the header must be there, whatever its value. `false`: it must not.
        pub present: Option<bool> = None,
    }
}

crate::object! {
    /// Conditions on the route that the proxy chose. Where the proxy does not tell them, they do not hold.
    #[derive(Clone, Debug)]
    pub struct Route: Default {
        /// Names of routes, one of which must be the chosen one's.
        #[min_items(1)]
        pub name: Option<Vec<String>> = None,
        /// Conditions on the metadata of the route, all of which must hold.
        #[min_items(1)]
        pub metadata: Option<Vec<Metadata>> = None,
    }
}

crate::object! {
    /// A condition on one text in the metadata of the route.
    #[derive(Clone, Debug)]
    pub struct Metadata {
        /// Where it is: first the name of the filter that the metadata is for, then key by key: `["com.example", "team"]`.
        pub path: Vec<String>,
        /// What it must be, byte for byte.
        pub equals: String,
    }
}
