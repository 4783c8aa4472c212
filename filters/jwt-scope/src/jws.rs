//! Tokens as they are sent: JWS in compact serialization (RFC 7515, section 7.1), taken apart and not yet verified.
//!
//! Whoever reads the token behind this filter must find in it what was judged here. So only the one spelling is taken: canonical
//! base64url, no name twice, no extension that changes what is signed.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use verdict_policy::json::{self, Json, NotJson};

use crate::claims::Claims;

#[cfg(test)]
mod tests;

/// The longest `kid`, in bytes.
const KID_LIMIT: usize = 256;

/// A token that nobody has verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Unverified<'a> {
    signing_input: &'a [u8],
    payload: &'a [u8],
    signature: Vec<u8>,
    header: Header,
}

/// What the token says of itself. Keys in it (`jwk`, `jku`, `x5u`, `x5c`) are never used: whoever forges a token forges them too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The algorithm (RFC 7515, section 4.1.1), as it is called there: any text.
    pub alg: String,
    /// Which key (section 4.1.4), of at most 256 bytes.
    pub kid: Option<String>,
    /// The type (section 4.1.9).
    pub typ: Option<String>,
}

/// Takes a token apart. What that costs grows with its length, which the caller bounds.
///
/// # Errors
/// Why it is no such token.
pub fn parse(token: &[u8]) -> Result<Unverified<'_>, Malformed> {
    let mut parts = token.split(|byte| *byte == b'.');
    let (Some(header), Some(payload), Some(signature)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Malformed::NotThreeParts);
    };
    match parts.count() {
        0 => {}
        2 => return Err(Malformed::Encrypted),
        _ => return Err(Malformed::NotThreeParts),
    }
    if payload.is_empty() {
        return Err(Malformed::Empty(Part::Payload));
    }
    let signing_input = token.get(..header.len() + 1 + payload.len()).ok_or(Malformed::NotThreeParts)?;
    let header = read_header(&object(header, Part::Header)?)?;
    let signature = decoded(signature, Part::Signature)?;
    Ok(Unverified { signing_input, payload, signature, header })
}

impl<'a> Unverified<'a> {
    /// What is signed: the header and the payload as they were sent, and the dot between them.
    pub fn signing_input(&self) -> &'a [u8] {
        self.signing_input
    }

    /// The signature; never empty.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// What the token says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload as it was sent, in base64url if [`Self::payload`] can be read.
    pub fn encoded_payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// Why it is not an object of claims.
    pub fn payload(&self) -> Result<Claims, Malformed> {
        Claims::read(object(self.payload, Part::Payload)?)
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The header only: the rest, put together, is the token.
        f.debug_struct("Unverified").field("header", &self.header).finish_non_exhaustive()
    }
}

fn read_header(header: &Json) -> Result<Header, Malformed> {
    if header.get("crit").is_some() {
        return Err(Malformed::Critical);
    }
    if header.get("b64").is_some() {
        return Err(Malformed::Unencoded);
    }
    let kid = text(header, "kid")?;
    if kid.as_ref().is_some_and(|kid| kid.len() > KID_LIMIT) {
        return Err(Malformed::LongKid);
    }
    let alg = text(header, "alg")?.ok_or(Malformed::NoAlgorithm)?;
    Ok(Header { alg, kid, typ: text(header, "typ")? })
}

fn text(header: &Json, name: &'static str) -> Result<Option<String>, Malformed> {
    match header.get(name) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Malformed::Member { part: Part::Header, name, wanted: "a text" }),
    }
}

/// The object in that part of the token.
fn object(encoded: &[u8], part: Part) -> Result<Json, Malformed> {
    let value = json::parse(&decoded(encoded, part)?).map_err(|fault| Malformed::NotJson(part, fault))?;
    if !matches!(value, Json::Object(_)) {
        return Err(Malformed::NotAnObject(part));
    }
    if json::has_duplicates(&value) {
        return Err(Malformed::Duplicates(part));
    }
    Ok(value)
}

fn decoded(encoded: &[u8], part: Part) -> Result<Vec<u8>, Malformed> {
    if encoded.is_empty() {
        return Err(Malformed::Empty(part));
    }
    let text = str::from_utf8(encoded).map_err(|_| Malformed::NotBase64(part))?;
    Base64UrlUnpadded::decode_vec(text).map_err(|_| Malformed::NotBase64(part))
}

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first: what the token says of itself.
    Header,
    /// The second: the claims.
    Payload,
    /// The third.
    Signature,
}

/// Why something is no token. Nothing of the token is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It has less or more.
    NotThreeParts,
    /// It has five parts (RFC 7516).
    Encrypted,
    /// A part with nothing in it.
    Empty(Part),
    /// Other characters, padding, or bits behind the last byte.
    NotBase64(Part),
    /// It is not JSON, or too deep or too large.
    NotJson(Part, NotJson),
    /// It is JSON, but not an object.
    NotAnObject(Part),
    /// A name is twice in one object.
    Duplicates(Part),
    /// `crit` (RFC 7515, section 4.1.11): extensions that must be understood, and none is.
    Critical,
    /// `b64` (RFC 7797): the payload is possibly not what it seems.
    Unencoded,
    /// There is no `alg`.
    NoAlgorithm,
    /// `kid` has more than 256 bytes.
    LongKid,
    /// A member has the wrong type.
    Member {
        /// Where it is.
        part: Part,
        /// Its name.
        name: &'static str,
        /// What it ought to be.
        wanted: &'static str,
    },
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThreeParts => f.write_str("it does not consist of three parts with dots between them"),
            Self::Encrypted => f.write_str("it has five parts: an encrypted token"),
            Self::Empty(part) => write!(f, "its {part} is empty"),
            Self::NotBase64(part) => write!(f, "its {part} is not canonical base64url without padding"),
            Self::NotJson(part, fault) => write!(f, "its {part} is not JSON ({fault})"),
            Self::NotAnObject(part) => write!(f, "its {part} is not a JSON object"),
            Self::Duplicates(part) => write!(f, "its {part} has a name twice in one object"),
            Self::Critical => f.write_str("its header has `crit`: it demands extensions"),
            Self::Unencoded => f.write_str("its header has `b64`: its payload is possibly not encoded"),
            Self::NoAlgorithm => f.write_str("its header has no `alg`"),
            Self::LongKid => write!(f, "the `kid` in its header has more than {KID_LIMIT} bytes"),
            Self::Member { part, name, wanted } => write!(f, "the `{name}` in its {part} is not {wanted}"),
        }
    }
}

impl std::error::Error for Malformed {}
