//! Countries and AS numbers: conditions on them, and how they are read from the headers of Envoy's geoip filter.

use std::fmt;

use verdict_policy::field::is_token;
use verdict_policy::head::{Head, Sole};
use verdict_policy::problems::{Place, Problems, about};

use crate::raw;

/// A condition on where an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A country, by its two letters (ISO 3166-1).
    Country([u8; 2]),
    /// A network, by its AS number (RFC 6793).
    As(u32),
}

/// What the proxy tells about where an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    country: Option<[u8; 2]>,
    network: Option<u32>,
}

/// Where countries and AS numbers are read.
#[derive(Debug)]
pub struct Geo {
    country_header: Option<String>,
    as_header: Option<String>,
    /// Whether a rule with such a condition in `deny` refuses where it is unknown.
    pub refuse_unknown: bool,
}

impl Origin {
    /// Reads `country:DE` or `as:64496`. `None` if it is neither.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(written: &str) -> Option<Result<Self, String>> {
        if let Some(code) = written.strip_prefix("country:") {
            return Some(match country(code.as_bytes()) {
                Some(code) => Ok(Self::Country(code)),
                None => Err(format!(
                    "`{code}` is not a country; write its two capital letters (ISO 3166-1), as in `country:DE`"
                )),
            });
        }
        let number = written.strip_prefix("as:")?;
        Some(as_number(number).map(Self::As).ok_or_else(|| {
            format!("`{number}` is not an AS number; write its digits alone, the first of them not 0, as in `as:64496`")
        }))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Country(code) => write!(f, "country:{}", String::from_utf8_lossy(code)),
            Self::As(number) => write!(f, "as:{number}"),
        }
    }
}

impl Told {
    /// Whether the condition holds. `None` if that is not known.
    pub fn is(&self, origin: Origin) -> Option<bool> {
        match origin {
            Origin::Country(code) => self.country.map(|told| told == code),
            Origin::As(number) => self.network.map(|told| told == number),
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.country, self.network) {
            (Some(country), Some(network)) => write!(f, "{} (AS{network})", String::from_utf8_lossy(&country)),
            (Some(country), None) => f.write_str(&String::from_utf8_lossy(&country)),
            (None, Some(network)) => write!(f, "AS{network}"),
            (None, None) => f.write_str("a place that is not known"),
        }
    }
}

impl Geo {
    /// Reads the setting.
    pub fn read(written: raw::Geo, place: &Place, problems: &mut Problems) -> Self {
        let raw::Geo { country_header, as_header, client_headers: raw::ClientHeaders::RemovedBeforeGeoip, unknown } =
            written;
        if country_header.is_none() && as_header.is_none() {
            problems.add(place, "`geo` names no header; add `country_header` or `as_header`, or delete `geo`");
        }
        for (key, name, example) in
            [("country_header", &country_header, "x-geo-country"), ("as_header", &as_header, "x-geo-asn")]
        {
            // Such a header is never there: every country would be unknown.
            if let Some(name) = name.as_ref().filter(|name| !is_token(name)) {
                let wrong = format!("is not the name of a header; write it like `{example}`");
                problems.add(&place.key(key), about(name, &wrong));
            }
        }
        Self { country_header, as_header, refuse_unknown: unknown == raw::Unknown::Refuse }
    }

    /// Whether a condition can be told at all.
    pub fn tells(&self, origin: Origin) -> bool {
        match origin {
            Origin::Country(_) => self.country_header.is_some(),
            Origin::As(_) => self.as_header.is_some(),
        }
    }

    /// What the proxy tells. A header that is there twice, or is not what it should be, tells nothing.
    pub fn told(&self, request: &Head) -> Told {
        Told {
            country: sole(request, self.country_header.as_deref()).and_then(country),
            network: sole(request, self.as_header.as_deref()).and_then(|value| {
                let digits = value.strip_prefix(b"AS").unwrap_or(value);
                let plain = digits.iter().all(u8::is_ascii_digit);
                std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
            }),
        }
    }
}

fn sole<'a>(request: &'a Head, name: Option<&'a str>) -> Option<&'a [u8]> {
    match request.sole(name?) {
        Sole::One(value) => Some(value),
        Sole::Absent | Sole::Many => None,
    }
}

/// Digits only, and no leading zero: the standard library would also take `+64496` and `064496`.
fn as_number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if digits && !leading_zero { text.parse().ok() } else { None }
}

/// Two capital letters. `ZZ` and `XX` are what databases write for "unknown".
fn country(code: &[u8]) -> Option<[u8; 2]> {
    let code: [u8; 2] = code.try_into().ok()?;
    (code.iter().all(u8::is_ascii_uppercase) && !matches!(&code, b"ZZ" | b"XX")).then_some(code)
}
