//! Reads bodies from standard input, one a line, and says what the readers found: for the comparison with another engine.
//!
//! A line is `form|cookies|json|xml|multipart`, the Content-Type and the body, both in hexadecimal (`-` when empty). The answer is one line
//! of `name=value` pairs, where a list is `[hex;hex]`.

use std::fmt::Write as _;
use std::io::{BufRead, Write};

use verdict_seclang::body::{cookies, json, multipart, urlencoded, xml};

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn list<'a>(name: &str, values: impl IntoIterator<Item = &'a [u8]>, out: &mut String) {
    let values: Vec<String> = values
        .into_iter()
        .map(|value| {
            value.iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
        })
        .collect();
    let _ = write!(out, "{name}=[{}]{} ", values.join(";"), values.len());
}

fn pairs(pairs: &[(Vec<u8>, Vec<u8>)], out: &mut String) {
    list("NAMES", pairs.iter().map(|pair| &pair.0[..]), out);
    list("VALUES", pairs.iter().map(|pair| &pair.1[..]), out);
}

fn answer(kind: &str, content_type: &[u8], body: &[u8]) -> String {
    let mut out = String::new();
    let mut fault = None;
    match kind {
        "form" => {
            let read = urlencoded::arguments(body, b'&', 10_000);
            pairs(&read.pairs, &mut out);
            let _ = write!(out, "URLENCODED_ERROR={} ", u8::from(read.invalid));
        }
        "cookies" => pairs(&cookies::read(body, 10_000), &mut out),
        "json" => {
            let read = json::arguments(body, json::Limits { depth: 20, arguments: 100_000, bytes: 1 << 24 });
            pairs(&read.pairs, &mut out);
            fault = read.fault;
        }
        "xml" => {
            let read = xml::read(body, xml::Limits { depth: 100, attributes: 100_000 });
            list("TEXT", [&read.text[..]], &mut out);
            list("ATTRIBUTES", read.attributes.iter().map(|value| &value[..]), &mut out);
            fault = read.fault;
        }
        _ => {
            let read = multipart::read(content_type, body, multipart::Limits { parts: 10_000, files: 10_000 });
            let arguments = || read.parts.iter().filter(|part| !part.is_file());
            let files = || read.parts.iter().filter(|part| part.is_file());
            list("NAMES", arguments().map(|part| &part.name[..]), &mut out);
            list("VALUES", arguments().map(|part| part.value), &mut out);
            list("FILES", files().map(|part| &part.filename[..]), &mut out);
            list("FILES_NAMES", files().map(|part| &part.name[..]), &mut out);
            let sizes: Vec<String> = files().map(|part| part.value.len().to_string()).collect();
            list("FILES_SIZES", sizes.iter().map(String::as_bytes), &mut out);
            list(
                "MULTIPART_PART_HEADERS",
                read.parts.iter().flat_map(|part| part.headers.iter()).map(|line| &line[..]),
                &mut out,
            );
            list("MULTIPART_NAME", read.names.iter().map(|name| &name[..]), &mut out);
            list("MULTIPART_FILENAME", read.filenames.iter().map(|name| &name[..]), &mut out);
            let flags = read.flags;
            for (name, value) in [
                ("STRICT_ERROR", read.strict_error()),
                ("BOUNDARY_QUOTED", flags.boundary_quoted),
                ("BOUNDARY_WHITESPACE", flags.boundary_whitespace),
                ("DATA_BEFORE", flags.data_before),
                ("DATA_AFTER", flags.data_after),
                ("HEADER_FOLDING", flags.header_folding),
                ("INVALID_HEADER_FOLDING", flags.invalid_header_folding),
                ("LF_LINE", flags.lf_line),
                ("CRLF_LF_LINES", read.crlf_lf_lines()),
                ("MISSING_SEMICOLON", flags.missing_semicolon),
                ("INVALID_QUOTING", flags.invalid_quoting),
                ("INVALID_PART", flags.invalid_part),
            ] {
                let _ = write!(out, "MULTIPART_{name}={} ", u8::from(value));
            }
            let _ = write!(out, "MULTIPART_UNMATCHED_BOUNDARY={} ", flags.unmatched_boundary);
            let _ = write!(out, "FILES_COMBINED_SIZE={} ", read.files_combined_size());
            fault = read.fault;
        }
    }
    let _ = write!(out, "REQBODY_ERROR={}", u8::from(fault.is_some()));
    if let Some(fault) = fault {
        let _ = write!(out, " MESSAGE={}", fault.to_string().replace(' ', "_"));
    }
    out
}

fn main() -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split(' ');
        let (kind, content_type, body) = (words.next(), words.next(), words.next());
        let answer = answer(
            kind.unwrap_or_default(),
            &unhex(content_type.unwrap_or_default()),
            &unhex(body.unwrap_or_default()),
        );
        writeln!(stdout, "{answer}")?;
    }
    Ok(())
}
