//! Any bytes are read without a panic, in linear time.

use std::time::{Duration, Instant};

use super::super::{load_text, parse, template};

/// Pieces that mean something, joined at random.
const PIECES: &[&[u8]] = &[
    b"SecRule ",
    b"SecAction ",
    b"SecRuleUpdateTargetById ",
    b"Include ",
    b"ARGS",
    b":",
    b"/",
    b"'",
    b"\"",
    b"\\",
    b"\n",
    b"\\\n",
    b" ",
    b",",
    b"|",
    b"!",
    b"&",
    b"@rx ",
    b"%{",
    b"}",
    b"tx.",
    b"=",
    b"+",
    b";",
    b"1",
    b"-",
    b"#",
    b"id:",
    b"ctl:ruleRemoveTargetById=",
    b"setvar:",
    b"msg:",
    b"\xff",
    b"\xc3\xa4",
    b"\\x2",
    b"XML:/*",
    b"\t",
    b"\r",
    b"\0",
    b"SecRuleRemoveById ",
    b"*",
    b"?",
    b"initcol:",
];

/// A generator of numbers that need not be good (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

#[test]
fn any_text_is_read() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20_000);
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..rounds {
        let mut text = Vec::new();
        for _ in 0..numbers.below(30) {
            text.extend_from_slice(PIECES[numbers.below(PIECES.len())]);
        }
        let (_, problems) = parse("a", &text);
        for problem in problems {
            assert!(problem.place.line >= 1 && problem.place.column >= 1, "{}", text.escape_ascii());
            assert!(!problem.message.is_empty() && problem.message.len() < 1000, "{}", text.escape_ascii());
        }
        let _ = template(&String::from_utf8_lossy(&text));
        let _ = load_text(&|_| Some(text.clone()), &["a", "b"], "a", &text);
    }
}

#[test]
fn long_texts_take_linear_time() {
    let units: &[&str] = &[
        "\\\"",
        "\\\n ",
        "ARGS|",
        "ARGS:'a'|",
        "\"a\" ",
        "%{",
        "%{tx.a}",
        "id:1,",
        "msg:'\\'',",
        "'",
        ",",
        "\\",
        "1-2,",
        "!",
        "ARGS:/a/,",
        "\\x41",
    ];
    let starts = [
        "SecRule \"",
        "SecAction \"",
        "SecAction \"id:1,msg:'",
        "SecRuleRemoveById \"",
        "SecRule ARGS:'",
        "SecRule ",
        "SecMarker \"",
    ];
    let begun = Instant::now();
    for unit in units {
        for start in starts {
            let text = format!("{start}{}", unit.repeat(200_000 / unit.len()));
            parse("a", text.as_bytes());
            parse("a", format!("{text}'\" \"a\" \"id:1\"").as_bytes());
        }
    }
    // 224 texts of 200 KB: any quadratic step takes minutes.
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}
