//! What holds for every path: the normal form is stable, the quick look agrees with the thorough one, and a rule that
//! is found stands for every reading that a chain of proxies, routers and upstreams could make, as simulated here step
//! by step.

use super::odd_paths::{self, Dice};
use super::{Untold, get, table};
use crate::matching::path::{Reading, read};
use crate::matching::{Ambiguous, Found, Table};

const PATHS: usize = 30_000;
const CHAINS: usize = 10;

fn tables() -> Vec<Table> {
    vec![
        table(&[r#"{"paths": ["/admin/**"]}"#]),
        table(&[r#"{"paths": ["/users/{id}"]}"#, r#"{"paths": ["/a"]}"#, r#"{"paths": ["/x:y/**", "/b/{c}"]}"#]),
        table(&[r#"{"paths": ["/a/b", "/{x}/a"]}"#, r#"{"paths": ["/{x}/**"]}"#]),
        table(&[r#"{"paths": ["/"]}"#, r#"{"paths": ["/x:y/a", "/aA"]}"#, r#"{"paths": ["/x:y/{z}", "/a%C3%A9/**"]}"#]),
        table(&[r#"{"paths": ["/users/5", "/{a}/{b}/{c}"]}"#, r#"{"paths": ["/{a}/{b}", "/{a}/b/{c}/**"]}"#]),
    ]
}

#[test]
fn the_normal_form_is_stable() {
    let mut dice = Dice::new(1);
    for _ in 0..PATHS {
        let path = odd_paths::path(&mut dice);
        let Reading::Odd(odd) = read(&path) else { continue };
        let normal = odd.normal_form();
        let again = match read(&normal) {
            Reading::Odd(odd) => odd.normal_form(),
            Reading::Plain(plain) => plain.to_vec(),
            Reading::Unknown => panic!("{}", path.escape_ascii()),
        };
        assert_eq!(again.escape_ascii().to_string(), normal.escape_ascii().to_string(), "{}", path.escape_ascii());
    }
}

#[test]
fn a_plain_path_reads_alike_for_everybody() {
    let (mut dice, mut plain) = (Dice::new(2), 0);
    for _ in 0..PATHS {
        let path = odd_paths::path(&mut dice);
        let Reading::Plain(path) = read(&path) else { continue };
        plain += 1;
        for _ in 0..CHAINS {
            let reading = Chain::through(path, &mut dice);
            assert_eq!(reading.escape_ascii().to_string(), path.escape_ascii().to_string());
        }
    }
    assert!(plain > PATHS / 20, "only {plain} were plain");
}

/// Whether the rule that is found for a path, if it is not refused, is the one for what each of so many chains sees.
fn check(table: &Table, path: &[u8], chains: usize, dice: &mut Dice) -> bool {
    let found = table.find(&get(path), &Untold, Ambiguous::Refuse);
    if found == Found::PathAmbiguous {
        return false;
    }
    let target = path.split(|&byte| byte == b'?').next().unwrap();
    for _ in 0..chains {
        let reading = Chain::through(target, dice);
        let first = table.matchers().iter().position(|rule| rule.paths.iter().any(|path| path.matches(&reading)));
        let there = first.map_or(Found::NoRule, Found::Rule);
        assert_eq!(there, found, "{} read as {}", path.escape_ascii(), reading.escape_ascii());
    }
    true
}

#[test]
fn a_rule_that_is_found_stands_for_every_reading() {
    let (mut dice, tables) = (Dice::new(3), tables());
    let (mut settled, mut refused) = (0, 0);
    for _ in 0..PATHS {
        let path = odd_paths::path(&mut dice);
        let Reading::Odd(_) = read(&path) else { continue };
        for table in &tables {
            let count = if check(table, &path, CHAINS, &mut dice) { &mut settled } else { &mut refused };
            *count += 1;
        }
    }
    assert!(settled > PATHS / 2, "only {settled} were settled");
    assert!(refused > PATHS / 2, "only {refused} were refused");
}

#[test]
fn paths_that_need_a_rare_chain_stand_for_every_reading() {
    // Each was once settled although a few chains in a million read it otherwise.
    let mut dice = Dice::new(5);
    for path in ["//;p//y/", "//users;xa/%3b", "/users/5%3B/;%20%3f", "/a/..//;p/y", "/q/p//;x/../../b"] {
        for table in &tables() {
            check(table, path.as_bytes(), 5_000, &mut dice);
        }
    }
}

#[test]
fn nothing_panics_on_any_bytes() {
    let (mut dice, tables) = (Dice::new(4), tables());
    for _ in 0..PATHS {
        let path: Vec<u8> = (0..dice.roll(12)).map(|_| b"/.%;?#\\25eEfF3B\xC0\xFF\0 a"[dice.roll(20)]).collect();
        for table in &tables {
            table.find(&get(&path), &Untold, Ambiguous::Refuse);
            table.find(&get(&path), &Untold, Ambiguous::UseNormalForm);
        }
    }
}

/// A path on its way through a chain of readers. Written apart from the code under test, as the steps are taken
/// elsewhere.
struct Chain {
    path: Vec<u8>,
    /// How often it was decoded; then a `%` stands for itself.
    decoded: usize,
}

impl Chain {
    /// What the last of a few readers sees, each of which takes one step.
    fn through(path: &[u8], dice: &mut Dice) -> Vec<u8> {
        let mut chain = Self { path: path.to_vec(), decoded: 0 };
        let mut as_reference = false;
        for _ in 0..dice.roll(7) {
            match dice.roll(7) {
                0 if chain.decoded == 0 => chain.normalize_escapes(),
                1 if chain.decoded < 2 => chain.decode(),
                2 => chain.each_segment(|segment| segment.split(|&byte| byte == b';').next().unwrap().to_vec()),
                3 => chain.path.dedup_by(|one, before| *one == b'/' && *before == b'/'),
                4 => chain.path = remove_dot_segments(&chain.path),
                5 if chain.decoded > 0 => {
                    chain.path = chain.path.split(|byte| b"?#".contains(byte)).next().unwrap().to_vec();
                }
                6 if !as_reference && chain.path.starts_with(b"//") => {
                    as_reference = true;
                    let after = chain.path[2..].iter().position(|&byte| byte == b'/');
                    chain.path = after.map_or(b"/".to_vec(), |at| chain.path[at + 2..].to_vec());
                }
                _ => {}
            }
        }
        if chain.decoded > 0 { encode(&chain.path) } else { chain.path }
    }

    fn each_segment(&mut self, change: impl Fn(&[u8]) -> Vec<u8>) {
        self.path = self.path.split(|&byte| byte == b'/').map(change).collect::<Vec<_>>().join(&b'/');
    }

    fn decode(&mut self) {
        self.path = percent_encoding::percent_decode(&self.path).collect();
        self.decoded += 1;
    }

    fn normalize_escapes(&mut self) {
        let text: Vec<u8> = std::mem::take(&mut self.path);
        let mut at = 0;
        while at < text.len() {
            let escape = text.get(at + 1..at + 3).filter(|_| text[at] == b'%').and_then(|two| str::from_utf8(two).ok());
            match escape.and_then(|two| u8::from_str_radix(two, 16).ok()) {
                Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => self.path.push(byte),
                Some(byte) => self.path.extend(format!("%{byte:02X}").into_bytes()),
                None if text[at] >= 0x80 => self.path.extend(format!("%{:02X}", text[at]).into_bytes()),
                None => self.path.push(text[at]),
            }
            at += if escape.is_some() { 3 } else { 1 };
        }
    }
}

/// How a decoded path is written where patterns are written.
fn encode(path: &[u8]) -> Vec<u8> {
    path.iter()
        .flat_map(|&byte| match byte {
            b'%' | b'?' | b'#' | b'\\' | 0..=b' ' | 0x7F.. => format!("%{byte:02X}").into_bytes(),
            _ => vec![byte],
        })
        .collect()
}

/// The algorithm of RFC 3986, section 5.2.4, rule by rule.
fn remove_dot_segments(path: &[u8]) -> Vec<u8> {
    let (mut input, mut output) = (path.to_vec(), Vec::new());
    while !input.is_empty() {
        if input.starts_with(b"/./") {
            input.drain(..2);
        } else if input == b"/." {
            input.truncate(1);
        } else if input.starts_with(b"/../") || input == b"/.." {
            input.drain(1..3);
            if input.len() > 1 {
                input.drain(..1);
            }
            output.truncate(output.iter().rposition(|&byte| byte == b'/').unwrap_or(0));
        } else {
            let end = input.iter().skip(1).position(|&byte| byte == b'/').map_or(input.len(), |at| at + 1);
            output.extend(input.drain(..end));
        }
    }
    output
}
