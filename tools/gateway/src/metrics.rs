//! Envoy's statistics as values: the admin interface's `/stats` and `/stats/prometheus`.

use std::collections::BTreeMap;

/// Counters and gauges by Envoy's full name, as `/stats` lists them. Histograms and texts are left out.
pub type Stats = BTreeMap<String, u64>;

/// Reads the text of `/stats`.
pub(crate) fn stats(text: &str) -> Stats {
    // Names may hold ": " only in a tag's value; the number is after the last one.
    let pairs = text.lines().filter_map(|line| line.rsplit_once(": "));
    pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
}

/// One sample of the Prometheus exposition.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Sample {
    /// A label's value, or nothing.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }
}

/// Reads the text of `/stats/prometheus` (text format 0.0.4). What is no sample is left out.
pub(crate) fn samples(text: &str) -> Vec<Sample> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect()
}

fn sample(line: &str) -> Option<Sample> {
    let (head, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let Some((name, rest)) = head.split_once('{') else {
        return Some(Sample { name: head.to_owned(), labels: BTreeMap::new(), value });
    };
    let mut labels = BTreeMap::new();
    let mut rest = rest;
    while let Some((label, after)) = rest.split_once("=\"") {
        let (text, end) = quoted(after)?;
        labels.insert(label.trim_start_matches(',').to_owned(), text);
        rest = after.get(end..)?;
    }
    Some(Sample { name: name.to_owned(), labels, value })
}

/// A label's value up to its closing quote, unescaped, and where the text behind the quote begins.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, at + 1)),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_their_labels() {
        let text = "# TYPE a counter\na{rule=\"of\\\"fice, {1}\",mode=\"\"} 3\nb 1.5\nnonsense\n";
        let labels = [("rule".to_owned(), "of\"fice, {1}".to_owned()), ("mode".to_owned(), String::new())];
        let expected = [
            Sample { name: "a".to_owned(), labels: labels.into(), value: 3.0 },
            Sample { name: "b".to_owned(), labels: BTreeMap::new(), value: 1.5 },
        ];
        assert_eq!(samples(text), expected);
    }

    #[test]
    fn counters_and_gauges_are_read_and_histograms_are_not() {
        let text = "a.b: 3\nc: P0(1,1) P25(2,2)\nd: \"text\"\n";
        assert_eq!(stats(text), Stats::from([("a.b".to_owned(), 3)]));
    }
}
