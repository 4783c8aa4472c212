//! A table in plain text whose cells are wrapped at words.

/// What fits between two columns.
const GAP: &str = "  ";

/// A column.
pub(crate) struct Column {
    title: String,
    width: usize,
}

impl Column {
    /// A column with this title, at most `width` characters wide.
    pub(crate) fn new(title: &str, width: usize) -> Self {
        Self { title: title.to_owned(), width }
    }
}

/// The table, each column as wide as it has to be, with a line under the titles.
pub(crate) fn render(columns: &[Column], rows: &[Vec<String>]) -> String {
    let titles: Vec<String> = columns.iter().map(|column| column.title.clone()).collect();
    let wrap_row = |row: &Vec<String>| -> Vec<Vec<String>> {
        row.iter().zip(columns).map(|(cell, column)| wrap(cell, column.width)).collect()
    };
    let rows: Vec<Vec<Vec<String>>> = std::iter::once(&titles).chain(rows).map(wrap_row).collect();
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column)).flatten();
            cells.map(|line| line.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        let height = row.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let cells = row.iter().zip(&widths).map(|(cell, width)| {
                let text = cell.get(line).map_or("", String::as_str);
                format!("{text:<width$}")
            });
            push(&mut out, &cells.collect::<Vec<_>>());
        }
        if number == 0 {
            push(&mut out, &widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>());
        }
    }
    out
}

fn push(out: &mut String, cells: &[String]) {
    out.push_str(cells.join(GAP).trim_end());
    out.push('\n');
}

/// Lines of at most `width` characters. A word that is longer is broken.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        let used = line.chars().count();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        while word.len() > width.max(1) {
            let rest = word.split_off(width.max(1));
            lines.push(word.into_iter().collect());
            word = rest;
        }
        line.extend(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_wrapped_at_words_and_long_words_are_broken() {
        for (text, width, lines) in [
            ("", 5, vec![""]),
            ("one two", 7, vec!["one two"]),
            ("one two", 6, vec!["one", "two"]),
            ("a incomprehensible", 8, vec!["a", "incompre", "hensible"]),
        ] {
            assert_eq!(wrap(text, width), lines, "{text:?} in {width}");
        }
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_line() {
        let columns = [Column::new("a", 20), Column::new("long title", 6)];
        let rows = [vec!["xyz".to_owned(), "one two three".to_owned()]];
        assert_eq!(render(&columns, &rows), "a    long\n     title\n---  -----\nxyz  one\n     two\n     three\n");
    }
}
