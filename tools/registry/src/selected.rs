//! Which part of a document a request is answered with, if any (RFC 9110, sections 13 and 14).

use std::ops::{Bound, Range};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use headers::{AcceptRanges, ContentRange, ETag, HeaderMapExt as _, IfMatch, IfNoneMatch};

/// What a request that names this ETag in its conditions is answered with before anybody looks at the document: 412 or 304. `None`: with the
/// document, or a part of it.
pub fn condition(request: &HeaderMap, etag: &ETag) -> Option<StatusCode> {
    if request.typed_get::<IfMatch>().is_some_and(|condition| !condition.precondition_passes(etag)) {
        return Some(StatusCode::PRECONDITION_FAILED);
    }
    let known = request.typed_get::<IfNoneMatch>().is_some_and(|condition| !condition.precondition_passes(etag));
    known.then_some(StatusCode::NOT_MODIFIED)
}

/// The document, or the part of it that is asked for: one, for several are answered with all.
pub fn part(request: &HeaderMap, document: &Bytes) -> (StatusCode, HeaderMap, Bytes) {
    let length = document.len() as u64;
    let mut answer = HeaderMap::new();
    answer.typed_insert(AcceptRanges::bytes());
    let asked = request.typed_get::<headers::Range>();
    let mut ranges = asked.iter().flat_map(|range| range.satisfiable_ranges(length));
    let range = match (&asked, ranges.next(), ranges.next()) {
        (Some(_), Some(range), None) => within(range, length),
        (Some(_), Some(_), Some(_)) | (None, ..) => return (StatusCode::OK, answer, document.clone()),
        (Some(_), None, _) => None,
    };
    match range.and_then(|range| Some((ContentRange::bytes(range.clone(), length).ok()?, range))) {
        Some((told, range)) => {
            answer.typed_insert(told);
            let [first, end] = [range.start, range.end].map(|place| usize::try_from(place).unwrap_or(usize::MAX));
            (StatusCode::PARTIAL_CONTENT, answer, document.slice(first..end))
        }
        None => {
            answer.typed_insert(ContentRange::unsatisfied_bytes(length));
            (StatusCode::RANGE_NOT_SATISFIABLE, answer, Bytes::new())
        }
    }
}

/// What of the range there is.
fn within((first, last): (Bound<u64>, Bound<u64>), length: u64) -> Option<Range<u64>> {
    let Bound::Included(first) = first else { return None };
    let end = match last {
        Bound::Included(last) => last.saturating_add(1).min(length),
        Bound::Excluded(end) => end.min(length),
        Bound::Unbounded => length,
    };
    (first < end).then_some(first..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn conditions_are_compared_as_the_standard_says() {
        let etag = "\"a\"".parse().unwrap();
        for (name, value, status) in [
            ("if-none-match", "\"a\"", Some(304)),
            ("if-none-match", "\"b\", W/\"a\"", Some(304)),
            ("if-none-match", "*", Some(304)),
            ("if-none-match", "\"b\"", None),
            ("if-match", "\"a\"", None),
            ("if-match", "\"b\", \"a\"", None),
            ("if-match", "W/\"a\"", Some(412)),
            ("if-match", "\"b\"", Some(412)),
            ("range", "bytes=0-1", None),
        ] {
            assert_eq!(condition(&asking(name, value), &etag).map(|status| status.as_u16()), status, "{name}: {value}");
        }
    }

    #[test]
    fn a_part_is_what_there_is_of_it() {
        let document = Bytes::from_static(b"0123456789");
        for (range, status, told, body) in [
            ("bytes=0-3", 206, Some("bytes 0-3/10"), "0123"),
            ("bytes=8-100", 206, Some("bytes 8-9/10"), "89"),
            ("bytes=9-", 206, Some("bytes 9-9/10"), "9"),
            ("bytes=-2", 206, Some("bytes 8-9/10"), "89"),
            ("bytes=0-18446744073709551615", 206, Some("bytes 0-9/10"), "0123456789"),
            ("bytes=10-12", 416, Some("bytes */10"), ""),
            ("bytes=3-2", 416, Some("bytes */10"), ""),
            ("bytes=x", 416, Some("bytes */10"), ""),
            ("bytes=0-1, 3-4", 200, None, "0123456789"),
            ("lines=0-3", 200, None, "0123456789"),
        ] {
            let (answer, headers, part) = part(&asking("range", range), &document);
            let content_range = headers.get("content-range").map(|value| value.to_str().unwrap());
            assert_eq!((answer.as_u16(), content_range, &*part), (status, told, body.as_bytes()), "{range}");
        }
        let (status, headers, all) = part(&HeaderMap::new(), &document);
        assert_eq!((status.as_u16(), headers.get("accept-ranges").is_some(), all), (200, true, document));
    }
}
