//! Whether a client wants a page: `Accept` (RFC 9110, section 12.5.1).

use crate::head::Head;

/// How much a type is wanted, in thousandths.
type Quality = u16;

/// Whether the client names HTML and does not want JSON as much. A browser does; a program that takes anything gets JSON.
pub(super) fn prefers_html(request: &Head) -> bool {
    let mut html: Quality = 0;
    let mut json: Option<Quality> = None;
    // What a wildcard says of JSON, where it is not named: the more specific one counts.
    let (mut any_application, mut any): (Option<Quality>, Option<Quality>) = (None, None);
    for range in request.values("accept").flat_map(|value| value.split(|byte| *byte == b',')) {
        let Some((kind, quality)) = read(range) else { continue };
        match kind.as_str() {
            "text/html" | "application/xhtml+xml" => html = html.max(quality),
            "application/json" | "application/problem+json" => json = json.max(Some(quality)),
            "application/*" => any_application = any_application.max(Some(quality)),
            "*/*" => any = any.max(Some(quality)),
            _ => {}
        }
    }
    match json {
        Some(json) => html > json,
        None => html > 0 && html >= any_application.or(any).unwrap_or(0),
    }
}

/// Reads one media range. `None` if it is not one, and then it counts for nothing.
fn read(range: &[u8]) -> Option<(String, Quality)> {
    let range = std::str::from_utf8(range).ok()?;
    let mut parts = range.split(';').map(str::trim);
    let kind = parts.next()?.to_ascii_lowercase();
    let mut quality = 1000;
    for parameter in parts {
        if let Some(value) = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")) {
            quality = read_quality(value)?;
        }
    }
    Some((kind, quality))
}

/// `qvalue` (RFC 9110, section 12.4.2): 0 to 1 with at most three decimals.
fn read_quality(value: &str) -> Option<Quality> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse::<Quality>().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[&[u8]], expected: bool) {
        let head = Head::from_pairs(values.iter().map(|value| ("accept", *value)));
        let shown: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value)).collect();
        assert_eq!(prefers_html(&head), expected, "{shown:?}");
    }

    #[test]
    fn a_browser_gets_a_page() {
        check(&[b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"], true);
        check(&[b"text/html, */*"], true);
        check(&[b"TEXT/HTML"], true);
        check(&[b"*/*;q=0.1", b"text/html;q=0.5"], true);
        check(&[b"application/xhtml+xml;q=0.9,application/json;q=0.8"], true);
        check(&[b"text/html;q=0.3, application/*;q=0.2, */*"], true);
    }

    #[test]
    fn everybody_else_gets_json() {
        check(&[], false);
        check(&[b""], false);
        check(&[b"*/*"], false);
        check(&[b"application/json, text/plain, */*"], false);
        check(&[b"application/json, text/html"], false);
        check(&[b"text/html, application/problem+json"], false);
        check(&[b"text/html;q=0.5, */*"], false);
        check(&[b"text/html;q=0"], false);
        check(&[b"text/*"], false);
        check(&[b"application/grpc"], false);
    }

    #[test]
    fn what_cannot_be_read_counts_for_nothing() {
        check(&[b"\xff\xfe"], false);
        check(&[b"text/html;q=2"], false);
        check(&[b"text/html;q=0.1234"], false);
        check(&[b"text/html;q=-1"], false);
        check(&[b"text/html;q=1.1"], false);
        check(&[b"text/html;q="], false);
        check(&[b"application/json;q=x, text/html"], true);
        check(&[b"\xff, text/html, ;;;,,,"], true);
        check(&[&[b','; 100_000]], false);
    }
}
