//! What `SecUnicodeMapFile` tells: for each code point above ASCII, the byte that a server of that code page makes of
//! it.

use super::character;

/// For a code page, the byte for a code point. Empty by default: then `%u` sequences become their lower byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnicodeMap {
    /// In the order of the code points, each once.
    bytes: Vec<(u16, u8)>,
}

/// The dots of RFC 3490, section 3.1: whatever the code page, they are a dot. A file may say otherwise.
const DOTS: [(u16, u8); 4] = [(0x002e, b'.'), (0x3002, b'.'), (0xff0e, b'.'), (0xff61, b'.')];

impl UnicodeMap {
    /// Reads the code page in the format of ModSecurity's `unicode.mapping`: a line that begins with its number, then
    /// pairs of hexadecimal numbers (`00e9:65`), parted by blanks. The code page ends with the first word after them
    /// that is no pair.
    ///
    /// # Errors
    /// The code page is not in the text, or a pair of it is none: two hexadecimal numbers, of at most 16 and 8 bits.
    pub fn read(text: &[u8], code_page: u32) -> Result<Self, String> {
        let mut words = text.split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).filter(|word| !word.is_empty());
        let number = code_page.to_string();
        words.find(|word| *word == number.as_bytes()).ok_or_else(|| {
            format!(
                "code page {code_page} is not in the unicode map; write one that is, as 20127 in the map of ModSecurity"
            )
        })?;
        // The name of the code page stands between: `(US-ASCII)`, `(ANSI - Latin I)`. A number is the next code page.
        let name = |word: &&[u8]| !word.contains(&b':') && !word.iter().all(u8::is_ascii_digit);
        let pairs = words.skip_while(name).take_while(|word| word.contains(&b':'));
        let mut bytes = DOTS.to_vec();
        for word in pairs {
            let pair = pair(word).ok_or_else(|| {
                format!("`{}` in code page {code_page} is not a pair; write as 00e9:65", word.escape_ascii())
            })?;
            bytes.push(pair);
        }
        // Of several for a code point the last one counts. The sort is stable, `dedup_by` would keep the first: so in
        // reverse.
        bytes.reverse();
        bytes.sort_by_key(|(code, _)| *code);
        bytes.dedup_by_key(|(code, _)| *code);
        Ok(Self { bytes })
    }

    /// The byte for a code point, if the map has one.
    pub(super) fn byte(&self, code: u16) -> Option<u8> {
        let at = self.bytes.binary_search_by_key(&code, |(known, _)| *known).ok()?;
        self.bytes.get(at).map(|(_, byte)| *byte)
    }
}

fn pair(word: &[u8]) -> Option<(u16, u8)> {
    let colon = word.iter().position(|byte| *byte == b':')?;
    let (code, byte) = word.split_at(colon);
    Some((u16::try_from(hex(code)?).ok()?, u8::try_from(hex(byte.get(1..)?)?).ok()?))
}

fn hex(digits: &[u8]) -> Option<u32> {
    let fits = (1..=6).contains(&digits.len());
    fits.then(|| {
        digits.iter().try_fold(0, |number, digit| Some(number << 4 | u32::from(character::hex_digit(*digit)?)))
    })?
}

#[cfg(test)]
mod tests {
    use super::UnicodeMap;

    const MAP: &[u8] =
        b"(MAC - Roman)\r\n\r\n1250  (ANSI - Central Europe)\r\n00a1:21 00a2:63 \r\n\r\n20127 (US-ASCII)\n\
        00e9:45 00e9:65 ff0e:2f\n2000:20\n\n28591 (Latin I)\n00a1:ff";

    #[test]
    fn a_code_page_maps_its_own_code_points_and_the_dots_only() {
        let ascii = UnicodeMap::read(MAP, 20127).unwrap();
        let cases = [
            (0x00e9, Some(0x65)),
            (0x2000, Some(0x20)),
            (0xff0e, Some(0x2f)),
            (0x3002, Some(0x2e)),
            (0xff61, Some(0x2e)),
            (0x002e, Some(0x2e)),
            (0x00a1, None),
            (0x0041, None),
        ];
        for (code, expected) in cases {
            assert_eq!(ascii.byte(code), expected, "{code:04x}");
        }
        assert_eq!(UnicodeMap::read(MAP, 28591).unwrap().byte(0xa1), Some(0xff));
        assert_eq!(UnicodeMap::default().byte(0x2e), None);
    }

    #[test]
    fn a_missing_code_page_and_a_bad_pair_are_errors() {
        for (text, code_page, expected) in [
            (MAP, 1, "code page 1 is not in the unicode map"),
            (b"", 20127, "code page 20127 is not in the unicode map"),
            (b"7 (x) 00e9:", 7, "`00e9:` in code page 7 is not a pair"),
            (b"7 (x) 10000:41", 7, "`10000:41` in code page 7 is not a pair"),
            (b"7 (x) 0041:100", 7, "`0041:100` in code page 7 is not a pair"),
            (b"7 (x) 0041:4g", 7, "`0041:4g` in code page 7 is not a pair"),
        ] {
            let error = UnicodeMap::read(text, code_page).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
