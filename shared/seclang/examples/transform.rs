//! Applies transformations to values from standard input: the native side of `tests/oracle/transformations.py`.
//!
//! The arguments are a unicode map and a code page, or none. A line is a name and the value in hexadecimal digits; the
//! answer is the new value in such digits, or `-` where nothing changes.

use std::io::{BufRead as _, Write as _};

use verdict_seclang::transformation::{Transformation, UnicodeMap};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let unicode = match (arguments.next(), arguments.next()) {
        (Some(file), Some(code_page)) => UnicodeMap::read(&std::fs::read(file)?, code_page.parse()?)?,
        _ => UnicodeMap::default(),
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (name, value) = line.split_once(' ').ok_or("a line is a name, a space and hexadecimal digits")?;
        let transformation = Transformation::from_name(name).ok_or("no such transformation")?;
        let value = Transformation::HexDecode.apply(value.as_bytes(), &unicode).unwrap_or_default();
        match transformation.apply(&value, &unicode) {
            Some(made) => {
                let digits = Transformation::HexEncode.apply(&made, &unicode).unwrap_or_default();
                out.write_all(&digits)?;
            }
            None => out.write_all(b"-")?,
        }
        writeln!(out)?;
    }
    Ok(())
}
