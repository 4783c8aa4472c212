//! Paths and methods that are none, or that are as long as Envoy lets them be.

use verdict_gateway::Protocol;

use super::{HTTP1, HTTP2, NEITHER, ONE_OF_EACH, Odd, PROTOCOLS, run, send_all};

#[test]
fn paths_that_are_none() {
    run("paths that are none", async |watched| {
        let paths: [(&[Protocol], &[&str]); 3] = [
            (
                &PROTOCOLS,
                &[
                    "//",
                    "///",
                    "/.",
                    "/..",
                    "/../..",
                    "/%",
                    "/%2",
                    "/%zz",
                    "/%00",
                    "/%2f",
                    "/%5c",
                    "/%2e%2e/",
                    "/\\..\\",
                    "/;",
                    "/;;",
                    "/;=",
                    "/a;b=c;d",
                    "/?",
                    "/??",
                    "/%ff%fe",
                    "/%c0%af",
                    "/{id}",
                    "/**",
                    "/users/{id}",
                    "/users/%00",
                ],
            ),
            // Envoy splits the absolute form, and has none over HTTP/2.
            (
                HTTP1,
                &[
                    "http://www.example.net/",
                    "http://www.example.net",
                    "http://other.example.com/admin",
                    "http://user@www.example.net/",
                ],
            ),
            (
                NEITHER,
                &[
                    "",
                    "*",
                    "admin",
                    "/#",
                    "/?#",
                    "/a b",
                    "http://",
                    "http:///",
                    "http://[::1/",
                    "ftp://www.example.net/",
                    "https://www.example.net/admin",
                ],
            ),
        ];
        let odd: Vec<Odd> = paths
            .iter()
            .flat_map(|(arrives, paths)| {
                paths.iter().map(|path| Odd { path: (*path).into(), arrives, ..Odd::new(format!("path {path:?}")) })
            })
            .collect();
        assert_eq!(odd.len(), 40);
        send_all(watched, ONE_OF_EACH, &odd, "").await;
    });
}

#[test]
fn methods_that_are_none() {
    run("methods that are none", async |watched| {
        let mut odd = Vec::new();
        let methods: [(&[Protocol], &[&str]); 4] = [
            (&PROTOCOLS, &["OPTIONS", "TRACE", "HEAD"]),
            // With a path, it is none over HTTP/1.1; over HTTP/2 it never has one.
            (HTTP2, &["CONNECT"]),
            (HTTP2, &["get", "G", "PRI", "M-SEARCH"]),
            (NEITHER, &["", "G T", "GET/", "(", "\u{e4}"]),
        ];
        for (arrives, methods) in methods {
            odd.extend(methods.iter().map(|method| Odd {
                method: (*method).into(),
                arrives,
                ..Odd::new(format!("method {method:?}"))
            }));
        }
        odd.push(Odd { method: vec![b'A'; 10_000], arrives: HTTP2, ..Odd::new("a long method") });
        let (method, path) = ("CONNECT".into(), "www.example.net:443".into());
        odd.push(Odd { method, path, ..Odd::new("CONNECT for an authority") });
        let (method, path) = ("OPTIONS".into(), "*".into());
        odd.push(Odd { method, path, arrives: NEITHER, ..Odd::new("OPTIONS for *") });
        assert_eq!(odd.len(), 16);
        send_all(watched, ONE_OF_EACH, &odd, "").await;
    });
}

/// Segments that cost a reader something each.
const SEGMENTS: [&str; 16] = [
    "/",
    "/a",
    "/.",
    "/..",
    "/a/..",
    "/%2e",
    "/%2e%2e",
    "/%61",
    "/;",
    "/;a=b",
    "/..;",
    "/%2f",
    "/%252e",
    "/%",
    "/users/5",
    "/admin/..",
];

fn long(length: usize, arrives: &'static [Protocol]) -> Vec<Odd> {
    SEGMENTS
        .iter()
        .map(|segment| {
            let path = segment.repeat(length / segment.len());
            Odd { path: path.into(), arrives, ..Odd::new(format!("{segment:?} to a length of {length}")) }
        })
        .collect()
}

#[test]
fn paths_as_long_as_envoy_lets_them_be_by_default() {
    run("long paths", async |watched| send_all(watched, ONE_OF_EACH, &long(59_000, &PROTOCOLS), "").await);
}

#[test]
fn paths_of_half_a_megabyte_where_limits_are_raised() {
    // Over HTTP/2, Envoy takes no field of more than 64 KiB.
    run("very long paths", async |watched| send_all(watched, ONE_OF_EACH, &long(500_000, HTTP1), " raised").await);
}
