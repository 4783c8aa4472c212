//! Keys as PEM (RFC 7468): what `openssl` and most tools write.

use pem_rfc7468::Decoder;

use super::{BadKey, Key, spki};

/// The one public key of a text. White space around it does not count.
///
/// # Errors
/// It is no PEM, more than one, broken, or not a public key that an algorithm here can use.
pub fn read(text: &str) -> Result<Key, BadKey> {
    let text = text.trim();
    match text.matches("-----BEGIN ").count() {
        0 => return Err(NOT_PEM),
        1 => {}
        _ => {
            return Err(BadKey::new(
                "this holds more than one PEM block; write each key by itself, as an entry of its own",
            ));
        }
    }
    let mut decoder = Decoder::new_detect_wrap(text.as_bytes()).map_err(|_| NOT_PEM)?;
    let read = match decoder.type_label() {
        "PUBLIC KEY" => spki::read,
        "RSA PUBLIC KEY" => spki::read_pkcs1,
        label => return Err(other(label)),
    };
    let mut der = Vec::new();
    decoder.decode_to_end(&mut der).map_err(|_| NOT_PEM)?;
    read(&der)
}

const NOT_PEM: BadKey = BadKey::new(
    "this is not PEM; write the key from `-----BEGIN PUBLIC KEY-----` to `-----END PUBLIC KEY-----`, \
     with its line ends (`\\n` in JSON)",
);

/// What is wrong with PEM of another kind.
fn other(label: &str) -> BadKey {
    if label.ends_with("PRIVATE KEY") {
        BadKey::new(
            "this is a private key, which must stay with whoever signs; \
             write its public key: `openssl pkey -in key.pem -pubout`",
        )
    } else if label.ends_with("CERTIFICATE") {
        BadKey::new(
            "this is a certificate, whose dates and issuer nobody would check here; \
             write its public key: `openssl x509 -in cert.pem -noout -pubkey`",
        )
    } else {
        BadKey::new("this PEM is not a public key; write one that begins with `-----BEGIN PUBLIC KEY-----`")
    }
}
