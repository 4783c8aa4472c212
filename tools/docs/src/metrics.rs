//! The metrics: the page that lists them and says how their labels are read.

use std::fmt::Write;

use verdict_policy::host::Kind;
use verdict_policy::metrics::{ALL, LABELS, envoy_stats_tag, prometheus_relabel};

use crate::markdown::{GENERATED, Table};

pub(crate) fn page() -> String {
    let mut out = format!("{GENERATED}# Metrics\n\nEvery filter counts the same things, under the same names.\n\n");
    let mut table = Table::new(&["Metric", "Kind", "Labels", "What it tells"]);
    for metric in ALL {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        table.row(&[&format!("`{}`", metric.name), kind, &labels.join(", "), metric.help]);
    }
    out.push_str(&table.into_text());
    out.push_str(
        "\nThe values of the labels come from the configuration and from the list of reasons, never from a request: their number is \
         bounded.\n\n",
    );
    let mut table = Table::new(&["Label", "What it is"]);
    for (label, meaning) in LABELS {
        table.row(&[&format!("`{label}`"), meaning]);
    }
    out.push_str(&table.into_text());
    out.push_str(
        "\n## How the labels are read\n\n\
         A proxy-wasm module has no labels to give, so they stand in the name, `key=.=value;.;` one after the other:\n\n\
         ```text\n\
         wasmcustom.filter=.=ip-allowlist;.;decision=.=denied;.;reason=.=ip-allowlist.denied;.;rule=.=office;.;mode=.=enforce;.;\
         verdict_decisions_total\n\
         ```\n\n\
         The proxy, or whoever reads its metrics, has to lift them out of it, in one of three ways.\n\n\
         **Envoy**, in the bootstrap. The expressions are anchored at both ends: others' metrics stay as they are.\n\n\
         ```yaml\nstats_config:\n  stats_tags:\n",
    );
    for (label, _) in LABELS {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  - tag_name: {label}\n    regex: '{}'", envoy_stats_tag(label));
    }
    let names: Vec<&str> = LABELS.iter().map(|(label, _)| *label).collect();
    let _ = write!(
        out,
        "```\n\n\
         **Istio**, in the mesh configuration or in the annotation `proxy.istio.io/config`:\n\n\
         ```yaml\ndefaultConfig:\n  extraStatTags: [{}]\n```\n\n\
         **Prometheus**, where the bootstrap cannot be changed. Envoy has replaced every character by then that Prometheus does not \
         allow, so dots and dashes come back as `_`. `envoy/examples/prometheus.yaml` is a whole file.\n\n\
         ```yaml\nmetric_relabel_configs:\n",
        names.join(", ")
    );
    for (label, _) in LABELS {
        let _ = writeln!(
            out,
            "- source_labels: [__name__]\n  regex: '{}'\n  target_label: {label}\n  replacement: '$1'",
            prometheus_relabel(label)
        );
    }
    out.push_str(
        "- source_labels: [__name__]\n  regex: 'filter___.*___(verdict_[a-z_]+)'\n  target_label: __name__\n  replacement: '$1'\n```\n",
    );
    out
}
