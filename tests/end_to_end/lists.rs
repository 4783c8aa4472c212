//! Fetched lists over time: what a source may do, and what becomes of the list; and entries that end by themselves.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use verdict_gateway::ecds::Outcome;
use verdict_gateway::load::Shot;
use verdict_gateway::upstream::File;
use verdict_gateway::{Connection, Ecds, Listener, Load, Protocol, Request, Upstream, wait_for};
use verdict_tests::envoy::module_of;

use crate::stage::{Exchange, SOON, Shared, Stage, filtered, listener};

/// An Envoy whose filters fetch lists from its upstream, some of them watched for swaps.
struct Lists {
    stage: Stage,
    ecds: Ecds,
    module: Vec<u8>,
}

/// The Envoy of this file.
static LISTS: Shared<Lists> = Shared::new();

fn run(test: impl AsyncFnOnce(&Lists)) {
    LISTS.with(start, test);
}

/// The workers' filters and the main thread's each fetch for themselves.
const FETCHERS: u64 = 3;

/// Who is on every list, and who is not.
const LISTED: &str = "127.0.0.3";
const OTHER: &str = "127.0.0.4";

/// Answers that are no list, each with the note that the operator gets.
fn useless() -> [(&'static str, File, &'static str); 10] {
    [
        ("page", File::new("<html>logged out</html>").header("content-type", "text/html"), "the body is HTML or XML"),
        ("json", File::new(r#"{"cidrs": []}"#), "the body is JSON"),
        ("empty", File::new(""), "the answer is empty"),
        ("blank", File::new(" \n\r\n"), "the answer is empty"),
        ("comments", File::new("# nobody today\n"), "the body has no entry"),
        ("prose", File::new("This list\nhas moved.\n"), "none of the 2 lines is an entry"),
        ("oversized", File::new("127.0.0.3\n".repeat(50)), "it is too large, raise `max_bytes`"),
        ("error", File::new("127.0.0.9\n").status(500), "the answer has status 500"),
        ("elsewhere", File::new("127.0.0.9\n").status(302), "the answer has status 302"),
        // What Envoy makes of a time-out.
        ("silence", File::new("").hang(), "the answer has status 504"),
    ]
}

/// Lists of more than one part, with a client on the last line: of a source that serves parts, of one that has no tag to tell their states by, and of
/// one whose tag is weak.
fn long() -> [(&'static str, File); 3] {
    let mut text: String = (0..150_000_u32)
        .map(|number| format!("10.{}.{}.{}\n", number >> 16, number >> 8 & 255, number & 255))
        .collect();
    text += LISTED;
    let file = || File::new(text.clone());
    [
        ("in-parts", file().header("etag", "\"1\"")),
        ("untagged", file()),
        ("weakly-tagged", file().header("etag", "W/\"1\"")),
    ]
}

fn source(path: &str, more: &Value) -> Value {
    let mut source = json!({
        "cluster": "files", "authority": "lists.example", "path": path,
        "refresh_seconds": 1, "timeout_seconds": 1, "max_bytes": 200,
    });
    verdict_gateway::config::merge(&mut source, more.clone());
    json!({ "fetch": source })
}

/// Lists that bar whoever is on them, by their names: each at a path of its own, on the upstream and in the rules.
fn bars(lists: &[(&str, Value)]) -> Value {
    let rule = |name: &str| json!({ "name": name, "match": { "paths": [format!("/{name}")] }, "allow": ["any"], "deny": [name] });
    let rules: Vec<Value> = lists.iter().map(|(name, _)| rule(name)).collect();
    let lists = lists.iter().map(|(name, more)| ((*name).to_owned(), source(&format!("/lists/{name}"), more)));
    let lists: serde_json::Map<String, Value> = lists.collect();
    json!({ "client_address": "direct", "default": "deny", "lists": lists, "rules": rules })
}

fn open_to_all() -> Value {
    json!({ "client_address": "direct", "default": "allow", "rules": [] })
}

async fn start() -> Lists {
    let upstream = Upstream::start().await.unwrap();
    let names = ["changing", "tagged", "failing", "partly", "swapped", "absent", "parked-rules", "parked-module"];
    for name in useless().map(|(name, ..)| name).into_iter().chain(names) {
        upstream.files().set(&format!("/lists/{name}"), File::new(format!("{LISTED}\n")));
    }
    upstream.files().set("/lists/tagged", File::new(format!("{LISTED}\n")).header("etag", "\"one\""));
    for (name, file) in long() {
        upstream.files().set(&format!("/lists/{name}"), file);
    }
    upstream.files().set("/lists/partly", File::new(format!("# bad addresses\n{LISTED}\nnonsense\n\n10.0.0.1/8\n")));
    let ecds = Ecds::new().unwrap();
    let module = std::fs::read(module_of("ip-allowlist")).unwrap();
    let watched = |name: &'static str, config: &Value| -> (&'static str, Listener) {
        ecds.put(name, &module, config).unwrap();
        (name, listener(name, &["ip-allowlist"]).discovered(name, &ecds))
    };
    let useless = useless().map(|(name, ..)| (name, json!({})));
    let nowhere = json!({ "cluster": "nowhere" });
    let listeners = vec![
        filtered("changing", "ip-allowlist", &bars(&[("changing", json!({}))])),
        filtered("tagged", "ip-allowlist", &bars(&[("tagged", json!({}))])),
        filtered("failing", "ip-allowlist", &bars(&[("failing", json!({ "max_stale_seconds": 4 }))])),
        filtered("partly", "ip-allowlist", &bars(&[("partly", json!({}))])),
        filtered("useless", "ip-allowlist", &bars(&useless)),
        filtered(
            "long",
            "ip-allowlist",
            &bars(&long().map(|(name, _)| (name, json!({ "refresh_seconds": 600, "max_bytes": 4 << 20 })))),
        ),
        filtered("absent", "ip-allowlist", &bars(&[("absent", nowhere)])),
        watched("swapped", &bars(&[("swapped", json!({}))])),
        watched("parked-rules", &open_to_all()),
        watched("parked-module", &open_to_all()),
        watched("ending", &json!({ "client_address": "direct", "default": "deny", "rules": [] })),
    ];
    Lists { stage: Stage::start(upstream, listeners).await, ecds, module }
}

impl Lists {
    fn serve(&self, name: &str, file: File) {
        self.stage.upstream.files().set(&format!("/lists/{name}"), file);
    }

    /// How often these lists were asked for.
    fn asked(&self, names: &[&str]) -> Vec<u64> {
        names.iter().map(|name| self.stage.upstream.files().requests(&format!("/lists/{name}"))).collect()
    }

    /// Waits until each of these lists was asked for so often by everybody since then. Whoever asks again has read what it got.
    async fn are_fetched(&self, names: &[&str], before: &[u64], times: u64) {
        wait_for(&format!("{names:?} to be fetched"), SOON, async || {
            let asked: Vec<u64> = self.asked(names).iter().zip(before).map(|(now, before)| now - before).collect();
            if asked.iter().all(|asked| *asked >= times * FETCHERS) { Ok(()) } else { Err(format!("{asked:?}")) }
        })
        .await
        .unwrap();
    }

    /// The metric of a list.
    async fn told(&self, metric: &str, list: &str, will_do: impl Fn(f64) -> bool) {
        let labels = [("filter", "ip-allowlist"), ("source", list)];
        self.stage.counted(metric, &labels, will_do).await;
    }
}

#[test]
fn a_long_list_comes_in_parts_where_its_source_serves_them() {
    run(async |lists: &Lists| {
        for (name, _) in long() {
            lists.told("verdict_data_entries", name, |entries| entries == 150_001.0).await;
            let path = format!("/{name}");
            lists.stage.settles("long", &path, LISTED, 403).await;
            lists.stage.settles("long", &path, OTHER, 200).await;
        }
        let asked = [2, 1, 2].map(|times| times * FETCHERS);
        wait_for("everybody to have all of it", SOON, async || {
            let now = lists.asked(&long().map(|(name, _)| name));
            if now == asked { Ok(()) } else { Err(format!("{now:?}")) }
        })
        .await
        .unwrap();
    });
}

#[test]
fn a_refresh_picks_up_a_change() {
    run(async |Lists { stage, .. }: &Lists| {
        stage.settles("changing", "/changing", LISTED, 403).await;
        stage.settles("changing", "/changing", OTHER, 200).await;
        stage.upstream.files().set("/lists/changing", File::new(format!("{OTHER} # moved\n")));
        stage.settles("changing", "/changing", OTHER, 403).await;
        stage.settles("changing", "/changing", LISTED, 200).await;
        // Three filters, each about once a second, and at once at the start: not more often.
        let asked = stage.upstream.files().requests("/lists/changing");
        assert!(asked >= FETCHERS, "{asked}");
    });
}

#[test]
fn a_list_that_was_not_modified_is_not_sent_again_and_counts_as_fresh() {
    run(async |lists| {
        let stage = &lists.stage;
        stage.settles("tagged", "/tagged", LISTED, 403).await;
        lists.are_fetched(&["tagged"], &lists.asked(&["tagged"]), 2).await;
        let asked = stage.upstream.seen_at("/lists/tagged");
        let conditional = asked.iter().filter(|request| request.header("if-none-match") == ["\"one\""]).count();
        let plain = asked.iter().filter(|request| request.header("if-none-match").is_empty()).count();
        assert!(plain as u64 == FETCHERS && conditional > 0, "{plain} plain, {conditional} conditional");
        assert!(asked.iter().all(|request| request.header("accept") == ["text/plain"]));
        lists.told("verdict_data_age_seconds", "tagged", |seconds| seconds <= 2.0).await;
        lists.told("verdict_data_entries", "tagged", |entries| entries == 1.0).await;
        stage.settles("tagged", "/tagged", LISTED, 403).await;
        lists.serve("tagged", File::new(format!("{OTHER}\n")).header("etag", "\"two\""));
        stage.settles("tagged", "/tagged", OTHER, 403).await;
        stage.settles("tagged", "/tagged", LISTED, 200).await;
    });
}

#[test]
fn while_the_source_is_down_the_last_good_list_serves_on_until_it_is_too_old() {
    run(async |lists| {
        let stage = &lists.stage;
        stage.settles("failing", "/failing", LISTED, 403).await;
        lists.serve("failing", File::new("down").status(503));
        stage
            .says(&[
                "`failing`: fetch from `files` failed (1 in a row), the answer has status 503; the document of",
                "serves on",
            ])
            .await;
        lists.told("verdict_data_age_seconds", "failing", |seconds| seconds >= 2.0).await;
        // It may be too old by now; if it is not, it still decides.
        let Exchange { reply, .. } = stage.send("failing", Request::get("/failing").from(LISTED)).await;
        assert!([403, 503].contains(&reply.status), "{reply:?}");

        stage.settles("failing", "/failing", OTHER, 503).await;
        stage.settles("failing", "/failing", LISTED, 503).await;
        let Exchange { reply, line } = stage.send("failing", Request::get("/failing").from(OTHER)).await;
        assert_eq!(
            (reply.header("x-verdict-reason"), reply.header("retry-after")),
            (Some("ip-allowlist.list_unavailable"), Some("5"))
        );
        assert_eq!(line["ip-allowlist"]["decision"], "unable");
        lists.told("verdict_data_age_seconds", "failing", |seconds| seconds >= 4.0).await;
        stage.says(&["`failing`: fetch from `files` failed (4 in a row)"]).await;

        lists.serve("failing", File::new(format!("{LISTED}\n")));
        stage.settles("failing", "/failing", OTHER, 200).await;
        stage.settles("failing", "/failing", LISTED, 403).await;
        lists.told("verdict_data_age_seconds", "failing", |seconds| seconds <= 2.0).await;
    });
}

#[test]
fn what_is_no_list_never_replaces_one_and_no_bar_is_lifted_by_accident() {
    run(async |lists| {
        let stage = &lists.stage;
        for (name, ..) in useless() {
            stage.settles("useless", &format!("/{name}"), LISTED, 403).await;
        }
        for (name, file, _) in useless() {
            lists.serve(name, file);
        }
        for (name, _, note) in useless() {
            stage.says(&[&format!("`{name}`: fetch from `files` failed"), note, "serves on"]).await;
        }
        let names = useless().map(|(name, ..)| name);
        lists.are_fetched(&names, &lists.asked(&names), 2).await;
        for (name, ..) in useless() {
            for (from, status) in [(LISTED, 403), (OTHER, 200)] {
                stage.settles("useless", &format!("/{name}"), from, status).await;
            }
            lists.told("verdict_data_entries", name, |entries| entries == 1.0).await;
        }
    });
}

#[test]
fn a_list_that_cannot_be_asked_for_admits_nobody_and_the_log_names_the_cluster() {
    run(async |Lists { stage, .. }: &Lists| {
        let Exchange { reply, .. } = stage.send("absent", Request::get("/absent").from(OTHER)).await;
        assert_eq!((reply.status, reply.header("x-verdict-reason")), (503, Some("ip-allowlist.list_unavailable")));
        stage.says(&["the proxy did not take the call for `absent`: check that it has a cluster `nowhere`"]).await;
        let labels = [("filter", "ip-allowlist"), ("call", "absent"), ("outcome", "refused")];
        stage.counted("verdict_calls_total", &labels, |calls| calls >= 1.0).await;
    });
}

#[test]
fn bad_lines_are_counted_and_told_and_the_others_stand() {
    run(async |lists| {
        let stage = &lists.stage;
        stage.settles("partly", "/partly", LISTED, 403).await;
        stage.settles("partly", "/partly", OTHER, 200).await;
        lists.told("verdict_data_entries", "partly", |entries| entries == 1.0).await;
        lists.told("verdict_data_bad_entries", "partly", |entries| entries == 2.0).await;
        let told = "`partly`: 2 lines could not be read, the other 1 stand; line 3: ";
        stage.says(&[told, "; line 5: 10.0.0.1/8 has host bits set; write 10.0.0.0/8"]).await;
        let Exchange { line, .. } = stage.send("partly", Request::get("/partly").from(LISTED)).await;
        let record = stage.logged(line["ip-allowlist"]["id"].as_str().unwrap()).await;
        assert_eq!(record["context"]["entry"], "partly, line 2");
    });
}

#[test]
fn swaps_of_rules_and_module_lose_no_request_while_the_list_is_fetched_anew() {
    run(async |lists| {
        let stage = &lists.stage;
        stage.settles("swapped", "/swapped", OTHER, 200).await;
        // Each new filter has to fetch the list before it can decide; requests wait for it.
        lists.serve("swapped", File::new(format!("{LISTED}\n")).delay(Duration::from_millis(300)));
        let shoot = |from: &str| {
            Load::start(stage.address("swapped"), &Shot::get("/swapped").from(from), 3, Duration::from_millis(5))
        };
        let (load, barred) = (shoot(OTHER), shoot(LISTED));
        for (number, section) in (0..).zip([None, None, Some(b'a'), Some(b'b')]) {
            let module = match section {
                None => lists.module.clone(),
                // The same code in other bytes.
                Some(name) => [lists.module.as_slice(), &[0, 2, 1, name]].concat(),
            };
            let config = bars(&[("swapped", json!({ "max_stale_seconds": 100 + number }))]);
            let before = lists.asked(&["swapped"]);
            let outcome = lists.ecds.swap(&stage.envoy, "swapped", &module, &config).await.unwrap();
            assert_eq!(outcome, Outcome::Taken);
            lists.are_fetched(&["swapped"], &before, 1).await;
            stage.settles("swapped", "/swapped", OTHER, 200).await;
        }
        let (admitted, barred) = (load.stop().await, barred.stop().await);
        assert_eq!((admitted.failed, admitted.sent()), (0, admitted.status(200)), "{admitted:?}");
        assert_eq!((barred.failed, barred.sent()), (0, barred.status(403)), "{barred:?}");
        assert!(admitted.sent() > 100 && barred.sent() > 100, "{} {}", admitted.sent(), barred.sent());
    });
}

#[test]
fn a_request_that_waits_for_a_list_is_decided_by_it_though_its_filter_is_swapped_meanwhile() {
    run(async |lists| {
        let other_module = [lists.module.as_slice(), &[0, 2, 1, b'p']].concat();
        tokio::join!(
            is_decided_by_its_filter(lists, "parked-rules", &lists.module),
            is_decided_by_its_filter(lists, "parked-module", &other_module),
        );
    });
}

/// Parks two requests at a filter, and swaps it for one of that module which would admit both.
async fn is_decided_by_its_filter(lists: &Lists, name: &str, module: &[u8]) {
    let stage = &lists.stage;
    let path = format!("/{name}");
    stage.settles(name, &path, LISTED, 200).await;
    lists.serve(name, File::new(format!("{LISTED}\n")).delay(Duration::from_secs(3)));
    let patient = bars(&[(name, json!({ "timeout_seconds": 10, "refresh_seconds": 10 }))]);
    let before = lists.asked(&[name]);
    assert_eq!(lists.ecds.swap(&stage.envoy, name, &lists.module, &patient).await.unwrap(), Outcome::Taken);
    lists.are_fetched(&[name], &before, 1).await;
    let requests = [LISTED, OTHER].map(|from| tokio::spawn(Request::get(&path).from(from).send(stage.address(name))));
    wait_for("both requests to be there", SOON, async || {
        let active = stage.envoy.stats().await.unwrap()[&format!("http.{name}.downstream_rq_active")];
        if active == 2 { Ok(()) } else { Err(format!("{active} are")) }
    })
    .await
    .unwrap();
    assert_eq!(lists.ecds.swap(&stage.envoy, name, module, &open_to_all()).await.unwrap(), Outcome::Taken);
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.unwrap().unwrap().status);
    }
    assert_eq!(statuses, [403, 200], "{name}");
    stage.settles(name, &path, LISTED, 200).await;
}

#[test]
fn an_admission_ends_by_itself_on_a_connection_that_stays_open() {
    run(async |lists| {
        let stage = &lists.stage;
        let mut connection = Connection::open(stage.address("ending"), Protocol::Http1, Some(OTHER)).await.unwrap();
        assert_eq!(connection.send(Request::get("/")).await.unwrap().status, 403);

        let end = OffsetDateTime::now_utc() + Duration::from_secs(5);
        let end = end.replace_nanosecond(0).unwrap();
        let entry = json!({ "entry": OTHER, "until": end.format(&Rfc3339).unwrap() });
        let rules = json!([{ "name": "visit", "allow": [entry, "127.0.0.9"] }]);
        let config = json!({ "client_address": "direct", "default": "deny", "rules": rules });
        assert_eq!(lists.ecds.swap(&stage.envoy, "ending", &lists.module, &config).await.unwrap(), Outcome::Taken);

        let ends = SystemTime::from(end);
        let mut admitted = 0;
        wait_for("the admission to end", SOON, async || {
            let sent = SystemTime::now();
            let reply = connection.send(Request::get("/")).await.unwrap();
            let came = SystemTime::now();
            match (reply.status, reply.header("x-verdict-reason")) {
                (200, None) => {
                    assert!(sent < ends, "admitted after the end");
                    admitted += 1;
                    Err("it is admitted".to_owned())
                }
                (403, Some("ip-allowlist.admission_ended")) => {
                    assert!(came >= ends, "refused before the end");
                    Ok(())
                }
                // The rules of before.
                (403, Some("ip-allowlist.no_rule_matched")) => Err("the rules are not there yet".to_owned()),
                other => panic!("{other:?}"),
            }
        })
        .await
        .unwrap();
        assert!(admitted > 0);
        for _ in 0..20 {
            assert_eq!(connection.send(Request::get("/")).await.unwrap().status, 403);
        }
    });
}
