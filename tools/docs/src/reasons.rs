//! The reasons: a page for people and a catalogue for programs.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use verdict_policy::reason::{Reason, Retry, common};
use verdict_policy::render::grpc_status;

use crate::Filter;
use crate::markdown::{GENERATED, Table};

/// Where the catalogue is.
pub(crate) const CATALOGUE: &str = "docs/reasons.json";

#[derive(Serialize)]
struct Catalogue<'a> {
    /// Rises when a member changes its meaning or goes away.
    version: u32,
    reasons: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    reason: String,
    filter: &'a str,
    code: &'a str,
    /// Whether every filter has it.
    common: bool,
    status: u16,
    grpc_status: u32,
    title: &'a str,
    detail: &'a str,
    remedy: &'a str,
    operator_remedy: &'a str,
    retry_after_seconds: Option<u32>,
    public: Option<String>,
    formerly: Vec<String>,
}

/// What is read back of a catalogue that was committed.
#[derive(Default, Deserialize)]
struct Committed {
    reasons: Vec<CommittedEntry>,
}

#[derive(Deserialize)]
struct CommittedEntry {
    reason: String,
}

/// Every reason of every filter, the common ones first.
fn all(filters: &[Filter]) -> impl Iterator<Item = (&Filter, &'static Reason)> {
    filters.iter().flat_map(|filter| common::ALL.iter().chain(filter.reasons).map(move |reason| (filter, *reason)))
}

fn full_name(filter: &Filter, code: &str) -> String {
    // A name from another filter, which a reason may have moved from, is full already.
    if code.contains('.') { code.to_owned() } else { format!("{}.{code}", filter.name) }
}

fn retry_after(reason: &Reason) -> Option<u32> {
    match reason.retry {
        Retry::Never => None,
        Retry::After(seconds) => Some(seconds),
    }
}

pub(crate) fn catalogue(filters: &[Filter]) -> String {
    let reasons = all(filters)
        .map(|(filter, reason)| Entry {
            reason: full_name(filter, reason.code),
            filter: filter.name,
            code: reason.code,
            common: common::ALL.iter().any(|common| std::ptr::eq(*common, reason)),
            status: reason.status,
            grpc_status: grpc_status(reason.status),
            title: reason.title,
            detail: reason.detail,
            remedy: reason.remedy,
            operator_remedy: reason.operator,
            retry_after_seconds: retry_after(reason),
            public: reason.public.map(|public| full_name(filter, public.code)),
            formerly: reason.formerly.iter().map(|name| full_name(filter, name)).collect(),
        })
        .collect();
    // Strings and numbers only: writing them cannot fail.
    let text = serde_json::to_string_pretty(&Catalogue { version: 1, reasons }).unwrap_or_default();
    text + "\n"
}

/// Each reason of the committed catalogue that exists no longer, under its own name or as a former one of another.
pub(crate) fn removed(filters: &[Filter], committed: &str) -> Vec<String> {
    if committed.is_empty() {
        return Vec::new();
    }
    let committed: Committed = match serde_json::from_str(committed) {
        Ok(committed) => committed,
        Err(error) => return vec![format!("{CATALOGUE} cannot be read: {error}; take it from the last commit")],
    };
    let known: BTreeSet<String> = all(filters)
        .flat_map(|(filter, reason)| {
            std::iter::once(&reason.code).chain(reason.formerly).map(|name| full_name(filter, name)).collect::<Vec<_>>()
        })
        .collect();
    committed
        .reasons
        .into_iter()
        .filter(|entry| !known.contains(&entry.reason))
        .map(|entry| {
            let name = entry.reason;
            format!("the reason `{name}` is gone; dashboards and clients may rely on it: keep it, or name it in `formerly` of the one \
                     that replaces it")
        })
        .collect()
}

pub(crate) fn page(filters: &[Filter]) -> String {
    let mut out = format!(
        "{GENERATED}# Why a request was refused\n\n\
         A reason is called `<filter>.<code>`. It stands in the answer (`verdict.reason`, and the header `x-verdict-reason`), in the \
         access log (`verdict:<filter>.<code>` in Envoy's response code details), in the proxy's log and in the label `reason` of the \
         metrics. A name is never used again for another meaning; one that is replaced stays listed under \"formerly\".\n\n\
         For programs: [reasons.json](reasons.json).\n"
    );
    // Writing to a string cannot fail.
    let _ = writeln!(out, "\n## In every filter\n");
    let names: Vec<&str> = filters.iter().map(|filter| filter.name).collect();
    chapter(&mut out, "<filter>", &names, common::ALL);
    for filter in filters {
        let _ = writeln!(out, "\n## {}\n", filter.name);
        chapter(&mut out, filter.name, &[filter.name], filter.reasons);
    }
    out
}

/// Reasons that are told together. `filters`: under which names they can be linked to.
fn chapter(out: &mut String, shown: &str, filters: &[&str], reasons: &[&Reason]) {
    let mut table = Table::new(&["Reason", "Status", "What it says"]);
    for reason in reasons {
        let anchor = filters.first().map_or(shown, |filter| filter);
        let link = format!("[`{}`](#{anchor}.{})", reason.code, reason.code);
        table.row(&[&link, &reason.status.to_string(), reason.title]);
    }
    out.push_str(&table.into_text());
    for reason in reasons {
        let anchors: String = filters
            .iter()
            .map(|filter| format!("<a id=\"{filter}.{}\"></a>", reason.code))
            .collect::<Vec<_>>()
            .concat();
        let again = match retry_after(reason) {
            None => "does not help.".to_owned(),
            Some(seconds) => format!("may help after {seconds} seconds (`Retry-After`)."),
        };
        let _ = write!(
            out,
            "\n### {anchors}`{shown}.{}`\n\n{}\n\n\
             - In detail: {}\n\
             - What the caller can do: {}\n\
             - What the operator can do: {}\n\
             - Sending it again {again}\n\
             - Status: {}; of a gRPC call {}\n",
            reason.code,
            reason.title,
            reason.detail,
            reason.remedy,
            reason.operator,
            reason.status,
            grpc_status(reason.status),
        );
        if let Some(public) = reason.public {
            let _ = writeln!(out, "- Told as `{shown}.{}` until a credential of the client has verified", public.code);
        }
        if !reason.formerly.is_empty() {
            let names: Vec<String> = reason.formerly.iter().map(|name| format!("`{name}`")).collect();
            let _ = writeln!(out, "- Formerly {}", names.join(", "));
        }
    }
}
