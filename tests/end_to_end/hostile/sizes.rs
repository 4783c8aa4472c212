//! Large headers and many of them: Envoy refuses them by default, and where its limits are raised the filters take them.

use super::{Odd, filters, run, send_all};

/// Headers that are read as lists, or that are looked for by name.
const NAMES: [&str; 8] =
    ["x-forwarded-for", "forwarded", "true-client-ip", "x-api-key", "accept", "content-type", "cookie", "x-verdict-reason"];

fn large(size: usize, arrives: bool) -> Vec<Odd> {
    let mut odd = Vec::new();
    for name in NAMES {
        // Not to be read, and a list of very many.
        for part in ["x", "10.0.0.1,", "for=10.0.0.1;", "\"", "text/html;q=0.5,"] {
            let value = part.repeat(size / part.len());
            odd.push(Odd::new(format!("{name} of {size} bytes of {part:?}")).header(name, value));
        }
    }
    if arrives { odd } else { odd.into_iter().map(|odd| Odd { arrives: &[], ..odd }).collect() }
}

fn many(count: usize, arrives: bool) -> Vec<Odd> {
    // The lines of some headers Envoy makes one line of, and counts it as one.
    let one_line = |name: &str| ["x-forwarded-for", "accept", "content-type", "cookie"].contains(&name);
    let mut odd: Vec<Odd> = NAMES
        .iter()
        .filter(|name| arrives || !one_line(name))
        .map(|name| (0..count).fold(Odd::new(format!("{count} times {name}")), |odd, _| odd.header(*name, "10.0.0.1")))
        .collect();
    odd.push((0..count).fold(Odd::new(format!("{count} names")), |odd, n| odd.header(format!("x-{n}"), "a")));
    odd.push((0..count).fold(Odd::new(format!("{count} of ours")), |odd, n| odd.header(format!("x-verdict-{n}"), "a")));
    if arrives { odd } else { odd.into_iter().map(|odd| Odd { arrives: &[], ..odd }).collect() }
}

#[test]
fn by_default_envoy_refuses_values_of_64_kilobytes_and_1000_headers() {
    run("headers over Envoy's limits", async |watched| {
        send_all(watched, &large(65_536, false), "").await;
        send_all(watched, &many(1000, false), "").await;
    });
}

#[test]
fn below_envoys_limits_the_filters_take_what_there_is() {
    run("headers below Envoy's limits", async |watched| {
        send_all(watched, &large(59_000, true), "").await;
        send_all(watched, &many(80, true), "").await;
    });
}

#[test]
fn where_the_limits_are_raised_the_filters_take_values_of_64_kilobytes_and_1000_headers() {
    run("headers with raised limits", async |watched| {
        send_all(watched, &large(65_536, true), " raised").await;
        send_all(watched, &many(1000, true), " raised").await;
        assert_eq!(filters().len(), 9);
    });
}
