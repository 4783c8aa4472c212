//! Scripts of what happens to the filter, with a clock that is played.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use verdict_policy::attributes::Attributes;
use verdict_policy::crypto::NoCrypto;
use verdict_policy::time::Wall;

use super::*;

struct Nothing;

impl Attributes for Nothing {
    fn attribute(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}

fn encoded(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// A key of an issuer: the private one, and its number if it has one.
#[derive(Clone, Copy)]
struct Signs(u8, Option<&'static str>);

impl Signs {
    fn jwk(self) -> String {
        let Self(seed, kid) = self;
        let x = encoded(SigningKey::from_bytes(&[seed; 32]).verifying_key().as_bytes());
        let kid = kid.map_or_else(String::new, |kid| format!(r#","kid":"{kid}""#));
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"{kid}}}"#)
    }

    /// A token of the issuer `i`.
    fn token(self, claims: &str) -> String {
        let Self(seed, kid) = self;
        let kid = kid.map_or_else(String::new, |kid| format!(r#","kid":"{kid}""#));
        let header = encoded(format!(r#"{{"alg":"EdDSA"{kid}}}"#).as_bytes());
        let text = format!("{header}.{}", encoded(format!(r#"{{"iss":"i",{claims}}}"#).as_bytes()));
        let signature = SigningKey::from_bytes(&[seed; 32]).sign(text.as_bytes());
        format!("{text}.{}", encoded(&signature.to_bytes()))
    }
}

fn set_of(keys: &[Signs]) -> String {
    let keys: Vec<String> = keys.iter().map(|key| key.jwk()).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

/// The filter with one provider that has these keys, and more settings.
fn filter(keys: &str, more: &str) -> JwtScope {
    let config = format!(
        r#"{{"default": "deny", "rules": [{{"name": "all"}}]{more},
            "providers": {{"p": {{"issuer": "i", "audiences": [], "clock_skew_seconds": 0, "keys": {keys}}}}}}}"#
    );
    let mut problems = Problems::new();
    let document = Document::parse(config.as_bytes(), &mut problems);
    let loaded = document.and_then(|document| JwtScope::load(&document, &NoCrypto, &mut problems));
    assert!(problems.is_empty(), "{problems}");
    loaded.unwrap()
}

fn written(keys: &[Signs]) -> String {
    format!(r#"{{"jwks": {}}}"#, set_of(keys))
}

const FETCHED: &str = r#"{"fetch": {"cluster": "c", "authority": "a", "path": "/p", "min_interval_seconds": 10}}"#;

fn at(seconds: u64) -> Now {
    Now { wall: Wall(seconds * 1_000_000_000), mono: Mono(seconds * 1_000_000_000) }
}

fn ask(filter: &mut JwtScope, exchange: &mut Exchange, event: Event<'_>, token: &str, now: Now) -> Step {
    let bearer = format!("Bearer {token}");
    let request = Head::from_pairs([(":method", "GET"), (":path", "/"), ("authorization", &bearer)]);
    let env = Env {
        now: &|| now,
        request: &request,
        bodiless: true,
        attributes: &Nothing,
        crypto: &NoCrypto,
        identity: None,
    };
    filter.on(exchange, event, &env)
}

fn told(step: &Step) -> &'static str {
    match &step.then {
        Then::Pass => "passes",
        Then::Deny(denial) | Then::Unable(denial) => denial.reason.code,
        Then::Wait(_) => "waits",
        Then::Answer(_) | Then::NeedBody(_) => panic!("{step:?}"),
    }
}

/// A request with that token comes.
fn comes(filter: &mut JwtScope, token: &str, now: Now) -> &'static str {
    told(&ask(filter, &mut Exchange::New, Event::Request, token, now))
}

/// Does what there is to do, and answers each call with those keys. How many calls there were.
fn tick(filter: &mut JwtScope, keys: &[Signs], now: Now) -> usize {
    let mut calls = 0;
    loop {
        match filter.next(now) {
            Next::Call(call) => {
                calls += 1;
                let reply = Reply { status: 200, head: Head::default(), body: set_of(keys).into_bytes() };
                filter.on_reply(call.id, Ok(reply), now);
            }
            Next::Ready(_) | Next::Note(_) | Next::Busy => {}
            Next::Sleep(_) => return calls,
        }
    }
}

/// What the operator is told of a source that has nothing but this.
fn notes(filter: &mut JwtScope, body: &[u8]) -> Vec<String> {
    let mut notes = Vec::new();
    loop {
        match filter.next(at(0)) {
            Next::Call(call) => {
                let reply = Reply { status: 200, head: Head::default(), body: body.to_vec() };
                filter.on_reply(call.id, Ok(reply), at(0));
            }
            Next::Note(note) => notes.push(note),
            Next::Ready(_) | Next::Busy => {}
            Next::Sleep(_) => return notes,
        }
    }
}

const OLD: Signs = Signs(1, None);
const NEW: Signs = Signs(2, Some("new"));

#[test]
fn a_remembered_token_is_forgotten_when_its_time_is_over() {
    let mut filter = filter(&written(&[OLD]), "");
    let token = OLD.token(r#""exp":100"#);
    for (seconds, expected, remembered, hits) in
        [(98, "passes", 1, 0), (99, "passes", 1, 1), (100, "token_expired", 0, 2), (101, "token_expired", 0, 2)]
    {
        assert_eq!(comes(&mut filter, &token, at(seconds)), expected, "at {seconds}");
        // What is verified is remembered, and forgotten at once if its time is over.
        assert_eq!((filter.cache.len(), filter.cache.hits), (remembered, hits), "at {seconds}");
    }
}

#[test]
fn a_new_key_beside_one_without_a_number_is_fetched_when_a_token_names_it() {
    let mut filter = filter(FETCHED, "");
    tick(&mut filter, &[OLD], at(0));
    assert_eq!(comes(&mut filter, &OLD.token(r#""exp":100"#), at(20)), "passes");
    // The key without a number may be any; a token that it does not hold for may be of a key that is new.
    let (token, mut exchange) = (NEW.token(r#""exp":100"#), Exchange::New);
    assert_eq!(told(&ask(&mut filter, &mut exchange, Event::Request, &token, at(20))), "waits");
    assert_eq!(tick(&mut filter, &[OLD, NEW], at(20)), 1);
    assert_eq!(told(&ask(&mut filter, &mut exchange, Event::Again, &token, at(20))), "passes");
}

#[test]
fn a_made_up_key_beside_one_without_a_number_costs_one_fetch() {
    let mut filter = filter(FETCHED, "");
    tick(&mut filter, &[OLD], at(0));
    let (token, mut exchange) = (NEW.token(r#""exp":100"#), Exchange::New);
    assert_eq!(told(&ask(&mut filter, &mut exchange, Event::Request, &token, at(20))), "waits");
    assert_eq!(tick(&mut filter, &[OLD], at(20)), 1);
    assert_eq!(told(&ask(&mut filter, &mut exchange, Event::Again, &token, at(20))), "key_unknown");
    assert_eq!(comes(&mut filter, &token, at(40)), "key_unknown");
    assert_eq!(tick(&mut filter, &[OLD], at(40)), 0);
}

#[test]
fn a_token_that_names_no_key_or_one_that_is_there_is_not_waited_for() {
    let named = Signs(1, Some("new"));
    for (keys, token) in [(OLD, Signs(2, None)), (named, NEW)] {
        let mut filter = filter(FETCHED, "");
        tick(&mut filter, &[keys], at(0));
        assert_eq!(comes(&mut filter, &token.token(r#""exp":100"#), at(20)), "signature_invalid");
        assert_eq!(tick(&mut filter, &[keys], at(20)), 0);
    }
}

#[test]
fn the_key_that_a_token_names_is_tried_whatever_others_stand_before_it() {
    let without_number = (10..30).map(|seed| Signs(seed, None));
    let keys: Vec<Signs> = without_number.chain([NEW]).collect();
    let mut filter = filter(&written(&keys), "");
    assert_eq!(comes(&mut filter, &NEW.token(r#""exp":100"#), at(50)), "passes");
    // Others are tried only as far as no token takes long.
    assert_eq!(comes(&mut filter, &Signs(10, None).token(r#""exp":100"#), at(50)), "passes");
    assert_eq!(comes(&mut filter, &Signs(29, None).token(r#""exp":100"#), at(50)), "signature_invalid");
}

#[test]
fn who_the_caller_is_is_told_only_where_it_is_to_be() {
    let token = OLD.token(r#""exp":100,"sub":"alice""#);
    let digest: String = Sha256::digest(&token).iter().map(|byte| format!("{byte:02x}")).collect();
    let [iss, sub] = [("iss", "i"), ("sub", "alice")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let from_query = r#"[{"header": "authorization", "prefix": "Bearer"}, {"query": "t"}]"#;
    for (more, claims) in [
        (String::new(), None),
        (r#", "pass_on": {"strip_token": true}"#.to_owned(), Some(Vec::new())),
        (format!(r#", "token_from": {from_query}"#), Some(Vec::new())),
        (r#", "pass_on": {"identity": true}"#.to_owned(), Some(vec![iss.clone(), sub.clone()])),
        (r#", "pass_on": {"identity": true, "strip_token": true}"#.to_owned(), Some(vec![iss, sub])),
    ] {
        let step = ask(&mut filter(&written(&[OLD]), &more), &mut Exchange::New, Event::Request, &token, at(50));
        assert_eq!(told(&step), "passes", "{more}");
        let effects = format!("{:?}", step.effects);
        match claims {
            None => assert!(!effects.contains("Identity"), "{more}: {effects}"),
            Some(claims) => {
                let expected = format!("{:?}", Identity::new("jwt-scope", claims, Some(digest.clone())));
                assert!(effects.contains(&expected), "{more}: {effects}");
            }
        }
    }
}

#[test]
fn a_source_that_says_too_much_is_told_with_the_remedy() {
    let source = r#"{"cluster": "c", "authority": "a", "path": "/p"}"#;
    for (kind, remedy) in [
        ("fetch", "let the source publish only the keys that are in use"),
        ("discovery", "check that `path` is that of a discovery document"),
    ] {
        let keys = format!(r#"{{"{kind}": {source}}}"#);
        let mut long = set_of(&[OLD]).into_bytes();
        long.resize(256 * 1024 + 1, b' ');
        let expected =
            format!("it is longer than 262144 bytes, the most that are read whatever `max_bytes` says; {remedy}");
        let notes_of_long = notes(&mut filter(&keys, ""), &long);
        assert!(notes_of_long.iter().any(|note| note.contains(&expected)), "{kind}: {notes_of_long:?}");
        // One byte less is read.
        long.pop();
        let notes_of_less = notes(&mut filter(&keys, ""), &long);
        assert!(!notes_of_less.iter().any(|note| note.contains("longer")), "{kind}: {notes_of_less:?}");
    }
}

#[test]
fn a_token_that_was_taken_out_and_is_forgotten_is_not_called_missing() {
    let key = Signs(1, Some("a"));
    let mut filter = filter(&written(&[key]), r#", "cache_tokens": 1, "pass_on": {"strip_token": true}"#);
    let (first, second) = (key.token(r#""sub":"alice","exp":1000"#), key.token(r#""sub":"bob","exp":1000"#));
    assert_eq!(comes(&mut filter, &first, at(1)), "passes");
    let remembered = filter.cache.find(first.as_bytes(), &[0], |index| filter.providers[index].generation()).unwrap();
    let identity = remembered.identity.as_deref().unwrap();
    // As an internal redirect brings it back.
    let again = |filter: &mut JwtScope| {
        let request = Head::from_pairs([(":method", "GET"), (":path", "/")]);
        let env = Env {
            now: &|| at(2),
            request: &request,
            bodiless: true,
            attributes: &Nothing,
            crypto: &NoCrypto,
            identity: Some(identity),
        };
        told(&filter.on(&mut Exchange::New, Event::Request, &env))
    };
    assert_eq!(again(&mut filter), "passes");
    assert_eq!(comes(&mut filter, &second, at(2)), "passes");
    assert_eq!(again(&mut filter), "token_forgotten");
}
