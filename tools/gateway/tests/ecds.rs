//! The watched directory with a real Envoy and a real module: what is taken, what is refused, and that no request fails.

use std::time::Duration;

use serde_json::json;
use verdict_gateway::ecds::Outcome;
use verdict_gateway::load::Shot;
use verdict_gateway::{
    Context, Ecds, Envoy, Error, Gateway, Listener, Load, Request, Result, Upstream, binary, module, wait_for,
};

const FILTER: &str = "ip-allowlist";

#[tokio::test]
async fn configurations_and_modules_are_swapped_under_load_and_bad_ones_refused() -> Result<()> {
    let bytes = std::fs::read(module(FILTER)).context("the module is missing; run `make build`")?;
    let admits = json!({ "client_address": "envoy", "default": "allow", "rules": [] });
    let refuses = json!({ "client_address": "envoy", "default": "deny", "rules": [] });
    let upstream = Upstream::start().await?;
    let ecds = Ecds::new()?;
    ecds.put(FILTER, &bytes, &admits)?;
    let gateway = Gateway::new(upstream.address())?.listener(Listener::new("gateway").discovered(FILTER, &ecds));
    let envoy = Envoy::start(&gateway.bootstrap(), &binary()?).await?;
    let address = envoy.listener("gateway").await?;
    // Each worker takes a new configuration a moment after it counts as taken.
    let expect = async |status: u16| {
        wait_for(&format!("a {status}"), Duration::from_secs(5), async || match Request::get("/").send(address).await {
            Ok(reply) if reply.status == status => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await
        .map_err(|error| Error::new(format!("{error}\n{}", envoy.log())))
    };
    expect(200).await?;
    let load = Load::start(address, &Shot::get("/"), 4, Duration::from_millis(1));

    assert_eq!(ecds.swap(&envoy, FILTER, &bytes, &refuses).await?, Outcome::Taken);
    expect(403).await?;
    // The same code in other bytes: an empty custom section with the name `x` is appended.
    let other = [bytes.as_slice(), &[0, 2, 1, b'x']].concat();
    assert_eq!(ecds.swap(&envoy, FILTER, &other, &admits).await?, Outcome::Taken);
    expect(200).await?;

    let bad = json!({ "client_address": "envoy", "default": "perhaps", "rules": [] });
    let outcome = ecds.swap(&envoy, FILTER, &bytes, &bad).await?;
    assert!(matches!(&outcome, Outcome::Refused(log) if log.contains("/default")), "{outcome:?}");
    assert_eq!(ecds.swap(&envoy, FILTER, &bytes, &bad).await?, outcome);
    for garbage in [b"\0asm\x01\0\0\0garbage".as_slice(), b"", b"\0asm\x01\0\0\0"] {
        assert!(matches!(ecds.swap(&envoy, FILTER, garbage, &admits).await?, Outcome::Refused(_)), "{garbage:?}");
    }
    for text in ["{", "{}", r#"{"resources":[{"@type":"type.googleapis.com/no.such.Type"}]}"#] {
        assert!(matches!(ecds.swap_text(&envoy, FILTER, text).await?, Outcome::Refused(_)), "{text}");
    }
    expect(200).await?;

    let tally = load.stop().await;
    assert_eq!((tally.failed, tally.sent()), (0, tally.status(200) + tally.status(403)), "{tally:?}");
    assert!(tally.status(200) > 0 && tally.status(403) > 0, "{tally:?}");
    Ok(())
}
