//! A key as `SubjectPublicKeyInfo` (RFC 5280, section 4.1) or as PKCS#1 (RFC 8017, appendix A.1.1), in DER.

use rsa::pkcs1::RsaPublicKeyRef;
use rsa::pkcs8::ObjectIdentifier;
use rsa::pkcs8::der::Decode;
use rsa::pkcs8::spki::SubjectPublicKeyInfoRef;

use super::material::Curve;
use super::{BadKey, Key, Material};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

const BROKEN: BadKey = BadKey::new("what this PEM holds is broken; write it as the tool made it, every line");

/// A key that says of itself what it is.
///
/// # Errors
/// It is broken, or no key that an algorithm here can use.
pub(crate) fn read(der: &[u8]) -> Result<Key, BadKey> {
    let spki = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| BROKEN)?;
    let bytes = spki.subject_public_key.as_bytes().ok_or(BROKEN)?;
    let material = if spki.algorithm.oid == RSA {
        rsa(bytes)
    } else if spki.algorithm.oid == ED25519 {
        Material::ed25519(bytes)
    } else if spki.algorithm.oid == EC {
        let named = spki.algorithm.parameters_oid().ok();
        let curve = [(P256, Curve::P256), (P384, Curve::P384), (P521, Curve::P521)]
            .into_iter()
            .find(|(oid, _)| named == Some(*oid))
            .map(|(_, curve)| curve)
            .ok_or(BadKey::new(
                "this key is on a curve that no algorithm here uses; make one on P-256, P-384 or P-521",
            ))?;
        Material::ec(curve, bytes)
    } else {
        Err(BadKey::new("this key is of a kind that no algorithm here uses; make an RSA, an EC or an Ed25519 key"))
    }?;
    Key::new(None, None, material)
}

/// An RSA key without a word on what it is.
pub(super) fn read_pkcs1(der: &[u8]) -> Result<Key, BadKey> {
    Key::new(None, None, rsa(der)?)
}

fn rsa(der: &[u8]) -> Result<Material, BadKey> {
    let numbers = RsaPublicKeyRef::from_der(der).map_err(|_| BROKEN)?;
    Material::rsa(numbers.modulus.as_bytes(), numbers.public_exponent.as_bytes())
}
