//! The variables of one transaction: where they are kept and how a target finds its values.

use super::outcome::name;
use super::text::{TextId, Texts};
use crate::language::ast::Variable;
use crate::ruleset::target::{Select, Target, TxKeys};
use std::rc::Rc;

/// A member of a collection, or the one value of a variable that is none.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name.
    pub key: TextId,
    /// What it is.
    pub value: TextId,
}

/// A value that a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The variable.
    pub variable: Variable,
    /// Its member.
    pub key: Key,
    /// What it is.
    pub value: TextId,
    /// Whether the value is a count.
    pub counted: bool,
}

/// The name of a member. Most are never asked for: only those of what matched are.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// There is none.
    None,
    /// That value.
    Text(TextId),
    /// That of the member of `TX` in this place.
    Slot(usize),
    /// What this target says: an index of [`crate::ruleset::view::Views::targets`].
    Target(usize),
}

/// All variables.
#[derive(Debug)]
pub struct Variables {
    /// By variable, the members of collections in the order in which they came.
    lists: Vec<Vec<Entry>>,
    /// By variable, the value of one that is no collection.
    values: Vec<Option<Entry>>,
    /// By variable, how often it has changed, from 1.
    versions: Vec<u32>,
    /// How often any of the variables has changed that rules do not change, from 1.
    epoch: u32,
    /// The members of `TX` that rules name, by their places.
    tx: Vec<Option<TextId>>,
    /// The other members of `TX`, in lower case.
    tx_more: Vec<(Box<[u8]>, TextId)>,
    /// What the last rule that looked found.
    matched: Vec<Candidate>,
    /// What matched last, in whichever rule.
    last_matched: Option<Candidate>,
    /// Numbers that were asked for, as values.
    numbers: Vec<Option<TextId>>,
}

/// `TX` holds no more members than this beyond those that rules name: the names may come from requests.
const MOST_TX: usize = 4096;

impl Variables {
    /// None has a value yet; `tx` is the number of members of `TX` that rules name.
    pub fn new(tx: usize) -> Self {
        let lists = vec![Vec::new(); Variable::ALL.len()];
        let versions = vec![1; Variable::ALL.len()];
        let values = vec![None; Variable::ALL.len()];
        Self {
            lists,
            values,
            versions,
            epoch: 1,
            tx: vec![None; tx],
            tx_more: Vec::new(),
            matched: Vec::new(),
            last_matched: None,
            numbers: Vec::new(),
        }
    }

    /// The members of a collection, or the value.
    pub fn list(&self, variable: Variable) -> &[Entry] {
        match self.values.get(variable as usize) {
            Some(value @ Some(_)) => value.as_slice(),
            Some(None) | None => self.lists.get(variable as usize).map_or(&[], Vec::as_slice),
        }
    }

    /// A number that is another one after each change of the variable, and never 0.
    pub fn version(&self, variable: Variable) -> u32 {
        // One list stands behind all of these.
        let from_matched =
            matches!(variable, Variable::MatchedVarName | Variable::MatchedVars | Variable::MatchedVarsNames);
        let variable = if from_matched { Variable::MatchedVar } else { variable };
        self.versions.get(variable as usize).copied().unwrap_or(1)
    }

    /// A number that is another one after each change of any variable that rules do not change, and never 0.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    fn changed(&mut self, variable: Variable) {
        if let Some(version) = self.versions.get_mut(variable as usize) {
            *version += 1;
        }
        if !matches!(variable, Variable::Tx | Variable::MatchedVar) {
            self.epoch += 1;
        }
    }

    /// The list of a variable, to be changed.
    fn list_mut(&mut self, variable: Variable) -> Option<&mut Vec<Entry>> {
        self.changed(variable);
        self.lists.get_mut(variable as usize)
    }

    /// What the last rule that looked found, in order.
    pub fn matched(&self) -> &[Candidate] {
        &self.matched
    }

    /// What matched last, in whichever rule.
    pub fn last_matched(&self) -> Option<&Candidate> {
        self.last_matched.as_ref()
    }

    /// A rule found that.
    pub fn push_matched(&mut self, candidate: Candidate) {
        self.changed(Variable::MatchedVar);
        self.matched.push(candidate);
        self.last_matched = Some(candidate);
    }

    /// Another rule looks, and has found nothing yet.
    pub fn clear_matched(&mut self) {
        if !self.matched.is_empty() {
            self.changed(Variable::MatchedVar);
            self.matched.clear();
        }
    }

    /// Adds a member to a collection.
    pub fn push(&mut self, variable: Variable, key: TextId, value: TextId) {
        if let Some(list) = self.list_mut(variable) {
            list.push(Entry { key, value });
        }
    }

    /// Sets the value of a variable that is no collection.
    pub fn set(&mut self, variable: Variable, value: TextId) {
        self.changed(variable);
        if let Some(slot) = self.values.get_mut(variable as usize) {
            *slot = Some(Entry { key: TextId::EMPTY, value });
        }
    }

    /// Takes all members away.
    pub fn clear(&mut self, variable: Variable) {
        if let Some(list) = self.list_mut(variable) {
            list.clear();
        }
    }

    /// A number as a value.
    pub fn number(&mut self, number: usize, texts: &mut Texts) -> TextId {
        const KEPT: usize = 64;
        if number >= KEPT {
            return texts.add(number.to_string().as_bytes());
        }
        if self.numbers.len() <= number {
            self.numbers.resize(KEPT, None);
        }
        match self.numbers.get_mut(number) {
            Some(slot) => *slot.get_or_insert_with(|| texts.add(number.to_string().as_bytes())),
            None => TextId::EMPTY,
        }
    }

    /// A member of `TX` by its place.
    pub fn slot(&self, place: usize) -> Option<TextId> {
        self.tx.get(place).copied().flatten()
    }

    /// A member of `TX` by its name, in any case.
    pub fn tx(&self, key: &[u8], keys: &TxKeys) -> Option<TextId> {
        match keys.place(key) {
            Some(place) => self.slot(place),
            None => self.tx_more.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value),
        }
    }

    /// Sets a member of `TX`; `None` takes it away.
    pub fn set_tx(&mut self, key: &[u8], value: Option<TextId>, keys: &TxKeys) {
        if let Some(place) = keys.place(key) {
            return self.set_slot(place, value);
        }
        self.changed(Variable::Tx);
        let known = self.tx_more.iter().position(|(name, _)| name.eq_ignore_ascii_case(key));
        match (known, value) {
            (Some(index), Some(value)) => {
                if let Some((_, old)) = self.tx_more.get_mut(index) {
                    *old = value;
                }
            }
            (Some(index), None) => {
                self.tx_more.remove(index);
            }
            (None, Some(value)) if self.tx_more.len() < MOST_TX => {
                self.tx_more.push((key.to_ascii_lowercase().into(), value));
            }
            (None, _) => {}
        }
    }

    /// Sets a member of `TX` by its place.
    pub fn set_slot(&mut self, place: usize, value: Option<TextId>) {
        self.changed(Variable::Tx);
        if let Some(slot) = self.tx.get_mut(place) {
            *slot = value;
        }
    }

    /// Sets a member of a collection other than `TX` that rules write to; `None` takes it away.
    pub fn set_member(&mut self, variable: Variable, key: Vec<u8>, value: Option<TextId>, texts: &mut Texts) {
        let known = self.list(variable).iter().position(|entry| texts.get(entry.key).eq_ignore_ascii_case(&key));
        let Some(list) = self.list_mut(variable) else { return };
        match (known, value) {
            (Some(index), Some(value)) => {
                if let Some(entry) = list.get_mut(index) {
                    entry.value = value;
                }
            }
            (Some(index), None) => {
                list.remove(index);
            }
            (None, Some(value)) if list.len() < MOST_TX => {
                let key = texts.add_own(key);
                list.push(Entry { key, value });
            }
            (None, _) => {}
        }
    }

    /// Puts the values that a target selects into `found`, which is not emptied first.
    pub fn resolve(
        &mut self,
        (index, target): (usize, &Target),
        texts: &mut Texts,
        keys: &TxKeys,
        found: &mut Vec<Candidate>,
    ) {
        let Target { variable, counted, select } = target;
        let variable = *variable;
        let start = found.len();
        let one = |key, value| Candidate { variable, key, value, counted: false };
        match (variable, select) {
            (_, Select::Slot(place)) => {
                if let Some(value) = self.slot(*place) {
                    found.push(one(Key::Slot(*place), value));
                }
            }
            (Variable::Tx, _) => self.resolve_tx(select, texts, keys, found),
            (Variable::MatchedVar, _) => {
                let value = self.last_matched.map_or(TextId::EMPTY, |last| last.value);
                found.push(one(Key::None, value));
            }
            (Variable::MatchedVarName, _) => {
                let value = self.last_matched.map(|last| matched_name(&last, &[], texts, keys));
                let value = value.map_or(TextId::EMPTY, |value| texts.add_own(value));
                found.push(one(Key::None, value));
            }
            (Variable::MatchedVars | Variable::MatchedVarsNames, _) => {
                for matched in &self.matched {
                    let name = matched_name(matched, &[], texts, keys);
                    if !selects(select, &name) {
                        continue;
                    }
                    let key = texts.add_own(name);
                    found
                        .push(one(Key::Text(key), if variable == Variable::MatchedVars { matched.value } else { key }));
                }
            }
            _ => {
                let list = self.list(variable);
                if list.is_empty() && !variable.is_collection() {
                    // As in ModSecurity v3, a variable that is no collection is always there, if need be empty.
                    found.push(one(Key::None, TextId::EMPTY));
                }
                let key = |entry: &Entry| if variable.is_collection() { Key::Text(entry.key) } else { Key::None };
                let members = list.iter().filter(|entry| selects(select, texts.get(entry.key)));
                found.extend(members.map(|entry| one(key(entry), entry.value)));
            }
        }
        if *counted {
            let count = found.len() - start;
            found.truncate(start);
            let value = self.number(count, texts);
            let key = if matches!(select, Select::All | Select::Pattern(_)) { Key::None } else { Key::Target(index) };
            found.push(Candidate { variable, key, value, counted: true });
        }
    }

    fn resolve_tx(&mut self, select: &Select, texts: &mut Texts, keys: &TxKeys, found: &mut Vec<Candidate>) {
        let one = |key, value| Candidate { variable: Variable::Tx, key, value, counted: false };
        let slot = |place: usize| self.slot(place).map(|value| one(Key::Slot(place), value));
        match select {
            Select::Pattern(names) => found.extend(names.slots(keys).iter().filter_map(|place| slot(*place))),
            Select::All => found.extend((0..self.tx.len()).filter_map(slot)),
            Select::Key(_) | Select::Slot(_) => {
                let all = keys.names().iter().enumerate().filter(|(_, name)| selects(select, name));
                found.extend(all.filter_map(|(place, _)| slot(place)));
            }
        }
        let more = self.tx_more.iter().filter(|(name, _)| selects(select, name));
        found.extend(more.map(|(name, value)| one(Key::Text(texts.add(name)), *value)));
    }
}

/// The name of the member; `targets` are those of the rule set.
pub(super) fn key<'a>(
    candidate: &Candidate,
    targets: &'a [Rc<Target>],
    texts: &'a Texts,
    keys: &'a TxKeys,
) -> &'a [u8] {
    let slot = |place: usize| keys.names().get(place).map_or(&[] as &[u8], |name| name);
    match candidate.key {
        Key::None => &[],
        Key::Text(id) => texts.get(id),
        Key::Slot(place) => slot(place),
        Key::Target(index) => match targets.get(index).map(|target| &target.select) {
            Some(Select::Key(key)) => key,
            Some(Select::Slot(place)) => slot(*place),
            Some(Select::All | Select::Pattern(_)) | None => &[],
        },
    }
}

/// As rules write it: `ARGS:q`.
pub(super) fn matched_name(candidate: &Candidate, targets: &[Rc<Target>], texts: &Texts, keys: &TxKeys) -> Vec<u8> {
    let has_key = candidate.variable.is_collection() && !matches!(candidate.key, Key::None);
    let plain = name(candidate.variable, has_key.then(|| key(candidate, targets, texts, keys)));
    if candidate.counted { [b"&".as_slice(), &plain].concat() } else { plain }
}

fn selects(select: &Select, key: &[u8]) -> bool {
    match select {
        Select::All => true,
        Select::Key(name) => name.eq_ignore_ascii_case(key),
        Select::Pattern(names) => names.matches(key),
        Select::Slot(_) => false,
    }
}
