//! What a key is made of, checked once: nothing of the wrong size, off its curve or too weak gets past here.

use ed25519_dalek::VerifyingKey;
use rsa::{BoxedUint, RsaPublicKey};
use verdict_policy::crypto::Hash;

use super::BadKey;
use super::der::{bit_string, integer, sequence, stripped};
use crate::algorithm::{Algorithm, Family};

/// The fewest bits of an RSA modulus (RFC 7518, section 3.3).
const RSA_MIN_BITS: usize = 2048;

/// The most. What a signature costs to verify grows with the square of it.
const RSA_MAX_BITS: usize = 8192;

/// `rsaEncryption` with its `NULL` (RFC 3279, section 2.3.1).
const RSA_ALGORITHM: &[u8] = &[0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];

/// `id-ecPublicKey` with the curve (RFC 5480, section 2.1.1).
const P256_ALGORITHM: &[u8] =
    &[0x30, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384_ALGORITHM: &[u8] = &[0x30, 16, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x22];
const P521_ALGORITHM: &[u8] = &[0x30, 16, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5, 0x2b, 0x81, 4, 0, 0x23];

/// The key itself.
pub(crate) enum Material {
    /// The secret of an HMAC.
    Secret(Box<[u8]>),
    /// An RSA key.
    Rsa {
        key: Box<RsaPublicKey>,
        /// Most significant byte first, without zeros in front: a signature has as many bytes, and is a smaller number.
        modulus: Box<[u8]>,
        /// For the host.
        spki: Box<[u8]>,
    },
    /// A point on one of the curves.
    Ec {
        point: Box<Point>,
        /// For the host.
        spki: Box<[u8]>,
    },
    /// An Ed25519 key.
    Ed25519(Box<VerifyingKey>),
}

/// A point on a curve of NIST, not the one at infinity.
pub(crate) enum Point {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

/// A curve of NIST (RFC 7518, section 6.2.1.1).
#[derive(Clone, Copy)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// How many bytes a coordinate has.
    pub(super) const fn width(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl Material {
    /// An RSA key of a modulus and an exponent, most significant byte first. Zeros in front change nothing: some
    /// libraries write one.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, BadKey> {
        let (modulus, exponent) = (stripped(modulus), stripped(exponent));
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        if !(RSA_MIN_BITS..=RSA_MAX_BITS).contains(&bits) {
            return Err(BadKey::about(format!(
                "this RSA key has {bits} bits; make one of {RSA_MIN_BITS} to {RSA_MAX_BITS} bits"
            )));
        }
        let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        if !odd(modulus) {
            return Err(BadKey::new(
                "the modulus `n` is even, which that of no RSA key is; write it as the library made it",
            ));
        }
        let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bytes.len() as u32 * 8).ok();
        // At most 33 bits is the bound of the library, and of the one in Envoy.
        let key = (exponent.len() <= 5 && odd(exponent) && exponent != [1])
            .then(|| RsaPublicKey::new(number(modulus)?, number(exponent)?).ok())
            .flatten()
            .ok_or(BadKey::new(
                "the exponent `e` is not an odd number from 3 to 2^33; make a key with the usual one, 65537 (`AQAB`)",
            ))?;
        let numbers = sequence(&[&integer(modulus), &integer(exponent)]);
        Ok(Self::Rsa { key: Box::new(key), modulus: modulus.into(), spki: spki(RSA_ALGORITHM, &numbers) })
    }

    /// A point (SEC 1, section 2.3.3).
    pub(super) fn ec(curve: Curve, point: &[u8]) -> Result<Self, BadKey> {
        let (algorithm, point, written) = match curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .map(|key| (P256_ALGORITHM, Point::P256(key), key.to_sec1_point(false).as_bytes().to_vec())),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .map(|key| (P384_ALGORITHM, Point::P384(key), key.to_sec1_point(false).as_bytes().to_vec())),
            Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .map(|key| (P521_ALGORITHM, Point::P521(key), key.to_sec1_point(false).as_bytes().to_vec())),
        }
        .map_err(|_| {
            BadKey::about(format!(
                "this is no point on the curve {}; write the key as the library made it",
                curve.name()
            ))
        })?;
        Ok(Self::Ec { point: Box::new(point), spki: spki(algorithm, &written) })
    }

    /// An Ed25519 key (RFC 8032, section 5.1.2).
    pub(super) fn ed25519(bytes: &[u8]) -> Result<Self, BadKey> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| {
            BadKey::about(format!("an Ed25519 key has 32 bytes, and this one {}; write it whole", bytes.len()))
        })?;
        let key = VerifyingKey::from_bytes(bytes)
            .ok()
            // RFC 8032, section 5.1.3: a coordinate that is not below the prime is none.
            .filter(|key| key.to_edwards().compress().as_bytes() == bytes)
            .ok_or(BadKey::new("this is no point on the curve Ed25519; write the key as the library made it"))?;
        if key.is_weak() {
            return Err(BadKey::new("this Ed25519 key is one for which anybody can sign; make another key"));
        }
        Ok(Self::Ed25519(Box::new(key)))
    }

    /// What kind of key it is, for a message.
    fn kind(&self) -> &'static str {
        match self {
            Self::Secret(_) => "a secret (`oct`)",
            Self::Rsa { .. } => "an RSA key",
            Self::Ec { point, .. } => match **point {
                Point::P256(_) => "a key on P-256",
                Point::P384(_) => "a key on P-384",
                Point::P521(_) => "a key on P-521",
            },
            Self::Ed25519(_) => "an Ed25519 key",
        }
    }

    /// Whether algorithms of that family take such a key.
    pub(super) fn suits(&self, family: Family) -> bool {
        match self {
            // RFC 7518, section 3.2: no secret that is shorter than the hash.
            Self::Secret(secret) => matches!(family, Family::Hmac(hash) if secret.len() >= length(hash)),
            Self::Rsa { .. } => matches!(family, Family::RsaPkcs1(_) | Family::RsaPss(_)),
            Self::Ec { point, .. } => matches!(
                (&**point, family),
                (Point::P256(_), Family::Ecdsa(Hash::Sha256))
                    | (Point::P384(_), Family::Ecdsa(Hash::Sha384))
                    | (Point::P521(_), Family::Ecdsa(Hash::Sha512))
            ),
            Self::Ed25519(_) => matches!(family, Family::EdDsa),
        }
    }

    /// Why there is nothing that this key may verify.
    pub(super) fn useless(&self, sole: Option<Algorithm>) -> BadKey {
        if let (Self::Secret(secret), None | Some(Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512)) =
            (self, sole)
        {
            let algorithm = sole.unwrap_or(Algorithm::Hs256);
            let wanted = if let Family::Hmac(hash) = algorithm.family() { length(hash) } else { 0 };
            return BadKey::about(format!(
                "this secret has {} bytes, too few for {}; make one of {wanted} random bytes or more",
                secret.len(),
                algorithm.name()
            ));
        }
        BadKey::about(format!(
            "{} is no key for {}; write the `alg` that goes with it, or leave `alg` out",
            self.kind(),
            sole.map_or("any algorithm", Algorithm::name)
        ))
    }
}

/// How many bytes a hash has.
const fn length(hash: Hash) -> usize {
    match hash {
        Hash::Sha256 => 32,
        Hash::Sha384 => 48,
        Hash::Sha512 => 64,
    }
}

/// A `SubjectPublicKeyInfo` (RFC 5280, section 4.1).
fn spki(algorithm: &[u8], key: &[u8]) -> Box<[u8]> {
    sequence(&[algorithm, &bit_string(key)]).into()
}
