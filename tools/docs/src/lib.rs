//! Generates the reference: the reasons, the metrics, and the options of each filter, from the types and tables that the filters run
//! with.
//!
//! The pages are committed. A test compares them, so that none of them tells of something that is no longer so.

use std::fmt;
use std::fs;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use verdict_policy::contract::Policy;
use verdict_policy::reason::Reason;

mod markdown;
mod metrics;
mod options;
mod reasons;
mod schema;

#[cfg(test)]
mod tests;

/// The filters, in the order of the documentation. One line registers one.
static FILTERS: &[Filter] = &[
    Filter::of::<verdict_ip_allowlist::IpAllowlist, verdict_ip_allowlist::raw::Settings, verdict_ip_allowlist::raw::Asks>(
    ),
    Filter::of::<verdict_jwt_scope::JwtScope, verdict_jwt_scope::raw::Settings, verdict_jwt_scope::raw::Asks>(),
    Filter::of::<verdict_cors::Cors, verdict_cors::raw::Settings, verdict_cors::raw::Asks>(),
    Filter::of::<
        verdict_subscription::SubscriptionPolicy,
        verdict_subscription::raw::Settings,
        verdict_subscription::raw::Asks,
    >(),
    Filter::of::<verdict_waf::Waf, verdict_waf::raw::Settings, verdict_waf::raw::Asks>(),
];

/// What the reference tells of a filter.
struct Filter {
    name: &'static str,
    reasons: &'static [&'static Reason],
    /// What it has at the top of its configuration beside the common part.
    settings: fn(&mut SchemaGenerator) -> Schema,
    /// What it asks in each rule.
    asks: fn(&mut SchemaGenerator) -> Schema,
}

impl Filter {
    const fn of<P: Policy, S: JsonSchema, A: JsonSchema>() -> Self {
        Self { name: P::NAME, reasons: P::REASONS, settings: S::json_schema, asks: A::json_schema }
    }
}

/// A generated file.
struct Page {
    /// From the root of the repository.
    path: String,
    text: String,
}

/// Why the reference cannot be generated, or is not what it should be: one line each.
#[derive(Debug)]
pub struct Problems(Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// Compares the pages under `root` with what they should be.
///
/// # Errors
/// Every page that differs, and every reason that is gone.
pub fn check(root: &Path) -> Result<(), Problems> {
    let mut problems = reasons::removed(FILTERS, &read(root, reasons::CATALOGUE));
    for page in pages(FILTERS, root)? {
        if read(root, &page.path) != page.text {
            problems.push(format!("{} is not up to date; run `cargo run -p verdict-docs`", page.path));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

/// Writes the pages under `root`. Returns those that changed.
///
/// # Errors
/// What cannot be written; and every reason that is gone, since the catalogue would forget it otherwise.
pub fn write(root: &Path) -> Result<Vec<String>, Problems> {
    let removed = reasons::removed(FILTERS, &read(root, reasons::CATALOGUE));
    if !removed.is_empty() {
        return Err(Problems(removed));
    }
    let mut changed = Vec::new();
    let mut problems = Vec::new();
    for page in pages(FILTERS, root)? {
        if read(root, &page.path) == page.text {
            continue;
        }
        let path = root.join(&page.path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &page.text));
        match written {
            Ok(()) => changed.push(page.path),
            Err(error) => problems.push(format!("{} cannot be written: {error}", page.path)),
        }
    }
    if problems.is_empty() { Ok(changed) } else { Err(Problems(problems)) }
}

/// The pages as they should be.
fn pages(filters: &[Filter], root: &Path) -> Result<Vec<Page>, Problems> {
    let mut pages = vec![
        Page { path: "docs/reasons.md".to_owned(), text: reasons::page(filters) },
        Page { path: reasons::CATALOGUE.to_owned(), text: reasons::catalogue(filters) },
        Page { path: "docs/metrics.md".to_owned(), text: metrics::page() },
    ];
    let mut problems = Vec::new();
    for filter in filters {
        let parts = schema::Parts::of(filter);
        pages.push(Page {
            path: format!("filters/{}/schema.json", filter.name),
            text: schema::document(filter.name, &parts),
        });
        let path = format!("filters/{}/README.md", filter.name);
        match options::splice(&read(root, &path), &options::section(&parts)) {
            Some(text) => pages.push(Page { path, text }),
            None => problems.push(format!(
                "{path} has no place for the options; add the lines `{}` and `{}`",
                options::BEGIN,
                options::END
            )),
        }
    }
    if problems.is_empty() { Ok(pages) } else { Err(Problems(problems)) }
}

/// A file as it is; empty if there is none.
fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap_or_default()
}
