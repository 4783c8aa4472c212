//! JWKs that are refused, and what is said of them.

use super::{SECRET_OF_31, SECRET_OF_32, SECRET_OF_48, instead, with};
use crate::signature::cases::*;

const ALGORITHMS: &str = "HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA";

/// A text of the length of a coordinate of P-256, but no point has it.
const ONES: &str = "__________________________________________8";

pub(super) fn table() -> Vec<(String, String)> {
    let base64url = "is not base64url; write it with `-` and `_`, without `=`, spaces and line ends";
    let private = |member: &str| {
        format!(
            "this is a private key (it has `{member}`), which must stay with whoever signs; \
             write its public members only, and replace the key if others could read it"
        )
    };
    let mut table: Vec<(String, String)> = [
        // What it is.
        ("7", "this is a number; write a JWK: `{\"kty\": …}`"),
        ("{}", "`kty` is missing; add it"),
        ("{'kty':7}", "`kty` is a number; write a text in quotes"),
        ("{'kty':'rsa'}", "\"rsa\" is no `kty` for signatures here; write `RSA`, `EC`, `OKP` or `oct`"),
        (
            "{'kty':'c2VjcmV0IHNlY3JldCBzZWNyZXQ'}",
            "this is no `kty` for signatures here; write `RSA`, `EC`, `OKP` or `oct`",
        ),
        ("{'kty':'RSA','e':'AQAB'}", "`n` is missing; add it"),
        ("{'kty':'RSA','n':'AQAB'}", "`e` is missing; add it"),
        ("{'kty':'EC'}", "`crv` is missing; add it"),
        ("{'kty':'EC','crv':'P-256'}", "`x` is missing; add it"),
        ("{'kty':'OKP','crv':'Ed25519'}", "`x` is missing; add it"),
        ("{'kty':'oct'}", "`k` is missing; add it"),
        (
            "{'kty':'EC','crv':'secp256k1'}",
            "\"secp256k1\" is no `crv` for signatures here; make a key on `P-256`, `P-384` or `P-521`",
        ),
        ("{'kty':'OKP','crv':'X25519'}", "\"X25519\" is no `crv` for signatures here; make a key on `Ed25519`"),
        // Its bytes.
        ("{'kty':'OKP','crv':'Ed25519','x':'AQAB'}", "an Ed25519 key has 32 bytes, and this one 3; write it whole"),
        (SECRET_OF_31, "this secret has 31 bytes, too few for HS256; make one of 32 random bytes or more"),
        ("{'kty':'oct','k':''}", "this secret has 0 bytes, too few for HS256; make one of 32 random bytes or more"),
    ]
    .map(|(written, message)| (written.to_owned(), message.to_owned()))
    .into();
    for (written, member, wrong) in [
        (SECRET, "k", "AyM1="),
        (SECRET, "k", "AyM1A"),
        (SECRET, "k", "AyM1+/+/"),
        (SECRET, "k", "AyM1 AyM1"),
        // Bits at the end that count for nothing.
        (SECRET, "k", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDF"),
        (P256, "x", "AB=="),
        (P256, "y", "AB"),
        (RSA, "n", "*"),
        (ED25519, "x", "é"),
    ] {
        table.push((instead(written, member, wrong), format!("`{member}` {base64url}")));
    }
    for (written, member, wrong, message) in [
        (P256, "x", "AQAB", "`x` has 3 bytes; on P-256 it has 32, zeros in front included"),
        (P256, "y", "", "`y` has 0 bytes; on P-256 it has 32, zeros in front included"),
        (P256, "crv", "P-384", "`x` has 32 bytes; on P-384 it has 48, zeros in front included"),
        (P384, "crv", "P-521", "`x` has 48 bytes; on P-521 it has 66, zeros in front included"),
        (P256, "x", ONES, "this is no point on the curve P-256; write the key as the library made it"),
        (P256, "y", ONES, "this is no point on the curve P-256; write the key as the library made it"),
        (
            P256,
            "y",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "this is no point on the curve P-256; write the key as the library made it",
        ),
        // The point of order 1, and another spelling of it: its coordinate is the prime and one.
        (
            ED25519,
            "x",
            "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "this Ed25519 key is one for which anybody can sign; make another key",
        ),
        (
            ED25519,
            "x",
            "7v_______________________________________38",
            "this is no point on the curve Ed25519; write the key as the library made it",
        ),
    ] {
        table.push((instead(written, member, wrong), message.to_owned()));
    }
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for written in [RSA, P256, ED25519] {
            table.push((with(written, &format!("'{member}':'c2VjcmV0IHNlY3JldCBzZWNyZXQ'")), private(member)));
        }
    }
    for (written, more, message) in [
        // What it is for.
        (
            RSA,
            "'use':'enc'",
            "\"enc\" is no `use` for signatures here; write `sig`, or leave the key out if it is for something else",
        ),
        (RSA, "'use':null", "`use` is null; write a text in quotes"),
        (
            RSA,
            "'key_ops':['sign']",
            "`key_ops` is without `verify`; add it, or leave the key out if it is for something else",
        ),
        (RSA, "'key_ops':'verify'", "`key_ops` is a text; write a list: `[\"verify\"]`"),
        (RSA, "'alg':5", "`alg` is a number; write a text in quotes"),
        (RSA, "'alg':'ES256'", "an RSA key is no key for ES256; write the `alg` that goes with it, or leave `alg` out"),
        (RSA, "'alg':'HS256'", "an RSA key is no key for HS256; write the `alg` that goes with it, or leave `alg` out"),
        (
            P256,
            "'alg':'ES384'",
            "a key on P-256 is no key for ES384; write the `alg` that goes with it, or leave `alg` out",
        ),
        (
            P521,
            "'alg':'EdDSA'",
            "a key on P-521 is no key for EdDSA; write the `alg` that goes with it, or leave `alg` out",
        ),
        (
            ED25519,
            "'alg':'RS256'",
            "an Ed25519 key is no key for RS256; write the `alg` that goes with it, or leave `alg` out",
        ),
        (
            SECRET,
            "'alg':'RS256'",
            "a secret (`oct`) is no key for RS256; write the `alg` that goes with it, or leave `alg` out",
        ),
        (
            SECRET_OF_32,
            "'alg':'HS384'",
            "this secret has 32 bytes, too few for HS384; make one of 48 random bytes or more",
        ),
        (
            SECRET_OF_48,
            "'alg':'HS512'",
            "this secret has 48 bytes, too few for HS512; make one of 64 random bytes or more",
        ),
        (RSA, "'kid':7", "`kid` is a number; write a text in quotes"),
        // Names that are there twice, needed or not.
        (RSA, "'kty':'RSA'", "a name is there twice; write a JWK: `{\"kty\": …}`"),
        (RSA, "'a':1,'b':2,'a':1", "a name is there twice; write a JWK: `{\"kty\": …}`"),
    ] {
        table.push((with(written, more), message.to_owned()));
    }
    for alg in ["none", "RSA-OAEP", "es256", "ES256K", ""] {
        let message = format!("\"{alg}\" is no `alg` for signatures here; write one of {ALGORITHMS}");
        table.push((with(P256, &format!("'alg':'{alg}'")), message));
    }
    let long = format!("'kid':'{}'", "k".repeat(257));
    table.push((with(P256, &long), "`kid` is longer than 256 bytes; give the key a shorter one".to_owned()));
    let even = instead(RSA, "n", &format!("{}gg", "g".repeat(340)));
    table.push((
        even,
        "the modulus `n` is even, which that of no RSA key is; write it as the library made it".to_owned(),
    ));
    table
}
