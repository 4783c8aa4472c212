//! The command as it is called: it shows what it promises, says what is in its way, and leaves nothing running.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use verdict_gateway::{Context, Error, Request, Result, binary, repository, wait_for};

const PORTS: [&str; 4] = ["VERDICT_PORT", "VERDICT_ADMIN_PORT", "VERDICT_UPSTREAM_PORT", "VERDICT_REGISTRY_PORT"];

fn command(name: &str) -> Result<Command> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verdict-gateway"));
    command.arg(name).env("ENVOY", binary()?).envs(PORTS.map(|port| (port, "0"))).stdin(Stdio::null());
    Ok(command)
}

#[test]
fn the_demonstration_shows_all_of_it_and_ends() -> Result<()> {
    let output = command("demo")?.output().context("demo")?;
    let (shown, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{shown}\n{errors}");
    for part in [
        "The tour",
        "ip-allowlist.not_allowed",
        "verdict_decisions_total",
        "\"pointer\": \"/rules/1/allow\"",
        "\"exclusion\": \"SecRuleUpdateTargetById 461300 \\\"!ARGS:q\\\"\"",
        "error=\"insufficient_scope\", scope=\"payment:write\"",
        "\"details\":\"verdict:jwt-scope.scope_insufficient\"",
        "taken; the answer is now 403",
        "taken; the answer is now 200",
        "refused; the old one serves on with 200",
        "write 127.0.0.0/8",
    ] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
    assert_eq!(shown.matches(" 0 failed").count(), 3, "{shown}");
    let widest = shown.lines().filter(|line| !line.starts_with('{')).map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|widest| widest <= 120), "{widest:?} columns");
    Ok(())
}

#[test]
fn a_port_in_use_is_told_in_one_sentence_with_the_remedy() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0").context("a port")?;
    let port = taken.local_addr().context("a port")?.port();
    for (variable, command_name) in [(PORTS[0], "demo"), (PORTS[1], "run"), (PORTS[2], "run"), (PORTS[3], "demo")] {
        let output = command(command_name)?.env(variable, port.to_string()).output().context("the command")?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(said.starts_with(&format!("Port {port}, for ")) && said.contains(&format!("{variable}=")), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    Ok(())
}

#[test]
fn a_port_that_is_none_is_told() -> Result<()> {
    let output = command("run")?.env("VERDICT_PORT", "many").output().context("run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("VERDICT_PORT=many is not a port"), "{said}");
    Ok(())
}

#[tokio::test]
async fn the_gateway_runs_until_a_signal_and_leaves_nothing() -> Result<()> {
    // KILL cannot be caught: then the watcher ends the Envoy.
    for (signal, ends_well) in [("INT", true), ("TERM", true), ("HUP", true), ("KILL", false)] {
        let mut gateway = command("run")?.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("run")?;
        let address = address(&mut lines(&mut gateway)?)?;
        let address = address.parse().context(address)?;
        assert_eq!(Request::get("/health").send(address).await?.status, 200);
        assert_eq!(Request::get("/admin/x").send(address).await?.status, 403);
        let envoys = children(gateway.id());
        assert!(!envoys.is_empty());
        let sent = Command::new("kill").args([&format!("-{signal}"), &gateway.id().to_string()]).status();
        assert!(sent.context("kill")?.success());
        assert_eq!(gateway.wait().context("run")?.success(), ends_well, "{signal}");
        wait_for("the Envoy to be gone", Duration::from_secs(5), async || {
            let left: Vec<&String> = envoys.iter().filter(|pid| is_alive(pid)).collect();
            if left.is_empty() { Ok(()) } else { Err(format!("after {signal}: {left:?}")) }
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_changes_on_disk_is_swapped_and_what_is_bad_is_not() -> Result<()> {
    let directory = tempfile::tempdir().context("a directory")?;
    for shipped in fs::read_dir(repository().join("envoy/gateway/filters")).context("shipped")? {
        let shipped = shipped.context("shipped")?;
        fs::copy(shipped.path(), directory.path().join(shipped.file_name())).context("a copy")?;
    }
    let file = directory.path().join("ip-allowlist.yaml");
    let text = fs::read_to_string(&file).context("the copy")?;
    let mut run = command("run")?;
    let gateway = run.arg("--filters").arg(directory.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut gateway = Guard(gateway.context("run")?);
    let mut lines = lines(&mut gateway.0)?;
    let address = address(&mut lines)?.parse().context("address")?;
    // Written in place, as some editors do.
    for (edit, said, status) in [
        (("\"127.0.0.2\"", "\"127.0.0.1\""), "ip-allowlist: taken", 200),
        (("\"127.0.0.2\"", "\"127.0.0.2/8\""), "ip-allowlist: refused", 200),
        (("resources:", "resources: ["), "cannot read ", 200),
        (("", ""), "ip-allowlist: taken", 403),
    ] {
        fs::write(&file, text.replacen(edit.0, edit.1, 1)).context("a change")?;
        lines
            .find(|line| line.as_ref().is_ok_and(|line| line.starts_with(said)))
            .ok_or(Error::new(said))?
            .context(said)?;
        wait_for("the worker's answer", Duration::from_secs(5), async || {
            match Request::get("/admin/x").send(address).await {
                Ok(reply) if reply.status == status => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await?;
    }
    Ok(())
}

/// Ends the command when a test ends early.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

type Lines = std::io::Lines<BufReader<std::process::ChildStdout>>;

fn lines(gateway: &mut Child) -> Result<Lines> {
    gateway.stdout.take().map(|out| BufReader::new(out).lines()).ok_or_else(|| Error::new("no stdout"))
}

/// The address that `run` says the gateway is up at.
fn address(lines: &mut Lines) -> Result<String> {
    for line in lines {
        let line = line.context("run")?;
        if let Some((address, _)) = line.strip_prefix("The gateway is up at ").and_then(|rest| rest.split_once(';')) {
            return Ok(address.to_owned());
        }
    }
    Err(Error::new("run ended before it was up"))
}

/// The field of /proc/<pid>/stat at a place behind the name: 0 the state, 1 the parent.
fn field(pid: &str, place: usize) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit(") ").next()?.split(' ').nth(place)?.to_owned())
}

fn children(parent: u32) -> Vec<String> {
    let pids =
        fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    pids.filter(|pid| field(pid, 1).is_some_and(|other| other == parent.to_string())).collect()
}

/// Whether a process runs: one that has ended may stay in the list until somebody asks for its status.
fn is_alive(pid: &str) -> bool {
    field(pid, 0).is_some_and(|state| state != "Z")
}
