//! Keys as JWK (RFC 7517, RFC 7518 section 6, RFC 8037 section 2), and sets of them.

use base64ct::{Base64UrlUnpadded, Encoding};
use verdict_policy::json::Json;
use verdict_policy::problems::about;

use super::material::Curve;
use super::{BadKey, From, Key, Material};
use crate::algorithm::Algorithm;

/// How long a `kid` may be, in bytes. Tokens are looked up by it.
const KID_LIMIT: usize = 256;

/// The longest word of a key that a message repeats: nothing secret is as short.
const WORD_LIMIT: usize = 16;

/// What only private keys have (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The keys of a JWK set (RFC 7517, section 5), each as it is written: reading one takes time, and the caller may want
/// to read a few at a time.
///
/// # Errors
/// It is not an object with one list of `keys`.
pub fn list(set: Json) -> Result<Vec<Json>, BadKey> {
    const REMEDY: &str = "write a JWK set: `{\"keys\": [ … ]}`";
    members(&set).map_err(|what| BadKey::about(format!("{what}; {REMEDY}")))?;
    let keys =
        if let Json::Object(members) = set { members.into_iter().find(|(name, _)| name == "keys") } else { None };
    match keys {
        Some((_, Json::List(keys))) => Ok(keys),
        Some((_, other)) => Err(BadKey::about(format!("`keys` is {}; {REMEDY}", other.kind()))),
        None => Err(BadKey::about(format!("there is no `keys`; {REMEDY}"))),
    }
}

/// One key. Members that are not known are left alone (RFC 7517, section 4).
///
/// # Errors
/// It is broken, private, too weak, for something else, or no key that an algorithm here can use; or a secret that is
/// not from the configuration.
pub fn read(jwk: &Json, from: From) -> Result<Key, BadKey> {
    let members = members(jwk).map_err(|what| BadKey::about(format!("{what}; write a JWK: `{{\"kty\": …}}`")))?;
    let jwk = Jwk(members);
    let kty = jwk.text("kty")?;
    jwk.is_to_verify()?;
    let kid = jwk.kid()?;
    let sole = jwk.algorithm()?;
    if kty != "oct" {
        jwk.is_public()?;
    }
    let material = match (kty, from) {
        ("RSA", _) => Material::rsa(&jwk.bytes("n")?, &jwk.bytes("e")?),
        ("EC", _) => jwk.point(),
        ("OKP", _) => jwk.ed25519(),
        ("oct", From::Configuration) => Ok(Material::Secret(jwk.bytes("k")?.into())),
        ("oct", From::Remote) => Err(BadKey::new(
            "a secret (`oct`) that everybody can fetch is none; replace it, and publish an RSA, EC or Ed25519 key",
        )),
        (other, _) => Err(unknown("kty", other, "write `RSA`, `EC`, `OKP` or `oct`")),
    }?;
    Key::new(kid, sole, material)
}

/// The members of an object in which no name is there twice: two readers could read two keys.
fn members(json: &Json) -> Result<&[(String, Json)], String> {
    let Json::Object(members) = json else {
        return Err(format!("this is {}", json.kind()));
    };
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names.is_sorted_by(|one, next| one < next) { Ok(members) } else { Err("a name is there twice".to_owned()) }
}

fn find<'a>(members: &'a [(String, Json)], name: &str) -> Option<&'a Json> {
    members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn unknown(member: &str, word: &str, remedy: &str) -> BadKey {
    BadKey::about(if word.len() <= WORD_LIMIT {
        about(word, &format!("is no `{member}` for signatures here; {remedy}"))
    } else {
        format!("this is no `{member}` for signatures here; {remedy}")
    })
}

/// The members of a key, no name twice.
struct Jwk<'a>(&'a [(String, Json)]);

impl<'a> Jwk<'a> {
    fn optional_text(&self, name: &str) -> Result<Option<&'a str>, BadKey> {
        match find(self.0, name) {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(other) => Err(BadKey::about(format!("`{name}` is {}; write a text in quotes", other.kind()))),
        }
    }

    fn text(&self, name: &str) -> Result<&'a str, BadKey> {
        self.optional_text(name)?.ok_or_else(|| BadKey::about(format!("`{name}` is missing; add it")))
    }

    /// Bytes in base64url, in the one spelling that they have (RFC 7515, section 2; RFC 4648, section 3.5).
    fn bytes(&self, name: &str) -> Result<Vec<u8>, BadKey> {
        Base64UrlUnpadded::decode_vec(self.text(name)?).map_err(|_| {
            BadKey::about(format!(
                "`{name}` is not base64url; write it with `-` and `_`, without `=`, spaces and line ends"
            ))
        })
    }

    /// Only one for signatures will do (RFC 7517, sections 4.2 and 4.3).
    fn is_to_verify(&self) -> Result<(), BadKey> {
        match self.optional_text("use")? {
            None | Some("sig") => {}
            Some(other) => {
                return Err(unknown("use", other, "write `sig`, or leave the key out if it is for something else"));
            }
        }
        match find(self.0, "key_ops") {
            None => Ok(()),
            Some(Json::List(operations)) if operations.iter().any(|one| *one == Json::Text("verify".to_owned())) => {
                Ok(())
            }
            Some(Json::List(_)) => Err(BadKey::new(
                "`key_ops` is without `verify`; add it, or leave the key out if it is for something else",
            )),
            Some(other) => Err(BadKey::about(format!("`key_ops` is {}; write a list: `[\"verify\"]`", other.kind()))),
        }
    }

    fn kid(&self) -> Result<Option<String>, BadKey> {
        match self.optional_text("kid")? {
            Some(kid) if kid.len() > KID_LIMIT => {
                Err(BadKey::about(format!("`kid` is longer than {KID_LIMIT} bytes; give the key a shorter one")))
            }
            kid => Ok(kid.map(str::to_owned)),
        }
    }

    fn algorithm(&self) -> Result<Option<Algorithm>, BadKey> {
        let Some(name) = self.optional_text("alg")? else { return Ok(None) };
        let known = || Algorithm::ALL.map(Algorithm::name).join(", ");
        Algorithm::of(name).map(Some).ok_or_else(|| unknown("alg", name, &format!("write one of {}", known())))
    }

    fn is_public(&self) -> Result<(), BadKey> {
        match PRIVATE.into_iter().find(|name| find(self.0, name).is_some()) {
            None => Ok(()),
            Some(name) => Err(BadKey::about(format!(
                "this is a private key (it has `{name}`), which must stay with whoever signs; \
                 write its public members only, and replace the key if others could read it"
            ))),
        }
    }

    fn point(&self) -> Result<Material, BadKey> {
        let name = self.text("crv")?;
        let curve = [Curve::P256, Curve::P384, Curve::P521]
            .into_iter()
            .find(|curve| curve.name() == name)
            .ok_or_else(|| unknown("crv", name, "make a key on `P-256`, `P-384` or `P-521`"))?;
        // Uncompressed (SEC 1, section 2.3.3).
        let mut point = vec![4];
        for coordinate in ["x", "y"] {
            let bytes = self.bytes(coordinate)?;
            if bytes.len() != curve.width() {
                return Err(BadKey::about(format!(
                    "`{coordinate}` has {} bytes; on {name} it has {}, zeros in front included",
                    bytes.len(),
                    curve.width()
                )));
            }
            point.extend(bytes);
        }
        Material::ec(curve, &point)
    }

    fn ed25519(&self) -> Result<Material, BadKey> {
        match self.text("crv")? {
            "Ed25519" => Material::ed25519(&self.bytes("x")?),
            other => Err(unknown("crv", other, "make a key on `Ed25519`")),
        }
    }
}
