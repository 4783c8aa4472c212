//! The texts that rules come from: what is built in, and what the configuration brings, each under the name that directives use.

use std::borrow::Cow;
use std::io::Read;

/// What holds before any other directive.
pub const BASE: &str = "@base";
/// The filter's own small rule set.
const STARTER: &str = "@starter";
/// The rule set that was built into the module.
const CRS: &str = "@crs";

/// All of the built-in rule set, in the order in which its own documentation includes it. What `unicode.mapping` says is what the engine knows
/// by itself.
const CRS_TEXT: &str = "Include @crs/crs-setup.conf.example\nInclude @crs/rules/*.conf\n";

/// Packed by `build.rs`; empty in a module without one.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rule_set.zlib"));

/// Texts by name.
pub struct Sources<'a>(Vec<(Cow<'a, str>, Cow<'a, [u8]>)>);

impl<'a> Sources<'a> {
    /// What is built in, and those files.
    pub fn new(files: &'a [(String, String)]) -> Self {
        let mut texts: Vec<(Cow<'_, str>, Cow<'_, [u8]>)> = vec![
            (BASE.into(), include_bytes!("built_in/base.conf").into()),
            (STARTER.into(), include_bytes!("built_in/starter.conf").into()),
        ];
        texts.extend(files.iter().map(|(name, text)| (name.into(), text.as_bytes().into())));
        if has_crs() {
            texts.push((CRS.into(), CRS_TEXT.as_bytes().into()));
            unpack(&mut texts);
        }
        Self(texts)
    }

    /// The text of that name.
    pub fn text(&self, name: &str) -> Option<Vec<u8>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.to_vec())
    }

    /// All names.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_ref()).collect()
    }
}

/// Whether a rule set was built into the module.
pub fn has_crs() -> bool {
    !PACKED.is_empty()
}

/// What can be included without a file.
pub fn built_in() -> &'static [&'static str] {
    if has_crs() { &[STARTER, CRS] } else { &[STARTER] }
}

/// Names end with a zero byte, and are followed by the length of the text in four bytes, least significant first, and the text.
fn unpack(texts: &mut Vec<(Cow<'_, str>, Cow<'_, [u8]>)>) {
    let mut all = Vec::new();
    // What the build packed can be unpacked; a part of it would be missed when it is included.
    let _ = flate2::bufread::ZlibDecoder::new(PACKED).read_to_end(&mut all);
    let mut rest = all.as_slice();
    while let Some((name, text, after)) = entry(rest) {
        texts.push((format!("{CRS}/{name}").into(), text.to_vec().into()));
        rest = after;
    }
}

fn entry(packed: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let end = packed.iter().position(|byte| *byte == 0)?;
    let (name, rest) = packed.split_at_checked(end)?;
    let (length, rest) = rest.get(1..)?.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((std::str::from_utf8(name).ok()?, text, rest))
}
