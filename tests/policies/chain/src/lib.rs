//! Keys, then bodies, in one module: how several policies become one filter.

use verdict_policy::chain::Chain;
use verdict_test_body::BodyPolicy;
use verdict_test_key::KeyPolicy;

/// Admits requests with a good key and without the word.
pub type KeyThenBody = Chain<KeyPolicy, BodyPolicy>;

#[cfg(all(target_os = "wasi", feature = "module"))]
verdict_host::export!(KeyThenBody, reads bodies);
