//! What callers write: names, identities and moments, which cannot hold nonsense once they are read.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use utoipa::ToSchema;

/// The name of a consumer, an API or a plan: 1 to 64 letters, digits, dots, dashes and underscores. It becomes the value of a header and
/// the label of a metric, and a segment of a path here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(pattern = "^[A-Za-z0-9._-]{1,64}$", example = "payments")]
pub struct Name(String);

/// What a claim of a token says of a consumer: 1 to 256 bytes of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(min_length = 1, max_length = 256, example = "shop-web")]
pub struct Identity(String);

/// A moment in UTC, to the second: `2027-01-31T18:00:00Z`. Any offset is read (RFC 3339); fractions of a second are dropped, as the filter
/// drops them.
// All have the same length, so that texts compare as the moments do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(format = "date-time", example = "2027-01-31T18:00:00Z")]
pub struct Moment(String);

/// Why a text is none of them, with the remedy.
#[derive(Clone, Copy, Debug)]
pub struct Unreadable(&'static str);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = Unreadable;

    fn try_from(text: String) -> Result<Self, Unreadable> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        // In the path of a URL, these would be dot segments.
        if (1..=64).contains(&text.len()) && text.bytes().all(fits) && text != "." && text != ".." {
            return Ok(Self(text));
        }
        Err(Unreadable("this is not a name; write 1 to 64 letters, digits, dots, dashes and underscores"))
    }
}

impl TryFrom<String> for Identity {
    type Error = Unreadable;

    fn try_from(text: String) -> Result<Self, Unreadable> {
        let blank = text.trim().len() != text.len();
        if (1..=256).contains(&text.len()) && !blank && !text.chars().any(char::is_control) {
            return Ok(Self(text));
        }
        Err(Unreadable(
            "this is not an identity; write 1 to 256 bytes, without blanks at the ends and control characters",
        ))
    }
}

impl TryFrom<String> for Moment {
    type Error = Unreadable;

    fn try_from(text: String) -> Result<Self, Unreadable> {
        let moment = OffsetDateTime::parse(&text, &Rfc3339).ok().and_then(Self::new);
        moment.ok_or(Unreadable("this is not a moment (RFC 3339); write one as in 2027-01-31T18:00:00Z"))
    }
}

impl Moment {
    /// `None` outside the years 0 to 9999, which RFC 3339 cannot write.
    fn new(moment: OffsetDateTime) -> Option<Self> {
        let moment = moment.checked_to_offset(UtcOffset::UTC)?.replace_nanosecond(0).ok()?;
        moment.format(&Rfc3339).ok().map(Self)
    }

    /// By the clock of this machine.
    pub fn now() -> Self {
        Self::new(OffsetDateTime::now_utc()).unwrap_or_else(|| Self("9999-12-31T23:59:59Z".to_owned()))
    }
}

/// In the database, each is its text.
macro_rules! text {
    ($($type:ident),*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl rusqlite::ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl rusqlite::types::FromSql for $type {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                value.as_str().map(|text| Self(text.to_owned()))
            }
        }
    )*};
}

text!(Name, Identity, Moment);

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: TryFrom<String, Error = Unreadable> + fmt::Display>(cases: &[(&str, Option<&str>)]) {
        for (text, expected) in cases {
            let read = T::try_from((*text).to_owned()).map(|read| read.to_string());
            assert_eq!(read.as_deref().ok(), *expected, "{text:?}");
        }
    }

    #[test]
    fn names_are_what_headers_labels_and_paths_can_carry() {
        let long = "n".repeat(64);
        check::<Name>(&[("payments", Some("payments")), ("A.b_c-9", Some("A.b_c-9")), (&long, Some(&long))]);
        check::<Name>(&[
            ("", None),
            (".", None),
            ("..", None),
            ("a b", None),
            ("a/b", None),
            ("é", None),
            ("a\n", None),
        ]);
        check::<Name>(&[(&"n".repeat(65), None)]);
    }

    #[test]
    fn identities_are_texts_without_controls() {
        check::<Identity>(&[
            ("auth0|7 é", Some("auth0|7 é")),
            ("", None),
            (" a", None),
            ("a\0", None),
            ("a\u{85}", None),
        ]);
        check::<Identity>(&[(&"i".repeat(257), None)]);
    }

    #[test]
    fn moments_become_utc_to_the_second() {
        check::<Moment>(&[
            ("2027-01-31T18:00:00Z", Some("2027-01-31T18:00:00Z")),
            ("2027-01-31T19:30:00.75+01:30", Some("2027-01-31T18:00:00Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            ("9999-12-31T23:59:59-01:00", None),
            ("0000-01-01T00:00:00+01:00", None),
            ("2027-02-29T00:00:00Z", None),
            ("2027-01-31", None),
            ("", None),
        ]);
        assert!(Moment::now() > Moment("2020-01-01T00:00:00Z".to_owned()));
    }

    #[test]
    fn the_filter_reads_every_moment_that_is_written() {
        for text in ["2027-01-31T19:30:00.75+01:30", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            let moment = Moment::try_from(text.to_owned()).unwrap().to_string();
            assert_eq!(verdict_policy::date::read(&moment), verdict_policy::date::read(text), "{text}");
        }
    }
}
