//! Signatures that hold and signatures that do not, by the host and by the module.

mod bent;
mod envoy;
mod rfc;

use std::sync::LazyLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use verdict_policy::crypto::{Crypto, Hash, NoCrypto};
use verdict_policy::json::parse;

use super::cases::*;
use super::{HostCan, verify};
use crate::algorithm::{Algorithm, Family};
use crate::key::{From, Key, jwk};
use envoy::Envoy;

/// The key of a JWK in which `'` stands for `"`.
fn key(written: &str) -> Key {
    jwk::read(&parse(written.replace('\'', "\"").as_bytes()).unwrap(), From::Configuration).unwrap()
}

fn bytes(base64url: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(base64url).unwrap()
}

/// A host that gives that answer to everything.
struct Says(Option<bool>);

impl Crypto for Says {
    fn verify_signature(&self, _: Hash, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        self.0
    }
}

/// What Envoy was seen to do. Once: it takes a while.
fn envoy_can() -> HostCan {
    static TRIED: LazyLock<HostCan> = LazyLock::new(|| HostCan::tried(&Envoy));
    *TRIED
}

/// Holds on every path there is, or on none.
#[track_caller]
fn check(holds: bool, key: &Key, algorithm: Algorithm, text: &[u8], signature: &[u8], what: &str) {
    let envoy = envoy_can();
    let verdicts = [
        ("the module", verify(key, algorithm, text, signature, &NoCrypto, HostCan::NONE)),
        ("the host", verify(key, algorithm, text, signature, &Envoy, envoy)),
        ("a host that stopped answering", verify(key, algorithm, text, signature, &Says(None), envoy)),
    ];
    for (who, verdict) in verdicts {
        assert_eq!(verdict, holds, "{who} on {} {what}", algorithm.name());
    }
}

#[test]
fn the_examples_of_the_rfcs_hold() {
    for rfc::Example { name, algorithm, key: written, text, signature } in rfc::EXAMPLES {
        let key = key(written);
        check(true, &key, algorithm, text.as_bytes(), &bytes(signature), name);
        check(false, &key, algorithm, &text.as_bytes()[1..], &bytes(signature), name);
    }
}

#[test]
fn every_algorithm_has_a_signature_that_holds() {
    for algorithm in Algorithm::ALL {
        assert!(CASES.iter().any(|case| case.algorithm == algorithm), "{}", algorithm.name());
    }
    for case in &CASES {
        check(true, &key(case.key), case.algorithm, TEXT, &bytes(case.signature), "as made");
    }
}

#[test]
fn another_text_is_refused() {
    let mut flipped = TEXT.to_vec();
    flipped[7] ^= 1;
    let longer = [TEXT, b" "].concat();
    for case in &CASES {
        for (text, what) in [(&TEXT[1..], "shorter"), (&flipped, "flipped"), (&longer, "longer"), (b"", "none")] {
            check(false, &key(case.key), case.algorithm, text, &bytes(case.signature), what);
        }
    }
}

#[test]
fn a_bent_signature_is_refused() {
    for case in &CASES {
        for (what, signature) in bent::signatures(&bytes(case.signature), case.algorithm.family()) {
            check(false, &key(case.key), case.algorithm, TEXT, &signature, &what);
        }
    }
}

#[test]
fn a_signature_holds_under_its_own_key_and_algorithm_only() {
    let own = [SECRET, RSA, RSA_2049, P256, P384, P521, ED25519];
    let others = [SECRET_OF_48, OTHER_RSA, OTHER_P256, OTHER_P384, OTHER_P521, OTHER_ED25519];
    for written in own.into_iter().chain(others) {
        let key = key(written);
        for (case, algorithm) in CASES.iter().flat_map(|case| Algorithm::ALL.map(|algorithm| (case, algorithm))) {
            let holds = written == case.key && algorithm == case.algorithm;
            let what = format!("for {}", case.algorithm.name());
            check(holds, &key, algorithm, TEXT, &bytes(case.signature), &what);
        }
    }
}

/// Another secret, good for two of the three.
const SECRET_OF_48: &str = "{'kty':'oct','k':'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3'}";

#[test]
fn the_encoding_of_the_numbers_does_not_matter_to_the_verdict() {
    let p256 = key(P256);
    for (signature, what) in [
        (ES256_SHORT_R, "r with a zero in front"),
        (ES256_SHORT_S, "s with a zero in front"),
        (ES256_TWIN, "the other s"),
    ] {
        check(true, &p256, Algorithm::Es256, TEXT, &bytes(signature), what);
    }
    check(false, &p256, Algorithm::Es256, TEXT, &bytes(ES256_DER), "as DER");
}

#[test]
fn what_a_host_is_lenient_about_is_refused() {
    // It holds for the host, if it is asked in so many words ...
    let host = |hash, spki: &str, signature: &[u8]| {
        let key = base64ct::Base64::decode_vec(spki).unwrap();
        assert_eq!(Envoy.verify_signature(hash, &key, signature, TEXT), Some(true));
    };
    host(Hash::Sha256, RSA_1024_SPKI, &bytes(RS256_WITH_1024));
    host(Hash::Sha512, P256_SPKI, &envoy::der(&bytes(P256_WITH_SHA512)));
    // ... and is refused here.
    let weak = parse(RSA_1024.replace('\'', "\"").as_bytes()).unwrap();
    assert!(jwk::read(&weak, From::Configuration).is_err());
    for algorithm in Algorithm::ALL {
        check(false, &key(P256), algorithm, TEXT, &bytes(P256_WITH_SHA512), "P-256 with SHA-512");
    }
}

#[test]
fn pss_takes_its_own_salt_and_mask_only() {
    for (signature, what) in
        [(PS256_SALT_NONE, "no salt"), (PS256_SALT_LONG, "a long salt"), (PS256_MASK_SHA512, "another mask")]
    {
        check(false, &key(RSA), Algorithm::Ps256, TEXT, &bytes(signature), what);
    }
}

#[test]
fn a_host_is_not_even_asked_about_a_malformed_signature() {
    let can = envoy_can();
    for case in CASES.iter().filter(|case| can.can(case.algorithm)) {
        let (key, signature) = (key(case.key), bytes(case.signature));
        // It is asked: this one would accept everything.
        assert!(verify(&key, case.algorithm, b"any", &signature, &Says(Some(true)), can));
        let malformed = bent::malformed(&signature, case.algorithm.family());
        assert!(malformed.len() >= 5);
        for (what, signature) in malformed {
            let verdict = verify(&key, case.algorithm, TEXT, &signature, &Says(Some(true)), can);
            assert!(!verdict, "{} {what}", case.algorithm.name());
        }
    }
}

#[test]
fn a_host_is_trusted_with_what_it_was_seen_to_do_rightly() {
    let as_envoy = HostCan::tried(&Envoy);
    for algorithm in Algorithm::ALL {
        let wanted = matches!(algorithm.family(), Family::RsaPkcs1(_) | Family::Ecdsa(_));
        assert_eq!(as_envoy.can(algorithm), wanted, "{}", algorithm.name());
        assert!(!HostCan::NONE.can(algorithm));
    }
    for answer in [None, Some(true), Some(false)] {
        assert_eq!(HostCan::tried(&Says(answer)), HostCan::NONE, "{answer:?}");
    }
    assert_eq!(HostCan::tried(&NoCrypto), HostCan::NONE);
    let without = HostCan::tried(&envoy::WithoutSha384);
    assert!(!without.can(Algorithm::Rs384) && !without.can(Algorithm::Es384));
    assert!(without.can(Algorithm::Rs256) && without.can(Algorithm::Es512));
}

#[test]
fn a_host_that_cannot_is_not_asked() {
    for host in [Says(Some(true)), Says(Some(false)), Says(None)] {
        let can = HostCan::tried(&host);
        for case in &CASES {
            let (key, signature) = (key(case.key), bytes(case.signature));
            assert!(verify(&key, case.algorithm, TEXT, &signature, &host, can), "{}", case.algorithm.name());
            assert!(!verify(&key, case.algorithm, b"any", &signature, &host, can), "{}", case.algorithm.name());
        }
    }
}

#[test]
fn where_the_host_alone_may_verify_nothing_holds_that_it_does_not_answer() {
    let alone = envoy_can().alone();
    for case in &CASES {
        let (key, signature) = (key(case.key), bytes(case.signature));
        let verdict = |host: &dyn Crypto| verify(&key, case.algorithm, TEXT, &signature, host, alone);
        assert_eq!(verdict(&Envoy), alone.can(case.algorithm), "{}", case.algorithm.name());
        assert!(!verdict(&Says(None)), "{}", case.algorithm.name());
    }
}
