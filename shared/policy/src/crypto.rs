//! What a host can verify by itself: faster than a module could, and by the library that an estate has had validated.

/// The hash functions that signatures are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// The host's own cryptography.
pub trait Crypto {
    /// Whether the signature of the text is that of the key: RSA PKCS#1 v1.5 or ECDSA, as the key says. The key is a DER
    /// `SubjectPublicKeyInfo` (RFC 5280, section 4.1), an ECDSA signature the DER `ECDSA-Sig-Value` (RFC 3279, section 2.2.3).
    ///
    /// `None` where the host has no such function. Hosts differ in what they can do, and one that cannot do an algorithm may say so by
    /// refusing good signatures; and what a host accepts may be too weak: the caller tries it with known answers, and sees to the
    /// sizes of keys and to which hash goes with which curve.
    fn verify_signature(&self, hash: Hash, key: &[u8], signature: &[u8], text: &[u8]) -> Option<bool>;
}

/// A host without any.
pub struct NoCrypto;

impl Crypto for NoCrypto {
    fn verify_signature(&self, _: Hash, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        None
    }
}
