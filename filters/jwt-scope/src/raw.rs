//! The filter's own part of the configuration, as it is written.

use verdict_policy::document::{Named, Read};
use verdict_policy::fetched;
use verdict_policy::json::Json;
use verdict_policy::presented;
use verdict_policy::problems::{Place, Problems};

use crate::algorithm::Algorithm;

verdict_policy::object! {
    /// Settings of this filter.
    #[derive(Debug)]
    pub struct Settings {
        /// Who issues the tokens that are accepted, by names of your choice. A rule accepts those of all of them, unless it names some.
        pub providers: Named<Provider>,
        /// Where the token is. One token in one of these places; two tokens are refused, wherever they are.
        pub token_from: Vec<presented::raw::Place> = vec![presented::raw::Place::bearer()],
        /// How long a token may be, in bytes. A longer one is refused unread.
        pub max_token_bytes: u32 = 8192,
        /// What of a verified token the upstream gets.
        pub pass_on: PassOn = PassOn::default(),
        /// Who verifies signatures: `prefer_host` lets the proxy do what it can, which is many times faster; `module` never does;
        /// `host_only` refuses to start with an algorithm that the proxy cannot do: for estates whose cryptography is validated.
        pub crypto: Crypto = Crypto::PreferHost,
        /// How many verified tokens are remembered, so that they are verified once. 0: none, which is not possible with `strip_token` or a
        /// token in the query: after an internal redirect of the proxy, the request is without it.
        pub cache_tokens: u32 = 1000,
        /// How much memory remembered tokens may take in each worker, in KiB. With `strip_token` or a token in the query, at least what one
        /// of `max_token_bytes` takes: five times its length, roughly.
        pub cache_kib: u32 = 4096,
        /// How long a request waits for keys that are being fetched, in seconds.
        pub wait_seconds: u32 = 5,
        /// What happens to a CORS preflight where a token is needed: browsers never send one with it.
        pub preflights: Preflights = Preflights::Pass,
        /// The `realm` of challenges.
        pub realm: Option<String> = None,
    }
}

verdict_policy::object! {
    /// Who issues tokens, and how they are verified.
    #[derive(Debug)]
    pub struct Provider {
        /// The `iss` of its tokens, character by character.
        pub issuer: String,
        /// The audiences, one of which a token must be meant for (`aud`). Required; `[]` accepts tokens that are meant for anybody.
        pub audiences: Vec<String>,
        /// Where its keys come from: exactly one of the ways.
        pub keys: Keys,
        /// The algorithms that are accepted. Without it, all that the keys are for, except HMAC.
        pub algorithms: Option<Vec<Algorithm>> = None,
        /// The `typ` that its tokens must have: `at+jwt` (RFC 9068) tells access tokens from ID tokens. `application/at+jwt` is the same.
        pub typ: Option<String> = None,
        /// How far the clocks may differ, in seconds.
        pub clock_skew_seconds: u32 = 60,
        /// How long a token may be valid at most, in seconds, from its `iat` to its `exp`; without an `iat`, from now.
        pub max_lifetime_seconds: Option<u32> = None,
        /// Whether a token must say when it ends. One that does not is valid for ever.
        pub require_exp: bool = true,
        /// The claims that scopes are read from, each by its path: a text with blanks between the scopes, or a list.
        pub scope_claims: Vec<Vec<String>> = vec![vec!["scope".to_owned()], vec!["scp".to_owned()]],
        /// The claims that roles are read from, each by its path: `["realm_access", "roles"]`.
        pub role_claims: Vec<Vec<String>> = vec![vec!["roles".to_owned()]],
    }
}

verdict_policy::object! {
    /// Where keys come from: exactly one of these.
    #[derive(Debug)]
    pub struct Keys {
        /// A JWK set (RFC 7517), as an object or as its text.
        pub jwks: Option<AnyJson> = None,
        /// Public keys as PEM: `-----BEGIN PUBLIC KEY-----`.
        pub pem: Option<Vec<String>> = None,
        /// A JWK set that is fetched. Of 256 KiB at most, whatever `max_bytes` says.
        pub fetch: Option<fetched::raw::Source> = None,
        /// An OpenID Connect discovery document that is fetched, and then the JWK set that it names, both from this cluster. Each of 256
        /// KiB at most, whatever `max_bytes` says.
        pub discovery: Option<fetched::raw::Source> = None,
    }
}

verdict_policy::object! {
    /// What of a verified token the upstream gets. A client's own headers of these names are always taken out.
    #[derive(Debug)]
    pub struct PassOn: Default {
        /// Whether the token itself is taken out of the request.
        pub strip_token: bool = false,
        /// Whether the filters behind this one are told who the caller is, by the proxy's filter state: the claims at the top of the token
        /// that are texts. `subscription` asks for it.
        pub identity: bool = false,
        /// A header for the payload of the token, as it came: base64url.
        pub payload_header: Option<String> = None,
        /// Headers for single claims.
        pub claims: Vec<ClaimHeader> = Vec::new(),
    }
}

verdict_policy::object! {
    /// A header that a claim is passed on in: a text or a number as it is, a list with commas between. What cannot safely stand in a
    /// header is left out.
    #[derive(Debug)]
    pub struct ClaimHeader {
        /// The path of the claim: `["sub"]`, `["realm_access", "roles"]`.
        pub claim: Vec<String>,
        /// The name of the header.
        pub header: String,
    }
}

verdict_policy::words! {
    /// Who verifies signatures.
    pub enum Crypto {
        /// The proxy what it can, this module the rest.
        PreferHost = "prefer_host",
        /// This module.
        Module = "module",
        /// The proxy, and nobody else.
        HostOnly = "host_only",
    }
}

verdict_policy::words! {
    /// What happens to a CORS preflight where a token is needed.
    pub enum Preflights {
        /// It passes, if it is one: an OPTIONS request with `Origin` and `Access-Control-Request-Method`, without a body and without a
        /// token. With a token, it is judged by that.
        Pass = "pass",
        /// It needs a token like any other request.
        Verify = "verify",
    }
}

verdict_policy::words! {
    /// Whether a rule needs a token.
    pub enum Access {
        /// It does.
        Required = "required",
        /// It does not; but if there is one, it must be good.
        Optional = "optional",
        /// It does not, and none is looked at.
        Public = "public",
    }
}

verdict_policy::object! {
    /// What a rule of this filter asks.
    #[derive(Debug)]
    pub struct Asks {
        /// Whether a token is needed.
        pub access: Access = Access::Required,
        /// The providers whose tokens are accepted. Without it, all of them.
        pub providers: Option<Vec<String>> = None,
        /// The scopes that the token must grant.
        pub scopes: AnyAll = AnyAll::default(),
        /// The roles that the token must name.
        pub roles: AnyAll = AnyAll::default(),
        /// What other claims must be: all of these hold.
        pub claims: Vec<Claim> = Vec::new(),
        /// What other claims must be: at least one of these holds.
        pub any_claim: Vec<Claim> = Vec::new(),
    }
}

verdict_policy::object! {
    /// Values, of which some are needed.
    #[derive(Debug)]
    pub struct AnyAll: Default {
        /// At least one of these.
        pub any: Vec<String> = Vec::new(),
        /// All of these.
        pub all: Vec<String> = Vec::new(),
    }
}

verdict_policy::object! {
    /// What a claim must be. With the path alone, it must be there.
    #[derive(Debug)]
    pub struct Claim {
        /// The path of the claim: `["tenant", "id"]`.
        pub claim: Vec<String>,
        /// It is this.
        pub equals: Option<AnyJson> = None,
        /// It is one of these.
        pub one_of: Option<Vec<AnyJson>> = None,
        /// It is a list with this in it.
        pub contains: Option<AnyJson> = None,
        /// It is a list with all of these in it.
        pub all_of: Option<Vec<AnyJson>> = None,
    }
}

/// Any JSON value.
#[derive(Debug)]
pub struct AnyJson(pub Json);

impl Read for AnyJson {
    fn read(value: &Json, _: &Place, _: &mut Problems) -> Option<Self> {
        Some(Self(value.clone()))
    }
}

verdict_policy::with_schema! {
    use verdict_policy::document::schema::{Described, JsonSchema, Schema, SchemaGenerator, Value, json_schema};

    impl JsonSchema for AnyJson {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "AnyJson".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!(true)
        }

        fn inline_schema() -> bool {
            true
        }
    }

    impl Described for AnyJson {
        fn describe(generator: &mut SchemaGenerator) -> Schema {
            generator.subschema_for::<Self>()
        }

        fn shown(&self) -> Option<Value> {
            None
        }
    }
}
