//! Paths and methods that are none, or that are as long as Envoy lets them be.

use super::{Odd, run, send_all};

#[test]
fn paths_that_are_none() {
    run("paths that are none", async |watched| {
        let mut odd = Vec::new();
        for path in [
            "", "*", "admin", "//", "///", "/.", "/..", "/../..", "/%", "/%2", "/%zz", "/%00", "/%2f", "/%5c", "/%2e%2e/", "/\\..\\",
            "/;", "/;;", "/;=", "/a;b=c;d", "/?", "/??", "/#", "/?#", "/%ff%fe", "/%c0%af", "/{id}", "/**", "/users/{id}", "/users/%00",
            "http://www.example.net/", "http://www.example.net", "http://other.example.com/admin", "https://www.example.net/admin",
            "http://", "http:///", "http://user@www.example.net/", "http://[::1/", "ftp://www.example.net/", "/a b", "/\t", "/\u{e4}",
        ] {
            odd.push(Odd { path: path.into(), ..Odd::new(format!("path {path:?}")) });
        }
        send_all(watched, &odd, "").await;
    });
}

#[test]
fn methods_that_are_none() {
    run("methods that are none", async |watched| {
        let mut odd = Vec::new();
        for method in ["CONNECT", "OPTIONS", "TRACE", "HEAD", "get", "G", "PRI", "M-SEARCH", "", "G T", "GET/", "(", "\u{e4}"] {
            odd.push(Odd { method: method.into(), ..Odd::new(format!("method {method:?}")) });
            odd.push(Odd { method: method.into(), path: "*".into(), ..Odd::new(format!("method {method:?} for *")) });
            let path = "www.example.net:443".into();
            odd.push(Odd { method: method.into(), path, ..Odd::new(format!("method {method:?} for an authority")) });
        }
        odd.push(Odd { method: vec![b'A'; 10_000], ..Odd::new("a long method") });
        send_all(watched, &odd, "").await;
    });
}

/// Segments that cost a reader something each.
const SEGMENTS: [&str; 16] = [
    "/", "/a", "/.", "/..", "/a/..", "/%2e", "/%2e%2e", "/%61", "/;", "/;a=b", "/..;", "/%2f", "/%252e", "/%", "/users/5", "/admin/..",
];

fn long(length: usize) -> Vec<Odd> {
    SEGMENTS
        .iter()
        .map(|segment| {
            let path = segment.repeat(length / segment.len());
            Odd { path: path.into(), ..Odd::new(format!("{segment:?} to a length of {length}")) }
        })
        .collect()
}

#[test]
fn paths_as_long_as_envoy_lets_them_be_by_default() {
    run("long paths", async |watched| send_all(watched, &long(59_000), "").await);
}

#[test]
fn paths_of_half_a_megabyte_where_limits_are_raised() {
    run("very long paths", async |watched| send_all(watched, &long(500_000), " raised").await);
}
