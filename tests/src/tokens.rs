//! The tokens and keys of the tests, which `tests/tokens/make.py` made: `<token expired>` and `<keys all>` in a scenario stand for them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What was made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Tokens by name.
    pub tokens: BTreeMap<String, String>,
    /// JWK sets by name; one is a PEM.
    pub keys: BTreeMap<String, String>,
}

/// All of it. Nothing where the file cannot be read, and then every name is unknown.
pub static MADE: LazyLock<Made> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../tokens/tokens.json")).unwrap_or_else(|error| Made {
        tokens: BTreeMap::new(),
        keys: BTreeMap::from([(error.to_string(), String::new())]),
    })
});

/// The text with every token and key set in it.
///
/// # Errors
/// A name that stands for nothing.
pub fn filled(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let found = [("<token ", &MADE.tokens), ("<keys ", &MADE.keys)]
            .into_iter()
            .filter_map(|(mark, made)| Some((rest.find(mark)?, mark, made)))
            .min_by_key(|(at, ..)| *at);
        let Some((_, mark, made)) = found else {
            out.push_str(rest);
            return Ok(out);
        };
        let (before, behind) = rest.split_once(mark).unwrap_or_default();
        let (name, behind) = behind.split_once('>').ok_or_else(|| format!("{mark}… without a `>`"))?;
        out.push_str(before);
        out.push_str(made.get(name).ok_or_else(|| format!("there is no {mark}{name}>: see tests/tokens/make.py"))?);
        rest = behind;
    }
}
