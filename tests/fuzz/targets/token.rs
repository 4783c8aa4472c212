//! Whatever a client sends where a token belongs: nothing panics, and nobody is admitted whose token is not one of those that were made
//! to be good.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use verdict_jwt_scope::JwtScope;
use verdict_policy::crypto::NoCrypto;
use verdict_policy::gate::Gate;
use verdict_policy::head::Head;
use verdict_policy::host::Action;
use verdict_tests::native::Proxy;
use verdict_tests::tokens::{MADE, filled};

const CONFIG: &str = r#"{
    "default": "deny", "cache_tokens": 10, "max_token_bytes": 4096,
    "token_from": [{"header": "authorization", "prefix": "Bearer"}, {"cookie": "token"}, {"query": "token"}],
    "pass_on": {"strip_token": true, "claims": [{"claim": ["sub"], "header": "x-user"}]},
    "providers": {"shop": {"issuer": "https://login.example/shop", "audiences": ["shop-api"], "keys": {"pem": ["<keys pem>"]}}},
    "rules": [{"name": "all", "scopes": {"any": ["payment:read", "payment:write"]}}]
}"#;

thread_local! {
    static STAGE: RefCell<(Gate<JwtScope>, Proxy)> = RefCell::new({
        let config = filled(&CONFIG.replace('\n', " ")).expect("the keys").replace('\n', "\\n");
        (Gate::load(config.as_bytes(), &NoCrypto).unwrap_or_else(|problems| panic!("{problems}")), Proxy::default())
    });
}

fuzz_target!(|data: &[u8]| {
    let (which, rest) = data.split_first().unwrap_or((&0, &[]));
    let (name, value) = match which % 4 {
        0 => ("authorization", [b"Bearer ", rest].concat()),
        1 => ("authorization", rest.to_vec()),
        2 => ("cookie", rest.to_vec()),
        _ => ("x-other", Vec::new()),
    };
    let path = if which % 4 == 3 { [b"/?token=", rest].concat() } else { b"/".to_vec() };
    let head = Head::from_pairs([(":method", b"GET".to_vec()), (":path", path.clone()), (name, value.clone())]);
    let action = STAGE.with_borrow_mut(|(gate, proxy)| {
        proxy.heads.borrow_mut()[0] = head;
        let action = gate.on_request(proxy.begin(), true, proxy);
        proxy.log.borrow_mut().clear();
        proxy.done.borrow_mut().clear();
        action
    });
    if action == Action::Continue {
        let sent = [value, path].concat();
        let is_good = |token: &String| sent.windows(token.len()).any(|part| part == token.as_bytes());
        let encoded = sent.contains(&b'%');
        assert!(encoded || MADE.tokens.values().any(is_good), "admitted: {:?}", String::from_utf8_lossy(&sent));
    }
});
