//! What the operator writes, and what it means.

use std::time::Duration;

use verdict_policy::document::Document;
use verdict_policy::fetched::Source;
use verdict_policy::field::is_token;
use verdict_policy::problems::Problems;
use verdict_policy::settings::{self, Rules};

/// As it is written.
pub mod raw {
    use verdict_policy::fetched;

    verdict_policy::object! {
        /// Settings of this policy, beside those that every filter has.
        #[derive(Debug)]
        pub struct Settings {
            /// Where the document with the keys lives.
            pub keys: fetched::raw::Source,
            /// The header that holds the key.
            pub header: String = "x-api-key".to_owned(),
            /// How long a request waits for the document, in seconds.
            pub wait_seconds: u32 = 2,
        }
    }

    verdict_policy::object! {
        /// What a rule asks.
        #[derive(Clone, Copy, Debug)]
        pub struct Asks {
            /// Whether everybody may pass. Otherwise the request needs a key.
            pub public: bool = false,
        }
    }
}

/// The configuration, checked.
pub struct Config {
    pub(crate) rules: Rules<raw::Asks>,
    pub(crate) header: String,
    pub(crate) wait: Duration,
    pub(crate) source: Source,
}

impl Config {
    /// Reads the configuration of that filter. `None` if anything of it is wrong.
    pub fn read(filter: &'static str, document: &Document, problems: &mut Problems) -> Option<Self> {
        let (settings, _, rules) = settings::read::<raw::Settings, raw::Asks>(filter, document, problems)?;
        let raw::Settings { keys, header, wait_seconds } = settings?;
        let place = document.place();
        let source = Source::read(keys, &place.key("keys"), problems);
        let named = is_token(&header);
        if !named {
            problems.add(
                &place.key("header"),
                format!("`{header}` is not the name of a header; write one such as `x-api-key`"),
            );
        }
        if wait_seconds == 0 {
            problems.add(&place.key("wait_seconds"), "0 is not possible; write at least 1");
        }
        let wait = Duration::from_secs(wait_seconds.into());
        (named && wait_seconds > 0).then_some(Self { rules, header, wait, source: source? })
    }
}
