//! Keys, their hashes, and the administrator's token. A key or token is never stored, logged or put into an error.

use std::io::Read;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{Context, Error};

/// What stands before the 43 characters of a key that was issued here: a key is not mistaken for its hash, and scanners find one that leaked.
pub(crate) const KEY_PREFIX: &str = "vk_";
/// The bytes that a secret for HMAC has, at least (RFC 2104, section 3: those of the hash) and at most.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 32..=1024;
/// The bytes that an administrator's token has.
const TOKEN_BYTES: std::ops::RangeInclusive<usize> = 16..=256;

/// How keys are hashed.
#[derive(Clone)]
pub struct Hashing(Option<Hmac<Sha256>>);

impl Hashing {
    /// SHA-256, or HMAC-SHA-256 where there is a secret.
    ///
    /// # Errors
    /// When the secret is too short or too long.
    pub fn new(secret: Option<&[u8]>) -> Result<Self, Error> {
        let Some(secret) = secret else { return Ok(Self(None)) };
        if !SECRET_BYTES.contains(&secret.len()) {
            return Err(Error(format!(
                "the secret for HMAC has {} bytes; make one of 32 to 1024, for example with: openssl rand -base64 48",
                secret.len()
            )));
        }
        Hmac::new_from_slice(secret).context("the secret for HMAC").map(|hmac| Self(Some(hmac)))
    }

    /// The same, with the secret that is in a file. A line end at its end does not count.
    ///
    /// # Errors
    /// When the file cannot be read, or its secret is too short or too long.
    pub fn from_file(path: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = path else { return Self::new(None) };
        let what = || format!("cannot read {}", path.display());
        let mut secret = Vec::new();
        let file = std::fs::File::open(path).context(what())?;
        // One more than the most with its line end, so that too many are noticed and no more are read.
        file.take(*SECRET_BYTES.end() as u64 + 3).read_to_end(&mut secret).context(what())?;
        Self::new(Some(without_line_end(&secret)))
    }

    /// The hash of a key, in base64url without padding: 43 characters.
    pub fn hash(&self, key: &[u8]) -> String {
        match &self.0 {
            None => Base64UrlUnpadded::encode_string(&Sha256::digest(key)),
            Some(hmac) => {
                let mut hmac = hmac.clone();
                hmac.update(key);
                Base64UrlUnpadded::encode_string(&hmac.finalize().into_bytes())
            }
        }
    }

    /// Whether there is a secret.
    pub fn is_keyed(&self) -> bool {
        self.0.is_some()
    }

    /// What tells this way of hashing from others, and nothing of the secret.
    pub(crate) fn mark(&self) -> String {
        let name = if self.is_keyed() { "hmac-sha-256" } else { "sha-256" };
        format!("{name} {}", self.hash(b"verdict-registry"))
    }
}

/// A random text of 256 bits: 43 characters of base64url.
pub(crate) fn random() -> Result<String, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("this machine gives no random bytes")?;
    Ok(Base64UrlUnpadded::encode_string(&bytes))
}

/// Whether the text has the form of a hash.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 43 && Base64UrlUnpadded::decode(text, &mut [0; 32]).is_ok()
}

/// Without one line end, which an editor or `echo` put there.
pub fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// The administrator's token, as far as it is kept: its hash, so that neither its length nor its beginning shows in the time of a comparison.
pub(crate) struct Token([u8; 32]);

impl Token {
    pub(crate) fn new(token: &str) -> Result<Self, Error> {
        if !TOKEN_BYTES.contains(&token.len()) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error(
                "the administrator's token is not usable; write 16 to 256 visible ASCII characters, \
                 for example those of: openssl rand -hex 32"
                    .to_owned(),
            ));
        }
        Ok(Self(Sha256::digest(token).into()))
    }

    pub(crate) fn is(&self, presented: &[u8]) -> bool {
        let presented: [u8; 32] = Sha256::digest(presented).into();
        self.0.ct_eq(&presented).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_hashed_as_the_standards_say() {
        // FIPS 180-2, appendix B.1.
        let plain = Hashing::new(None).unwrap();
        assert_eq!(plain.hash(b"abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        // RFC 4231, section 4.7 (test case 6): a secret of 131 bytes 0xaa.
        let keyed = Hashing::new(Some(&[0xaa; 131])).unwrap();
        assert_eq!(
            keyed.hash(b"Test Using Larger Than Block-Size Key - Hash Key First"),
            "YOQxWR7gtn8Niiaqy_W3f44LxiE3KMUUBUYEDw7jf1Q"
        );
        assert_ne!(plain.mark(), keyed.mark());
        assert!(is_hash(&plain.hash(b"abc")) && !is_hash("abc") && !is_hash(&"=".repeat(43)));
    }

    #[test]
    fn a_secret_has_a_length_that_protects() {
        for (length, expected) in [(0, false), (31, false), (32, true), (1024, true), (1025, false)] {
            assert_eq!(Hashing::new(Some(&vec![7; length])).is_ok(), expected, "{length}");
        }
    }

    #[test]
    fn a_line_end_in_the_file_of_the_secret_does_not_count() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let secret = [b's'; 1024];
        let expected = Hashing::new(Some(&secret)).unwrap().hash(b"key");
        for end in ["", "\n", "\r\n"] {
            std::fs::write(&file, [&secret, end.as_bytes()].concat()).unwrap();
            assert_eq!(Hashing::from_file(Some(file.path())).unwrap().hash(b"key"), expected, "{end:?}");
        }
        std::fs::write(&file, [b's'; 1030]).unwrap();
        assert!(Hashing::from_file(Some(file.path())).is_err());
    }

    #[test]
    fn only_the_same_token_is_the_token() {
        let token = Token::new("0123456789abcdef").unwrap();
        assert!(token.is(b"0123456789abcdef"));
        for other in ["", "0123456789abcde", "0123456789abcdeF", "0123456789abcdef "] {
            assert!(!token.is(other.as_bytes()), "{other:?}");
        }
        for unusable in ["", "short", "0123456789 abcdef", "0123456789abcdé0"] {
            assert!(Token::new(unusable).is_err(), "{unusable:?}");
        }
    }

    #[test]
    fn random_texts_differ() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert!(one.len() == 43 && one != other);
    }
}
