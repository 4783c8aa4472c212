//! Tokens that are taken apart, and what is refused as none.

use super::*;

fn encoded(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// A token of that header and that payload.
fn token(header: &[u8], payload: &[u8]) -> String {
    format!("{}.{}.{}", encoded(header), encoded(payload), encoded(b"signature"))
}

/// Reads all of it.
fn read(token: &[u8]) -> Result<(Header, Claims), Malformed> {
    let unverified = parse(token)?;
    Ok((unverified.header().clone(), unverified.payload()?))
}

fn refused(token: &[u8], expected: &str) {
    let told = read(token).unwrap_err().to_string();
    assert_eq!(told, expected, "{:.100}", token.escape_ascii().to_string());
}

const HS256: &[u8] = br#"{"alg":"HS256"}"#;

/// RFC 7519, section 3.1.
const EXAMPLE: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9\
    .eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ\
    .dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[test]
fn the_example_of_rfc_7519_is_taken_apart() {
    let unverified = parse(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(unverified.header(), &Header { alg: "HS256".to_owned(), kid: None, typ: Some("JWT".to_owned()) });
    assert_eq!(unverified.signing_input(), EXAMPLE.rsplit_once('.').unwrap().0.as_bytes());
    assert_eq!(encoded(unverified.encoded_payload()), encoded(EXAMPLE.split('.').nth(1).unwrap().as_bytes()));
    // RFC 7515, appendix A.1.1.
    assert_eq!(unverified.signature().first_chunk(), Some(&[116, 24, 223, 180, 151, 153, 224, 37]));
    assert_eq!(unverified.signature().len(), 32);
    let claims = unverified.payload().unwrap();
    assert_eq!((claims.iss(), claims.exp()), (Some("joe"), Some(1_300_819_380)));
    assert_eq!(claims.get(&["http://example.com/is_root".to_owned()]), Some(&Json::Bool(true)));
}

#[test]
fn a_header_is_read() {
    let check = |header: &str, alg: &str, kid: Option<&str>, typ: Option<&str>| {
        let (read, _) = read(token(header.as_bytes(), b"{}").as_bytes()).unwrap();
        let expected = Header { alg: alg.to_owned(), kid: kid.map(str::to_owned), typ: typ.map(str::to_owned) };
        assert_eq!(read, expected, "{header}");
    };
    check(r#"{"alg":"ES256","kid":"k","typ":"at+jwt"}"#, "ES256", Some("k"), Some("at+jwt"));
    check(r#" { "\u0061lg" : "none" } "#, "none", None, None);
    check(r#"{"alg":"","kid":""}"#, "", Some(""), None);
    // Whatever it is: nobody looks at it.
    check(r#"{"alg":"x","zip":"DEF","jwk":{"k":"AA"},"jku":0,"x5u":[],"x5c":null,"cty":1e400}"#, "x", None, None);
    check(&format!(r#"{{"alg":"x","kid":"{}"}}"#, "k".repeat(256)), "x", Some(&"k".repeat(256)), None);
}

#[test]
fn what_is_not_three_parts_is_refused() {
    const PARTS: &str = "it does not consist of three parts with dots between them";
    let (header, payload) = (encoded(HS256), encoded(b"{}"));
    for token in
        ["", ".", "a", "a.b", "a.b.c.d", "a.b.c.d.e.f", "......", &format!("{header}.{payload}"), &".".repeat(9999)]
    {
        refused(token.as_bytes(), PARTS);
    }
    refused(b"....", "it has five parts: an encrypted token");
    refused(format!("{header}.a.b.c.d").as_bytes(), "it has five parts: an encrypted token");
    refused(format!("{header}.{payload}.").as_bytes(), "its signature is empty");
    refused(format!("{header}..AA").as_bytes(), "its payload is empty");
    refused(format!(".{payload}.AA").as_bytes(), "its header is empty");
    refused(b"..", "its payload is empty");
}

#[test]
fn base64url_that_is_not_canonical_is_refused() {
    let (header, payload) = (encoded(HS256), encoded(b"{}"));
    // `e30` is `{}`.
    assert_eq!(payload, "e30");
    for bad in [
        "e31", "e32", "e33", "e3", "e30=", "e30==", "=", "e30A=", "e", "e30A0", "e3+", "e3/", "e 30", " e30", "e30 ",
        "e30\n", "e3\r\n0", "\te30", "e30\0", "e3\0", "e3é", "e3!", "e3%30",
    ] {
        let bad = bad.as_bytes();
        let join = |parts: [&[u8]; 3]| parts.join(&b'.');
        refused(&join([bad, payload.as_bytes(), b"AA"]), "its header is not canonical base64url without padding");
        refused(&join([header.as_bytes(), bad, b"AA"]), "its payload is not canonical base64url without padding");
        refused(
            &join([header.as_bytes(), payload.as_bytes(), bad]),
            "its signature is not canonical base64url without padding",
        );
    }
    for bad in [b"e30\xff".as_slice(), b"\xff", b"\xc3\x28", b"e3\x80"] {
        let token = [header.as_bytes(), payload.as_bytes(), bad].join(&b'.');
        refused(&token, "its signature is not canonical base64url without padding");
    }
    // A dot that is encoded is none.
    refused(format!("{header}%2E{payload}.AA").as_bytes(), "it does not consist of three parts with dots between them");
}

#[test]
fn a_part_that_is_not_an_object_is_refused() {
    let deep = "line 1, column 65: lists and objects lie too deep in one another; write it flatter";
    let bomb = |open: &str, count: usize| open.repeat(count).into_bytes();
    let wide = (0..10_001).map(|index| format!("\"{index}\":0")).collect::<Vec<_>>().join(",");
    for (json, fault) in [
        (b"[]".to_vec(), "is not a JSON object".to_owned()),
        (b"\"{}\"".to_vec(), "is not a JSON object".to_owned()),
        (b"null".to_vec(), "is not a JSON object".to_owned()),
        (b"1e400".to_vec(), "is not a JSON object".to_owned()),
        (EXAMPLE.into(), "is not JSON (line 1, column 1: a value is missing here; write a text in quotes, a number, `true`, `false`, a list or an object)".to_owned()),
        (b"{".to_vec(), "is not JSON (line 1, column 2: the name of a member is missing here; write it in quotes)".to_owned()),
        (b"{}{}".to_vec(), "is not JSON (line 1, column 3: the document has ended before; delete what follows)".to_owned()),
        (b"{}\0".to_vec(), "is not JSON (line 1, column 3: the document has ended before; delete what follows)".to_owned()),
        (b"{\"a\":\"\xff\"}".to_vec(), "is not JSON (line 1, column 7: a text is not UTF-8; save the document as UTF-8)".to_owned()),
        (bomb("[", 10_000), format!("is not JSON ({deep})")),
        (bomb("[", 65), format!("is not JSON ({deep})")),
        (bomb("{\"a\":", 10_000), format!("is not JSON ({})", deep.replace("65", "321"))),
        (
            format!("{{{wide}}}").into_bytes(),
            "is not JSON (line 1, column 88892: the object has too many members; write at most 10000)".to_owned(),
        ),
        (br#"{"alg":"a","alg":"a"}"#.to_vec(), "has a name twice in one object".to_owned()),
        (br#"{"alg":"a","\u0061lg":"b"}"#.to_vec(), "has a name twice in one object".to_owned()),
        (br#"{"alg":"a","x":[{"y":{"z":1,"\u007a":2}}]}"#.to_vec(), "has a name twice in one object".to_owned()),
    ] {
        refused(token(&json, b"{}").as_bytes(), &format!("its header {fault}"));
        refused(token(HS256, &json).as_bytes(), &format!("its payload {fault}"));
    }
}

#[test]
fn a_header_that_lacks_or_demands_something_is_refused() {
    let check = |header: &str, expected: &str| refused(token(header.as_bytes(), b"{}").as_bytes(), expected);
    check("{}", "its header has no `alg`");
    check(r#"{"Alg":"HS256"}"#, "its header has no `alg`");
    for wrong in ["null", "1", "1.5", "true", "[\"HS256\"]", "{}"] {
        check(&format!(r#"{{"alg":{wrong}}}"#), "the `alg` in its header is not a text");
        check(&format!(r#"{{"alg":"x","kid":{wrong}}}"#), "the `kid` in its header is not a text");
        check(&format!(r#"{{"alg":"x","typ":{wrong}}}"#), "the `typ` in its header is not a text");
    }
    let long = "k".repeat(257);
    check(&format!(r#"{{"alg":"x","kid":"{long}"}}"#), "the `kid` in its header has more than 256 bytes");
    for value in ["[\"exp\"]", "[]", "null", "false"] {
        check(&format!(r#"{{"alg":"x","cr\u0069t":{value}}}"#), "its header has `crit`: it demands extensions");
    }
    for value in ["false", "true", "null"] {
        let expected = "its header has `b64`: its payload is possibly not encoded";
        check(&format!(r#"{{"alg":"x","b64":{value}}}"#), expected);
    }
}

#[test]
fn nothing_of_a_token_but_its_header_is_shown() {
    let shown = format!("{:?}", parse(EXAMPLE.as_bytes()).unwrap());
    assert_eq!(shown, r#"Unverified { header: Header { alg: "HS256", kid: None, typ: Some("JWT") }, .. }"#);
}

#[test]
fn no_token_is_too_odd() {
    // Looks random, and is the same in every run (xorshift).
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % limit
    };
    let (mut good, mut bad) = (0, 0);
    for round in 0..10_000 {
        let mut bytes = if round % 2 == 0 {
            EXAMPLE.as_bytes().to_vec()
        } else {
            let mut payload = br#"{"iss":"joe","aud":["a",1.5],"exp":1e9,"a":{"b":[{}]}}"#.to_vec();
            let at = below(payload.len());
            payload[at] = b"{}[]\",:\\1e\xff "[below(12)];
            token(HS256, &payload).into_bytes()
        };
        for _ in 0..below(3) {
            let at = below(bytes.len());
            match below(3) {
                0 => bytes[at] = u8::try_from(below(256)).unwrap(),
                1 => bytes.insert(at, b'.'),
                _ => bytes.truncate(at.max(1)),
            }
        }
        match read(&bytes) {
            Ok(_) => good += 1,
            Err(fault) => {
                bad += 1;
                assert!(!fault.to_string().is_empty());
            }
        }
    }
    assert!(good > 1000 && bad > 1000, "{good} {bad}");
}
