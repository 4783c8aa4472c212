//! A refusal as `application/problem+json` (RFC 9457).

use std::collections::BTreeMap;

use serde::Serialize;

use super::telling::Telling;

/// The version of the object `verdict`: it rises when a member changes its meaning or goes away.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    instance: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict<'a>>,
}

#[derive(Serialize)]
struct Verdict<'a> {
    version: u32,
    reason: &'a str,
    filter: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    remedy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator_remedy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    context: &'a BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Config<'a>>,
}

#[derive(Serialize)]
struct Config<'a> {
    hash: &'a str,
    pointer: &'a str,
}

pub(super) fn json(telling: &Telling<'_>) -> Vec<u8> {
    let because = telling.because.as_ref();
    let problem = Problem {
        // RFC 9457, section 4.2.1: nothing beyond what the status says.
        r#type: because.map_or("about:blank", |because| &because.kind),
        title: telling.title,
        status: telling.status,
        detail: because.map(|because| because.detail.as_str()),
        instance: format!("urn:verdict:denial:{}", telling.id),
        verdict: because.map(|because| {
            let full = because.full.as_ref();
            Verdict {
                version: VERSION,
                reason: &because.code,
                filter: because.filter,
                rule: full.map(|full| full.rule),
                remedy: because.remedy,
                operator_remedy: full.map(|full| full.operator_remedy),
                contact: because.contact,
                request_id: because.request_id,
                context: &because.context,
                config: full.map(|full| Config { hash: full.hash, pointer: full.pointer }),
            }
        }),
    };
    // Strings and numbers only: writing them cannot fail.
    let mut body = serde_json::to_vec(&problem).unwrap_or_default();
    body.push(b'\n');
    body
}
