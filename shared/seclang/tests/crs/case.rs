//! The cases of the Core Rule Set, as their files (go-ftw's format) say them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A file of cases.
#[derive(Deserialize)]
pub struct File {
    pub rule_id: u64,
    #[serde(default)]
    pub tests: Vec<Case>,
}

/// A case.
#[derive(Deserialize)]
pub struct Case {
    pub test_id: u64,
    pub stages: Vec<Stage>,
}

/// A request and what is expected of it.
#[derive(Deserialize)]
pub struct Stage {
    pub input: Input,
    #[serde(default)]
    pub output: Output,
}

/// A request.
#[derive(Deserialize)]
pub struct Input {
    pub method: Option<String>,
    pub uri: Option<String>,
    pub version: Option<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, serde_norway::Value>,
    pub data: Option<String>,
    pub encoded_request: Option<String>,
    pub autocomplete_headers: Option<bool>,
}

/// What is expected.
#[derive(Default, Deserialize)]
pub struct Output {
    pub status: Option<u16>,
    #[serde(default)]
    pub log: Log,
    #[serde(default)]
    pub expect_error: bool,
}

/// What is expected of the log.
#[derive(Default, Deserialize)]
pub struct Log {
    #[serde(default)]
    pub expect_ids: Vec<u64>,
    #[serde(default)]
    pub no_expect_ids: Vec<u64>,
    pub match_regex: Option<String>,
    pub no_match_regex: Option<String>,
}

/// All cases below a folder, in the order of the names of their files.
pub fn all(folder: &Path) -> Vec<File> {
    let files = files(folder);
    let read = |path: &PathBuf| {
        let told = |error: &dyn Display| -> ! { panic!("{}: {error}", path.display()) };
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| told(&error));
        serde_norway::from_str::<Option<File>>(&text).unwrap_or_else(|error| told(&error))
    };
    // A file may be empty.
    files.iter().filter_map(read).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A request as it goes over the wire, taken apart again.
#[derive(Clone)]
pub struct Request {
    pub method: Vec<u8>,
    pub target: Vec<u8>,
    pub protocol: Vec<u8>,
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of the first header of that name.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut named = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
        named.next().map(|(_, value)| value.as_slice())
    }
}

impl Input {
    /// The request that go-ftw would send.
    pub fn request(&self) -> Request {
        if let Some(encoded) = &self.encoded_request {
            return raw(encoded);
        }
        let text = |text: &Option<String>, usual: &str| text.as_deref().unwrap_or(usual).as_bytes().to_vec();
        let mut request = Request {
            method: text(&self.method, "GET"),
            target: text(&self.uri, "/"),
            protocol: text(&self.version, "HTTP/1.1"),
            headers: self.headers.iter().map(|(name, value)| (name.clone().into_bytes(), scalar(value))).collect(),
            body: text(&self.data, ""),
        };
        let complete = self.autocomplete_headers != Some(false);
        let add = |request: &mut Request, name: &str, value: String| {
            if request.header(name).is_none() {
                request.headers.push((name.as_bytes().to_vec(), value.into_bytes()));
            }
        };
        const FORM: &str = "application/x-www-form-urlencoded";
        if complete && !request.body.is_empty() {
            add(&mut request, "Content-Type", FORM.into());
            if request.header("Content-Type").is_some_and(|value| value.eq_ignore_ascii_case(FORM.as_bytes())) {
                request.body = encoded_form(&request.body);
            }
        }
        let content_type = request.header("Content-Type").unwrap_or_default().to_ascii_lowercase();
        if content_type.windows(20).any(|window| window == b"multipart/form-data;") {
            request.body = request.body.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(b"\r\n".as_slice());
        }
        if complete {
            add(&mut request, "Connection", "close".into());
            let method = String::from_utf8_lossy(&request.method).into_owned();
            let usual_body = method.starts_with("POST")
                || method.contains("PUT")
                || method.contains("PATCH")
                || method.ends_with("DELETE");
            if !request.body.is_empty() || usual_body {
                let length = request.body.len().to_string();
                add(&mut request, "Content-Length", length);
            }
        }
        for (_, value) in &mut request.headers {
            *value = value.trim_ascii().to_vec();
        }
        request
    }
}

fn scalar(value: &serde_norway::Value) -> Vec<u8> {
    use serde_norway::Value;
    match value {
        Value::Null => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(value) => value.clone(),
        other @ (Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_)) => {
            panic!("a header has a value that is no text: {other:?}")
        }
    }
    .into_bytes()
}

/// A form whose decoding changes nothing is encoded; one that is encoded already stays.
fn encoded_form(body: &[u8]) -> Vec<u8> {
    let digits = |at: usize| body.get(at + 1..at + 3).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit));
    let malformed = body.iter().enumerate().any(|(at, byte)| *byte == b'%' && !digits(at));
    let encoded = body.iter().any(|byte| matches!(byte, b'%' | b'+'));
    if malformed || encoded {
        return body.to_vec();
    }
    let escape = |text: &[u8]| -> Vec<u8> {
        let mut out = Vec::new();
        for byte in text {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
                b' ' => out.push(b'+'),
                other => out.extend(format!("%{other:02X}").into_bytes()),
            }
        }
        out
    };
    let pair = |pair: &[u8]| match pair.iter().position(|byte| *byte == b'=') {
        Some(equals) => [escape(&pair[..equals]), escape(&pair[equals + 1..])].join(&b'='),
        None => escape(pair),
    };
    let mut pairs: Vec<_> = body.split(|byte| *byte == b'&').map(pair).collect();
    if body.ends_with(b"&") {
        pairs.pop();
    }
    pairs.join(&b'&')
}

/// A request that the case gives as it goes over the wire.
fn raw(encoded: &str) -> Request {
    use base64ct::{Base64, Encoding};
    let plain: String = encoded.chars().filter(|c| !c.is_whitespace()).collect();
    let wire = Base64::decode_vec(&plain).expect("a case is in base64");
    let end = wire.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(wire.len());
    let (head, body) = (&wire[..end], wire.get(end + 4..).unwrap_or_default());
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    let mut words = first.split(|byte| *byte == b' ').map(<[u8]>::to_vec);
    let mut word = || words.next().unwrap_or_default();
    let mut request =
        Request { method: word(), target: word(), protocol: word(), headers: Vec::new(), body: body.to_vec() };
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default().trim_ascii();
        request.headers.push((line[..colon].to_vec(), value.to_vec()));
    }
    if request.header("Transfer-Encoding").is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
        request.body = unchunked(&request.body);
    }
    request
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).ok().and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
        let Some(size) = size.filter(|size| *size > 0) else { break };
        let start = end + 2;
        out.extend_from_slice(body.get(start..start + size).unwrap_or_default());
        body = body.get(start + size + 2..).unwrap_or_default();
    }
    out
}
