//! Reads the filter's part of the configuration: what was written becomes what can be granted, or a problem with its place.

use std::rc::Rc;

use verdict_policy::document::Document;
use verdict_policy::field::is_token;
use verdict_policy::head::REASON_HEADER;
use verdict_policy::json::Json;
use verdict_policy::problems::{Place, Problems};
use verdict_policy::settings;

use crate::grant::{Asks, Names, Ready};
use crate::origins::Pattern;
use crate::{Cors, raw};

/// The longest time that a browser may be told to remember a preflight, in seconds: none remembers it longer.
const AGE_LIMIT: u32 = 86_400;

/// Reads the configuration.
pub(crate) fn read(document: &Document, problems: &mut Problems) -> Option<Cors> {
    let (written, _, rules) = settings::read::<raw::Settings, raw::Asks>("cors", document, problems)?;
    refuse_conditions(document, problems);
    let rules = rules.map(|rule, asks| read_asks(asks, &rule.place, problems).map(Rc::new));
    let raw::Settings {} = written?;
    Some(Cors { rules: rules? })
}

/// A preflight has neither the method nor the headers of the request that it asks for: it would come under another rule.
fn refuse_conditions(document: &Document, problems: &mut Problems) {
    let Some(Json::List(rules)) = document.value().get("rules") else { return };
    for (index, rule) in rules.iter().enumerate() {
        let Some(conditions) = rule.get("match") else { continue };
        let place = document.place().key("rules").index(index).key("match");
        for (condition, remedy) in [
            ("methods", "delete it, and list the methods in `methods` of the rule"),
            ("headers", "delete it, and list the headers in `request_headers` of the rule"),
        ] {
            if conditions.get(condition).is_some() {
                let message = format!("a preflight has not the {condition} of the request that it asks for; {remedy}");
                problems.add(&place.key(condition), message);
            }
        }
    }
}

fn read_asks(written: raw::Asks, place: &Place, problems: &mut Problems) -> Option<Asks> {
    let raw::Asks {
        origins,
        methods,
        request_headers,
        expose,
        credentials,
        max_age_seconds,
        private_network,
        upstream,
        refused,
    } = written;
    let origins = read_origins(&origins, credentials, &place.key("origins"), problems);
    let mut read_names =
        |written: &[String], key: &str, case: Case| Names::read(written, case, credentials, &place.key(key), problems);
    let methods = read_names(&methods, "methods", Case::Counts);
    let request_headers = read_names(&request_headers, "request_headers", Case::MakesNoDifference);
    let exposed = read_names(&expose, "expose", Case::MakesNoDifference);
    if let Some(seconds) = max_age_seconds {
        problems.in_range(seconds, 0..=AGE_LIMIT, &place.key("max_age_seconds"));
    }
    let mut exposed = exposed?.written();
    if !exposed.iter().any(|name| name == REASON_HEADER || name == "*") {
        exposed.push(REASON_HEADER.to_owned());
    }
    let mut asks = Asks {
        origins: origins?,
        ready: Ready::default(),
        methods: methods?,
        request_headers: request_headers?,
        exposed: exposed.join(", "),
        credentials,
        max_age: max_age_seconds.map(|seconds| seconds.to_string()),
        private_network,
        upstream,
        refused,
    };
    asks.prepare();
    Some(asks)
}

fn read_origins(written: &[String], credentials: bool, place: &Place, problems: &mut Problems) -> Option<Vec<Pattern>> {
    if written.is_empty() {
        problems.add(place, "is empty, and nobody would be granted anything; name an origin, or delete the rule");
        return None;
    }
    let mut patterns: Vec<Pattern> = Vec::new();
    let mut complete = true;
    for (index, text) in written.iter().enumerate() {
        let place = place.index(index);
        let mut wrong = |message: String| {
            problems.add(&place, message);
            complete = false;
        };
        match Pattern::read(text) {
            Ok(Pattern::Any) if credentials => wrong(
                "every page anywhere could act with the cookies of its visitor; name the origins, or delete `credentials`"
                    .to_owned(),
            ),
            Ok(Pattern::Any) if written.len() > 1 => {
                wrong("`*` stands for all origins, also the others of this list; delete it, or them".to_owned());
            }
            Ok(pattern) if patterns.contains(&pattern) => wrong("is listed twice; delete one".to_owned()),
            Ok(pattern) => patterns.push(pattern),
            Err(message) => wrong(message),
        }
    }
    complete.then_some(patterns)
}

/// Whether names that differ in case are the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// Methods: they are not.
    Counts,
    /// Headers: they are.
    MakesNoDifference,
}

impl Names {
    fn read(written: &[String], case: Case, credentials: bool, place: &Place, problems: &mut Problems) -> Option<Self> {
        let mut names = Self { any: false, listed: Vec::new() };
        let mut complete = true;
        for (index, name) in written.iter().enumerate() {
            let place = place.index(index);
            let mut wrong = |message: &str| {
                problems.add(&place, message);
                complete = false;
            };
            let name = if case == Case::Counts { name.clone() } else { name.to_ascii_lowercase() };
            if name == "*" {
                if credentials {
                    wrong("with credentials, browsers take a `*` for a name; write the names out");
                }
                names.any = true;
            } else if !is_token(&name) {
                wrong("is no name; letters, digits and dashes are");
            } else if case == Case::Counts && name.bytes().any(|byte| byte.is_ascii_lowercase()) {
                wrong("methods are written in capitals, and case counts");
            } else if names.listed.contains(&name) {
                wrong("is listed twice; delete one");
            } else {
                names.listed.push(name);
            }
        }
        complete.then_some(names)
    }

    /// As they are sent.
    fn written(self) -> Vec<String> {
        if self.any { vec!["*".to_owned()] } else { self.listed }
    }
}
