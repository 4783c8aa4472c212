//! The client: HTTP/1.1 and HTTP/2 (prior knowledge) with header values as bytes, from a chosen source address.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::HOST;
use hyper::{Method, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;

use crate::body::{Feeder, Outgoing, announce, header_map, header_pairs};
use crate::{Context, Error, Result};

/// How long an exchange may take unless the request says otherwise.
const BOUND: Duration = Duration::from_secs(15);
/// How much of a response body is kept unless the request says otherwise, in bytes.
const KEPT: usize = 64 << 20;

/// Which protocol a connection speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2 without TLS and without an upgrade (RFC 9113, section 3.3).
    Http2,
}

/// What a request carries.
#[derive(Debug)]
enum Body {
    Whole(Bytes),
    /// Chunks, each after a pause; then the end.
    Paced(Vec<(Duration, Bytes)>),
    /// The same chunk again and again, after a pause each, until the server leaves.
    Endless(Duration, Bytes),
    /// Whatever the test sends, when it sends it; ends when the sender is dropped.
    Fed(mpsc::Receiver<Bytes>),
}

/// A request to send. Nothing is checked before [`Request::send`].
#[derive(Debug)]
pub struct Request {
    method: String,
    target: String,
    host: Option<String>,
    headers: Vec<(String, Vec<u8>)>,
    trailers: Vec<(String, Vec<u8>)>,
    body: Body,
    protocol: Protocol,
    from: Option<String>,
    bound: Duration,
    keep: usize,
}

impl Request {
    /// A request with this method and target: a path with query, or in absolute form (`http://host/path`).
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            host: None,
            headers: Vec::new(),
            trailers: Vec::new(),
            body: Body::Whole(Bytes::new()),
            protocol: Protocol::Http1,
            from: None,
            bound: BOUND,
            keep: KEPT,
        }
    }

    /// `GET target`.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// `POST target` with a body of known length.
    pub fn post(target: &str, body: impl Into<Bytes>) -> Self {
        Self::new("POST", target).body(body)
    }

    /// Adds a header line; the value may hold any byte that HTTP lets through (also 0x80 to 0xff).
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// The `Host` of HTTP/1.1 or the `:authority` of HTTP/2. Without it: the address that is connected to.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// A body of known length.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Body::Whole(body.into());
        self
    }

    /// A body of unknown length: each chunk after its pause.
    #[must_use]
    pub fn paced<C: Into<Bytes>>(mut self, chunks: impl IntoIterator<Item = (Duration, C)>) -> Self {
        self.body = Body::Paced(chunks.into_iter().map(|(pause, chunk)| (pause, chunk.into())).collect());
        self
    }

    /// A body that does not end: `chunk` every `pause` until the server leaves.
    #[must_use]
    pub fn endless(mut self, pause: Duration, chunk: impl Into<Bytes>) -> Self {
        self.body = Body::Endless(pause, chunk.into());
        self
    }

    /// A body of unknown length that the returned sender feeds; it ends when the sender is dropped.
    #[must_use]
    pub fn fed(mut self) -> (Self, mpsc::Sender<Bytes>) {
        let (sender, chunks) = mpsc::channel(1);
        self.body = Body::Fed(chunks);
        (self, sender)
    }

    /// Adds a trailer (the body must be of unknown length for HTTP/1.1 to send it).
    #[must_use]
    pub fn trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.trailers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Speaks HTTP/2 instead of HTTP/1.1.
    #[must_use]
    pub fn http2(self) -> Self {
        self.protocol(Protocol::Http2)
    }

    /// Speaks this protocol.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Connects from this local address, for instance `127.0.0.2`.
    #[must_use]
    pub fn from(mut self, source: &str) -> Self {
        self.from = Some(source.to_owned());
        self
    }

    /// How long the whole exchange may take (15 s otherwise).
    #[must_use]
    pub fn bound(mut self, bound: Duration) -> Self {
        self.bound = bound;
        self
    }

    /// Leaves, closing the connection or stream, after this many bytes of the response body (64 MiB otherwise).
    #[must_use]
    pub fn keep(mut self, bytes: usize) -> Self {
        self.keep = bytes;
        self
    }

    /// Sends it over a connection of its own.
    ///
    /// # Errors
    /// No connection, no response (reset, closed, bound passed), or a request that hyper cannot send (see [`crate::raw`]).
    pub async fn send(self, to: SocketAddr) -> Result<Reply> {
        let from = self.from.clone();
        Connection::open(to, self.protocol, from.as_deref()).await?.send(self).await
    }
}

/// An open connection, for several requests one after the other. Dropping it closes it.
#[derive(Debug)]
pub struct Connection {
    to: SocketAddr,
    sender: Sender,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Outgoing>),
    Http2(http2::SendRequest<Outgoing>),
}

impl Connection {
    /// Connects, from the local address `from` if one is given.
    ///
    /// # Errors
    /// When nobody listens, `from` is no address of this machine, or the handshake fails.
    pub async fn open(to: SocketAddr, protocol: Protocol, from: Option<&str>) -> Result<Self> {
        let stream = TokioIo::new(connect(to, from).await?);
        let sender = match protocol {
            Protocol::Http1 => {
                let mut builder = http1::Builder::new();
                builder.max_headers(4000).max_buf_size(4 << 20);
                let (sender, driver) = builder.handshake(stream).await.context("HTTP/1.1 handshake")?;
                tokio::spawn(driver);
                Sender::Http1(sender)
            }
            Protocol::Http2 => {
                let mut builder = http2::Builder::new(TokioExecutor::new());
                builder.max_header_list_size(4 << 20);
                let (sender, driver) = builder.handshake(stream).await.context("HTTP/2 handshake")?;
                tokio::spawn(driver);
                Sender::Http2(sender)
            }
        };
        Ok(Self { to, sender })
    }

    /// A second handle on the same HTTP/2 connection, for requests at the same time; none for HTTP/1.1.
    pub fn share(&self) -> Option<Self> {
        match &self.sender {
            Sender::Http1(_) => None,
            Sender::Http2(sender) => Some(Self { to: self.to, sender: Sender::Http2(sender.clone()) }),
        }
    }

    /// Sends a request (its `from` and `protocol` are the connection's) and reads the response.
    ///
    /// # Errors
    /// As [`Request::send`].
    pub async fn send(&mut self, request: Request) -> Result<Reply> {
        let bound = request.bound;
        let what = format!("{} {}", request.method, request.target);
        match tokio::time::timeout(bound, self.exchange(request)).await {
            Ok(result) => result.map_err(|error| Error::new(format!("{what}: {error}"))),
            Err(_) => Err(Error::new(format!("{what}: no complete response within {:.1} s", bound.as_secs_f64()))),
        }
    }

    async fn exchange(&mut self, request: Request) -> Result<Reply> {
        let keep = request.keep;
        let message = build(request, self.to, matches!(self.sender, Sender::Http2(_)))?;
        let response = match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await.context("connection")?;
                sender.send_request(message).await.context("no response")?
            }
            Sender::Http2(sender) => {
                sender.ready().await.context("connection")?;
                sender.send_request(message).await.context("no response")?
            }
        };
        let (head, body) = response.into_parts();
        let mut reply = Reply {
            status: head.status.as_u16(),
            headers: header_pairs(&head.headers),
            body: Vec::new(),
            trailers: Vec::new(),
            cut: None,
        };
        reply.read(body, keep).await;
        Ok(reply)
    }
}

/// A TCP connection from a chosen local address.
///
/// # Errors
/// When nobody listens there, or `from` is no address of this machine.
pub(crate) async fn connect(to: SocketAddr, from: Option<&str>) -> Result<TcpStream> {
    let what = || format!("cannot connect to {to}");
    let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.context(what())?;
    if let Some(from) = from {
        let ip: IpAddr = from.parse().context(format!("source address {from:?}"))?;
        socket.bind(SocketAddr::new(ip, 0)).context(format!("cannot send from {from}"))?;
    }
    let stream = socket.connect(to).await.context(what())?;
    stream.set_nodelay(true).context(what())?;
    Ok(stream)
}

fn build(request: Request, to: SocketAddr, http2: bool) -> Result<hyper::Request<Outgoing>> {
    let host = request.host.clone().unwrap_or_else(|| to.to_string());
    let absolute = request.target.contains("://");
    let uri: Uri = if http2 && !absolute {
        let uri = Uri::builder().scheme("http").authority(host.as_str()).path_and_query(request.target.as_str());
        uri.build().context(format!("target {:?}", request.target))?
    } else {
        request.target.parse().context(format!("target {:?}", request.target))?
    };
    let trailers = header_map(&request.trailers)?;
    let body = match (request.body, trailers.is_empty()) {
        (Body::Whole(bytes), true) => Outgoing::whole(bytes),
        (body, _) => {
            let (feeder, outgoing) = Outgoing::fed();
            tokio::spawn(async move {
                if feed(&feeder, body).await.is_some() && !trailers.is_empty() {
                    // An error means that nobody reads any more: there is nobody to tell.
                    let _ = feeder.send(Frame::trailers(trailers)).await;
                }
            });
            outgoing
        }
    };
    let method = Method::from_bytes(request.method.as_bytes()).context(format!("method {:?}", request.method))?;
    let mut message = hyper::Request::new(body);
    *message.method_mut() = method;
    *message.uri_mut() = uri;
    *message.headers_mut() = header_map(&request.headers)?;
    if !http2 {
        // hyper sends only the trailers of HTTP/1.1 that were announced.
        announce(message.headers_mut(), &request.trailers)?;
    }
    if !http2 && !message.headers().contains_key(HOST) {
        let value = hyper::header::HeaderValue::from_str(&host).context(format!("host {host:?}"))?;
        message.headers_mut().insert(HOST, value);
    }
    Ok(message)
}

/// Sends the chunks; `None` when the reader has left.
async fn feed(feeder: &Feeder, body: Body) -> Option<()> {
    match body {
        Body::Whole(bytes) => feeder.send(Frame::data(bytes)).await.ok()?,
        Body::Paced(chunks) => {
            for (pause, chunk) in chunks {
                tokio::time::sleep(pause).await;
                feeder.send(Frame::data(chunk)).await.ok()?;
            }
        }
        Body::Endless(pause, chunk) => loop {
            tokio::time::sleep(pause).await;
            feeder.send(Frame::data(chunk.clone())).await.ok()?;
        },
        Body::Fed(mut chunks) => {
            while let Some(chunk) = chunks.recv().await {
                feeder.send(Frame::data(chunk)).await.ok()?;
            }
        }
    }
    Some(())
}

/// A response, read to its end (or to what the request wanted to keep).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Names in lower case and values, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body as far as it came.
    pub body: Vec<u8>,
    /// Names and values of the trailers, in order.
    pub trailers: Vec<(String, Vec<u8>)>,
    /// Why the body is not whole, if it is not.
    pub cut: Option<String>,
}

impl Reply {
    async fn read(&mut self, mut body: Incoming, keep: usize) {
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => self.body.extend_from_slice(&data),
                Ok(Err(frame)) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        self.trailers = header_pairs(&trailers);
                    }
                }
                Err(error) => {
                    self.cut = Some(error.to_string());
                    return;
                }
            }
            if self.body.len() > keep {
                self.body.truncate(keep);
                self.cut = Some(format!("left after {keep} bytes"));
                return;
            }
        }
    }

    /// The one value of a header, as text; `None` if it is absent, there several times or not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        sole(&self.headers, name)
    }

    /// The one value of a trailer, as [`Reply::header`].
    pub fn trailer(&self, name: &str) -> Option<&str> {
        sole(&self.trailers, name)
    }

    /// The body as text, with `U+FFFD` for what is not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is not JSON; the message carries the status and the start of the body.
    pub fn json(&self) -> Result<serde_json::Value> {
        let start: String = self.text().chars().take(200).collect();
        serde_json::from_slice(&self.body).context(format!("a {} with the body {start:?} is not JSON", self.status))
    }
}

fn sole<'a>(pairs: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a str> {
    let mut values = pairs.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    match (values.next(), values.next()) {
        (Some((_, value)), None) => std::str::from_utf8(value).ok(),
        _ => None,
    }
}
