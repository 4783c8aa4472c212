//! The header `Cookie`, read as ModSecurity v3 reads cookies of format 0: nothing is decoded, quotes mean nothing.

use super::{Pair, is_space};

/// Names and values, in their order; at most `limit`, the last of which has all that is left, so that nothing goes unseen. What has no name is left out. White space before a name and at the end of
/// the header does not count; all other does, as it reaches the application.
pub fn read(header: &[u8], limit: usize) -> Vec<Pair> {
    let header = header.strip_suffix(b";").unwrap_or(header);
    let blank = header.iter().rev().take_while(|byte| is_space(**byte)).count();
    let header = header.get(..header.len() - blank).unwrap_or_default();
    let cookies = header.splitn(limit.max(1), |&byte| byte == b';').filter_map(|cookie| {
        let (name, value) = match memchr::memchr(b'=', cookie) {
            Some(end) => (cookie.get(..end)?, cookie.get(end + 1..)?),
            None => (cookie, <&[u8]>::default()),
        };
        let name = name.get(name.iter().take_while(|byte| is_space(**byte)).count()..)?;
        (!name.is_empty()).then(|| (name.to_vec(), value.to_vec()))
    });
    cookies.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, pairs: &[(&str, &str)]) {
        let found = read(header.as_bytes(), 100);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(name, value)| (str::from_utf8(name).expect("text"), str::from_utf8(value).expect("text")))
            .collect();
        assert_eq!(found, pairs, "{header:?}");
    }

    #[test]
    fn cookies_are_read_as_modsecurity_reads_them() {
        check("", &[]);
        check(" ", &[]);
        check("a=b", &[("a", "b")]);
        check("a=b; c=d", &[("a", "b"), ("c", "d")]);
        check("a=1; a=2", &[("a", "1"), ("a", "2")]);
        check("a", &[("a", "")]);
        check("a=", &[("a", "")]);
        check("=d; e=f", &[("e", "f")]);
        check(";; ;a=b;;", &[("a", "b")]);
        check("c ;d", &[("c ", ""), ("d", "")]);
        check("j = k ; l", &[("j ", " k "), ("l", "")]);
        check("a= ;", &[("a", "")]);
        check("a= ;;", &[("a", " ")]);
        check("a=b=c", &[("a", "b=c")]);
        check("a=%41+b", &[("a", "%41+b")]);
        check("h=\"x; y\"", &[("h", "\"x"), ("y\"", "")]);
        check("\t\x0b a=b \x0b", &[("a", "b")]);
    }

    #[test]
    fn no_more_are_read_than_asked_for() {
        assert_eq!(read(b"a;b;c", 2).len(), 2);
    }

    #[test]
    fn the_last_cookie_has_all_that_is_over_the_limit() {
        let read = read(b"a=1;b=2;c=<script>;d", 2);
        assert_eq!(read, [(b"a".to_vec(), b"1".to_vec()), (b"b".to_vec(), b"2;c=<script>;d".to_vec())]);
    }
}
