//! What a rule looks at, ready to be looked up.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasherDefault;

use super::Words;
use crate::language::ast;
use crate::operator::rx::Pattern;
use ast::{Selection, Variable};

/// A target of a rule.
#[derive(Debug, PartialEq)]
pub struct Target {
    /// Which variable.
    pub variable: Variable,
    /// Whether the rule sees how many there are in place of what they are.
    pub counted: bool,
    /// Which members.
    pub select: Select,
}

/// Which members of a collection.
#[derive(PartialEq)]
pub enum Select {
    /// All of it, or a variable that is no collection.
    All,
    /// Those of that name, in any case.
    Key(Box<[u8]>),
    /// The member of `TX` in that place.
    Slot(usize),
    /// Those whose names match, in any case.
    Pattern(Box<Names>),
}

/// A regular expression over names.
pub struct Names {
    pattern: Pattern,
    /// The places of the members of `TX` that match and that rules name.
    slots: OnceCell<Vec<usize>>,
}

impl Names {
    /// Whether a name matches.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.pattern.is_match(name)
    }

    /// The places of those that match, in order. `keys` are those of the rule set, and so always the same.
    pub fn slots(&self, keys: &TxKeys) -> &[usize] {
        let names = || keys.names.iter().enumerate();
        let matching = || names().filter(|(_, name)| self.matches(name)).map(|(place, _)| place).collect();
        self.slots.get_or_init(matching)
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl fmt::Debug for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("All"),
            Self::Key(key) => write!(f, "Key({})", key.escape_ascii()),
            Self::Slot(place) => write!(f, "Slot({place})"),
            Self::Pattern(_) => f.write_str("Pattern"),
        }
    }
}

/// What a rule does not look at.
#[derive(Debug)]
pub struct Exclusion(Target);

impl Exclusion {
    /// Whether it leaves out that member of that variable.
    pub fn covers(&self, variable: Variable, counted: bool, key: &[u8]) -> bool {
        let Self(target) = self;
        target.variable == variable
            && target.counted == counted
            && match &target.select {
                Select::All => true,
                Select::Key(name) => name.eq_ignore_ascii_case(key),
                Select::Pattern(names) => names.matches(key),
                // An exclusion is never reduced to a place.
                Select::Slot(_) => false,
            }
    }
}

/// The members of `TX` that rules name, each with its place. The first ten are what `capture` fills.
#[derive(Debug)]
pub struct TxKeys {
    places: HashMap<Box<[u8]>, usize, BuildHasherDefault<Words>>,
    names: Vec<Box<[u8]>>,
}

impl Default for TxKeys {
    fn default() -> Self {
        let mut keys = Self { places: HashMap::default(), names: Vec::new() };
        for digit in b'0'..=b'9' {
            keys.add(&[digit]);
        }
        keys
    }
}

impl TxKeys {
    /// The place of a name, which is made if there is none yet.
    pub fn add(&mut self, name: &[u8]) -> usize {
        let name: Box<[u8]> = name.to_ascii_lowercase().into();
        *self.places.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.names.len() - 1
        })
    }

    /// The place of a name in any case.
    pub fn place(&self, name: &[u8]) -> Option<usize> {
        if name.iter().any(u8::is_ascii_uppercase) {
            return self.places.get(name.to_ascii_lowercase().as_slice()).copied();
        }
        self.places.get(name).copied()
    }

    /// The names, in lower case, by their places.
    pub fn names(&self) -> &[Box<[u8]>] {
        &self.names
    }
}

/// A regular expression over names, in any case. What the engine cannot run is an error.
pub fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text.as_bytes(), true).map_err(|error| format!("`{text}`: {error}"))
}

/// Makes a target ready; `keys` learns the members of `TX`.
pub fn compile(target: &ast::Target, keys: &mut TxKeys) -> Result<Target, String> {
    let ast::Target { excluded, counted, variable, selection } = target;
    let name = variable.name();
    if *variable == Variable::Geo {
        return Err("GEO needs a database of places, which this engine does not have".into());
    }
    if *variable == Variable::Env {
        return Err("ENV: a filter inside a proxy has no environment".into());
    }
    let known_path = matches!(selection, Selection::Key(path) if path == "/*" || path == "//@*");
    if *variable == Variable::Xml && !known_path && !(*excluded && *selection == Selection::All) {
        return Err("of XML this engine has `XML:/*` (the text) and `XML://@*` (the attributes)".into());
    }
    if !variable.is_collection() && *selection != Selection::All {
        return Err(format!("{name} is one value and has no members to select"));
    }
    let select = match selection {
        Selection::All => Select::All,
        Selection::Key(key) if *variable == Variable::Tx && !excluded => Select::Slot(keys.add(key.as_bytes())),
        Selection::Key(key) => Select::Key(key.as_bytes().into()),
        Selection::Pattern(text) => {
            Select::Pattern(Box::new(Names { pattern: pattern(text)?, slots: OnceCell::new() }))
        }
    };
    Ok(Target { variable: *variable, counted: *counted, select })
}

/// Makes an exclusion ready.
pub fn exclusion(target: &ast::Target) -> Result<Exclusion, String> {
    let target = ast::Target { excluded: true, ..target.clone() };
    Ok(Exclusion(compile(&target, &mut TxKeys::default())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(variable: Variable, selection: Selection) -> ast::Target {
        ast::Target { excluded: false, counted: false, variable, selection }
    }

    #[test]
    fn members_of_tx_have_places_in_any_case() {
        let mut keys = TxKeys::default();
        assert_eq!(keys.place(b"7"), Some(7));
        let place = keys.add(b"Anomaly_Score");
        assert_eq!(keys.add(b"anomaly_score"), place);
        assert_eq!(keys.place(b"ANOMALY_SCORE"), Some(place));
        assert_eq!(keys.place(b"other"), None);
    }

    #[test]
    fn an_exclusion_covers_its_own_variable_only() {
        let key = exclusion(&target(Variable::Args, Selection::Key("Q".into()))).unwrap();
        let pattern = exclusion(&target(Variable::Args, Selection::Pattern("^q".into()))).unwrap();
        let all = exclusion(&target(Variable::Args, Selection::All)).unwrap();
        let cases: [(&Exclusion, Variable, &[u8], bool); 7] = [
            (&key, Variable::Args, b"q", true),
            (&key, Variable::Args, b"qq", false),
            (&key, Variable::ArgsNames, b"q", false),
            (&pattern, Variable::Args, b"QQ", true),
            (&pattern, Variable::Args, b"aq", false),
            (&all, Variable::Args, b"", true),
            (&all, Variable::RequestCookies, b"", false),
        ];
        for (exclusion, variable, name, covered) in cases {
            assert_eq!(exclusion.covers(variable, false, name), covered, "{exclusion:?} {variable:?} {name:?}");
        }
    }

    #[test]
    fn what_cannot_be_looked_up_is_refused() {
        for refused in [
            target(Variable::Geo, Selection::All),
            target(Variable::Env, Selection::Key("HOME".into())),
            target(Variable::Xml, Selection::All),
            target(Variable::Xml, Selection::Key("/a/b".into())),
            target(Variable::RemoteAddr, Selection::Key("a".into())),
            target(Variable::Args, Selection::Pattern("(?=a)".into())),
        ] {
            assert!(compile(&refused, &mut TxKeys::default()).is_err(), "{refused:?}");
        }
    }
}
