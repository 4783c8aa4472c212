//! Requests, and the token that is found in each or taken out of it.

use super::*;

const LONGEST: usize = 24;

fn header(name: &str, prefix: Option<&str>) -> Place {
    Place::Header { name: name.to_owned(), prefix: prefix.map(str::to_owned) }
}

fn places() -> [Place; 5] {
    [
        header("authorization", Some("Bearer")),
        header("X-Token", None),
        Place::Cookie("token".to_owned()),
        Place::Query("access_token".to_owned()),
        header("x-auth", Some("Bearer")),
    ]
}

fn one(token: &[u8], place: usize) -> Presented<'_> {
    Presented::One { token: Cow::Borrowed(token), place }
}

/// Each header is `name: value`.
fn head(headers: &[&[u8]]) -> Head {
    Head::from_pairs(headers.iter().map(|header| {
        let colon = 1 + header[1..].iter().position(|byte| *byte == b':').unwrap();
        (&header[..colon], header[colon + 1..].trim_ascii_start())
    }))
}

fn check(headers: &[&[u8]], expected: &Presented<'_>) {
    let head = head(headers);
    let shown: Vec<_> = headers.iter().map(|header| header.escape_ascii().to_string()).collect();
    let found = find(&head, &places(), LONGEST);
    assert!(found == *expected, "{shown:?}: {found:?} is not {expected:?}");
}

#[test]
fn one_token_is_found_wherever_it_is() {
    for (headers, token, place) in [
        (&[b"authorization: Bearer a.b.c".as_slice()] as &[&[u8]], b"a.b.c".as_slice(), 0),
        (&[b"Authorization: bEARER   a.b.c  "], b"a.b.c", 0),
        (&[b":path: /", b"authorization: Bearer \xff\x00"], b"\xff\x00", 0),
        (&[b"authorization: Bearer a=b;c"], b"a=b;c", 0),
        (&[b"authorization: Basic abc", b"x-token: a.b.c"], b"a.b.c", 1),
        (&[b"authorization: Bearerabc", b"x-token: a.b.c"], b"a.b.c", 1),
        (&[b"x-TOKEN: Bearer"], b"Bearer", 1),
        (&[b"cookie: token=a.b.c"], b"a.b.c", 2),
        (&[b"cookie: x=1; token=a.b=c; y=2", b"cookie: z=1"], b"a.b=c", 2),
        (&[b"cookie: x=\"1", b"cookie: ;; \t token = \"a.b.c\" ;z"], b"a.b.c", 2),
        (&[b"cookie: token=\"a"], b"\"a", 2),
        (&[b"cookie: token=\""], b"\"", 2),
        (&[b"cookie: Token=x; atoken=y; token2=z; token=a"], b"a", 2),
        (&[b":path: /?access_token=a.b.c"], b"a.b.c", 3),
        (&[b":path: /x?y&access_token=a+b&z=access_token=c"], b"a+b", 3),
        (&[b":path: /?access%5ftoken=%61.b%2Ec"], b"a.b.c", 3),
        (&[b":path: /?access_token=%%6%zz%61%"], b"%%6%zza%", 3),
        (&[b":path: /?access_token=%61%61%61%61%61%61%61%61%61"], b"aaaaaaaaa", 3),
        (&[b":path: /?access_token=a#b"], b"a", 3),
        (&[b":path: /?access_token=a?b=c"], b"a?b=c", 3),
        (&[b":path: /?Access_token=x&access_token2=y&xaccess_token=z&access_token=a"], b"a", 3),
    ] {
        check(headers, &one(token, place));
    }
}

#[test]
fn no_token_is_absent() {
    for headers in [
        &[] as &[&[u8]],
        &[b"authorization: "],
        &[b"authorization: Basic Bearer"],
        &[b"authorization: Bearer2 abc"],
        &[b"authorization: Bear abc"],
        &[b"authorization: Basic abc", b"authorization: Digest x=1, y=2"],
        &[b"cookie: x=token", b"cookie: TOKEN=1", b"cookie2: token=1"],
        &[b"cookie: %54oken=1; %2574oken=1; token%3d=1; %74oke=1; %token=1"],
        &[b"x-auth: Basic a", b"x_auth: Basic b"],
        &[b"x--token: 1", b"xx-token: 1", b"xxtoken: 1", b"x-toke-: 1"],
        &[b":path: "],
        &[b":path: *"],
        &[b":path: /access_token=1"],
        &[b":path: /&access_token=1"],
        &[b":path: /?x=access_token&access_token%3d=1&access_token%00=1&%2561ccess_token=1"],
    ] {
        check(headers, &Presented::Absent);
    }
}

#[test]
fn a_second_token_is_refused_wherever_it_is() {
    for headers in [
        // Two lines, equal or not.
        &[b"authorization: Bearer a".as_slice(), b"Authorization: Bearer a"] as &[&[u8]],
        &[b"authorization: Bearer a", b"authorization: Bearer b"],
        &[b"authorization: Bearer a", b"authorization: Basic b"],
        &[b"authorization: Basic a", b"authorization: Bearer b"],
        &[b"authorization: Bearer a", b"authorization: "],
        &[b"authorization: Bearer", b"authorization: Bearer"],
        &[b"x-token: a", b"x-token: a"],
        &[b"x-token: a", b"x-token: "],
        // Joined lines.
        &[b"authorization: Bearer a, Bearer b"],
        &[b"authorization: Bearer a,Bearer a"],
        &[b"authorization: Bearer a,b"],
        &[b"authorization: Bearer a,"],
        &[b"authorization: ,Bearer a"],
        &[b"authorization: Basic a, bearer b"],
        &[b"authorization: Basic a,\tBearer"],
        &[b"x-token: a,b"],
        // Under another spelling of the name: CGI, WSGI and Rack make one header of the two.
        &[b"x-token: a", b"x_token: b"],
        &[b"X_Token: b", b"x-token: a"],
        &[b"x-token: a", b"x.token: "],
        &[b"x_token: a"],
        &[b"x-auth: Bearer a", b"x_auth: Basic b"],
        &[b"x-auth: Basic a", b"x_auth: bearer b"],
        &[b"x_token: a", b"cookie: token=a"],
        &[b"authorization: Bearer a", b"x_token: a"],
        // Cookies.
        &[b"cookie: token=a; token=a"],
        &[b"cookie: token=a;token=b"],
        &[b"cookie: token=a; token"],
        &[b"cookie: token=; token=a"],
        &[b"cookie: token=a", b"cookie: x=1; token=\"\""],
        &[b"cookie: token=a, token=b"],
        &[b"cookie: x=1,token=b"],
        &[b"cookie: token=a; x=1, token"],
        // Some servers decode the names of cookies.
        &[b"cookie: token=a; %74oken=b"],
        &[b"cookie: t%6Fken=b; token=a"],
        &[b"cookie: token=a", b"cookie: x=1, %74oken"],
        &[b"cookie: %74oken=a"],
        // Parameters.
        &[b":path: /?access_token=a&access_token=a"],
        &[b":path: /?access_token&access_token=a"],
        &[b":path: /?access_token=a&%61ccess_token=b"],
        &[b":path: /?access_token=a&x&access%5Ftoke%6e="],
        &[b":path: /?access_token=a;access_token=b"],
        &[b":path: /?x=1;access_token=b"],
        &[b":path: /?x;%61ccess_token"],
        &[b":path: /?access_token=a#access_token=b"],
        &[b":path: /?x#&access_token=b"],
        // Of two places.
        &[b"authorization: Bearer a", b"cookie: token=a"],
        &[b"authorization: Bearer a", b":path: /?access_token=a"],
        &[b"authorization: Bearer", b":path: /?access_token=a"],
        &[b"x-token: ", b"cookie: token=a"],
        &[b"cookie: token=a", b":path: /?access_token="],
    ] {
        check(headers, &Presented::Ambiguous);
    }
}

#[test]
fn a_token_that_is_too_long_is_refused_before_anything_else() {
    for headers in [
        &[b"authorization: Bearer 1234567890123456123456789".as_slice()] as &[&[u8]],
        &[b"authorization: Bearer   1234567890123456123456789"],
        &[b"authorization: Bearer 1234567890123456123456789, Bearer a"],
        &[b"authorization: Bearer 1 3 5 7 9 12345678901234561234567890123456"],
        &[b"authorization: Bearer a", b"authorization: Bearer 1234567890123456123456789"],
        &[b"x-token: 1234567890123456123456789"],
        &[b"cookie: token=1234567890123456123456789"],
        &[b"cookie: token=a; token=1234567890123456123456789"],
        &[b":path: /?access_token=1234567890123456123456789"],
        &[b":path: /?access_token=12345678901234561234567%389"],
        &[b"authorization: Bearer", b":path: /?access_token=1234567890123456123456789"],
    ] {
        check(headers, &Presented::TooLarge);
    }
    check(&[b"authorization: Bearer 123456789012345612345678"], &one(b"123456789012345612345678", 0));
    check(&[b"authorization: Basic 1234567890123456123456789"], &Presented::Absent);
    check(&[b"cookie: token=\"123456789012345612345678\""], &one(b"123456789012345612345678", 2));
}

#[test]
fn a_place_without_exactly_one_word_is_malformed() {
    for headers in [
        &[b"authorization: Bearer".as_slice()] as &[&[u8]],
        &[b"authorization: Bearer  "],
        &[b"authorization: Bearer a b"],
        &[b"authorization: Bearer a\tb"],
        &[b"authorization: Bearer\ta"],
        &[b"authorization: Bearer:a"],
        &[b"authorization: Bearer=a"],
        &[b"authorization: Bearer\xc2\xa0a"],
        &[b"authorization: Bearer\x00a"],
        &[b"x-token: "],
        &[b"x-token: a b"],
        &[b"cookie: token"],
        &[b"cookie: token="],
        &[b"cookie: token=\"\""],
        &[b"cookie: token=a b"],
        &[b":path: /?access_token"],
        &[b":path: /?access_token="],
        &[b":path: /?access_token=a%20b"],
        &[b":path: /?access_token=a%0A"],
    ] {
        check(headers, &Presented::Malformed);
    }
}

#[test]
fn a_token_is_taken_out_and_nothing_else() {
    for (place, headers, left) in [
        (0, &[b"authorization: Bearer a".as_slice(), b"x: 1"] as &[&[u8]], &[b"x: 1".as_slice()] as &[&[u8]]),
        (0, &[b"authorization: Basic a"], &[b"authorization: Basic a"]),
        (1, &[b"x-token: a", b"authorization: Bearer a"], &[b"authorization: Bearer a"]),
        (1, &[b"y: a"], &[b"y: a"]),
        (1, &[b"x-token: a", b"X_Token: b", b"x_token: c", b"xxtoken: d"], &[b"xxtoken: d"]),
        (4, &[b"x-auth: Bearer a", b"x_auth: bearer b"], &[]),
        (4, &[b"x-auth: Basic a", b"x_auth: Bearer b", b"x.auth: Basic c"], &[b"x-auth: Basic a", b"x.auth: Basic c"]),
        (2, &[b"cookie: token=a"], &[]),
        (2, &[b"cookie:  x=1;y=2 ;  z=\"3\""], &[b"cookie:  x=1;y=2 ;  z=\"3\""]),
        (2, &[b"cookie: token=a; x=1;y=2 ;  z=\"3\""], &[b"cookie: x=1;y=2 ;  z=\"3\""]),
        (2, &[b"cookie: x=1; token=\"a\"; y=2"], &[b"cookie: x=1; y=2"]),
        (2, &[b"cookie: x=1; token=a"], &[b"cookie: x=1"]),
        (2, &[b"cookie: x=1; token=a; %74oken=b; t%6fke=3"], &[b"cookie: x=1; t%6fke=3"]),
        (2, &[b"cookie: x=1", b"Cookie: token=a", b"cookie: y=2"], &[b"cookie: x=1", b"cookie: y=2"]),
        (3, &[b":path: /a?access_token=a"], &[b":path: /a"]),
        (3, &[b":path: /a?access_token=a#b"], &[b":path: /a#b"]),
        (3, &[b":path: /%61//..?x=%20+&access%5ftoken=a&&y=?"], &[b":path: /%61//..?x=%20+&&y=?"]),
        (3, &[b":path: /a?access_token=a&x"], &[b":path: /a?x"]),
        (3, &[b":path: /a?x&access_token=a"], &[b":path: /a?x"]),
        (3, &[b":path: /a?&access_token=a"], &[b":path: /a?"]),
        (3, &[b":path: /a?"], &[b":path: /a?"]),
        (3, &[b":path: /a?x=access_token=a"], &[b":path: /a?x=access_token=a"]),
        (3, &[b":path: /a"], &[b":path: /a"]),
        (3, &[b"x: 1"], &[b"x: 1"]),
    ] {
        let (before, after) = (head(headers), head(left));
        let edits = stripped(&before, &places()[place]);
        let edited = before.edited(&edits);
        let pairs = |head: &Head| -> Vec<(String, String)> {
            let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
            head.iter().map(|(name, value)| (text(name), text(value))).collect()
        };
        assert_eq!(pairs(&edited), pairs(&after), "{edits:?}");
        assert_eq!(edits.is_empty(), before == after, "{edits:?}");
        assert_eq!(find(&edited, &places()[place..=place], LONGEST), Presented::Absent);
    }
}

#[test]
fn places_that_cannot_be_told_apart_are_a_problem() {
    for (one, other, problem) in [
        ("x-token", "X-Token", Some("this place is there twice")),
        ("x-token", "x_token", Some("upstreams may take this header for `x-token`")),
        ("x-token", "xxtoken", None),
    ] {
        let mut problems = Problems::new();
        let written = vec![raw::Place::header(one), raw::Place::header(other)];
        read(written, &problems::Place::default(), &mut problems);
        let told = problems.to_string();
        assert!(problem.map_or(told.is_empty(), |problem| told.contains(problem)), "{one} and {other}: {told}");
    }
}

#[test]
fn nothing_of_a_token_is_shown() {
    let head = head(&[b"x-token: secret"]);
    assert_eq!(format!("{:?}", find(&head, &places(), LONGEST)), "One { place: 1, .. }");
}

#[test]
fn no_request_is_too_odd() {
    let words: [&[u8]; 20] = [
        b"Bearer",
        b"bearer ",
        b" ",
        b",",
        b";",
        b"=",
        b"&",
        b"#",
        b"?",
        b"%",
        b"%6",
        b"%61ccess_token",
        b"token",
        b"access_token",
        b"\"",
        b"a.b.c",
        b"\x00",
        b"\xff",
        b"\t",
        b"/",
    ];
    // Looks random, and is the same in every run (xorshift).
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % limit
    };
    let mut found = [0; 5];
    for _ in 0..20_000 {
        let names = ["authorization", "x-token", "cookie", ":path"];
        let pairs: Vec<(&str, Vec<u8>)> = (0..=below(2))
            .map(|_| (names[below(4)], (0..below(6)).flat_map(|_| words[below(20)]).copied().collect()))
            .collect();
        let head = Head::from_pairs(pairs);
        let index = match find(&head, &places(), 100) {
            Presented::Absent => 0,
            Presented::One { token, place } => {
                assert!(!token.is_empty(), "{place}");
                let rest = head.edited(&stripped(&head, &places()[place]));
                assert_eq!(find(&rest, &places(), 100), Presented::Absent, "what is left has no token");
                1
            }
            Presented::Ambiguous => 2,
            Presented::TooLarge => 3,
            Presented::Malformed => 4,
        };
        found[index] += 1;
    }
    assert!(found[0] > 100 && found[1] > 100 && found[2] > 100 && found[4] > 100, "{found:?}");
}
