//! Ways to bend a signature.

use verdict_policy::crypto::Hash;

use super::envoy::der;
use crate::algorithm::Family;

type Bent = Vec<(String, Vec<u8>)>;

/// Every way.
pub(super) fn signatures(signature: &[u8], family: Family) -> Bent {
    let mut bent = malformed(signature, family);
    // Every bit of the first and the last byte, and one in the middle.
    let last = signature.len() - 1;
    for (byte, bit) in (0..8).flat_map(|bit| [(0, bit), (last, bit)]).chain([(last / 2, 3)]) {
        let mut flipped = signature.to_vec();
        flipped[byte] ^= 1 << bit;
        bent.push((format!("with bit {bit} of byte {byte} flipped"), flipped));
    }
    let (left, right) = signature.split_at(signature.len() / 2);
    bent.push(("with its halves swapped".to_owned(), [right, left].concat()));
    bent.push(("of zeros".to_owned(), vec![0; signature.len()]));
    bent.push(("of ones".to_owned(), vec![0xff; signature.len()]));
    bent
}

/// The ways that can be seen without a look at the text.
pub(super) fn malformed(signature: &[u8], family: Family) -> Bent {
    let mut bent = vec![
        ("empty".to_owned(), Vec::new()),
        ("shorter at its end".to_owned(), signature[..signature.len() - 1].to_vec()),
        ("shorter at its front".to_owned(), signature[1..].to_vec()),
        ("longer at its end".to_owned(), [signature, &[0]].concat()),
        ("longer at its front".to_owned(), [&[0], signature].concat()),
        ("twice".to_owned(), [signature, signature].concat()),
    ];
    match family {
        Family::Hmac(_) => {}
        Family::EdDsa => bent.push(("with s and the order".to_owned(), with_order_added(signature))),
        Family::RsaPkcs1(_) | Family::RsaPss(_) => {
            bent.push(("not below the modulus".to_owned(), vec![0xff; signature.len()]));
        }
        Family::Ecdsa(hash) => {
            let (r, s) = signature.split_at(signature.len() / 2);
            let (zero, order) = (vec![0; r.len()], order(hash));
            assert_eq!(order.len(), r.len());
            for (what, r, s) in [
                ("with r = 0", &zero[..], s),
                ("with s = 0", r, &zero),
                ("with r = the order", &order, s),
                ("with s = the order", r, &order),
                ("with r = all ones", &vec![0xff; r.len()], s),
            ] {
                bent.push((what.to_owned(), [r, s].concat()));
            }
            bent.push(("as DER".to_owned(), der(signature)));
            bent.push(("wider".to_owned(), [&[0], r, &[0], s].concat()));
        }
    }
    bent
}

/// The order of the curve (FIPS 186-4, appendix D.1.2).
fn order(hash: Hash) -> Vec<u8> {
    let hex = match hash {
        Hash::Sha256 => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551".to_owned(),
        Hash::Sha384 => "f".repeat(48) + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        Hash::Sha512 => {
            "01".to_owned() + &"f".repeat(65) + "a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
        }
    };
    let digits = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// An Ed25519 signature with the order of the group added to its s: the same number to whoever does not look (RFC 8032,
/// section 5.1.7).
fn with_order_added(signature: &[u8]) -> Vec<u8> {
    let low = 27_742_317_777_372_353_535_851_937_790_883_648_493_u128.to_le_bytes();
    let order = [&low[..], &[0; 15], &[0x10]].concat();
    let (r, s) = signature.split_at(32);
    let mut carry = 0;
    let sum = s.iter().zip(order).map(|(one, other)| {
        carry += u32::from(*one) + u32::from(other);
        let [byte, ..] = carry.to_le_bytes();
        carry >>= 8;
        byte
    });
    [r, &sum.collect::<Vec<u8>>()].concat()
}
