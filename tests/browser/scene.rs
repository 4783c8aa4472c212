//! The scene of these tests: an API behind Envoy with `cors` and `jwt-scope`, pages of three origins, and one browser.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use verdict_gateway::upstream::File;
use verdict_gateway::{Listener, Plugin, Upstream, wait_for};
use verdict_tests::envoy::module_of;
use verdict_tests::tokens::MADE;

use crate::stage::{SOON, Shared, Stage, listener};
use crate::webdriver::Browser;

/// The listener of the API.
const API: &str = "api";

/// The page that sends what a test wants sent.
const ASKS: &str = include_str!("pages/asks.html");

static SCENE: Shared<Scene> = Shared::new();

/// Runs a test. One at a time: there is one browser with one window, and what the upstream has seen is then this test's.
pub(crate) fn run(test: impl AsyncFnOnce(&Scene)) {
    SCENE.with(Scene::start, async |scene| {
        let _turn = scene.turn.lock().await;
        scene.browser.forget().await;
        scene.stage.upstream.forget();
        test(scene).await;
    });
}

/// Whose page asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// A page of the origin that the rules name.
    Named,
    /// A page of an origin that they do not name.
    Other,
    /// A page of the API's own origin.
    Own,
}

/// Everything that the tests play with.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) browser: Browser,
    named: Upstream,
    other: Upstream,
    turn: Mutex<()>,
}

/// What a script of the page could see.
#[derive(Debug)]
pub(crate) enum Saw {
    /// The answer.
    Answer(Answer),
    /// A `TypeError`, and the console says that CORS is why.
    Nothing,
}

/// An answer, as far as a script can read it.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) redirected: bool,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Saw {
    /// The status that the page could read.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(answer) => Some(answer.status),
            Self::Nothing => None,
        }
    }

    /// The answer, which must be there.
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Answer(answer) => answer,
            Self::Nothing => panic!("the page could read nothing"),
        }
    }
}

impl Scene {
    async fn start() -> Self {
        let (named, other) = (Upstream::start().await.unwrap(), Upstream::start().await.unwrap());
        let upstream = Upstream::start().await.unwrap();
        for site in [&named, &other, &upstream] {
            site.files().set("/asks.html", html(ASKS));
        }
        let (api, browser) = tokio::join!(
            Stage::start(upstream, vec![(API, api(&origin(named.address()), &origin(other.address())))]),
            Browser::start()
        );
        Self { stage: api, browser, named, other, turn: Mutex::new(()) }
    }

    /// The origin of a page, as browsers write it.
    pub(crate) fn origin(&self, page: Page) -> String {
        origin(match page {
            Page::Named => self.named.address(),
            Page::Other => self.other.address(),
            Page::Own => self.stage.address(API),
        })
    }

    /// Serves a page at the named origin.
    pub(crate) fn publish(&self, path: &str, page: &str) {
        self.named.files().set(path, html(page));
    }

    /// Lets a page send a request to the API; `how` is the second argument of `fetch`.
    pub(crate) async fn ask(&self, page: Page, path: &str, how: &Value) -> Saw {
        self.browser.open(&format!("{}/asks.html", self.origin(page))).await;
        let _ = self.browser.console().await;
        let mut request = how.clone();
        request["url"] = json!(format!("{}{path}", self.origin(Page::Own)));
        let saw = self.browser.run("return ask(arguments[0])", request).await;
        if saw.get("error").is_none() {
            return Saw::Answer(serde_json::from_value(saw).unwrap());
        }
        assert_eq!(saw["error"], "TypeError", "{page:?} {path}");
        // The console may have it a moment later.
        let mut console = Vec::new();
        let blocked = wait_for("the console to say why", SOON, async || {
            console.extend(self.browser.console().await);
            let blocked = console.iter().any(|line| line.contains(path) && line.contains("blocked by CORS policy"));
            if blocked { Ok(()) } else { Err(format!("{console:?}")) }
        });
        blocked.await.unwrap();
        Saw::Nothing
    }

    /// The methods of the requests for a path that reached the upstream.
    pub(crate) fn arrived(&self, path: &str) -> Vec<String> {
        self.stage.upstream.seen_at(path).into_iter().map(|seen| seen.method).collect()
    }

    /// The line of the access log about the first request for a path with this method.
    pub(crate) async fn logged(&self, method: &str, path: &str) -> Value {
        self.stage.line(API, |line| line["method"] == method && line["path"] == path).await
    }

    /// How often a preflight for this path came to Envoy, after so many requests of that method have.
    pub(crate) async fn preflights(&self, path: &str, method: &str, requests: usize) -> usize {
        let all = |lines: &[Value], method: &str| {
            lines.iter().filter(|line| line["path"] == path && line["method"] == method).count()
        };
        let lines = wait_for("the access log to have the requests", SOON, async || {
            let lines = self.stage.envoy.access_log(API);
            if all(&lines, method) == requests { Ok(lines) } else { Err(format!("{lines:?}")) }
        });
        all(&lines.await.unwrap(), "OPTIONS")
    }
}

fn origin(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn html(page: &str) -> File {
    File::new(page.to_owned()).header("content-type", "text/html; charset=utf-8")
}

/// The API. The rule `x` of `cors` is for the paths below `/x`, and so is the route; to `/nowhere` there is none.
fn api(named: &str, other: &str) -> Listener {
    let rules = [
        ("plain", json!({ "methods": ["GET", "PUT"], "request_headers": ["authorization", "content-type"] })),
        ("strict", json!({ "methods": ["POST"], "refused": "deny" })),
        ("cookies", json!({ "credentials": true, "methods": ["PUT"] })),
        ("public", json!({ "origins": ["*"], "methods": ["*"], "request_headers": ["*"], "expose": ["*"] })),
        ("both", json!({ "origins": [named, other] })),
        ("exposing", json!({ "expose": ["X-Total-Count"] })),
        ("remembered", json!({ "methods": ["PUT"], "max_age_seconds": 600 })),
        ("forgotten", json!({ "methods": ["PUT"], "max_age_seconds": 0 })),
        ("replace", json!({ "upstream": "replace" })),
        ("keep", json!({ "upstream": "keep" })),
        ("merge", json!({ "upstream": "merge", "expose": ["x-total-count"] })),
        ("shadow", json!({ "mode": "shadow", "methods": ["PUT"] })),
        ("shop", json!({ "methods": ["POST"], "request_headers": ["authorization", "content-type"] })),
        ("nowhere", json!({})),
    ];
    let mut routes = vec![
        json!({ "match": { "path": "/plain/direct" },
            "direct_response": { "status": 200, "body": { "inline_string": "direct" } } }),
        json!({ "match": { "path": "/plain/moved" },
            "redirect": { "path_redirect": "/plain/there", "response_code": "TEMPORARY_REDIRECT" } }),
        json!({ "match": { "path": "/asks.html" }, "route": { "cluster": "upstream" } }),
    ];
    let served = rules.iter().filter(|(name, _)| *name != "nowhere");
    routes.extend(served.map(|(name, _)| {
        json!({ "match": { "path_separated_prefix": format!("/{name}") }, "route": { "cluster": "upstream" } })
    }));
    let rules = rules.map(|(name, more)| {
        let mut rule = json!({ "name": name, "match": { "paths": [format!("/{name}/**")] }, "origins": [named] });
        verdict_gateway::config::merge(&mut rule, more);
        rule
    });
    let cors = json!({ "default": "allow", "rules": rules });
    let shop = json!({
        "issuer": "https://login.example/shop", "audiences": ["shop-api"], "keys": { "jwks": MADE.keys["all"] },
    });
    let tokens = json!({
        "default": "allow", "providers": { "shop": shop },
        "rules": [{
            "name": "orders", "contact": "support@shop.example", "match": { "paths": ["/shop/**"] },
            "scopes": { "all": ["payment:read"] },
        }],
    });
    listener(API, &["cors", "jwt-scope"])
        .plugin(Plugin::new("cors", module_of("cors"), &cors))
        .plugin(Plugin::new("jwt-scope", module_of("jwt-scope"), &tokens))
        .manager(json!({ "route_config": { "virtual_hosts": [
            { "name": "everything", "domains": ["*"], "routes": routes },
        ] } }))
}
