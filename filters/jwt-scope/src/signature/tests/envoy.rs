//! A host that verifies what Envoy does, and is as lenient: any size of RSA key, any hash with any curve.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::pkcs1::RsaPublicKeyRef;
use rsa::pkcs8::DecodePublicKey;
use rsa::pkcs8::der::Decode;
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;
use rsa::{Pkcs1v15Sign, RsaPublicKey};
use sha2::{Digest, Sha256, Sha384, Sha512};
use verdict_policy::crypto::{Crypto, Hash};

pub(super) struct Envoy;

impl Crypto for Envoy {
    fn verify_signature(&self, hash: Hash, key: &[u8], signature: &[u8], text: &[u8]) -> Option<bool> {
        Some(holds(hash, key, signature, text).is_some())
    }
}

/// The same, but for one hash.
pub(super) struct WithoutSha384;

impl Crypto for WithoutSha384 {
    fn verify_signature(&self, hash: Hash, key: &[u8], signature: &[u8], text: &[u8]) -> Option<bool> {
        if hash == Hash::Sha384 { Some(false) } else { Envoy.verify_signature(hash, key, signature, text) }
    }
}

fn holds(hash: Hash, key: &[u8], signature: &[u8], text: &[u8]) -> Option<()> {
    let (digest, padding) = match hash {
        Hash::Sha256 => (Sha256::digest(text).to_vec(), Pkcs1v15Sign::new::<Sha256>()),
        Hash::Sha384 => (Sha384::digest(text).to_vec(), Pkcs1v15Sign::new::<Sha384>()),
        Hash::Sha512 => (Sha512::digest(text).to_vec(), Pkcs1v15Sign::new::<Sha512>()),
    };
    if let Ok(key) = RsaPublicKey::from_public_key_der(key) {
        return key.verify(padding, &digest, signature).ok();
    }
    let spki = SubjectPublicKeyInfoRef::from_der(key).ok()?;
    let point = spki.subject_public_key.as_bytes()?;
    match spki.algorithm.parameters_oid().ok()?.to_string().as_str() {
        "1.2.840.10045.3.1.7" => {
            let signature = p256::ecdsa::Signature::from_slice(&halves(signature, 32)?).ok()?;
            // A hash of any length: a longer one is cut (FIPS 186-4, section 6.4).
            p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?.verify_prehash(&digest, &signature).ok()
        }
        "1.3.132.0.34" => {
            let signature = p384::ecdsa::Signature::from_slice(&halves(signature, 48)?).ok()?;
            p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?.verify_prehash(&digest, &signature).ok()
        }
        "1.3.132.0.35" => {
            let signature = p521::ecdsa::Signature::from_slice(&halves(signature, 66)?).ok()?;
            p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?.verify_prehash(&digest, &signature).ok()
        }
        _ => None,
    }
}

/// r and s, each of that many bytes, of a signature in DER. An RSA key is a sequence of two numbers as well, so its
/// reader will do.
fn halves(der: &[u8], width: usize) -> Option<Vec<u8>> {
    let numbers = RsaPublicKeyRef::from_der(der).ok()?;
    let mut halves = Vec::new();
    for number in [numbers.modulus.as_bytes(), numbers.public_exponent.as_bytes()] {
        halves.extend(vec![0; width.checked_sub(number.len())?]);
        halves.extend(number);
    }
    Some(halves)
}

/// A signature of two numbers of equal length in DER, for lengths below 256: not by the code that is tested.
pub(super) fn der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let mut numbers = Vec::new();
    for number in [r, s] {
        let digits: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = u8::from(digits.first().is_none_or(|byte| *byte >= 0x80));
        numbers.extend([2, digits.len() as u8 + sign]);
        numbers.extend(vec![0; usize::from(sign)]);
        numbers.extend(digits);
    }
    let length = numbers.len() as u8;
    let head = if length < 0x80 { vec![0x30, length] } else { vec![0x30, 0x81, length] };
    [head, numbers].concat()
}
