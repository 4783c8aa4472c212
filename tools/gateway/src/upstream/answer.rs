//! How the upstream answers one request: from a file, or with an echo that the request's own headers steer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::HeaderValue;
use hyper::{Request, Response, StatusCode};
use serde_json::json;

use super::Files;
use super::record::{Arrival, BODY_KEPT, Entry, Log, Seen, printable};
use crate::body::{Outgoing, announce, header_map, header_pairs};

/// No answer waits longer.
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// No body that is asked for is larger, in bytes.
const LARGEST_BODY: usize = 256 << 20;

/// Marks a request as cut off if its handling ends before its body does: hyper drops the future when the client leaves.
struct Reading {
    entry: Entry,
    done: bool,
}

impl Drop for Reading {
    fn drop(&mut self) {
        let arrival = if self.done { Arrival::Complete } else { Arrival::CutOff };
        self.entry.update(|seen| seen.arrival = arrival);
    }
}

/// Answers a request.
///
/// # Errors
/// Where the file is one that closes the connection: hyper does so, without an answer.
pub(super) async fn answer(
    request: Request<Incoming>,
    log: Arc<Log>,
    files: Arc<Files>,
) -> io::Result<Response<Outgoing>> {
    let (head, body) = request.into_parts();
    let mut headers = header_pairs(&head.headers);
    if let Some(authority) = head.uri.authority().filter(|_| !head.headers.contains_key("host")) {
        headers.insert(0, ("host".to_owned(), authority.as_str().as_bytes().to_vec()));
    }
    let target = match head.uri.path_and_query() {
        Some(target) if head.uri.scheme().is_none() || head.version == hyper::Version::HTTP_2 => target.to_string(),
        _ => head.uri.to_string(),
    };
    let entry = log.note(Seen {
        protocol: format!("{:?}", head.version),
        method: head.method.to_string(),
        target,
        headers: headers.clone(),
        body_length: 0,
        body: Vec::new(),
        trailers: Vec::new(),
        arrival: if body.is_end_stream() { Arrival::Complete } else { Arrival::Open },
    });
    let wish = Wish::of(&headers);
    let reading = read(body, Reading { entry: entry.clone(), done: false });
    if wish.early {
        tokio::spawn(reading);
    } else if reading.await.is_none() {
        // The client has left; this is sent to nobody.
        return Ok(plain(StatusCode::BAD_REQUEST, "the request broke off"));
    }
    if let Some(file) = files.asked(head.uri.path()) {
        if file.hang {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(file.delay).await;
        if file.close {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let (status, more, body) = file.answer(&head.headers);
        return Ok(respond(status, &[file.headers, more].concat(), &[], Outgoing::whole(body)));
    }
    tokio::time::sleep(wish.delay).await;
    Ok(wish.response(echo(&entry.seen())))
}

/// Reads a body to its end; `None` if it breaks off.
async fn read(mut body: Incoming, mut reading: Reading) -> Option<()> {
    while let Some(frame) = body.frame().await {
        match frame.ok()?.into_data() {
            Ok(data) => reading.entry.update(|seen| {
                seen.body_length += data.len() as u64;
                let room = BODY_KEPT.saturating_sub(seen.body.len());
                seen.body.extend(data.iter().take(room));
            }),
            Err(frame) => {
                let trailers = frame.into_trailers().ok()?;
                reading.entry.update(|seen| seen.trailers = header_pairs(&trailers));
            }
        }
    }
    reading.done = true;
    Some(())
}

fn echo(seen: &Seen) -> String {
    let pairs = |pairs: &[(String, Vec<u8>)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| (name.clone(), printable(value))).collect()
    };
    let echo = json!({
        "protocol": seen.protocol, "method": seen.method, "target": seen.target, "path": seen.path(),
        "headers": pairs(&seen.headers), "body_length": seen.body_length, "body": printable(&seen.body),
        "trailers": pairs(&seen.trailers),
    });
    format!("{echo}\n")
}

/// What a request's `x-upstream-*` headers ask for.
#[derive(Default)]
struct Wish {
    status: Option<u16>,
    headers: Vec<(String, Vec<u8>)>,
    trailers: Vec<(String, Vec<u8>)>,
    body: Option<Bytes>,
    chunked: bool,
    endless: Option<Duration>,
    delay: Duration,
    early: bool,
}

impl Wish {
    fn of(headers: &[(String, Vec<u8>)]) -> Self {
        let mut wish = Self::default();
        for (name, value) in headers {
            let Some(what) = name.strip_prefix("x-upstream-") else { continue };
            let number = || std::str::from_utf8(value).ok().and_then(|text| text.trim().parse::<u64>().ok());
            match what {
                "status" => wish.status = number().and_then(|status| u16::try_from(status).ok()),
                "header" => wish.headers.extend(pair(value)),
                "trailer" => wish.trailers.extend(pair(value)),
                "body" => wish.body = Some(Bytes::copy_from_slice(value)),
                "body-size" => {
                    let size = number().and_then(|size| usize::try_from(size).ok()).unwrap_or(0).min(LARGEST_BODY);
                    wish.body = Some(Bytes::from(vec![b'x'; size]));
                }
                "chunked" => wish.chunked = true,
                "endless" => wish.endless = Some(Duration::from_millis(number().unwrap_or(10).max(1))),
                "delay" => wish.delay = Duration::from_millis(number().unwrap_or(0)).min(LONGEST_DELAY),
                "early" => wish.early = true,
                _ => {}
            }
        }
        wish
    }

    fn response(self, echo: String) -> Response<Outgoing> {
        let mut headers = self.headers;
        if self.body.is_none() && self.endless.is_none() {
            headers.push(("content-type".to_owned(), b"application/json".to_vec()));
        }
        let body = self.body.unwrap_or_else(|| Bytes::from(echo));
        let fed = self.chunked || self.endless.is_some() || !self.trailers.is_empty();
        if !fed {
            return respond(self.status.unwrap_or(200), &headers, &[], Outgoing::whole(body));
        }
        let (feeder, outgoing) = Outgoing::fed();
        let response = respond(self.status.unwrap_or(200), &headers, &self.trailers, outgoing);
        let trailers = header_map(&self.trailers).unwrap_or_default();
        tokio::spawn(async move {
            // An error of the feeder means that the client has left.
            if let Some(pause) = self.endless {
                while feeder.send(Frame::data(Bytes::from(vec![b'x'; 1024]))).await.is_ok() {
                    tokio::time::sleep(pause).await;
                }
            } else if feeder.send(Frame::data(body)).await.is_ok() && !trailers.is_empty() {
                let _ = feeder.send(Frame::trailers(trailers)).await;
            }
        });
        response
    }
}

/// `name: value` taken apart.
fn pair(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let mut parts = line.splitn(2, |byte| *byte == b':');
    let name = std::str::from_utf8(parts.next()?).ok()?.trim();
    Some((name.to_owned(), parts.next()?.trim_ascii().to_vec()))
}

fn respond(
    status: u16,
    headers: &[(String, Vec<u8>)],
    trailers: &[(String, Vec<u8>)],
    body: Outgoing,
) -> Response<Outgoing> {
    let (Ok(status), Ok(mut map)) = (StatusCode::from_u16(status), header_map(headers)) else {
        return plain(StatusCode::BAD_REQUEST, "the x-upstream headers ask for a response that HTTP does not know");
    };
    if announce(&mut map, trailers).is_err() {
        return plain(StatusCode::BAD_REQUEST, "the x-upstream-trailer header has no name of a trailer");
    }
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = map;
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::whole(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
    response
}
