//! The algorithms that tokens are signed with (RFC 7518, section 3.1; RFC 8037, section 3.1), as a table.

use verdict_policy::crypto::Hash;

verdict_policy::words! {
    /// An algorithm. Which one a token is verified with is said by the key, never by the token.
    pub enum Algorithm {
        /// HMAC with SHA-256.
        Hs256 = "HS256",
        /// HMAC with SHA-384.
        Hs384 = "HS384",
        /// HMAC with SHA-512.
        Hs512 = "HS512",
        /// RSA PKCS#1 v1.5 with SHA-256.
        Rs256 = "RS256",
        /// RSA PKCS#1 v1.5 with SHA-384.
        Rs384 = "RS384",
        /// RSA PKCS#1 v1.5 with SHA-512.
        Rs512 = "RS512",
        /// RSA PSS with SHA-256.
        Ps256 = "PS256",
        /// RSA PSS with SHA-384.
        Ps384 = "PS384",
        /// RSA PSS with SHA-512.
        Ps512 = "PS512",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
        /// ECDSA on P-384 with SHA-384.
        Es384 = "ES384",
        /// ECDSA on P-521 with SHA-512.
        Es512 = "ES512",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

/// What kind of key an algorithm takes, and what it does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// HMAC: a shared secret.
    Hmac(Hash),
    /// RSA PKCS#1 v1.5.
    RsaPkcs1(Hash),
    /// RSA PSS, with a salt as long as the hash.
    RsaPss(Hash),
    /// ECDSA, on the curve that goes with the hash: P-256, P-384, P-521.
    Ecdsa(Hash),
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// The algorithm of that name; case counts (RFC 7515, section 4.1.1).
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Whether whoever can verify a token can also make one.
    pub fn is_symmetric(self) -> bool {
        matches!(self.family(), Family::Hmac(_))
    }

    /// What it does.
    pub const fn family(self) -> Family {
        match self {
            Self::Hs256 => Family::Hmac(Hash::Sha256),
            Self::Hs384 => Family::Hmac(Hash::Sha384),
            Self::Hs512 => Family::Hmac(Hash::Sha512),
            Self::Rs256 => Family::RsaPkcs1(Hash::Sha256),
            Self::Rs384 => Family::RsaPkcs1(Hash::Sha384),
            Self::Rs512 => Family::RsaPkcs1(Hash::Sha512),
            Self::Ps256 => Family::RsaPss(Hash::Sha256),
            Self::Ps384 => Family::RsaPss(Hash::Sha384),
            Self::Ps512 => Family::RsaPss(Hash::Sha512),
            Self::Es256 => Family::Ecdsa(Hash::Sha256),
            Self::Es384 => Family::Ecdsa(Hash::Sha384),
            Self::Es512 => Family::Ecdsa(Hash::Sha512),
            Self::EdDsa => Family::EdDsa,
        }
    }
}
