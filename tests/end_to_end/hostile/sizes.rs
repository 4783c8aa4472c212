//! Large headers and many of them: Envoy refuses them by default, and where its limits are raised the filters take them.

use verdict_gateway::{Protocol, Request};

use super::{ALL, FROM, NEITHER, ONE_OF_EACH, Odd, PROTOCOLS, filters, run, send, send_all};

/// Headers that are read as lists or looked for by name, and what they are filled with: not to be read, or a list of very many.
const FILLED: [(&str, &str); 12] = [
    ("x-forwarded-for", "x"),
    ("x-forwarded-for", "10.0.0.1,"),
    ("forwarded", "for=10.0.0.1,"),
    ("forwarded", "for=10.0.0.1;"),
    ("forwarded", "\""),
    ("true-client-ip", "10.0.0.1"),
    ("x-api-key", "x"),
    ("accept", "text/html;q=0.5,"),
    ("content-type", "a/b;"),
    ("cookie", "a=b;"),
    ("x-tenant", "a"),
    ("x-verdict-reason", "x"),
];

fn large(size: usize, arrives: &'static [Protocol]) -> Vec<Odd> {
    let odd = FILLED.iter().map(|(name, part)| {
        let odd = Odd::new(format!("{name} of {size} bytes of {part:?}")).header(*name, part.repeat(size / part.len()));
        Odd { arrives, ..odd }
    });
    odd.collect()
}

fn many(count: usize, arrives: &'static [Protocol]) -> Vec<Odd> {
    // The lines of some headers Envoy makes one line of, and counts it as one.
    let one_line = ["x-forwarded-for", "accept", "content-type", "cookie"];
    let names =
        ["x-forwarded-for", "forwarded", "true-client-ip", "x-api-key", "accept", "content-type", "cookie", "x-tenant"];
    let names = names.into_iter().filter(|name| !arrives.is_empty() || !one_line.contains(name));
    let mut odd: Vec<Odd> = names
        .map(|name| (0..count).fold(Odd::new(format!("{count} times {name}")), |odd, _| odd.header(name, "10.0.0.1")))
        .collect();
    odd.push((0..count).fold(Odd::new(format!("{count} names")), |odd, n| odd.header(format!("x-{n}"), "a")));
    odd.push((0..count).fold(Odd::new(format!("{count} of ours")), |odd, n| odd.header(format!("x-verdict-{n}"), "a")));
    odd.into_iter().map(|odd| Odd { arrives, ..odd }).collect()
}

#[test]
fn by_default_envoy_refuses_values_of_64_kilobytes_and_1000_headers() {
    run("headers over Envoy's limits", async |watched| {
        let (large, many) = (large(65_536, NEITHER), many(1000, NEITHER));
        for odd in large.iter().chain(&many) {
            let (status, _) = send(watched, "direct", Protocol::Http1, odd, "over-the-limits").await;
            assert_eq!(status, Some(431), "{}", odd.what);
        }
        send_all(watched, ONE_OF_EACH, &large, "").await;
        send_all(watched, ONE_OF_EACH, &many, "").await;
    });
}

#[test]
fn below_envoys_limits_the_filters_take_what_there_is() {
    run("headers below Envoy's limits", async |watched| {
        send_all(watched, ONE_OF_EACH, &large(59_000, &PROTOCOLS), "").await;
        send_all(watched, ONE_OF_EACH, &many(80, &PROTOCOLS), "").await;
    });
}

#[test]
fn where_the_limits_are_raised_the_filters_take_values_of_64_kilobytes_and_1000_headers() {
    run("headers with raised limits", async |watched| {
        send_all(watched, ALL, &large(65_536, &PROTOCOLS), " raised").await;
        send_all(watched, ALL, &many(1000, &PROTOCOLS), " raised").await;
    });
}

#[test]
fn a_thousand_headers_and_one_of_64_kilobytes_do_not_change_the_verdict() {
    run("a thousand headers", async |watched| {
        for filter in filters() {
            for protocol in PROTOCOLS {
                for good in [true, false] {
                    let path = if good { "/" } else { "/admin" };
                    let body = if good { "ordinary" } else { "an attack" };
                    let many =
                        (0..1000).fold(Request::post(path, body), |request, n| request.header(&format!("x-{n}"), "a"));
                    let many = many.header("x-large", "y".repeat(65_536)).header("x-upstream-body", "ok").from(FROM);
                    let many = if good || filter.module == "ip-allowlist" {
                        filter.good.iter().fold(many, |request, (name, value)| request.header(name, value))
                    } else {
                        many
                    };
                    let reply =
                        many.protocol(protocol).send(watched.at(&format!("{} raised", filter.name))).await.unwrap();
                    let reason = (!good).then_some(filter.refused);
                    assert_eq!(
                        reply.header("x-verdict-reason"),
                        reason,
                        "{}, {protocol:?}: {}",
                        filter.name,
                        reply.status
                    );
                    assert_eq!(reply.status == 200, good, "{}, {protocol:?}", filter.name);
                }
            }
        }
    });
}
