//! `@ipMatchFromFile` and `@ipMatchF`: the value is an address in one of the networks of a file, one or more a line, `#` before comments.

#[cfg(test)]
use super::Case;
use super::ip_match::Networks;
use super::{Expand, Files, Hit, Literals, Test};

/// See the module.
pub struct IpMatchFromFile(Networks);

impl Test for IpMatchFromFile {
    #[cfg(test)]
    const CASES: &[Case] = &[
        ("networks.data", b"10.1.2.3", Some("")),
        ("networks.data", b"::1", Some("")),
        ("networks.data", b"192.168.0.1", None),
    ];
    #[cfg(test)]
    const REFUSED: &[&str] = &["nowhere.data", "words.data"];

    fn read(argument: &str, files: Files<'_>) -> Result<Self, String> {
        let bytes = files(argument).ok_or_else(|| format!("there is no file `{argument}`"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("the file `{argument}` is not UTF-8"))?;
        Networks::read(&text).map(Self).map_err(|error| format!("the file `{argument}`: {error}"))
    }

    fn test(&self, value: &[u8], _: bool, _: Expand<'_>) -> Option<Hit> {
        self.0.has(value).then(Hit::default)
    }

    fn literals(&self) -> Option<Literals> {
        None
    }
}
