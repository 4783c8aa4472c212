//! Where a fetched document lives, checked: what is here can be asked for.

use std::time::Duration;

use super::raw;
use crate::problems::{Place, Problems};

/// Where a document lives, and how it is kept fresh. No duration is zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub(super) cluster: String,
    pub(super) authority: String,
    pub(super) path: String,
    pub(super) refresh: Duration,
    pub(super) timeout: Duration,
    pub(super) max_stale: Duration,
    pub(super) min_interval: Duration,
    pub(super) max_bytes: usize,
}

impl Source {
    /// Reads what is written at `place`. `None` if anything of it is wrong.
    pub fn read(written: raw::Source, place: &Place, problems: &mut Problems) -> Option<Self> {
        let raw::Source {
            cluster,
            authority,
            path,
            refresh_seconds,
            timeout_seconds,
            max_stale_seconds,
            min_interval_seconds,
            max_bytes,
        } = written;
        let mut found = Problems::new();

        if !is_printable(&cluster) {
            found.add(
                &place.key("cluster"),
                "this cannot be a cluster; write the name of one in the proxy's configuration",
            );
        }
        if !is_printable(&authority) || authority.contains(['/', '@', '?', '#']) {
            found.add(
                &place.key("authority"),
                "this is not a host; write a host, and a port if it needs one: `keys.example.com`",
            );
        }
        if !path.starts_with('/') {
            found.add(&place.key("path"), format!("`{path}` does not begin with `/`; write `/{path}`"));
        } else if !is_printable(&path) || path.contains('#') {
            found.add(&place.key("path"), "a path has no blanks, no `#` and nothing but ASCII; percent-encode them");
        }
        for (name, value) in [
            ("refresh_seconds", refresh_seconds),
            ("timeout_seconds", timeout_seconds),
            ("max_stale_seconds", max_stale_seconds),
            ("min_interval_seconds", min_interval_seconds),
            ("max_bytes", max_bytes),
        ] {
            if value == 0 {
                found.add(&place.key(name), "0 is not possible; write at least 1, or leave it out for the default");
            }
        }
        if refresh_seconds != 0 && refresh_seconds < timeout_seconds {
            found.add(
                &place.key("refresh_seconds"),
                format!("shorter than one fetch may take ({timeout_seconds} s); raise it, or lower `timeout_seconds`"),
            );
        }
        // The longest time between two confirmations when nothing fails: the interval, its jitter, and a slow answer.
        let between = refresh_seconds.saturating_add(refresh_seconds.div_ceil(10)).saturating_add(timeout_seconds);
        if max_stale_seconds != 0 && max_stale_seconds < between {
            found.add(
                &place.key("max_stale_seconds"),
                format!(
                    "a good document expires between two fetches; write at least {between}, or lower `refresh_seconds`"
                ),
            );
        }

        for problem in found.iter() {
            problems.add(&problem.place, problem.message.clone());
        }
        found.is_empty().then(|| Self {
            cluster,
            authority,
            path,
            refresh: Duration::from_secs(refresh_seconds.into()),
            timeout: Duration::from_secs(timeout_seconds.into()),
            max_stale: Duration::from_secs(max_stale_seconds.into()),
            min_interval: Duration::from_secs(min_interval_seconds.into()),
            max_bytes: usize::try_from(max_bytes).unwrap_or(usize::MAX),
        })
    }
}

impl Source {
    /// The same at another place of the same service: both are visible ASCII, and the path begins with `/`.
    #[must_use]
    pub fn at(&self, authority: String, path: String) -> Self {
        Self { authority, path, ..self.clone() }
    }
}

/// Whether the text can stand in a header: not empty, visible ASCII only.
fn is_printable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, expected: &[&str]) {
        let written: raw::Source = crate::document::tests::read(written).unwrap();
        let mut problems = Problems::new();
        let read = Source::read(written, &Place::root().key("keys"), &mut problems);
        let told: Vec<String> =
            problems.iter().map(|problem| format!("{}: {}", problem.place, problem.message)).collect();
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "{told}\nshould begin with\n{expected}");
            assert!(told.contains("; "), "{told}: no remedy");
        }
        assert_eq!(read.is_some(), expected.is_empty());
    }

    #[test]
    fn every_problem_of_a_source_is_told_at_once() {
        let good = r#""cluster": "keys", "authority": "keys.example.com:8080", "path": "/keys.json?v=1""#;
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (r#", "refresh_seconds": 5, "timeout_seconds": 5, "max_stale_seconds": 11"#, &[]),
            (r#", "refresh_seconds": 4, "timeout_seconds": 5"#, &["/keys/refresh_seconds: shorter than one fetch"]),
            (r#", "max_stale_seconds": 334"#, &["/keys/max_stale_seconds: a good document expires"]),
            (r#", "max_stale_seconds": 335"#, &[]),
            (
                r#", "refresh_seconds": 0, "timeout_seconds": 0, "max_stale_seconds": 0,
                    "min_interval_seconds": 0, "max_bytes": 0"#,
                &[
                    "/keys/refresh_seconds: 0 is not possible",
                    "/keys/timeout_seconds: 0 is not possible",
                    "/keys/max_stale_seconds: 0 is not possible",
                    "/keys/min_interval_seconds: 0 is not possible",
                    "/keys/max_bytes: 0 is not possible",
                ],
            ),
            (r#", "refresh_seconds": 4294967295, "max_stale_seconds": 4294967295, "timeout_seconds": 4294967295"#, &[]),
        ];
        for (more, expected) in cases {
            check(&format!("{{{good}{more}}}"), expected);
        }
        let places: &[(&str, &str, &str, &[&str])] = &[
            ("", "h", "/", &["/keys/cluster: "]),
            ("a b", "h", "/", &["/keys/cluster: "]),
            ("c", "", "/", &["/keys/authority: "]),
            ("c", "https://h", "/", &["/keys/authority: "]),
            ("c", "h\\r\\nx: y", "/", &["/keys/authority: "]),
            ("c", "h", "keys", &["/keys/path: `keys` does not begin with `/`; write `/keys`"]),
            ("c", "h", "", &["/keys/path: `` does not begin"]),
            ("c", "h", "/a b", &["/keys/path: a path has no blanks"]),
            ("c", "h", "/ä", &["/keys/path: a path has no blanks"]),
            ("c", "h", "/a#b", &["/keys/path: a path has no blanks"]),
            ("", "", "", &["/keys/cluster: ", "/keys/authority: ", "/keys/path: "]),
        ];
        for (cluster, authority, path, expected) in places {
            check(&format!(r#"{{"cluster": "{cluster}", "authority": "{authority}", "path": "{path}"}}"#), expected);
        }
    }

    #[test]
    fn a_misspelt_option_is_refused() {
        let misspelt = r#"{"cluster": "c", "authority": "h", "path": "/", "refresh": 5}"#;
        assert!(crate::document::tests::read::<raw::Source>(misspelt).is_err());
    }
}
