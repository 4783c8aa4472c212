//! What `t:` names: each transformation makes another value of a value.
//!
//! The reference is libmodsecurity 3.0.15, byte for byte; where its behaviour surprises, the file of that
//! transformation says so. One transformation a file: `apply` gives the new value, or `None` where it would be the
//! same, which costs no allocation. All are linear, and none gives more than four bytes for one (beside the digests and
//! the length). `t:none` is no transformation: it forgets those before it, which is the rule set's business.

mod base64_decode;
mod base64_decode_ext;
mod base64_encode;
mod character;
pub mod classes;
mod cmd_line;
mod compress_whitespace;
mod css_decode;
mod escape_seq_decode;
mod hex_decode;
mod hex_encode;
mod html_entity_decode;
mod js_decode;
mod length;
mod lowercase;
mod md5;
mod normalize_path;
mod normalize_path_win;
mod parity_even_7bit;
mod parity_odd_7bit;
mod parity_zero_7bit;
mod remove_comments;
mod remove_comments_char;
mod remove_nulls;
mod remove_whitespace;
mod replace_comments;
mod replace_nulls;
mod rewrite;
mod sha1;
mod sql_hex_decode;
mod trim;
mod trim_left;
mod trim_right;
mod unicode_map;
mod uppercase;
mod url_decode;
mod url_decode_uni;
mod url_encode;
mod utf8_to_unicode;

pub use unicode_map::UnicodeMap;

/// Makes the enum of transformations, with their names and the files that do them. `UrlDecodeUni` alone needs more than
/// the value.
macro_rules! transformations {
    ($($transformation:ident = $name:literal in $file:ident),* $(,)?) => {
        /// A transformation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "their names in the rule language are their documentation")]
        pub enum Transformation { $($transformation,)* UrlDecodeUni }

        impl Transformation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$transformation,)* Self::UrlDecodeUni];

            /// As rules write it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$transformation => $name,)*
                    Self::UrlDecodeUni => "urlDecodeUni",
                }
            }

            /// The new value; `None`: unchanged.
            pub fn apply(self, value: &[u8], unicode: &UnicodeMap) -> Option<Vec<u8>> {
                match self {
                    $(Self::$transformation => $file::apply(value),)*
                    Self::UrlDecodeUni => url_decode_uni::apply(value, unicode),
                }
            }

            #[cfg(test)]
            fn cases(self) -> Cases {
                match self {
                    $(Self::$transformation => $file::CASES,)*
                    Self::UrlDecodeUni => url_decode_uni::CASES,
                }
            }
        }
    };
}

transformations! {
    Base64Decode = "base64Decode" in base64_decode,
    Base64DecodeExt = "base64DecodeExt" in base64_decode_ext,
    Base64Encode = "base64Encode" in base64_encode,
    CmdLine = "cmdLine" in cmd_line,
    CompressWhitespace = "compressWhitespace" in compress_whitespace,
    CssDecode = "cssDecode" in css_decode,
    EscapeSeqDecode = "escapeSeqDecode" in escape_seq_decode,
    HexDecode = "hexDecode" in hex_decode,
    HexEncode = "hexEncode" in hex_encode,
    HtmlEntityDecode = "htmlEntityDecode" in html_entity_decode,
    JsDecode = "jsDecode" in js_decode,
    Length = "length" in length,
    Lowercase = "lowercase" in lowercase,
    Md5 = "md5" in md5,
    NormalizePath = "normalizePath" in normalize_path,
    NormalizePathWin = "normalizePathWin" in normalize_path_win,
    ParityEven7bit = "parityEven7bit" in parity_even_7bit,
    ParityOdd7bit = "parityOdd7bit" in parity_odd_7bit,
    ParityZero7bit = "parityZero7bit" in parity_zero_7bit,
    RemoveComments = "removeComments" in remove_comments,
    RemoveCommentsChar = "removeCommentsChar" in remove_comments_char,
    RemoveNulls = "removeNulls" in remove_nulls,
    RemoveWhitespace = "removeWhitespace" in remove_whitespace,
    ReplaceComments = "replaceComments" in replace_comments,
    ReplaceNulls = "replaceNulls" in replace_nulls,
    Sha1 = "sha1" in sha1,
    SqlHexDecode = "sqlHexDecode" in sql_hex_decode,
    Trim = "trim" in trim,
    TrimLeft = "trimLeft" in trim_left,
    TrimRight = "trimRight" in trim_right,
    Uppercase = "uppercase" in uppercase,
    UrlDecode = "urlDecode" in url_decode,
    UrlEncode = "urlEncode" in url_encode,
    Utf8ToUnicode = "utf8toUnicode" in utf8_to_unicode,
}

/// Spellings that rules also use.
const ALIASES: &[(&str, Transformation)] =
    &[("normalisePath", Transformation::NormalizePath), ("normalisePathWin", Transformation::NormalizePathWin)];

impl Transformation {
    /// The transformation of that name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let names = Self::ALL.iter().map(|transformation| (transformation.name(), *transformation));
        let mut all = names.chain(ALIASES.iter().copied());
        all.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, transformation)| transformation)
    }
}

/// Values, and what libmodsecurity makes of them.
#[cfg(test)]
type Cases = &'static [(&'static [u8], &'static [u8])];

#[cfg(test)]
mod tests {
    use super::{Transformation, UnicodeMap};

    /// What these make does not grow with the value.
    const OF_ONE_SIZE: [Transformation; 3] = [Transformation::Length, Transformation::Md5, Transformation::Sha1];

    /// What a transformation makes of a value, and that it says `None` exactly when that is the value itself.
    fn check(transformation: Transformation, value: &[u8], expected: &[u8]) {
        let made = transformation.apply(value, &UnicodeMap::default());
        let shown = (transformation.name(), value.escape_ascii().to_string());
        assert_eq!(made.is_none(), value == expected, "{shown:?}: {made:?}");
        let made = made.unwrap_or_else(|| value.to_vec());
        assert_eq!(made.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{shown:?}");
    }

    #[test]
    fn every_case_of_every_transformation_holds() {
        for transformation in Transformation::ALL {
            assert!(transformation.cases().len() >= 5, "{} has few cases", transformation.name());
            for (value, expected) in transformation.cases() {
                check(*transformation, value, expected);
            }
        }
    }

    #[test]
    fn nothing_but_the_length_and_the_digests_makes_something_of_nothing() {
        for transformation in Transformation::ALL {
            if !OF_ONE_SIZE.contains(transformation) {
                check(*transformation, b"", b"");
            }
        }
    }

    #[test]
    fn names_are_read_in_any_case_and_in_both_spellings() {
        for transformation in Transformation::ALL {
            let name = transformation.name();
            for name in [name, &name.to_lowercase(), &name.to_uppercase()] {
                assert_eq!(Transformation::from_name(name), Some(*transformation), "{name}");
            }
        }
        let cases = [
            ("normalisePath", Some(Transformation::NormalizePath)),
            ("NORMALISEPATHWIN", Some(Transformation::NormalizePathWin)),
            ("none", None),
            ("sha256", None),
            ("cmd_line", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(Transformation::from_name(name), expected, "{name}");
        }
    }

    #[test]
    fn no_value_grows_beyond_four_times_its_length() {
        let mut values: Vec<Vec<u8>> = (0..=u16::MAX).map(|pair| pair.to_be_bytes().to_vec()).collect();
        for first in [0xc0, 0xc3, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xf7, b'%', b'\\', b'&'] {
            values.extend((0..=255).map(|second| [first, second, 0x80, 0x80].repeat(4)));
        }
        for transformation in Transformation::ALL {
            for value in &values {
                if let Some(made) = transformation.apply(value, &UnicodeMap::default()) {
                    assert_ne!(&made, value, "{} says that it changed {value:?}", transformation.name());
                    let most = if OF_ONE_SIZE.contains(transformation) { 20 } else { 4 * value.len() };
                    assert!(made.len() <= most, "{} of {value:?} is {made:?}", transformation.name());
                }
            }
        }
    }
}
