//! The metrics: what each one counts, and the one way in which its labels are written into its name.
//!
//! The proxy's interface has no labels, so they stand in the name and are lifted out of it again: by `stats_tags` in Envoy's
//! bootstrap, by `extraStatTags` in Istio. Both read this form: every label as `key=.=value;.;`, the name of the metric last.

use std::fmt;

use crate::host::Kind;

/// The longest a label's value may be, in bytes.
const VALUE_LIMIT: usize = 100;

/// A metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, without labels.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// The names of its labels, in the order in which they are written.
    pub labels: &'static [&'static str],
    /// One sentence for the documentation.
    pub help: &'static str,
}

/// Decisions.
pub static DECISIONS: Metric = Metric {
    name: "verdict_decisions_total",
    kind: Kind::Counter,
    labels: &["filter", "decision", "reason", "rule", "mode"],
    help: "Decisions. `reason` is empty where the request was allowed; of many such, most are counted up to a second later, all together.",
};

/// Calls to other services.
pub static CALLS: Metric = Metric {
    name: "verdict_calls_total",
    kind: Kind::Counter,
    labels: &["filter", "call", "outcome"],
    help: "Calls to other services, by what they were for and how they ended.",
};

/// The age of fetched data.
pub static DATA_AGE: Metric = Metric {
    name: "verdict_data_age_seconds",
    kind: Kind::Gauge,
    labels: &["filter", "source"],
    help: "Time since data was last fetched whole, in seconds. Every worker sets it; the last one counts.",
};

/// The size of fetched data.
pub static DATA_ENTRIES: Metric = Metric {
    name: "verdict_data_entries",
    kind: Kind::Gauge,
    labels: &["filter", "source"],
    help: "Entries in the data that is in force.",
};

/// What of fetched data could not be read.
pub static DATA_BAD_ENTRIES: Metric = Metric {
    name: "verdict_data_bad_entries",
    kind: Kind::Gauge,
    labels: &["filter", "source"],
    help: "Entries that could not be read, in the data that is in force.",
};

/// Answers of a source that were older than what was seen before.
pub static DATA_REPLAYS: Metric = Metric {
    name: "verdict_data_replays_total",
    kind: Kind::Counter,
    labels: &["filter", "source"],
    help: "Answers that were older than one before them, and were not used.",
};

/// Requests that a subscription admitted.
pub static ADMISSIONS: Metric = Metric {
    name: "verdict_admissions_total",
    kind: Kind::Counter,
    labels: &["filter", "api", "plan"],
    help: "Requests that a subscription admitted, by its API and plan.",
};

/// Rules of a payload filter that matched.
pub static RULE_MATCHES: Metric = Metric {
    name: "verdict_rule_matches_total",
    kind: Kind::Counter,
    labels: &["filter", "rule_id", "phase", "mode"],
    help: "Requests and responses in which a rule of the rule set matched. `mode` is that of the filter's rule that they came under.",
};

/// How many entries a cache has.
pub static CACHE_ENTRIES: Metric = Metric {
    name: "verdict_cache_entries",
    kind: Kind::Gauge,
    labels: &["filter", "cache"],
    help: "Entries in a cache.",
};

/// How often a cache was asked.
pub static CACHE_LOOKUPS: Metric = Metric {
    name: "verdict_cache_lookups_total",
    kind: Kind::Counter,
    labels: &["filter", "cache", "outcome"],
    help: "Lookups in a cache.",
};

/// Bodies that were read.
pub static BODIES_INSPECTED: Metric = Metric {
    name: "verdict_bodies_inspected_total",
    kind: Kind::Counter,
    labels: &["filter", "phase"],
    help: "Bodies that were inspected, as a whole or in part.",
};

/// How long deciding takes.
pub static EVALUATION: Metric = Metric {
    name: "verdict_evaluation_microseconds",
    kind: Kind::Histogram,
    labels: &["filter"],
    help: "Time that a decision about the head of a request took, in microseconds. A sample: not every request is timed.",
};

/// Which configuration is in force.
pub static CONFIGURATION: Metric = Metric {
    name: "verdict_configuration_info",
    kind: Kind::Gauge,
    labels: &["filter", "config_hash"],
    help: "1 for each configuration that was loaded. `config_hash` is the hash that refusals and log lines name.",
};

/// Log lines that were not written.
pub static LOG_LINES_SUPPRESSED: Metric = Metric {
    name: "verdict_log_lines_suppressed_total",
    kind: Kind::Counter,
    labels: &["filter"],
    help: "Log lines that were not written because there were more than `log_lines_per_second`.",
};

/// The longest that a worker was held up between requests.
pub static LONGEST_TICK: Metric = Metric {
    name: "verdict_longest_tick_microseconds",
    kind: Kind::Gauge,
    labels: &["filter"],
    help: "The longest time that the work between requests held up a worker at once, in microseconds.",
};

/// All of them, in the order of the documentation.
pub static ALL: &[&Metric] = &[
    &DECISIONS,
    &CALLS,
    &DATA_AGE,
    &DATA_ENTRIES,
    &DATA_BAD_ENTRIES,
    &DATA_REPLAYS,
    &ADMISSIONS,
    &RULE_MATCHES,
    &CACHE_ENTRIES,
    &CACHE_LOOKUPS,
    &BODIES_INSPECTED,
    &EVALUATION,
    &CONFIGURATION,
    &LOG_LINES_SUPPRESSED,
    &LONGEST_TICK,
];

/// What each label means. No value comes from a request.
pub static LABELS: &[(&str, &str)] = &[
    ("filter", "The filter: `ip-allowlist`."),
    (
        "decision",
        "`allowed`, `denied`, `would_deny` (shadow mode), `unable` (nobody could decide; `on_error` applied) or `withheld` (it went on, and a browser keeps the answer from the page).",
    ),
    (
        "reason",
        "The reason as in the [list of reasons](reasons.md): `ip-allowlist.not_allowed`. Empty where there is none.",
    ),
    ("rule", "The name of the rule that decided; `default` and `ambiguous_paths` where no rule did."),
    ("mode", "`enforce` or `shadow`: the mode of that rule."),
    ("call", "What the call was for, as the configuration names it."),
    (
        "outcome",
        "Of a call: `answered`, `refused` (the proxy did not take the call), `no_answer` or `too_large`. Of a lookup: `hit` or `miss`.",
    ),
    ("cache", "What the cache holds: `tokens`, `callers`, `unknown_callers`."),
    ("api", "The API, as the rules name it."),
    ("plan", "The plan of the subscription, as the source names it; empty where it has none."),
    ("source", "The source of the data, as the configuration names it."),
    ("rule_id", "The `id` of a rule of the rule set: `942100`."),
    (
        "phase",
        "Of a body: `request` or `response`. Of a rule of the rule set: `request_headers`, `request_body`, `response_headers`, `response_body` or `logging`.",
    ),
    ("config_hash", "The first twelve digits of the SHA-256 of the configuration."),
];

/// A metric with its labels, as the proxy is told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    name: &'static str,
    labels: String,
    count: usize,
}

impl Name {
    /// A metric of the table, so far without labels.
    pub fn new(name: &'static str) -> Self {
        Self { name, labels: String::new(), count: 0 }
    }

    /// Adds a label: each one, in the order of the table, so that nothing is counted under two names. What could not be told apart
    /// from the encoding is replaced, and a long value is cut: `;` and `=`, white space, control characters and all that is not
    /// ASCII become `_`.
    #[must_use]
    pub fn label(mut self, label: &str, value: &str) -> Self {
        debug_assert_eq!(self.expected().get(self.count), Some(&label), "the labels of {}", self.name);
        self.count += 1;
        self.labels.push_str(label);
        self.labels.push_str("=.=");
        self.labels.extend(value.chars().take(VALUE_LIMIT).map(|char| if is_plain(char) { char } else { '_' }));
        self.labels.push_str(";.;");
        self
    }

    /// The labels that the table asks for.
    fn expected(&self) -> &'static [&'static str] {
        ALL.iter().find(|metric| metric.name == self.name).map_or(&[], |metric| metric.labels)
    }
}

fn is_plain(char: char) -> bool {
    char.is_ascii_graphic() && !matches!(char, ';' | '=')
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_assert_eq!(self.count, self.expected().len(), "the labels of {}", self.name);
        write!(f, "{}{}", self.labels, self.name)
    }
}

/// The expression for a tag of that name in Envoy's `stats_tags`: the first group is cut out of the name, the second is the
/// value. It is anchored at both ends, so that it leaves the metrics of everybody else alone.
pub fn envoy_stats_tag(label: &str) -> String {
    let other = r"(?:[a-z_]+=\.=.*?;\.;)*";
    format!(r"^wasmcustom\.{other}?({label}=\.=(.*?);\.;){other}verdict_[a-z_]+$")
}

/// The expression for a label of that name in Prometheus's `metric_relabel_configs`, for an Envoy without such tags: the first group
/// is the value. Every character but letters and digits is a `_` by then, so `label=.=value;.;` reads `label___value___`, and where a
/// value ends is told by the label behind it. Prometheus anchors the expression; it begins as only our names do.
pub fn prometheus_relabel(label: &str) -> String {
    let mut behind: Vec<String> = Vec::new();
    for metric in ALL.iter().filter(|metric| metric.labels.contains(&label)) {
        let next = metric.labels.iter().skip_while(|other| **other != label).nth(1);
        let next = next.map_or_else(String::new, |next| format!("{next}___.*___"));
        if !behind.contains(&next) {
            behind.push(next);
        }
    }
    let before = if label == "filter" { "" } else { "filter___.*___" };
    let behind = if let [only] = behind.as_slice() { only.clone() } else { format!("(?:{})", behind.join("|")) };
    format!("{before}{label}___(.*?)___{behind}verdict_[a-z_]+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_tells_where_a_value_ends_by_the_label_behind_it() {
        for (label, expected) in [
            (
                "filter",
                "filter___(.*?)___(?:decision___.*___|call___.*___|source___.*___|api___.*___|rule_id___.*___|cache___.*___|phase___.*___||config_hash___.*___)verdict_[a-z_]+",
            ),
            ("rule", "filter___.*___rule___(.*?)___mode___.*___verdict_[a-z_]+"),
            ("mode", "filter___.*___mode___(.*?)___verdict_[a-z_]+"),
            ("call", "filter___.*___call___(.*?)___outcome___.*___verdict_[a-z_]+"),
        ] {
            assert_eq!(prometheus_relabel(label), expected);
        }
    }

    /// Reads a name by the encoding alone.
    fn parse(name: &str) -> (Vec<(&str, &str)>, &str) {
        let mut parts: Vec<&str> = name.split(";.;").collect();
        let base = parts.pop().unwrap();
        (parts.into_iter().map(|part| part.split_once("=.=").unwrap()).collect(), base)
    }

    fn check(rule: &str, expected: &str) {
        let name = Name::new("verdict_decisions_total")
            .label("filter", "ip-allowlist")
            .label("decision", "denied")
            .label("reason", "")
            .label("rule", rule)
            .label("mode", "enforce")
            .to_string();
        let labels = vec![
            ("filter", "ip-allowlist"),
            ("decision", "denied"),
            ("reason", ""),
            ("rule", expected),
            ("mode", "enforce"),
        ];
        assert_eq!(parse(&name), (labels, "verdict_decisions_total"), "{rule:?}");
    }

    #[test]
    fn labels_come_back_as_they_were() {
        for rule in [
            "office",
            "",
            ".",
            "..",
            "a.b-c_d",
            "-",
            ".a.",
            "10.0.0.0/8",
            "https://x/y?z",
            "wasmcustom.verdict_",
            "a_b",
        ] {
            check(rule, rule);
        }
    }

    #[test]
    fn a_value_cannot_break_the_encoding() {
        check("a;.;b", "a_._b");
        check("a;", "a_");
        check(";.;verdict_decisions_total", "_._verdict_decisions_total");
        check("mode=.=shadow", "mode_._shadow");
        check("a b\n\0\u{e4}\u{1f512}", "a_b____");
        check(&"x".repeat(1000), &"x".repeat(100));
        check(&"\u{e4}".repeat(1000), &"_".repeat(100));
    }

    #[test]
    fn a_name_has_its_labels_first() {
        let name =
            Name::new("verdict_calls_total").label("filter", "ip-allowlist").label("call", "list").label("outcome", "");
        assert_eq!(name.to_string(), "filter=.=ip-allowlist;.;call=.=list;.;outcome=.=;.;verdict_calls_total");
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic = "the labels of verdict_calls_total"]
    fn a_label_out_of_order_shows_in_tests() {
        let _ = Name::new("verdict_calls_total").label("filter", "ip-allowlist").label("outcome", "answered");
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic = "the labels of verdict_calls_total"]
    fn a_missing_label_shows_in_tests() {
        let _ = Name::new("verdict_calls_total").label("filter", "ip-allowlist").to_string();
    }

    #[test]
    fn the_table_is_complete_and_consistent() {
        for metric in ALL {
            assert!(metric.name.starts_with("verdict_"), "{}: the expressions for tags rely on it", metric.name);
            assert!(metric.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", metric.name);
            assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter, "{}", metric.name);
            assert_eq!(metric.labels.first(), Some(&"filter"), "{}", metric.name);
            assert_eq!(ALL.iter().filter(|other| other.name == metric.name).count(), 1, "{}", metric.name);
            for label in metric.labels {
                assert!(LABELS.iter().any(|(known, _)| known == label), "{label} is not explained");
            }
        }
        for (label, _) in LABELS {
            assert!(ALL.iter().any(|metric| metric.labels.contains(label)), "no metric has a label {label}");
            // Istio's expression is not anchored before the label's name, so no name may end in another one.
            assert!(!LABELS.iter().any(|(other, _)| other != label && other.ends_with(label)), "{label}");
        }
    }
}
