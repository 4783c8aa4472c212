//! The gateway with a real Envoy: what its handles say is what Envoy does.

use std::time::Duration;

use serde_json::{Value, json};
use verdict_gateway::envoy::Options;
use verdict_gateway::raw::{self, http2::Outcome};
use verdict_gateway::shipped::{Addresses, shipped_at};
use verdict_gateway::{Connection, Envoy, Gateway, Listener, Protocol, Request, Result, Upstream, wait_for};
use verdict_gateway::{binary, repository, shipped, validate};

/// A native filter that refuses every request to /admin, in place of one of ours.
fn refuse_admin() -> Value {
    let path = json!({ "prefix": "/admin" });
    let permission = json!({ "url_path": { "path": path } });
    json!({
        "name": "envoy.filters.http.rbac",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": { "action": "DENY", "policies": { "admin": { "permissions": [permission], "principals": [{ "any": true }] } } },
        },
    })
}

#[tokio::test]
async fn requests_pass_the_gateway_and_every_trace_of_them_can_be_read() -> Result<()> {
    let upstream = Upstream::start().await?;
    let gateway = Gateway::new(upstream.address())?
        .listener(Listener::new("plain"))
        .listener(Listener::new("no admin").filter(refuse_admin()).path_normalisation(false));
    let mut envoy = Envoy::start(&gateway.bootstrap(), &binary()?).await?;
    let (plain, no_admin) = (envoy.listener("plain").await?, envoy.listener("no admin").await?);

    for protocol in [Protocol::Http1, Protocol::Http2] {
        let mut connection = Connection::open(plain, protocol, Some("127.0.0.7")).await?;
        let echo = connection.send(Request::get("/a/../b").header("x-odd", b"\xff")).await?.json()?;
        assert_eq!(echo["target"], "/b", "{protocol:?}");
        assert!(echo["headers"].as_array().unwrap().contains(&json!(["x-odd", "\\xff"])), "{echo}");
    }
    assert_eq!(Request::get("/a/../b").send(no_admin).await?.json()?["target"], "/a/../b");
    upstream.forget();
    assert_eq!(Request::get("/admin").send(no_admin).await?.status, 403);
    assert_eq!(upstream.seen().len(), 0);

    let line = wait_for("the access log", Duration::from_secs(5), async || {
        let lines = envoy.access_log("no admin");
        lines.iter().find(|line| line["status"] == 403).cloned().ok_or(format!("{lines:?}"))
    });
    assert_eq!(line.await?["details"], "rbac_access_denied_matched_policy[admin]");
    assert!(envoy.access_log("plain").iter().all(|line| line["peer"].as_str().unwrap().starts_with("127.0.0.7:")));
    assert_eq!(envoy.stats().await?["http.no admin.rbac.denied"], 1);
    let denied = envoy.metrics().await?.into_iter().find(|sample| sample.name == "envoy_http_rbac_denied").unwrap();
    assert_eq!((denied.label("envoy_http_conn_manager_prefix"), denied.value), (Some("no admin"), 1.0));
    assert!(envoy.cpu_micros()? > 0);
    assert!(envoy.is_running());
    envoy.stop().await;
    Ok(())
}

#[tokio::test]
async fn trailers_and_many_headers_pass_where_a_listener_allows_them() -> Result<()> {
    let upstream = Upstream::start().await?;
    let gateway = Gateway::new(upstream.address())?
        .listener(Listener::new("default"))
        .listener(Listener::new("raised").raised_header_limits().trailers());
    let envoy = Envoy::start(&gateway.bootstrap(), &binary()?).await?;
    for protocol in [Protocol::Http1, Protocol::Http2] {
        for (listener, status) in [("default", 431), ("raised", 200)] {
            let many =
                (0..1000).fold(Request::get("/"), |request, n| request.header(&format!("x-{n}"), "y".repeat(200)));
            let reply = many.protocol(protocol).send(envoy.listener(listener).await?).await;
            // Over HTTP/2, Envoy resets the stream instead.
            let seen = reply.map_or(431, |reply| reply.status);
            assert_eq!(seen, status, "{listener}, {protocol:?}");
        }
        let request = Request::post("/", "x").protocol(protocol).trailer("x-end", "yes").header("te", "trailers");
        let request = request.header("x-upstream-trailer", "x-there: too").header("x-upstream-body", "y");
        let reply = request.send(envoy.listener("raised").await?).await?;
        assert_eq!(reply.trailer("x-there"), Some("too"), "{protocol:?}");
        assert_eq!(upstream.seen().last().unwrap().trailers, [("x-end".to_owned(), b"yes".to_vec())]);
    }
    Ok(())
}

#[tokio::test]
async fn an_envoy_that_dies_at_its_start_says_why() -> Result<()> {
    let error = Envoy::start(&json!({ "no_such_field": 1 }), &binary()?).await.unwrap_err().to_string();
    assert!(error.starts_with("Envoy ended at its start") && error.contains("no_such_field"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_dropped_envoy_is_gone() -> Result<()> {
    let gateway = Gateway::new(([127, 0, 0, 1], 1).into())?;
    let envoy = Envoy::start(&gateway.bootstrap(), &binary()?).await?;
    let (process, run) = (format!("/proc/{}", envoy.pid()), envoy.run_directory().to_owned());
    assert!(std::path::Path::new(&process).exists());
    drop(envoy);
    assert!(!std::path::Path::new(&process).exists() && !run.exists());
    Ok(())
}

#[test]
fn the_shipped_configurations_are_valid_as_they_are() -> Result<()> {
    let (root, envoy) = (repository(), binary()?);
    for file in ["envoy/gateway/envoy.yaml", "envoy/compose/upstream.yaml"] {
        assert!(shipped::read_yaml(&root.join(file))?.is_object());
        validate(&root.join(file), &root, &envoy)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_shipped_gateway_starts_with_its_own_files() -> Result<()> {
    let upstream = Upstream::start().await?;
    let any = ([127, 0, 0, 1], 0).into();
    let bootstrap = shipped_at(&Addresses { gateway: any, admin: any, upstream: upstream.address(), registry: any })?;
    let mut options = Options::new(&binary()?);
    options.directory = Some(repository());
    let envoy = Envoy::start_with(&bootstrap, &options).await?;
    let gateway = envoy.listener("gateway").await?;
    assert_eq!(Request::get("/health").send(gateway).await?.status, 200);
    assert_eq!(Request::get("/admin/x").send(gateway).await?.status, 403);
    let line = wait_for("the access log on stdout", Duration::from_secs(5), async || {
        let log = envoy.log();
        log.lines().find(|line| line.contains("\"status\":403")).map(str::to_owned).ok_or(log)
    });
    assert!(line.await?.contains("\"rule\":\"admin\""));
    Ok(())
}

#[tokio::test]
async fn header_fields_go_out_over_http2_as_they_are() -> Result<()> {
    let upstream = Upstream::start().await?;
    let gateway = Gateway::new(upstream.address())?.listener(Listener::new("plain").filter(refuse_admin()));
    let envoy = Envoy::start(&gateway.bootstrap(), &binary()?).await?;
    let address = envoy.listener("plain").await?;
    let long = vec![b'y'; 40_000];
    // What Envoy lets through and answers; what it does with the rest is its own affair, but it does not serve it.
    let tried: [(&[u8], &[u8], Option<u16>); 7] = [
        (b"/a", b"b", Some(200)),
        (b"/a", b"\xff", Some(200)),
        (b"/a", &long, Some(200)),
        (b"/admin", b"b", Some(403)),
        (b"", b"b", None),
        (b"/\xff", b"b", Some(200)),
        (b"/a", b"\0", None),
    ];
    for (path, odd, status) in tried {
        let fields: [(&[u8], &[u8]); 5] =
            [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", path), (b"x-odd", odd)];
        let seen = raw::http2::send(address, Some("127.0.0.2"), &fields, Duration::from_secs(5)).await?;
        let what = format!("{seen:?} for {} with {}", path.escape_ascii(), odd.escape_ascii());
        match status {
            Some(status) => assert_eq!(seen, Outcome::Status(status), "{what}"),
            None => assert!(!matches!(seen, Outcome::Status(200) | Outcome::Bound), "{what}"),
        }
    }
    Ok(())
}
