//! Which bytes a transformation may change anything about: where a value has none of them, it need not be asked.

use super::Transformation;

/// Kinds of bytes, as bits.
pub type Classes = u16;

const UPPER: Classes = 1;
const SPACE: Classes = 1 << 1;
const NUL: Classes = 1 << 2;
const NOT_ASCII: Classes = 1 << 3;
/// `%` and `+`.
const ENCODED: Classes = 1 << 4;
const AMPERSAND: Classes = 1 << 5;
const BACKSLASH: Classes = 1 << 6;
const SLASH: Classes = 1 << 7;
const DOT: Classes = 1 << 8;
/// What else begins or ends a comment.
const COMMENT: Classes = 1 << 9;
/// What else means something to a shell.
const SHELL: Classes = 1 << 10;
/// Every value is of this class, also the empty one.
const ANY: Classes = 1 << 15;

const OF_BYTE: [Classes; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        #[expect(clippy::indexing_slicing, reason = "the table has a place for each byte")]
        {
            table[byte as usize] = of_byte(byte);
        }
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

const fn of_byte(byte: u8) -> Classes {
    match byte {
        0 => NUL,
        b'A'..=b'Z' => UPPER,
        b' ' | b'\t'..=b'\r' => SPACE,
        b'%' | b'+' => ENCODED,
        b'&' => AMPERSAND,
        b'\\' => BACKSLASH,
        b'/' => SLASH,
        b'.' => DOT,
        b'-' | b'#' | b'<' => COMMENT,
        b'"' | b'\'' | b'^' | b',' | b';' => SHELL,
        0x80.. => NOT_ASCII,
        _ => 0,
    }
}

/// The classes of a value.
pub fn of(value: &[u8]) -> Classes {
    value.iter().fold(ANY, |classes, byte| classes | OF_BYTE.get(usize::from(*byte)).copied().unwrap_or(Classes::MAX))
}

impl Transformation {
    /// It changes no value that is of none of these classes.
    pub fn touches(self) -> Classes {
        match self {
            Self::CmdLine => UPPER | SPACE | BACKSLASH | SHELL,
            Self::CompressWhitespace | Self::Trim | Self::TrimLeft | Self::TrimRight => SPACE,
            Self::CssDecode | Self::EscapeSeqDecode | Self::JsDecode => BACKSLASH,
            Self::HtmlEntityDecode => AMPERSAND,
            Self::Lowercase => UPPER,
            Self::NormalizePath => SLASH | DOT,
            Self::NormalizePathWin => SLASH | DOT | BACKSLASH,
            Self::RemoveComments | Self::RemoveCommentsChar => SLASH | COMMENT,
            Self::RemoveNulls | Self::ReplaceNulls => NUL,
            Self::RemoveWhitespace => SPACE | NOT_ASCII,
            Self::ReplaceComments => SLASH,
            Self::UrlDecode | Self::UrlDecodeUni => ENCODED,
            Self::Utf8ToUnicode => NUL | NOT_ASCII,
            Self::Base64Decode
            | Self::Base64DecodeExt
            | Self::Base64Encode
            | Self::HexDecode
            | Self::HexEncode
            | Self::Length
            | Self::Md5
            | Self::ParityEven7bit
            | Self::ParityOdd7bit
            | Self::ParityZero7bit
            | Self::Sha1
            | Self::SqlHexDecode
            | Self::Uppercase
            | Self::UrlEncode => ANY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::random::values;
    use crate::transformation::UnicodeMap;

    #[test]
    fn a_value_without_what_a_transformation_touches_stays_as_it_is() {
        const BYTES: &[u8] = b"aZ1 \t\0\x80\xc2\xa0%+41u&lt;\\x./-#<!*>\"'^,;(=_";
        let mut passed_over = 0;
        for value in values(BYTES, 60_000, 7) {
            let classes = of(&value);
            for transformation in Transformation::ALL.iter().filter(|one| one.touches() & classes == 0) {
                let made = transformation.apply(&value, &UnicodeMap::default());
                assert_eq!(made, None, "{} of {}", transformation.name(), value.escape_ascii());
                passed_over += 1;
            }
        }
        assert!(passed_over > 100_000);
    }
}
