//! The keys that tokens are verified with, each bound to the algorithms that it may verify.
//!
//! Which algorithm a token was signed with is written in the token, by whoever made it. If that were believed, a public
//! key could be used as the secret of an HMAC, and everybody knows a public key. So the key says what it is for: by its
//! `alg`, or by its type and curve.

mod der;
pub mod jwk;
mod material;
pub mod pem;
mod spki;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

pub(crate) use der::{integer, sequence};
pub(crate) use material::{Material, Point};
pub(crate) use spki::read as read_spki;

use crate::algorithm::Algorithm;

/// A key, ready to verify with.
pub struct Key {
    kid: Option<String>,
    /// What its `alg` names. Without one, it may verify whatever its material is good for.
    sole: Option<Algorithm>,
    material: Material,
}

/// Where a key is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The configuration, which may hold secrets.
    Configuration,
    /// A source that answers everybody who asks.
    Remote,
}

impl Key {
    /// # Errors
    /// There is no algorithm that this key may verify.
    fn new(kid: Option<String>, sole: Option<Algorithm>, material: Material) -> Result<Self, BadKey> {
        let key = Self { kid, sole, material };
        if Algorithm::ALL.into_iter().any(|algorithm| key.serves(algorithm)) {
            return Ok(key);
        }
        Err(key.material.useless(sole))
    }

    /// Its name (RFC 7517, section 4.5).
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether a signature made with that algorithm may be verified with this key.
    pub fn serves(&self, algorithm: Algorithm) -> bool {
        self.sole.is_none_or(|sole| sole == algorithm) && self.material.suits(algorithm.family())
    }

    pub(crate) fn material(&self) -> &Material {
        &self.material
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the material: it may be a secret.
        f.debug_struct("Key").field("kid", &self.kid).field("sole", &self.sole).finish_non_exhaustive()
    }
}

/// What is wrong with a key, and after a semicolon the remedy. Nothing of the key itself is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadKey(Cow<'static, str>);

impl BadKey {
    const fn new(message: &'static str) -> Self {
        Self(Cow::Borrowed(message))
    }

    fn about(message: String) -> Self {
        Self(Cow::Owned(message))
    }
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadKey {}
