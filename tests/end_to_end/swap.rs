//! Swaps in a running Envoy, by extension config discovery from a watched directory: rules and modules change under load, and what
//! is no good is refused while the old one serves on.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use verdict_gateway::ecds::Outcome;
use verdict_gateway::load::{Shot, Tally};
use verdict_gateway::{Ecds, Envoy, Gateway, Listener, Load, Request, Upstream, binary, repository, wait_for};
use verdict_tests::envoy::module_of;

use crate::stage::{SOON, Shared, Stage, alone, listener};

/// An Envoy whose filters come from a watched directory.
struct Watched {
    stage: Stage,
    ecds: Ecds,
    module: Vec<u8>,
}

/// The Envoy of this file. Each test has a filter of its own, that nobody else swaps.
static WATCHED: Shared<Watched> = Shared::new();

fn run(test: impl AsyncFnOnce(&Watched)) {
    WATCHED.with(start, test);
}

/// How many connections send requests while something is swapped, and how long each rests between two.
const CONNECTIONS: usize = 4;
const PAUSE: Duration = Duration::from_millis(5);

/// The rule of the one filter whose decisions are counted, whatever configuration it has.
const COUNTED: &str = "counted";

/// The client of the tests.
const CLIENT: &str = "127.0.0.2";

async fn start() -> Watched {
    let upstream = Upstream::start().await.unwrap();
    let ecds = Ecds::new().unwrap();
    let module = std::fs::read(module_of("ip-allowlist")).unwrap();
    let first_is_bad =
        json!({ "client_address": "direct", "default": "deny", "rules": [{ "name": "all", "allow": [] }] });
    let mut listeners = Vec::new();
    for (name, config) in [
        ("rules", admits_by(COUNTED, CLIENT)),
        ("modules", admits(CLIENT)),
        ("under-way", admits(CLIENT)),
        ("bad", admits(CLIENT)),
        ("bad-modules", admits(CLIENT)),
        ("first", first_is_bad),
    ] {
        ecds.put(name, &module, &config).unwrap();
        listeners.push((name, discovered(name, &ecds)));
    }
    Watched { stage: Stage::start(upstream, listeners).await, ecds, module }
}

fn discovered(name: &str, ecds: &Ecds) -> Listener {
    listener(name, &["ip-allowlist"]).discovered(name, ecds)
}

/// A configuration that admits nobody else.
fn admits(address: &str) -> Value {
    admits_by("all", address)
}

/// The same, by a rule of that name.
fn admits_by(rule: &str, address: &str) -> Value {
    json!({ "client_address": "direct", "default": "deny", "rules": [{ "name": rule, "allow": [address] }] })
}

/// The same code in other bytes: an empty custom section of that name is appended.
fn other_bytes(module: &[u8], name: u8) -> Vec<u8> {
    [module, &[0, 2, 1, name]].concat()
}

impl Watched {
    async fn swap(&self, filter: &str, module: &[u8], config: &Value) -> Outcome {
        self.ecds.swap(&self.stage.envoy, filter, module, config).await.unwrap()
    }

    async fn settles(&self, listener: &str, status: u16) {
        self.stage.settles(listener, "/", CLIENT, status).await;
    }

    /// Puts a resource in place in which one value is another.
    async fn swap_in(&self, filter: &str, pointer: &str, value: Value) -> Outcome {
        let text = std::fs::read_to_string(self.ecds.path().join(format!("{filter}.json"))).unwrap();
        let mut resource: Value = serde_json::from_str(&text).unwrap();
        *resource.pointer_mut(&format!("/resources/0/typed_config/config/{pointer}")).unwrap() = value;
        self.ecds.swap_text(&self.stage.envoy, filter, &resource.to_string()).await.unwrap()
    }

    /// Requests over several connections, until they are stopped.
    fn load(&self, listener: &str) -> Load {
        Load::start(self.stage.address(listener), &Shot::get("/").from(CLIENT), CONNECTIONS, PAUSE)
    }
}

/// Nobody's request was lost: each was answered, and with a verdict.
fn none_is_lost(tally: &Tally) {
    assert_eq!((tally.failed, tally.sent()), (0, tally.status(200) + tally.status(403)), "{tally:?}");
}

fn is_refused(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused(log) => log,
        Outcome::Taken => panic!("it was taken"),
    }
}

#[test]
fn rules_change_under_load_and_no_request_fails() {
    run(async |watched| {
        watched.settles("rules", 200).await;
        let load = watched.load("rules");
        for _ in 0..3 {
            for (address, status) in [("127.0.0.8", 403), (CLIENT, 200)] {
                let config = admits_by(COUNTED, address);
                assert_eq!(watched.swap("rules", &watched.module, &config).await, Outcome::Taken);
                watched.settles("rules", status).await;
            }
        }
        let tally = load.stop().await;
        none_is_lost(&tally);
        assert!(tally.status(200) > 0 && tally.status(403) > 0, "{tally:?}");
        // Nobody tells the module that they are gone. The last but one may be in use by a connection that has yet to close.
        let said = "is no longer in use";
        wait_for("the old configurations to be forgotten", SOON, async || {
            let forgotten = watched.stage.envoy.log().matches(said).count();
            if forgotten >= 5 { Ok(()) } else { Err(format!("{forgotten} are")) }
        })
        .await
        .unwrap();
        // None that was admitted is missing, whichever configuration counted it.
        let admitted = watched.stage.envoy.stats().await.unwrap()["http.rules.downstream_rq_2xx"] as f64;
        let labels = [("rule", COUNTED), ("decision", "allowed")];
        watched.stage.counted("verdict_decisions_total", &labels, |count| count == admitted).await;
    });
}

#[test]
fn modules_change_under_load_and_no_request_fails() {
    run(async |watched| {
        watched.settles("modules", 200).await;
        let load = watched.load("modules");
        for (name, address, status) in [(b'a', "127.0.0.8", 403), (b'b', CLIENT, 200), (b'c', CLIENT, 200)] {
            let module = other_bytes(&watched.module, name);
            assert_eq!(watched.swap("modules", &module, &admits(address)).await, Outcome::Taken);
            watched.settles("modules", status).await;
        }
        let tally = load.stop().await;
        none_is_lost(&tally);
        assert!(tally.status(200) > 0 && tally.status(403) > 0, "{tally:?}");
    });
}

#[test]
fn a_request_that_was_admitted_ends_as_it_began() {
    run(async |watched| {
        watched.settles("under-way", 200).await;
        let slow = Request::get("/slow").from(CLIENT).header("x-upstream-delay", "1500");
        let address = watched.stage.address("under-way");
        let slow = tokio::spawn(slow.send(address));
        wait_for("the request to be under way", SOON, async || {
            let active = watched.stage.envoy.stats().await.unwrap()["http.under-way.downstream_rq_active"];
            if active == 1 { Ok(()) } else { Err(format!("{active} are")) }
        })
        .await
        .unwrap();
        let outcome = watched.swap("under-way", &other_bytes(&watched.module, b'u'), &admits("127.0.0.8")).await;
        assert_eq!(outcome, Outcome::Taken);
        watched.settles("under-way", 403).await;
        assert_eq!(slow.await.unwrap().unwrap().status, 200);
    });
}

/// As in `tests/configurations.rs`, which shows the same natively.
#[derive(Deserialize)]
struct Case {
    about: String,
    config: Value,
    problems: Vec<String>,
}

/// Bad configurations, each with what must be in the log.
fn bad_configurations() -> Vec<Case> {
    let path = repository().join("tests/configurations/ip-allowlist.yaml");
    let cases: Vec<Case> = serde_norway::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let case = |about: &str, config: Value, problems: &[&str]| Case {
        about: about.to_owned(),
        config,
        problems: problems.iter().map(|problem| (*problem).to_owned()).collect(),
    };
    let several = json!({
        "client_address": "direct", "default": "deny", "lists": { "office": { "entries": [] } },
        "rules": [
            { "name": "first", "allow": ["10.0.0.1/8"] },
            { "name": "second", "allow": ["offices", "any"], "deny": ["192.0.2.999"] },
        ],
    });
    let more = [
        case("nothing", json!(""), &["/: the configuration is empty; "]),
        case("not an object", json!("[]"), &["/: this is a list; write an object: "]),
        case(
            "several at once",
            several,
            &[
                "/lists/office/entries: the list is empty; ",
                "/rules/0/allow/0: 10.0.0.1/8 has host bits set; write 10.0.0.0/8",
                "/rules/1/allow/0: there is no list `offices`; ",
                "/rules/1/deny/0: ",
                "/rules/1: can never match: `first` (/rules/0) before it match all that it does; ",
            ],
        ),
    ];
    cases.into_iter().filter(|case| !case.problems.is_empty()).chain(more).collect()
}

#[test]
fn bad_configurations_are_refused_with_every_problem_in_the_log_and_the_old_one_serves_on() {
    run(async |watched| {
        watched.settles("bad", 200).await;
        let load = watched.load("bad");
        let cases = bad_configurations();
        assert!(cases.len() > 10, "{} cases", cases.len());
        for Case { about, config, problems } in cases {
            let text = config.as_str().map_or_else(|| config.to_string(), str::to_owned);
            let log = is_refused(watched.swap_in("bad", "configuration/value", json!(text)).await);
            let said: Vec<&str> = log.lines().filter(|line| line.contains("configuration refused")).collect();
            let said = said.join("\n");
            for problem in problems {
                let line = format!("ip-allowlist: configuration refused: {problem}");
                assert!(said.contains(&line), "{about}: {line} is not in\n{said}");
            }
        }
        // Envoy hands a Struct to the filter as bytes that are not JSON.
        let config = json!({ "@type": "type.googleapis.com/google.protobuf.Struct", "value": admits(CLIENT) });
        let log = is_refused(watched.swap_in("bad", "configuration", config).await);
        assert!(log.contains("ip-allowlist: configuration refused: /: "), "{log}");
        let tally = load.stop().await;
        assert_eq!((tally.failed, tally.sent()), (0, tally.status(200)), "{tally:?}");
        assert!(tally.sent() > 0);
    });
}

#[test]
fn what_is_no_module_is_refused_and_the_old_one_serves_on() {
    run(async |watched| {
        watched.settles("bad-modules", 200).await;
        let load = watched.load("bad-modules");
        let half = watched.module.get(..watched.module.len() / 2).unwrap();
        for (what, module) in [
            ("nothing", b"".as_slice()),
            ("a text", b"<html>not found</html>"),
            ("an empty module, without an ABI", b"\0asm\x01\0\0\0"),
            ("garbage behind the magic number", b"\0asm\x01\0\0\0garbage"),
            ("half a module", half),
        ] {
            let outcome = watched.swap("bad-modules", module, &admits("127.0.0.8")).await;
            assert!(matches!(outcome, Outcome::Refused(_)), "{what}");
        }
        let missing = json!("/nowhere/ip-allowlist.wasm");
        let log = is_refused(watched.swap_in("bad-modules", "vm_config/code/local/filename", missing).await);
        assert!(log.contains("/nowhere/ip-allowlist.wasm"), "{log}");
        watched.settles("bad-modules", 200).await;
        let tally = load.stop().await;
        assert_eq!((tally.failed, tally.sent()), (0, tally.status(200)), "{tally:?}");
    });
}

#[test]
fn where_the_first_configuration_is_bad_nobody_is_served_until_a_good_one_comes() {
    run(async |watched| {
        let Stage { envoy, .. } = &watched.stage;
        assert!(envoy.log().contains("ip-allowlist: configuration refused: /rules/0/allow: the rule admits nobody"));
        let exchange = watched.stage.send("first", Request::get("/").from(CLIENT)).await;
        assert_eq!(exchange.reply.status, 500, "{:?}", exchange.reply);
        // Envoy's own flag: "no filter config found".
        assert_eq!(exchange.line["flags"], "NFCF", "{}", exchange.line);
        assert_eq!(watched.swap("first", &watched.module, &admits(CLIENT)).await, Outcome::Taken);
        watched.settles("first", 200).await;
    });
}

#[test]
fn where_the_first_file_is_missing_envoy_does_not_start() {
    alone(async {
        let ecds = Ecds::new().unwrap();
        let gateway = Gateway::new(([127, 0, 0, 1], 1).into()).unwrap().listener(discovered("absent", &ecds));
        let refused = Envoy::start(&gateway.bootstrap(), &binary().unwrap()).await.unwrap_err().to_string();
        let name = Path::new(ecds.path()).file_name().unwrap().to_string_lossy().into_owned();
        assert!(refused.contains("ended at its start") && refused.contains(&name), "{refused}");
    });
}
