//! Answers a line for a line, for the comparisons in `tests/oracle`: `name`, the argument and the value in hexadecimal, between tabs, become
//! `error` and a message, `0`, or `1` and the captures, `n=hexadecimal` between commas. Literals that would rule out a match are a panic.
#![expect(clippy::expect_used, reason = "it serves a script, which shows where it ended")]

use std::io::{BufRead, Write};
use verdict_seclang::operator::{Hit, Literals, Operator};

fn bytes(text: &str) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).expect("hexadecimal") as u8;
    text.as_bytes().chunks(2).map(|pair| pair.iter().fold(0, |byte, half| byte << 4 | digit(half))).collect()
}

fn shown(hit: &Hit) -> String {
    let captures = hit.captures.iter().enumerate().filter(|(group, _)| !hit.absent.contains(group));
    let text = |(group, text): (usize, &Vec<u8>)| {
        format!("{group}={}", text.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    captures.map(text).collect::<Vec<_>>().join(",")
}

/// An operator with its literals, or what is wrong with its argument.
type Read = Result<(Operator, Option<Literals>), String>;

fn main() {
    let mut last: Option<(String, Read)> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let (operator, value) = line.rsplit_once('\t').expect("three parts");
        let value = bytes(value);
        if last.as_ref().is_none_or(|(known, _)| known != operator) {
            let (name, argument) = operator.split_once('\t').expect("three parts");
            let argument = String::from_utf8(bytes(argument)).expect("UTF-8");
            let read = Operator::read(name, &argument, &|name| std::fs::read(name).ok()).map(|read| {
                let literals = read.take_literals();
                (read, literals)
            });
            last = Some((operator.to_owned(), read));
        }
        let Some((_, read)) = &last else { continue };
        let answer = match read {
            Err(message) => format!("error\t{message}"),
            Ok((operator, literals)) => {
                let matches = operator.test(&value, false, &|_| Vec::new()).is_some();
                let hit = operator.test(&value, true, &|_| Vec::new());
                assert_eq!(matches, hit.is_some(), "{line}");
                if let (true, Some(literals)) = (matches, literals) {
                    let lower = value.to_ascii_lowercase();
                    let found = |literal: &Vec<u8>| lower.windows(literal.len()).any(|window| window == literal);
                    assert!(literals.0.iter().any(found), "{line} matches without {literals:?}");
                }
                hit.map_or("0".to_owned(), |hit| format!("1\t{}", shown(&hit)))
            }
        };
        let mut out = std::io::stdout();
        writeln!(out, "{answer}").and_then(|()| out.flush()).expect("someone who reads");
    }
}
