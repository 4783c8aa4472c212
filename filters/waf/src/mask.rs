//! What of a payload may be shown to those who read logs: its shape, and no secret that it may carry.

use verdict_seclang::language::ast::Variable;
use verdict_seclang::transaction::Found;

/// How many characters are shown.
const SHOWN: usize = 80;

/// How much of a word is shown.
const OF_WORD: usize = 3;

/// What names of headers, arguments and cookies have in them whose values are nobody's business.
const SECRET: &[&str] = &[
    "auth",
    "cookie",
    "credential",
    "csrf",
    "key",
    "pass",
    "pwd",
    "secret",
    "session",
    "sid",
    "signature",
    "token",
    "card",
    "cvv",
    "pin",
];

/// The longest name that is shown as it is.
const LONGEST_NAME: usize = 64;

/// What was found, cut, with the ends of its words replaced: `1' UNI** SEL*** pas***** FRO* use**`.
pub(crate) fn masked(found: &Found) -> String {
    let key = String::from_utf8_lossy(found.key.as_deref().unwrap_or_default()).to_ascii_lowercase();
    let secret = matches!(found.variable, Variable::RequestCookies | Variable::RequestCookiesNames)
        || SECRET.iter().any(|part| key.contains(part));
    mask(&found.value, if secret { 0 } else { OF_WORD })
}

/// Where it was found, as rules write it. A name that could be a payload itself is shown like one.
pub(crate) fn place(found: &Found) -> String {
    let count = if found.counted { "&" } else { "" };
    let variable = found.variable.name();
    match found.key.as_deref() {
        None => format!("{count}{variable}"),
        Some(key) if is_plain_name(key) && found.variable != Variable::RequestCookiesNames => {
            format!("{count}{variable}:{}", String::from_utf8_lossy(key))
        }
        Some(key) => {
            let shown = if found.variable == Variable::RequestCookiesNames { 0 } else { OF_WORD };
            format!("{count}{variable}:{}", mask(key, shown))
        }
    }
}

/// Whether a name is short, and looks like one that a program has chosen.
fn is_plain_name(name: &[u8]) -> bool {
    name.len() <= LONGEST_NAME
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]$:/*@() ".contains(byte))
}

/// The first of each run of letters and digits, `shown` of them, and none of the others. What is not ASCII is a question mark.
fn mask(text: &[u8], shown: usize) -> String {
    let mut out = String::new();
    let mut word = 0;
    for (count, character) in String::from_utf8_lossy(text).chars().enumerate() {
        if count == SHOWN {
            out.push_str("...");
            break;
        }
        // Only what separates words of a language does: a password has punctuation too.
        if character.is_ascii_whitespace() || "'\"`()<>=,;&|{}".contains(character) {
            word = 0;
        }
        let is_word = character.is_alphanumeric();
        word += usize::from(is_word);
        out.push(match character {
            _ if is_word && word > shown => '*',
            ' '..='~' => character,
            _ => '?',
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variable: Variable, key: &str, value: &str, expected: &str) {
        let key = Some(key.as_bytes().to_vec());
        let found = Found { variable, key, counted: false, value: value.as_bytes().to_vec() };
        assert_eq!(masked(&found), expected);
    }

    #[test]
    fn the_shape_of_a_payload_is_shown_and_the_ends_of_its_words_are_not() {
        check(Variable::Args, "q", "1' UNION SELECT password FROM users--", "1' UNI** SEL*** pas***** FRO* use**--");
        check(Variable::Args, "q", "a=1", "a=1");
        check(Variable::Args, "q", "", "");
        check(Variable::RequestHeaders, "User-Agent", "sqlmap/1.0", "sql***/*.*");
        check(Variable::Args, "q", "4111-1111-1111-1111' or 1", "411*-****-****-****' or 1");
        check(Variable::Args, "q", "x7!k9@2#p$Q4'", "x7!k*@*#*$**'");
        check(Variable::Args, "q", "\u{e4}\n\u{202e}", "???");
    }

    #[test]
    fn nothing_of_a_credential_is_shown() {
        check(Variable::RequestHeaders, "Authorization", "Bearer abc.def' or 1=1", "****** ***.***' ** *=*");
        check(Variable::RequestCookies, "a", "a1' or 1=1", "**' ** *=*");
        check(Variable::RequestHeaders, "x-auth-token", "ab <script>", "** <******>");
        check(Variable::Args, "user[password]", "hunter2'", "*******'");
    }

    #[test]
    fn a_long_payload_is_cut() {
        check(Variable::Args, "q", &"a ".repeat(100), &format!("{}...", "a ".repeat(40)));
    }

    #[test]
    fn a_name_that_could_be_a_payload_is_shown_like_one() {
        for (variable, name, expected) in [
            (Variable::Args, "user[name]", "ARGS:user[name]"),
            (
                Variable::Args,
                "{\"password\":\"S3cretHunter2<script>\"}",
                "ARGS:{\"pas*****\":\"S3c**********<scr***>\"}",
            ),
            (Variable::RequestCookiesNames, "tok_live_9f8a", "REQUEST_COOKIES_NAMES:***_****_****"),
        ] {
            let found = Found { variable, key: Some(name.as_bytes().to_vec()), counted: false, value: Vec::new() };
            assert_eq!(place(&found), expected);
        }
    }
}
