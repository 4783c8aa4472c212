//! Answers of the upstream and of the sources that filters fetch from.

use serde_json::json;
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Plugin, Request, Upstream, wait_for};
use verdict_tests::envoy::module_of;

use super::{FROM, PROTOCOLS, filters, run};
use crate::stage::{SOON, listener};

/// Documents that are none, by what is wrong with them.
fn documents() -> Vec<(&'static str, File)> {
    vec![
        ("bytes", File::new(&b"\xff\xfe\x00\x80"[..])),
        ("text-that-is-cut", File::new(&b"{\"shop\": {\"key\": \"\xc3"[..])),
        ("bytes-in-text", File::new(&b"{\"sh\xffop\": {\"key\": \"\xff\"}}"[..])),
        ("deep", File::new("[".repeat(15_000))),
        ("deep-objects", File::new("{\"a\":".repeat(3000))),
        ("numbers", File::new("{\"shop\": {\"key\": 1e999999}}")),
        ("names", File::new("{\"shop\": {\"key\": \"a\", \"until\": \"99999-99-99T99:99:99Z\"}}")),
        ("zeros", File::new(vec![0; 16_000])),
        ("empty", File::new("")),
        ("large", File::new(vec![b'1'; 3_000_000])),
        ("too-large", File::new(vec![b'1'; 5_000_000])),
        ("html", File::new("<!doctype html><title>Sign in</title>").header("content-type", "text/html")),
        ("etag", File::new("\n\n1.2.3.4/99\n").header("etag", b"\"\xff\"")),
        ("type", File::new("a,b\u{0}c\n:::::::\n1.2.3.4-\n-\n#").header("content-type", b"\xff")),
        ("headers", (0..500).fold(File::new("::/0\n0.0.0.0/0\n"), |file, n| file.header(&format!("x-{n}"), b"\xff"))),
        ("status", File::new("x").status(299)),
        ("not-modified", File::new("").status(304)),
    ]
}

pub(super) fn listeners(upstream: &Upstream) -> Vec<Listener> {
    let mut listeners = Vec::new();
    for (what, file) in documents() {
        let path = format!("/documents/{what}");
        upstream.files().set(&path, file);
        let source =
            json!({ "cluster": "files", "authority": "a", "path": path, "refresh_seconds": 5, "timeout_seconds": 5 });
        let keys = json!({ "default": "deny", "keys": source, "rules": [{ "name": "all" }] });
        let lists = json!({
            "default": "deny", "client_address": "direct",
            "lists": { "office": { "fetch": source } },
            "rules": [{ "name": "all", "allow": ["office"] }],
        });
        for (module, config) in [("key", keys), ("ip-allowlist", lists)] {
            let name = format!("{module} from {what}");
            listeners.push(listener(&name, &[]).plugin(Plugin::new(module, module_of(module), &config)));
        }
    }
    listeners
}

#[test]
fn documents_that_are_none_admit_nobody() {
    run("documents that are none", async |watched| {
        for (what, _) in documents() {
            let path = format!("/documents/{what}");
            // Each module has two VMs, and each of them asks.
            wait_for("both filters to have asked", SOON, async || {
                let asked = watched.upstream.files().requests(&path);
                if asked >= 4 { Ok(()) } else { Err(format!("{path}: {asked}")) }
            })
            .await
            .unwrap();
            for module in ["key", "ip-allowlist"] {
                let address = watched.at(&format!("{module} from {what}"));
                let request = Request::get("/").header("x-api-key", "a").from(FROM);
                let reply = request.send(address).await.unwrap();
                let admitted = what == "headers" && module == "ip-allowlist";
                let reason = reply.header("x-verdict-reason");
                assert_eq!(reply.status == 200, admitted, "{module} from {what}: {reason:?}");
                assert!(admitted || reason.is_some(), "{module} from {what}");
            }
        }
    });
}

#[test]
fn responses_with_bytes_that_are_no_text() {
    run("responses that are no text", async |watched| {
        for filter in filters() {
            for protocol in PROTOCOLS {
                let mut request =
                    filter.good.iter().fold(Request::get("/"), |request, (name, value)| request.header(name, value));
                for line in [
                    &b"x-odd: \xff"[..],
                    b"content-type: \xff\xfe",
                    b"x-verdict-reason: \xff",
                    b"content-encoding: \xff",
                    b"etag: \x80",
                    b"server: \xff",
                ] {
                    request = request.header("x-upstream-header", line);
                }
                request = request.header("x-upstream-body", b"\xff\xfe\x80").from(FROM).protocol(protocol);
                let reply = request.send(watched.at(filter.name)).await.unwrap();
                let what = format!("{}, {protocol:?}", filter.name);
                assert_eq!((reply.status, &*reply.body), (200, &b"\xff\xfe\x80"[..]), "{what}");
                assert!(
                    reply.headers.iter().all(|(name, _)| name != "x-verdict-reason"),
                    "{what}: {:?}",
                    reply.headers
                );
            }
        }
    });
}
