//! Loads a listener: one thread, some connections that stay open, one request under way on each.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use verdict_gateway::{Error, Result};

/// How many requests are under way at once.
const CONNECTIONS: usize = 16;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends at least so many requests, these in turn. How many were answered, each with 200.
///
/// # Errors
/// The first answer that is another one, or none.
pub fn run(address: SocketAddr, requests: &[Vec<u8>], at_least: usize) -> Result<usize> {
    let failed = |error: std::io::Error| Error::new(format!("{address}: {error}"));
    let connect = || {
        let connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        Ok(connection)
    };
    let mut connections: Vec<TcpStream> =
        (0..CONNECTIONS).map(|_| connect()).collect::<std::io::Result<_>>().map_err(failed)?;
    let mut answer = Vec::new();
    let mut requests = requests.iter().cycle();
    let rounds = at_least.div_ceil(CONNECTIONS);
    for _ in 0..rounds {
        for connection in &mut connections {
            connection.write_all(requests.next().map_or(b"", Vec::as_slice)).map_err(failed)?;
        }
        for connection in &mut connections {
            answer.clear();
            while !is_whole(&answer) {
                let mut part = [0; 8192];
                let read = connection.read(&mut part).map_err(failed)?;
                answer.extend_from_slice(part.get(..read).unwrap_or_default());
                if read == 0 {
                    break;
                }
            }
            if !answer.starts_with(b"HTTP/1.1 200 ") {
                return Err(Error::new(format!("{address}: not 200:\n{}", String::from_utf8_lossy(&answer))));
            }
        }
    }
    Ok(rounds * CONNECTIONS)
}

/// Whether an answer is there with all of its body. Envoy tells its length.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return false };
    let (head, body) = answer.split_at(end + 4);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}
