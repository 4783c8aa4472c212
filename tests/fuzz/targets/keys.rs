//! Whatever a key server answers: nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verdict_jwt_scope::key::{From, jwk, pem};
use verdict_policy::json;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = pem::read(text);
    }
    let Ok(set) = json::parse(data) else { return };
    let _ = json::has_duplicates(&set);
    let _ = jwk::read(&set, From::Configuration);
    for key in jwk::list(set).unwrap_or_default().iter().take(4) {
        let _ = jwk::read(key, From::Remote);
    }
});
