//! Packs a rule set into the module: that in the folder `VERDICT_CRS`, or none.
#![expect(clippy::expect_used, reason = "a build ends where something is wrong, and says what")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::ZlibEncoder;

fn main() {
    println!("cargo::rerun-if-env-changed=VERDICT_CRS");
    println!("cargo::rerun-if-changed=build.rs");
    let mut packed = Vec::new();
    if let Some(folder) = env::var_os("VERDICT_CRS").filter(|folder| !folder.is_empty()) {
        let folder = PathBuf::from(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        for (name, text) in files(&folder) {
            let length = u32::try_from(text.len()).expect("a file of a rule set is shorter than 4 GiB");
            for part in [name.as_bytes(), b"\0", &length.to_le_bytes(), &text] {
                encoder.write_all(part).expect("memory can be written to");
            }
        }
        packed = encoder.finish().expect("memory can be written to");
    }
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("rule_set.zlib"), packed).expect("OUT_DIR can be written to");
}

/// The files of the rule set, by their names in it, in the order of the names. Comments are taken out; lines keep their numbers.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for part in ["", "rules"] {
        let entries = fs::read_dir(folder.join(part)).unwrap_or_else(|error| {
            eprintln!(
                "VERDICT_CRS: {}: {error}; name the folder that has `crs-setup.conf.example` and `rules`",
                folder.join(part).display()
            );
            std::process::exit(1)
        });
        for entry in entries {
            let name = entry.expect("a folder can be listed").file_name().into_string().expect("names are UTF-8");
            let wanted = match part {
                "" => name == "crs-setup.conf.example" || name == "unicode.mapping",
                _ => name.ends_with(".conf") || name.ends_with(".data"),
            };
            if wanted {
                let name = if part.is_empty() { name } else { format!("{part}/{name}") };
                let text = fs::read(folder.join(&name)).expect("a file of the rule set can be read");
                found.push((name, without_comments(&text)));
            }
        }
    }
    found.sort();
    found
}

fn without_comments(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    // A comment does not go on in the next line; a line inside a directive that begins with `#` is one of the directive.
    let mut goes_on = false;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let is_comment = !goes_on && line.trim_ascii_start().starts_with(b"#");
        out.extend_from_slice(if is_comment { b"\n" } else { line });
        goes_on = !is_comment && line.trim_ascii_end().ends_with(b"\\");
    }
    out
}
