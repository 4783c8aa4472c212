//! What of a payload may be shown to those who read logs: its shape, and no secret that it may carry.

use verdict_seclang::language::ast::Variable;
use verdict_seclang::transaction::Found;

/// How many characters are shown.
const SHOWN: usize = 80;

/// How much of a word is shown.
const OF_WORD: usize = 3;

/// Headers whose values are credentials.
const SECRET_HEADERS: &[&[u8]] = &[b"authorization", b"proxy-authorization", b"cookie", b"x-api-key"];

/// What was found, cut, with the ends of its words replaced: `1' UNI** SEL*** pas***** FRO* use**`.
pub(crate) fn masked(found: &Found) -> String {
    let key = found.key.as_deref().unwrap_or_default();
    let secret = found.variable == Variable::RequestCookies
        || (found.variable == Variable::RequestHeaders
            && SECRET_HEADERS.iter().any(|name| key.eq_ignore_ascii_case(name)));
    let mut out = String::new();
    let mut word = 0;
    for (count, character) in String::from_utf8_lossy(&found.value).chars().enumerate() {
        if count == SHOWN {
            out.push('…');
            break;
        }
        word = if character.is_alphanumeric() { word + 1 } else { 0 };
        let hidden = word > 0 && (secret || word > OF_WORD);
        out.push(if hidden { '*' } else { character });
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
        check(Variable::RequestHeaders, "User-Agent", "sqlmap/1.0", "sql***/1.0");
    }

    #[test]
    fn nothing_of_a_credential_is_shown() {
        check(Variable::RequestHeaders, "Authorization", "Bearer abc.def' or 1=1", "****** ***.***' ** *=*");
        check(Variable::RequestCookies, "session", "a1' or 1=1", "**' ** *=*");
    }

    #[test]
    fn a_long_payload_is_cut() {
        check(Variable::Args, "q", &"a ".repeat(100), &format!("{}…", "a ".repeat(40)));
    }
}
