//! The command as it is called: what it prints, what it says when it cannot, and that a signal ends it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Output, Stdio};

use verdict_gateway::Request;

const TOKEN: &str = "VERDICT_REGISTRY_TOKEN";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verdict-registry"));
    command.args(arguments).env_remove(TOKEN).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Ends the process, whatever the test finds.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn hash(arguments: &[&str], key: &str) -> Output {
    let mut child = command(&[&["hash"], arguments].concat()).stdin(Stdio::piped()).spawn().unwrap();
    // It may leave before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(key.as_bytes());
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_its_address_and_token_and_ends_at_a_signal() {
    for (signal, token) in [("INT", None), ("TERM", Some("a-token-of-my-own"))] {
        let mut command = command(&[]);
        command.envs(token.map(|token| (TOKEN, token)));
        let mut running = Running(command.spawn().unwrap());
        let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address: SocketAddr = lines.next().unwrap().parse().unwrap();
        assert!(address.ip().is_loopback() && address.port() != 0);
        let token = match token {
            Some(token) => token.to_owned(),
            None => lines.next().unwrap().strip_prefix("administrator token: ").unwrap().to_owned(),
        };
        let request = Request::get("/audit").header("authorization", format!("Bearer {token}"));
        assert_eq!(request.send(address).await.unwrap().status, 200);
        let kill = Command::new("kill").args(["-s", signal, &running.0.id().to_string()]).status().unwrap();
        assert!(kill.success());
        assert!(running.0.wait().unwrap().success(), "{signal}");
        assert_eq!(lines.next(), None);
        let mut said = String::new();
        running.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "");
    }
}

#[test]
fn what_is_in_the_way_is_told_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let short = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&short, "short").unwrap();
    let short = short.path().to_str().unwrap();
    for (arguments, token, expected) in [
        (vec!["--listen", &taken], None, "another address with --listen"),
        (vec!["--database", "/nowhere/at/all"], None, "cannot open /nowhere/at/all"),
        (vec!["--database", short], None, "not usable as the registry's database"),
        (vec!["--hmac-secret-file", "/nowhere"], None, "cannot read /nowhere"),
        (vec!["--hmac-secret-file", short], None, "openssl rand"),
        (vec![], Some(""), "16 to 256 visible ASCII characters"),
        (vec![], Some("with a blank in it"), "16 to 256 visible ASCII characters"),
    ] {
        let mut command = command(&arguments);
        let output = command.envs(token.map(|token| (TOKEN, token))).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        assert!(said.contains(expected) && said.lines().count() == 1, "{arguments:?}: {said}");
    }
}

#[test]
fn it_explains_itself() {
    let output = command(&["--help"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    for part in [TOKEN, "--listen", "--database", "--hmac-secret-file", "hash"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_key_is_hashed_without_its_line_end() {
    let key = "vk_0123456789012345678901234567890123456789012";
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef\n").unwrap();
    let keyed = ["--hmac-secret-file", secret.path().to_str().unwrap()];
    let mut told = Vec::new();
    for arguments in [&[][..], &keyed] {
        let outputs = ["", "\n", "\r\n"].map(|end| hash(arguments, &format!("{key}{end}")));
        for output in &outputs {
            assert!(output.status.success() && output.stderr.is_empty());
            assert_eq!(output.stdout, outputs[0].stdout);
        }
        told.push(String::from_utf8(outputs[0].stdout.clone()).unwrap());
    }
    // By another implementation: printf %s "$key" | openssl dgst -sha256 [-hmac "$secret"] -binary | basenc --base64url
    assert_eq!(
        told,
        ["csOwF2ZuLWGkgUck9WNhzZ3aRao5OHC3m8SyM1JpfNY\n", "ZTAWHoZjBe76A9-xuut2KRQHp84RIxskMBZPm9mE2Mw\n"]
    );
}

#[test]
fn what_is_no_key_is_refused_and_a_short_one_is_noted() {
    for key in ["", "\n", "two\nlines", "a b", "é", &"k".repeat(9000)] {
        let output = hash(&[], key);
        assert!(!output.status.success() && output.stdout.is_empty(), "{key:?}");
    }
    let output = hash(&[], "password");
    assert!(output.status.success() && output.stdout.len() == 44);
    assert!(String::from_utf8(output.stderr).unwrap().contains("may guess it"));
}
