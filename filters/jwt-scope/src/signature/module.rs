//! Signatures verified by the module itself: every algorithm, whatever the host can do.

use ed25519_dalek::Signature as Ed25519Signature;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{Pkcs1v15Sign, Pss};
use sha2::{Digest, Sha256, Sha384, Sha512};
use verdict_policy::crypto::Hash;

use crate::algorithm::{Algorithm, Family};
use crate::key::{Key, Material, Point};

/// Whether it holds. The key serves that algorithm.
pub(super) fn verify(key: &Key, algorithm: Algorithm, text: &[u8], signature: &[u8]) -> bool {
    match (key.material(), algorithm.family()) {
        (Material::Secret(secret), Family::Hmac(hash)) => hmac(secret, hash, text, signature),
        (Material::Rsa { key, .. }, Family::RsaPkcs1(hash)) => match hash {
            Hash::Sha256 => key.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(text), signature),
            Hash::Sha384 => key.verify(Pkcs1v15Sign::new::<Sha384>(), &Sha384::digest(text), signature),
            Hash::Sha512 => key.verify(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(text), signature),
        }
        .is_ok(),
        // The salt is as long as the hash (RFC 7518, section 3.5): what `Pss::new` asks for.
        (Material::Rsa { key, .. }, Family::RsaPss(hash)) => match hash {
            Hash::Sha256 => key.verify(Pss::<Sha256>::new(), &Sha256::digest(text), signature),
            Hash::Sha384 => key.verify(Pss::<Sha384>::new(), &Sha384::digest(text), signature),
            Hash::Sha512 => key.verify(Pss::<Sha512>::new(), &Sha512::digest(text), signature),
        }
        .is_ok(),
        (Material::Ec { point, .. }, Family::Ecdsa(hash)) => ecdsa(point, hash, text, signature),
        // Strictly: no points of small order, and the one spelling of each number (RFC 8032, section 5.1.7).
        (Material::Ed25519(key), Family::EdDsa) => {
            Ed25519Signature::from_slice(signature).and_then(|signature| key.verify_strict(text, &signature)).is_ok()
        }
        _ => false,
    }
}

/// Compares in constant time: how much of a guess was right must not be seen.
fn hmac(secret: &[u8], hash: Hash, text: &[u8], tag: &[u8]) -> bool {
    fn holds<M: Mac + KeyInit>(secret: &[u8], text: &[u8], tag: &[u8]) -> bool {
        // A key of any length will do.
        M::new_from_slice(secret).is_ok_and(|mac| mac.chain_update(text).verify_slice(tag).is_ok())
    }
    match hash {
        Hash::Sha256 => holds::<Hmac<Sha256>>(secret, text, tag),
        Hash::Sha384 => holds::<Hmac<Sha384>>(secret, text, tag),
        Hash::Sha512 => holds::<Hmac<Sha512>>(secret, text, tag),
    }
}

/// Two numbers of exactly the curve's length, each from 1 to below its order (RFC 7518, section 3.4).
fn ecdsa(point: &Point, hash: Hash, text: &[u8], signature: &[u8]) -> bool {
    match (point, hash) {
        (Point::P256(key), Hash::Sha256) => p256::ecdsa::Signature::from_slice(signature)
            .and_then(|signature| key.verify_prehash(&Sha256::digest(text), &signature)),
        (Point::P384(key), Hash::Sha384) => p384::ecdsa::Signature::from_slice(signature)
            .and_then(|signature| key.verify_prehash(&Sha384::digest(text), &signature)),
        (Point::P521(key), Hash::Sha512) => p521::ecdsa::Signature::from_slice(signature)
            .and_then(|signature| key.verify_prehash(&Sha512::digest(text), &signature)),
        _ => return false,
    }
    .is_ok()
}
