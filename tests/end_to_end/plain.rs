//! A server over HTTP/1.1 for what the echo cannot do: answers that wait until the test lets them go, and bodies kept whole.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The server. Dropping it closes its port.
pub(crate) struct Plain {
    address: SocketAddr,
    places: Arc<Mutex<HashMap<String, Place>>>,
    server: tokio::task::JoinHandle<()>,
}

/// What there is at a path.
struct Place {
    /// The answer, from the status line on.
    answer: Vec<u8>,
    /// Whether answers go out.
    open: watch::Sender<bool>,
    /// How many requests came, and the bodies of those that came whole.
    asked: usize,
    bodies: Vec<Vec<u8>>,
}

impl Plain {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let places = Arc::new(Mutex::new(HashMap::new()));
        let server = tokio::spawn(accept(listener, Arc::clone(&places)));
        Self { address, places, server }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers 200 with this body at that path, as soon as the path is open.
    pub(crate) fn serve(&self, path: &str, body: &str, open: bool) {
        self.answer(path, &format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()), open);
    }

    /// Answers with these bytes, from the status line on.
    pub(crate) fn answer(&self, path: &str, answer: &str, open: bool) {
        let answer = answer.as_bytes().to_vec();
        let place = Place { answer, open: watch::Sender::new(open), asked: 0, bodies: Vec::new() };
        self.places().insert(path.to_owned(), place);
    }

    /// Answers something else from now on, also to those who wait.
    pub(crate) fn change(&self, path: &str, body: &str) {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes();
        self.places().get_mut(path).unwrap().answer = answer;
    }

    /// Lets the answers at that path go out, or holds those to come.
    pub(crate) fn open(&self, path: &str, open: bool) {
        self.places()[path].open.send_replace(open);
    }

    /// How many requests came for that path.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.places()[path].asked
    }

    /// The bodies that came whole to that path, in order.
    pub(crate) fn bodies(&self, path: &str) -> Vec<Vec<u8>> {
        self.places()[path].bodies.clone()
    }

    fn places(&self) -> MutexGuard<'_, HashMap<String, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, places: Arc<Mutex<HashMap<String, Place>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&places)));
    }
}

/// Serves a connection until it closes, or sends what this does not understand.
async fn serve(mut stream: TcpStream, places: Arc<Mutex<HashMap<String, Place>>>) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        let head = read_past(&mut stream, &mut bytes, b"\r\n\r\n").await?;
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let path = head.split(' ').nth(1)?.to_owned();
        let at = |work: &mut dyn FnMut(&mut Place)| {
            places.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&path).map(work)
        };
        at(&mut |place| place.asked += 1)?;
        let mut body = Vec::new();
        if let Some(length) = head.split("\r\ncontent-length: ").nth(1) {
            let length: usize = length.lines().next()?.parse().ok()?;
            body = read_exactly(&mut stream, &mut bytes, length).await?;
        } else if head.contains("\r\ntransfer-encoding: chunked") {
            loop {
                let size = read_past(&mut stream, &mut bytes, b"\r\n").await?;
                let size = usize::from_str_radix(std::str::from_utf8(&size).ok()?.trim_end(), 16).ok()?;
                let chunk = read_exactly(&mut stream, &mut bytes, size + 2).await?;
                body.extend(chunk.iter().take(size));
                if size == 0 {
                    break;
                }
            }
        }
        let mut open = None;
        at(&mut |place| {
            place.bodies.push(std::mem::take(&mut body));
            open = Some(place.open.subscribe());
        })?;
        open?.wait_for(|open| *open).await.ok()?;
        let mut answer = Vec::new();
        at(&mut |place| answer.clone_from(&place.answer))?;
        stream.write_all(&answer).await.ok()?;
    }
}

/// What comes up to this end and with it.
async fn read_past(stream: &mut TcpStream, bytes: &mut Vec<u8>, end: &[u8]) -> Option<Vec<u8>> {
    loop {
        if let Some(at) = bytes.windows(end.len()).position(|window| window == end) {
            return Some(bytes.drain(..at + end.len()).collect());
        }
        read_more(stream, bytes).await?;
    }
}

async fn read_exactly(stream: &mut TcpStream, bytes: &mut Vec<u8>, length: usize) -> Option<Vec<u8>> {
    while bytes.len() < length {
        read_more(stream, bytes).await?;
    }
    Some(bytes.drain(..length).collect())
}

/// `None` at the end of the connection.
async fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    stream.read_buf(bytes).await.ok().filter(|length| *length > 0).map(|_| ())
}
