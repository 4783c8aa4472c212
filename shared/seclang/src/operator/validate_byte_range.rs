//! `@validateByteRange`: the value has a byte in it that is in none of the ranges, `9,10,13,32-126`.

#[cfg(test)]
use super::Case;
use super::{Expand, Files, Hit, Literals, Test};

/// See the module. Which bytes are allowed.
pub struct ValidateByteRange([bool; 256]);

impl Test for ValidateByteRange {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("32-126", b"a b", None),
        ("32-126", b"a\n", Some("")),
        ("32-126", b"", None),
        ("9,10,13,32-126,128-255", b"\x7f", Some("")),
        ("0", b"a", Some("")),
        ("32, 34", b" \"", None),
        ("1-255", b"\x00", Some("")),
        ("0-255", b"\x00\xff", None),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &["256", "5-2", "x", "1-", "", "-1", "65x", "1,,2"];

    fn read(argument: &str, _: Files<'_>) -> Result<Self, String> {
        let mut allowed = [false; 256];
        for range in argument.split(',') {
            let (low, high) = range.split_once('-').unwrap_or((range, range));
            let number = |text: &str| match text.trim().parse::<u8>() {
                Ok(number) => Ok(number),
                Err(_) => Err(format!("`{range}` is no byte and no range of bytes: write `65` or `65-90`, up to 255")),
            };
            let (low, high) = (number(low)?, number(high)?);
            if low > high {
                return Err(format!("`{range}` begins after its end: write `{high}-{low}`"));
            }
            allowed.iter_mut().take(usize::from(high) + 1).skip(usize::from(low)).for_each(|byte| *byte = true);
        }
        Ok(Self(allowed))
    }

    fn test(&self, value: &[u8], _: bool, _: Expand<'_>) -> Option<Hit> {
        let Self(allowed) = self;
        value.iter().any(|byte| allowed.get(usize::from(*byte)) != Some(&true)).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}
