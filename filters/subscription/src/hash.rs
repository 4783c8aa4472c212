//! The hash of a key: what is stored and compared in its place.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// How keys are hashed.
#[derive(Clone)]
pub enum Hasher {
    /// SHA-256: for keys that nobody can guess, of at least 128 random bits.
    Sha256,
    /// HMAC-SHA-256 (RFC 2104) with a secret of whoever issues the keys.
    Hmac(Box<Hmac<Sha256>>),
}

/// The hash of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hasher {
    /// With a secret, of any length.
    pub fn with_secret(secret: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(secret).ok().map(|hmac| Self::Hmac(Box::new(hmac)))
    }

    /// The hash of that key.
    pub fn hash(&self, key: &[u8]) -> Hash {
        Hash(match self {
            Self::Sha256 => Sha256::digest(key).into(),
            Self::Hmac(hmac) => {
                let mut hmac = (**hmac).clone();
                hmac.update(key);
                hmac.finalize().into_bytes().into()
            }
        })
    }
}

impl Hash {
    /// Reads base64url without padding: 43 characters.
    pub fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let length = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
        (length == bytes.len()).then_some(Self(bytes))
    }

    /// As it is written.
    pub fn written(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.0)
    }
}
