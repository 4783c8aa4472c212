//! Every operator on its table of cases.

use super::{Literals, Operator};
use crate::language::ast::{Part, Template, Variable};

fn file(name: &str) -> Option<Vec<u8>> {
    Some(match name {
        "words.data" => b"# comment\n\n  #hash\nalpha\ntwo words\n#alpha\nBeta".to_vec(),
        "networks.data" => b"# ours\n10.0.0.0/8, 172.16.0.0/12\n\n::1 # loopback\n".to_vec(),
        _ => return None,
    })
}

fn expand(template: &Template) -> Vec<u8> {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Value(Variable::Tx, Some(key)) => match key.as_str() {
            "a" => "value".to_owned(),
            "n" => "5".to_owned(),
            "bad" => "(".to_owned(),
            _ => String::new(),
        },
        Part::Value(..) => panic!("no other variable"),
    };
    template.0.iter().map(part).collect::<String>().into_bytes()
}

#[test]
fn every_operator_matches_what_its_table_says() {
    for (names, cases, refused) in Operator::CASES {
        assert!(cases.len() >= 2, "{names:?} has too few cases");
        for name in *names {
            for (argument, value, expected) in *cases {
                let operator = Operator::read(&name.to_uppercase(), argument, &file).unwrap();
                let hit = operator.test(value, true, &expand);
                let what = format!("@{name} {argument} on {:?}", String::from_utf8_lossy(value));
                assert_eq!(hit.is_some(), expected.is_some(), "{what}");
                assert_eq!(
                    operator.test(value, false, &expand).map(|hit| hit.captures),
                    hit.as_ref().map(|_| vec![]),
                    "{what}"
                );
                if let (Some(hit), Some(expected)) = (&hit, expected.filter(|expected| !expected.is_empty())) {
                    assert_eq!(hit.captures.first().map(Vec::as_slice), Some(expected.as_bytes()), "{what}");
                }
                if let (Some(_), Some(Literals(literals))) = (hit, operator.take_literals()) {
                    let lower = value.to_ascii_lowercase();
                    let found = |literal: &Vec<u8>| lower.windows(literal.len()).any(|window| window == literal);
                    assert!(literals.iter().any(found), "{what} matches without {literals:?}");
                }
            }
            for argument in *refused {
                assert!(Operator::read(name, argument, &file).is_err(), "@{name} {argument} is read");
            }
        }
    }
}

#[test]
fn an_unknown_operator_is_refused_with_the_names_of_the_known() {
    let message = Operator::read("rxx", "a", &file).err().unwrap();
    assert!(message.contains("@rxx") && message.contains("containsWord"), "{message}");
}

#[test]
fn no_input_makes_libinjection_quadratic() {
    for piece in ["1.e", "a.", "a`", "on", "\0on", "<a onload", "into ", "<!--", "$a$"] {
        for name in ["detectSQLi", "detectXSS"] {
            let operator = Operator::read(name, "", &file).unwrap();
            let time = |size: usize| {
                let value: Vec<u8> = piece.bytes().cycle().take(size).collect();
                let start = std::time::Instant::now();
                operator.test(&value, false, &expand);
                start.elapsed()
            };
            // Sixteen times as much; a quadratic one would take 256 times as long.
            let (short, long) = (time(4_000), time(64_000));
            assert!(
                long < short * 100 + std::time::Duration::from_millis(100),
                "{name} of {piece:?}: {short:?}, {long:?}"
            );
        }
    }
}
