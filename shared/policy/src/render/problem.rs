//! A refusal as `application/problem+json` (RFC 9457).

use super::telling::Telling;
use crate::json::{self, Ascii};

/// The version of the object `verdict`: it rises when a member changes its meaning or goes away.
const VERSION: u32 = 1;

pub(super) fn json(telling: &Telling<'_>) -> Vec<u8> {
    let because = telling.because.as_ref();
    let mut body = json::write(Ascii::OrNot, |problem| {
        // RFC 9457, section 4.2.1: nothing beyond what the status says.
        problem.text("type", because.map_or("about:blank", |because| &because.kind));
        problem.text("title", telling.title);
        problem.number("status", telling.status.into());
        problem.text_if_any("detail", because.map(|because| because.detail.as_str()));
        problem.text("instance", &format!("urn:verdict:denial:{}", telling.id));
        let Some(because) = because else { return };
        let full = because.full.as_ref();
        problem.object("verdict", |verdict| {
            verdict.number("version", VERSION);
            verdict.text("reason", &because.code);
            verdict.text("filter", because.filter);
            verdict.text_if_any("rule", full.map(|full| full.rule));
            verdict.text("remedy", because.remedy);
            verdict.text_if_any("operator_remedy", full.map(|full| full.operator_remedy));
            verdict.text_if_any("contact", because.contact);
            verdict.text_if_any("request_id", because.request_id);
            if !because.context.is_empty() {
                verdict.object("context", |context| {
                    because.context.iter().for_each(|(name, value)| context.text(name, value));
                });
            }
            if let Some(full) = full {
                verdict.object("config", |config| {
                    config.text("hash", full.hash);
                    config.text("pointer", full.pointer);
                });
            }
        });
    });
    body.push('\n');
    body.into_bytes()
}
