//! The body of a request or a response that this tool sends: whole, or fed frame by frame from a task.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{HeaderMap, HeaderName, HeaderValue, TRAILER};
use tokio::sync::mpsc;

use crate::{Context as _, Result};

/// Hands frames to a body in flight. `send` fails when nobody reads any more.
pub(crate) type Feeder = mpsc::Sender<Frame<Bytes>>;

/// A body on its way out.
pub(crate) enum Outgoing {
    /// Sent with its length.
    Whole(Option<Bytes>),
    /// Sent without a length, as the frames come; ends when the feeder is dropped.
    Fed(mpsc::Receiver<Frame<Bytes>>),
}

impl Outgoing {
    /// A body of known length.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::Whole(if bytes.is_empty() { None } else { Some(bytes) })
    }

    /// A body that is fed from elsewhere.
    pub(crate) fn fed() -> (Feeder, Self) {
        // One frame waits: the feeder is slowed down by the reader, so that an endless body stays small.
        let (feeder, frames) = mpsc::channel(1);
        (feeder, Self::Fed(frames))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Fed(frames) => frames.poll_recv(context).map(|frame| frame.map(Ok)),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Fed(_) => SizeHint::default(),
        }
    }
}

/// Names and values as hyper wants them.
///
/// # Errors
/// Says which name or value HTTP does not allow.
pub(crate) fn header_map(pairs: &[(String, Vec<u8>)]) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        let key = HeaderName::from_bytes(name.as_bytes()).context(format!("header name {name:?}"))?;
        map.append(key, HeaderValue::from_bytes(value).context(format!("value of header {name}"))?);
    }
    Ok(map)
}

/// Names and values as they came. Lines of one name keep their order; of different names they mostly do.
pub(crate) fn header_pairs(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
}

/// Names the trailers that will follow in a `Trailer` header (RFC 9110, section 6.6.2).
///
/// # Errors
/// When a name is none.
pub(crate) fn announce(headers: &mut HeaderMap, trailers: &[(String, Vec<u8>)]) -> Result<()> {
    for (name, _) in trailers {
        headers.append(TRAILER, HeaderValue::from_str(name).context(format!("trailer name {name:?}"))?);
    }
    Ok(())
}
