//! Whether a signature holds.
//!
//! Verified by the host where it can and was seen to do it rightly, or else here. Both say the same of every signature:
//! which hash goes with which key, how long a signature is and how large its numbers are is seen to here, before the
//! host is asked.

#[cfg(test)]
pub(crate) mod cases;
mod host;
mod known_answers;
mod module;
#[cfg(test)]
mod tests;

use verdict_policy::crypto::Crypto;

use crate::algorithm::Algorithm;
use crate::key::Key;
pub use host::HostCan;

/// Whether the signature, as a JWS carries it (RFC 7518, section 3; RFC 8037, section 3.1), is one of the text that was
/// made with that algorithm and the private half of that key. Never, if the key is not one for that algorithm.
///
/// The host is asked where it can; where it has no answer for once, the module has one, unless the host alone may verify.
pub fn verify(
    key: &Key,
    algorithm: Algorithm,
    text: &[u8],
    signature: &[u8],
    crypto: &dyn Crypto,
    host: HostCan,
) -> bool {
    // Whoever calls has chosen the key by this. It is asked again because everything depends on it.
    if !key.serves(algorithm) {
        return false;
    }
    let by_host = if host.can(algorithm) { host::verify(key, algorithm, text, signature, crypto) } else { None };
    by_host.unwrap_or_else(|| !host.is_alone() && module::verify(key, algorithm, text, signature))
}
