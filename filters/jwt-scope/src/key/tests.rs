//! Keys that are taken, what each may verify, and what is said of those that are not.

mod bad_jwks;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use verdict_policy::json::{Json, parse};

use super::{BadKey, From, Key, Material, jwk, pem};
use crate::algorithm::Algorithm;
use crate::signature::cases::*;

fn json(written: &str) -> Json {
    parse(written.replace('\'', "\"").as_bytes()).unwrap()
}

/// The key of a JWK in which `'` stands for `"`.
fn read(written: &str) -> Result<Key, BadKey> {
    jwk::read(&json(written), From::Configuration)
}

/// A JWK with more members.
fn with(written: &str, more: &str) -> String {
    format!("{},{more}}}", written.strip_suffix('}').unwrap())
}

/// A JWK with a member written differently.
fn instead(written: &str, member: &str, value: &str) -> String {
    let (before, rest) = written.split_once(&format!("'{member}':'")).unwrap();
    let (_, after) = rest.split_once('\'').unwrap();
    format!("{before}'{member}':'{value}'{after}")
}

fn as_pem(label: &str, base64: &str) -> String {
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn names(key: &Key) -> String {
    let served = Algorithm::ALL.into_iter().filter(|algorithm| key.serves(*algorithm));
    served.map(Algorithm::name).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn serves(written: &str, algorithms: &str) {
    let key = read(written).unwrap_or_else(|bad| panic!("{bad}: {written}"));
    assert_eq!(names(&key), algorithms, "{written}");
}

#[track_caller]
fn bad(written: &str, message: &str) {
    let told = read(written).expect_err(written).to_string();
    assert_eq!(told, message, "{written}");
    reveals_nothing(&told, written);
}

/// No value of the key is in the message, but for the words that name what it is.
fn reveals_nothing(told: &str, written: &str) {
    for value in written.split('\'').filter(|value| value.len() > 16) {
        assert!(!told.contains(value), "{told}");
    }
}

const SECRET_OF_32: &str = "{'kty':'oct','k':'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE'}";
const SECRET_OF_31: &str = "{'kty':'oct','k':'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MA'}";
const SECRET_OF_48: &str = "{'kty':'oct','k':'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3'}";

#[test]
fn a_key_serves_what_its_type_and_curve_allow() {
    let rsa = "RS256 RS384 RS512 PS256 PS384 PS512";
    for (written, algorithms) in [
        (RSA, rsa),
        (RSA_2049, rsa),
        (P256, "ES256"),
        (P384, "ES384"),
        (P521, "ES512"),
        (ED25519, "EdDSA"),
        (SECRET, "HS256 HS384 HS512"),
        (SECRET_OF_48, "HS256 HS384"),
        (SECRET_OF_32, "HS256"),
    ] {
        serves(written, algorithms);
        serves(&with(written, "'use':'sig','key_ops':['sign','verify'],'x5t':null,'x5c':['any']"), algorithms);
    }
}

#[test]
fn a_key_with_an_alg_serves_that_one_only() {
    for algorithm in Algorithm::ALL {
        let name = algorithm.name();
        for written in [RSA, P256, P384, P521, ED25519, SECRET] {
            let suits = names(&read(written).unwrap()).contains(name);
            let named = read(&with(written, &format!("'alg':'{name}'")));
            assert_eq!(named.as_ref().ok().map(names).as_deref(), suits.then_some(name), "{name} {written}");
        }
    }
}

#[test]
fn sizes_are_bounded_to_the_bit() {
    // A number of so many bits, all ones: base64url of it.
    let ones = |bits: usize| {
        let mut bytes = vec![0xff_u8; bits.div_ceil(8)];
        bytes[0] >>= (8 - bits % 8) % 8;
        Base64UrlUnpadded::encode_string(&bytes)
    };
    for bits in [2048, 2055, 4096, 8192] {
        assert!(read(&instead(RSA, "n", &ones(bits))).is_ok(), "{bits}");
    }
    for bits in [1, 1024, 2047, 8193, 65_536] {
        let message = format!("this RSA key has {bits} bits; make one of 2048 to 8192 bits");
        bad(&instead(RSA, "n", &ones(bits)), &message);
    }
    bad(RSA_1024, "this RSA key has 1024 bits; make one of 2048 to 8192 bits");
    bad(&instead(RSA, "n", ""), "this RSA key has 0 bits; make one of 2048 to 8192 bits");
}

#[test]
fn zeros_in_front_of_the_numbers_of_an_rsa_key_change_nothing() {
    let modulus = RSA.split("'n':'").nth(1).unwrap().split('\'').next().unwrap();
    let bytes = Base64UrlUnpadded::decode_vec(modulus).unwrap();
    let longer = Base64UrlUnpadded::encode_string(&[&[0, 0], &bytes[..]].concat());
    serves(&instead(&instead(RSA, "n", &longer), "e", "AAEAAQ"), "RS256 RS384 RS512 PS256 PS384 PS512");
}

#[test]
fn exponents_are_odd_and_of_a_bounded_size() {
    for exponent in ["Aw", "AQAB", "Af____8"] {
        assert!(read(&instead(RSA, "e", exponent)).is_ok(), "{exponent}");
    }
    for exponent in ["", "AA", "AQ", "Ag", "AQAA", "AgAAAAE", "AQAAAAAB"] {
        bad(
            &instead(RSA, "e", exponent),
            "the exponent `e` is not an odd number from 3 to 2^33; make a key with the usual one, 65537 (`AQAB`)",
        );
    }
}

#[test]
fn a_bad_jwk_is_told_what_is_wrong_with_it() {
    for (written, message) in bad_jwks::table() {
        bad(&written, &message);
    }
}

#[test]
fn a_secret_that_everybody_can_fetch_is_none() {
    let bad = jwk::read(&json(SECRET), From::Remote).unwrap_err().to_string();
    assert_eq!(
        bad,
        "a secret (`oct`) that everybody can fetch is none; replace it, and publish an RSA, EC or Ed25519 key"
    );
    for written in [RSA, P256, ED25519] {
        assert!(jwk::read(&json(written), From::Remote).is_ok());
    }
}

#[test]
fn a_kid_is_kept_as_it_is() {
    for kid in ["", "a", "Schlüssel 1", &"k".repeat(256)] {
        let key = read(&with(P256, &format!("'kid':'{kid}'"))).unwrap();
        assert_eq!(key.kid(), Some(kid));
    }
    assert_eq!(read(P256).unwrap().kid(), None);
    assert_eq!(pem::read(&as_pem("PUBLIC KEY", P256_SPKI)).unwrap().kid(), None);
}

#[test]
fn debug_shows_nothing_of_the_key() {
    let key = read(&with(SECRET, "'kid':'one','alg':'HS256'")).unwrap();
    assert_eq!(format!("{key:?}"), "Key { kid: Some(\"one\"), sole: Some(Hs256), .. }");
}

#[test]
fn a_set_is_an_object_with_one_list_of_keys() {
    assert_eq!(jwk::list(json("{'keys':[]}")), Ok(vec![]));
    assert_eq!(jwk::list(json("{'more':1,'keys':[{},7]}")), Ok(vec![json("{}"), json("7")]));
    for (written, what) in [
        ("[]", "this is a list"),
        ("{}", "there is no `keys`"),
        ("{'keys':{}}", "`keys` is an object"),
        ("{'keys':[],'keys':[]}", "a name is there twice"),
    ] {
        let told = jwk::list(json(written)).unwrap_err().to_string();
        assert_eq!(told, format!("{what}; write a JWK set: `{{\"keys\": [ … ]}}`"));
    }
}

#[test]
fn pem_gives_the_same_key_as_the_jwk() {
    let spki = |key: &Key| match key.material() {
        Material::Rsa { spki, .. } | Material::Ec { spki, .. } => spki.to_vec(),
        Material::Secret(_) | Material::Ed25519(_) => Vec::new(),
    };
    for (written, der) in
        [(RSA, RSA_SPKI), (RSA_2049, RSA_2049_SPKI), (P256, P256_SPKI), (P384, P384_SPKI), (P521, P521_SPKI)]
    {
        // What the host gets is what another library writes, byte for byte.
        assert_eq!(spki(&read(written).unwrap()), Base64::decode_vec(der).unwrap());
        assert_eq!(spki(&pem::read(&as_pem("PUBLIC KEY", der)).unwrap()), Base64::decode_vec(der).unwrap());
    }
    let pkcs1 = pem::read(&as_pem("RSA PUBLIC KEY", RSA_PKCS1)).unwrap();
    assert_eq!(spki(&pkcs1), Base64::decode_vec(RSA_SPKI).unwrap());
    assert_eq!(names(&pem::read(&as_pem("PUBLIC KEY", ED25519_SPKI)).unwrap()), "EdDSA");
}

#[test]
fn pem_may_be_laid_out_in_other_ways() {
    let good = as_pem("PUBLIC KEY", P256_SPKI);
    let one_line = format!("-----BEGIN PUBLIC KEY-----\n{P256_SPKI}\n-----END PUBLIC KEY-----");
    for written in [good.trim(), &format!("\n  {good}\n\n"), &good.replace('\n', "\r\n"), &one_line] {
        assert_eq!(names(&pem::read(written).unwrap()), "ES256", "{written}");
    }
}

#[test]
fn bad_pem_is_told_what_is_wrong_with_it() {
    let good = as_pem("PUBLIC KEY", P256_SPKI);
    let more = Base64::encode_string(&[&Base64::decode_vec(P256_SPKI).unwrap()[..], &[0]].concat());
    let not_pem = "this is not PEM; write the key from `-----BEGIN PUBLIC KEY-----` to `-----END PUBLIC KEY-----`, \
                   with its line ends (`\\n` in JSON)";
    let broken = "what this PEM holds is broken; write it as the tool made it, every line";
    let private = "this is a private key, which must stay with whoever signs; write its public key: \
                   `openssl pkey -in key.pem -pubout`";
    let certificate = "this is a certificate, whose dates and issuer nobody would check here; write its public key: \
                       `openssl x509 -in cert.pem -noout -pubkey`";
    for (written, message) in [
        (String::new(), not_pem),
        ("a key".to_owned(), not_pem),
        (good.replace('\n', " "), not_pem),
        (good.replace("-----END", "----END"), not_pem),
        (good.replacen('M', "!", 1), not_pem),
        (good.replace("END PUBLIC", "END RSA PUBLIC"), not_pem),
        (format!("{good} and more"), not_pem),
        (
            format!("{good}{good}"),
            "this holds more than one PEM block; write each key by itself, as an entry of its own",
        ),
        (as_pem("PUBLIC KEY", "AAAA"), broken),
        (as_pem("PUBLIC KEY", RSA_PKCS1), broken),
        (as_pem("RSA PUBLIC KEY", RSA_SPKI), broken),
        (as_pem("RSA PUBLIC KEY", P256_SPKI), broken),
        (as_pem("PUBLIC KEY", &more), broken),
        (as_pem("PUBLIC KEY", RSA_1024_SPKI), "this RSA key has 1024 bits; make one of 2048 to 8192 bits"),
        (
            as_pem("PUBLIC KEY", SECP256K1_SPKI),
            "this key is on a curve that no algorithm here uses; make one on P-256, P-384 or P-521",
        ),
        (
            // X25519 (RFC 8410, section 3).
            as_pem("PUBLIC KEY", &ED25519_SPKI.replacen("MCowBQYDK2Vw", "MCowBQYDK2Vu", 1)),
            "this key is of a kind that no algorithm here uses; make an RSA, an EC or an Ed25519 key",
        ),
        (as_pem("PRIVATE KEY", "AAAA"), private),
        (as_pem("RSA PRIVATE KEY", "AAAA"), private),
        (as_pem("EC PRIVATE KEY", "AAAA"), private),
        (as_pem("ENCRYPTED PRIVATE KEY", "AAAA"), private),
        (as_pem("CERTIFICATE", "AAAA"), certificate),
        (
            as_pem("EC PARAMETERS", "AAAA"),
            "this PEM is not a public key; write one that begins with `-----BEGIN PUBLIC KEY-----`",
        ),
    ] {
        assert_eq!(pem::read(&written).expect_err(&written).to_string(), message, "{written}");
    }
}
