//! Signatures verified by the host, and which ones it is trusted with.

use base64ct::{Base64UrlUnpadded, Encoding};
use verdict_policy::crypto::Crypto;

use super::known_answers::{KNOWN_ANSWERS, KnownAnswer, TEXT};
use crate::algorithm::{Algorithm, Family};
use crate::key::{Key, Material, Point, integer, read_spki, sequence};

/// The algorithms that the host was seen to verify rightly, and whether nobody else may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostCan {
    algorithms: u16,
    alone: bool,
}

impl HostCan {
    /// No algorithm.
    pub const NONE: Self = Self { algorithms: 0, alone: false };

    /// Tries the host: it can verify with an algorithm if it accepts a signature that holds, and refuses the same one
    /// of another text.
    pub fn tried(crypto: &dyn Crypto) -> Self {
        let right = |known: &&KnownAnswer| knows(known, crypto).unwrap_or(false);
        let algorithms = KNOWN_ANSWERS.iter().filter(right).fold(0, |set, known| set | bit(known.algorithm));
        Self { algorithms, alone: false }
    }

    /// The same, and nobody else may verify: what the host has no answer to does not hold.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { alone: true, ..self }
    }

    /// Whether nobody else may verify.
    pub(super) fn is_alone(self) -> bool {
        self.alone
    }

    /// Whether the host can verify with that algorithm.
    pub fn can(self, algorithm: Algorithm) -> bool {
        self.algorithms & bit(algorithm) != 0
    }
}

const fn bit(algorithm: Algorithm) -> u16 {
    1 << algorithm as u16
}

/// Whether the host gives both right answers; `None` if it gives one of them not at all.
fn knows(known: &KnownAnswer, crypto: &dyn Crypto) -> Option<bool> {
    let decoded = |text| Base64UrlUnpadded::decode_vec(text).ok();
    let key = read_spki(&decoded(known.key)?).ok()?;
    let signature = decoded(known.signature)?;
    let (_, other) = TEXT.split_first()?;
    let ask = |text| verify(&key, known.algorithm, text, &signature, crypto);
    Some(ask(TEXT)? && !ask(other)?)
}

/// The host's answer. `None` where it has none, or cannot be asked for that algorithm.
///
/// A host may be lenient: about numbers that are too large, bytes too many, or other encodings. So what it is asked
/// about is always a signature of the right length whose numbers are in range, in the one encoding that it has.
pub(super) fn verify(
    key: &Key,
    algorithm: Algorithm,
    text: &[u8],
    signature: &[u8],
    crypto: &dyn Crypto,
) -> Option<bool> {
    match (key.material(), algorithm.family()) {
        (Material::Rsa { modulus, spki, .. }, Family::RsaPkcs1(hash)) => {
            // RFC 8017, section 8.2.2, steps 1 and 2 (5.2.2): as many bytes as the modulus, and a smaller number.
            if signature.len() == modulus.len() && *signature < **modulus {
                crypto.verify_signature(hash, spki, signature, text)
            } else {
                Some(false)
            }
        }
        (Material::Ec { point, spki }, Family::Ecdsa(hash)) => match to_der(point, signature) {
            Some(signature) => crypto.verify_signature(hash, spki, &signature, text),
            None => Some(false),
        },
        _ => None,
    }
}

/// An ECDSA signature as DER (RFC 3279, section 2.2.3), from the two numbers of equal length that it is in a JWS (RFC
/// 7518, section 3.4). `None` if it has not that length, or one of them is zero or not below the order of the curve.
fn to_der(point: &Point, signature: &[u8]) -> Option<Vec<u8>> {
    match point {
        Point::P256(_) => p256::ecdsa::Signature::from_slice(signature).map(drop),
        Point::P384(_) => p384::ecdsa::Signature::from_slice(signature).map(drop),
        Point::P521(_) => p521::ecdsa::Signature::from_slice(signature).map(drop),
    }
    .ok()?;
    let (r, s) = signature.split_at_checked(signature.len() / 2)?;
    Some(sequence(&[&integer(r), &integer(s)]))
}
