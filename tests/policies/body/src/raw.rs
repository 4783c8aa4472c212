//! The configuration as it is written.

verdict_policy::object! {
    /// Nothing beside what every filter has.
    #[derive(Debug)]
    pub struct Settings {}
}

verdict_policy::object! {
    /// What a rule asks.
    #[derive(Clone, Debug)]
    pub struct Asks {
        /// The word that no body may have in it.
        pub forbid: String,
        /// How much of a body is read, in bytes.
        pub limit: u32 = 65536,
        /// Whether the beginning will do where there is more. Otherwise such a message is refused.
        pub prefix: bool = false,
        /// Whether responses are read too.
        pub response: bool = false,
        /// Whether upstream and client are told whom a policy in front found the caller to be, in `x-caller`.
        pub tell_caller: bool = false,
    }
}
