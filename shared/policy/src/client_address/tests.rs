//! Every case, every problem of the option, and what holds for any header at all.

use std::cell::Cell;

use super::cases::{CASES, Case};
use super::*;

/// A host that knows one attribute, and counts the questions.
struct Host {
    path: &'static str,
    value: Option<Vec<u8>>,
    asked: Cell<u32>,
}

impl Host {
    fn new(path: &'static str, value: Option<&[u8]>) -> Self {
        Self { path, value: value.map(<[u8]>::to_vec), asked: Cell::new(0) }
    }

    /// A host that has the direct peer from Envoy's own filter.
    fn with_peer(value: Option<&[u8]>) -> Self {
        Self::new("filter_state\0verdict.direct_peer", value)
    }
}

impl Attributes for Host {
    fn attribute(&self, path: &str) -> Option<Vec<u8>> {
        self.asked.set(self.asked.get() + 1);
        // A decoy in a trusted network: reading the wrong attribute must show.
        if path == self.path { self.value.clone() } else { Some(b"10.6.6.6:666".to_vec()) }
    }
}

fn read(option: &str) -> Result<ClientAddress, String> {
    let raw = crate::document::tests::read(option)?;
    let mut problems = Problems::new();
    let read = ClientAddress::read(raw, &Place::root().key("client_address"), &mut problems);
    assert_eq!(read.is_none(), !problems.is_empty(), "{option}");
    read.ok_or_else(|| problems.to_string())
}

fn check(case: &Case) {
    let (option, header) = case.way;
    let host =
        if option.contains("envoy") { Host::new("source\0address", case.host) } else { Host::with_peer(case.host) };
    // Other headers are nobody's business.
    let decoys = [("x-real-ip", &b"10.6.6.6"[..]), ("x-forwarded-for-2", b"10.6.6.6"), ("forwarded-for", b"10.6.6.6")];
    let head = Head::from_pairs(decoys.into_iter().chain(case.lines.iter().map(|line| (header, *line))));
    let found = read(option).unwrap().of(&head, &host);
    assert_eq!(found, case.then.result(), "{}: {option}", case.what);
    let asks = u32::from(!option.contains("trusted_hops"));
    assert_eq!(host.asked.get(), asks, "{}: questions to the host", case.what);
}

#[test]
fn the_client_is_found_or_refused_as_the_table_says() {
    assert!(CASES.len() >= 60);
    for case in CASES {
        check(case);
    }
}

#[test]
fn each_case_has_a_name_of_its_own_and_each_refusal_a_case() {
    let mut names: Vec<&str> = CASES.iter().map(|case| case.what).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for why in REFUSALS {
        assert!(CASES.iter().any(|case| case.then.result() == Err(why)), "{why:?} has no case");
    }
}

const REFUSALS: [Unreadable; 10] = [
    Unreadable::Unavailable,
    Unreadable::SourceUnreadable,
    Unreadable::PeerUnavailable,
    Unreadable::PeerUnreadable,
    Unreadable::Missing,
    Unreadable::Ambiguous,
    Unreadable::Malformed,
    Unreadable::Hidden,
    Unreadable::ChainTooLong,
    Unreadable::ChainTooShort,
];

#[test]
fn only_what_the_host_withholds_is_beyond_the_reach_of_clients() {
    let beyond: Vec<Unreadable> = REFUSALS.into_iter().filter(|why| !why.client_can_cause()).collect();
    assert_eq!(beyond, [Unreadable::Unavailable, Unreadable::PeerUnavailable]);
}

#[test]
fn each_problem_of_the_option_is_told_with_place_and_remedy() {
    for (option, told) in [
        (
            r#"{"forwarded": {"header": "forwarded"}}"#,
            "/client_address/forwarded: nothing says how far the chain is believed; add \
             `trusted_hops` or `trusted_proxies`",
        ),
        (
            r#"{"forwarded": {"header": "forwarded", "trusted_hops": 1, "trusted_proxies": ["10.0.0.0/8"]}}"#,
            "/client_address/forwarded: `trusted_hops` and `trusted_proxies` exclude each other; keep one of them",
        ),
        (
            r#"{"forwarded": {"header": "forwarded", "trusted_hops": 0, "trusted_proxies": ["10.0.0.1/8", "x"]}}"#,
            "/client_address/forwarded: `trusted_hops` and `trusted_proxies` exclude each other; keep one of them\n\
             /client_address/forwarded/trusted_hops: `trusted_hops` is 0; write a number from 1 to 64\n\
             /client_address/forwarded/trusted_proxies/0: 10.0.0.1/8 has host bits set; write 10.0.0.0/8\n\
             /client_address/forwarded/trusted_proxies/1: x is no address; write one (10.0.0.1, 2001:db8::1) or a block \
             (10.0.0.0/8)",
        ),
        (
            r#"{"forwarded": {"header": "x-forwarded-for", "trusted_hops": 65}}"#,
            "/client_address/forwarded/trusted_hops: `trusted_hops` is 65; write a number from 1 to 64",
        ),
        (
            r#"{"forwarded": {"header": "x-forwarded-for", "trusted_proxies": []}}"#,
            "/client_address/forwarded/trusted_proxies: no proxy is trusted, so no header is ever read; name your \
             proxies, or use `direct`",
        ),
        (
            r#"{"forwarded": {"header": "x-forwarded-for", "trusted_proxies": ["10.0.0.0/8", "::/0"]}}"#,
            "/client_address/forwarded/trusted_proxies: ::/0 trusts everybody: then every client names its own \
             address; name the networks of your proxies",
        ),
        (
            r#"{"header": {"name": ":authority", "trusted_proxies": ["10.0.0.1/8"]}}"#,
            "/client_address/header/name: \":authority\" is not the name of a header; write it like `true-client-ip`\n\
             /client_address/header/trusted_proxies/0: 10.0.0.1/8 has host bits set; write 10.0.0.0/8",
        ),
        (
            r#"{"header": {"name": "", "trusted_proxies": ["0.0.0.0/0"]}}"#,
            "/client_address/header/name: \"\" is not the name of a header; write it like `true-client-ip`\n\
             /client_address/header/trusted_proxies: 0.0.0.0/0 trusts everybody: then every client names its own \
             address; name the networks of your proxies",
        ),
        (
            r#"{"header": {"name": "X-Forwarded-For", "trusted_proxies": ["10.0.0.0/8"]}}"#,
            "/client_address/header/name: `X-Forwarded-For` is a chain of addresses, not one; use `forwarded` instead \
             of `header`",
        ),
    ] {
        assert_eq!(read(option).unwrap_err(), told, "{option}");
    }
    assert!(read(r#"{"forwarded": {"header": "x-forwarded-for", "trusted_hops": 64}}"#).is_ok());
}

#[test]
fn an_option_of_another_shape_is_not_guessed_at() {
    for option in [
        r#""Envoy""#,
        r#""forwarded""#,
        r#""peer""#,
        "null",
        "{}",
        r#"{"direct": {}}"#,
        r#"{"envoy": null, "direct": null}"#,
        r#"{"forwarded": {"header": "X-Forwarded-For", "trusted_hops": 1}}"#,
        r#"{"forwarded": {"trusted_hops": 1}}"#,
        r#"{"forwarded": {"header": "forwarded", "trusted_hops": -1}}"#,
        r#"{"forwarded": {"header": "forwarded", "trusted_hops": "1"}}"#,
        r#"{"forwarded": {"header": "forwarded", "trusted_hops": 1, "hops": 1}}"#,
        r#"{"header": {"name": "x"}}"#,
        r#"{"header": {"name": "x", "trusted_proxies": ["10.0.0.0/8"], "trusted_hops": 1}}"#,
    ] {
        assert!(crate::document::tests::read::<raw::ClientAddress>(option).is_err(), "{option} was read");
    }
}

/// Numbers that look random and are the same in every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    /// Up to 24 pieces of what the two grammars are made of.
    fn garbage(&mut self) -> Vec<u8> {
        const PIECES: [&[u8]; 20] = [
            b",",
            b", ",
            b";",
            b"=",
            b"\"",
            b"\\",
            b"for=",
            b"by=",
            b"x=\"a\"",
            b"10.0.0.1",
            b"192.0.2.1",
            b"[::1]",
            b":80",
            b"unknown",
            b"_x",
            b"\t",
            b"\0",
            b"\xff",
            b"%eth0",
            b"[",
        ];
        let count = self.below(24);
        (0..count).flat_map(|_| PIECES[self.below(PIECES.len())]).copied().collect()
    }
}

const WAYS: [&str; 2] = [r#""trusted_hops": 2"#, r#""trusted_proxies": ["10.0.0.0/8"]"#];

/// The chains that honest proxies have written, for the same client behind one more proxy.
const HONEST: [(&str, &str); 4] = [
    ("x-forwarded-for", "192.0.2.1, 10.0.0.8"),
    ("x-forwarded-for", "[::ffff:192.0.2.1]:80,10.0.0.8:80"),
    ("forwarded", "for=192.0.2.1;host=\"a,b\", for=10.0.0.8"),
    ("forwarded", "for=\"[::ffff:c000:201]:80\";x=\"\\\"\\\\\",proto=http;for=\"10.0.0.8:_p\""),
];

#[test]
fn nothing_to_the_left_of_the_client_changes_who_it_is() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let client = Ok(Client { ip: "192.0.2.1".parse().unwrap(), from_header: true });
    for way in WAYS {
        for (header, honest) in HONEST {
            let address = read(&format!(r#"{{"forwarded": {{"header": "{header}", {way}}}}}"#)).unwrap();
            for _ in 0..5_000 {
                let mut forged = numbers.garbage();
                let lines = Head::from_pairs([(header, forged.as_slice()), (header, honest.as_bytes())]);
                assert_eq!(address.of(&lines, &Host::with_peer(Some(b"10.0.0.7:1"))), client, "{lines:?} {forged:?}");
                forged.extend_from_slice(b", ");
                forged.extend_from_slice(honest.as_bytes());
                let line = Head::from_pairs([(header, &forged)]);
                assert_eq!(
                    address.of(&line, &Host::with_peer(Some(b"10.0.0.7:1"))),
                    client,
                    "{:?}",
                    forged.escape_ascii()
                );
            }
        }
    }
}

#[test]
fn any_bytes_are_answered_and_never_with_an_address_that_they_do_not_hold() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let written = ["10.0.0.1", "192.0.2.1", "::1"].map(|ip| ip.parse::<IpAddr>().unwrap());
    let mut found = 0;
    for way in WAYS {
        for header in ["x-forwarded-for", "forwarded"] {
            let address = read(&format!(r#"{{"forwarded": {{"header": "{header}", {way}}}}}"#)).unwrap();
            for _ in 0..20_000 {
                let bytes = numbers.garbage();
                let head = Head::from_pairs([(header, &bytes)]);
                if let Ok(client) = address.of(&head, &Host::with_peer(Some(b"10.0.0.7:1"))) {
                    assert!(written.contains(&client.ip), "{} from {:?}", client.ip, bytes.escape_ascii());
                    found += 1;
                }
            }
        }
    }
    assert!(found > 100, "only {found} of the chains were well formed: the test tests nothing");
}
