//! Answers a preflight: may a page send the request that it is about to send?

use std::rc::Rc;

use verdict_policy::contract::{Answer, Step, Then};
use verdict_policy::denial::Denial;
use verdict_policy::field::is_token;
use verdict_policy::head::{Head, Sole};
use verdict_policy::preflight::Preflight;
use verdict_policy::settings::Rule;

use crate::grant::{Asks, Standing};
use crate::{not_allowed, reasons};

const REQUEST_HEADERS: &str = "access-control-request-headers";
const REQUEST_PRIVATE_NETWORK: &str = "access-control-request-private-network";

/// The most headers that a preflight may ask for.
const NAMES_LIMIT: usize = 100;

/// The longest name of one of them, in bytes.
const NAME_LIMIT: usize = 256;

/// The answer: the headers that were asked for and are allowed, or the reason why not.
pub(crate) fn answer(asked: Preflight<'_>, request: &Head, rule: &Rc<Rule>, asks: &Asks) -> Step {
    let refuse = |reason| Denial::new(reason, rule);
    let origin = match asks.standing(request) {
        Standing::Granted(origin) => origin,
        // Of the very host: browsers ask no leave there, and whoever does may have it.
        Standing::NotAsked => asked.origin,
        Standing::Refused(origin) => return Step::deny(not_allowed(origin, rule)),
    };
    let Some(method) = std::str::from_utf8(asked.method).ok().filter(|name| is_token(name) && name.len() <= NAME_LIMIT)
    else {
        return Step::deny(refuse(&reasons::PREFLIGHT_MALFORMED).with("header", "access-control-request-method"));
    };
    if !asks.methods.any && !asks.methods.have(asked.method) {
        return Step::deny(refuse(&reasons::METHOD_NOT_ALLOWED).with("method", method));
    }
    let Some(names) = names(request) else {
        return Step::deny(refuse(&reasons::PREFLIGHT_MALFORMED).with("header", REQUEST_HEADERS));
    };
    // A star is no leave to send credentials (Fetch, "CORS non-wildcard request-header name").
    let allowed =
        |name: &str| asks.request_headers.have(name.as_bytes()) || asks.request_headers.any && name != "authorization";
    if let Some(name) = names.iter().find(|name| !allowed(name)) {
        return Step::deny(refuse(&reasons::HEADER_NOT_ALLOWED).with("header", name));
    }
    let private_network = request.sole(REQUEST_PRIVATE_NETWORK) != Sole::Absent;
    if private_network && !asks.private_network {
        return Step::deny(refuse(&reasons::PRIVATE_NETWORK_NOT_ALLOWED));
    }

    let mut headers: Vec<(String, Vec<u8>)> =
        asks.granting(origin).map(|(name, value)| (name.to_owned(), value)).collect();
    let mut add = |name: &str, value: &[u8]| headers.push((name.to_owned(), value.to_vec()));
    add("access-control-allow-methods", asked.method);
    if !names.is_empty() {
        add("access-control-allow-headers", names.join(", ").as_bytes());
    }
    if let Some(seconds) = &asks.max_age {
        add("access-control-max-age", seconds.as_bytes());
    }
    if private_network {
        add("access-control-allow-private-network", b"true");
    }
    add("vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    if asks.private_network {
        add("vary", b"Access-Control-Request-Private-Network");
    }
    Then::Answer(Answer { rule: Rc::clone(rule), status: 204, headers, body: Vec::new() }).into()
}

/// The headers that are asked for, in lower case, each once. `None` if that is no list of names.
fn names(request: &Head) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for member in request.values(REQUEST_HEADERS).flat_map(|value| value.split(|byte| *byte == b',')) {
        let name = std::str::from_utf8(member).ok()?.trim_matches([' ', '\t']);
        if name.is_empty() {
            // An empty member is none (RFC 9110, section 5.6.1).
            continue;
        }
        if !is_token(name) || name.len() > NAME_LIMIT {
            return None;
        }
        let name = name.to_ascii_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
        if names.len() > NAMES_LIMIT {
            return None;
        }
    }
    Some(names)
}
