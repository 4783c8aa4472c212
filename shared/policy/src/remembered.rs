//! What is remembered of exchanges until they are over.
//!
//! Hosts are not asked to tell of that end: the call would cost every request, and most are never remembered. Instead, some of those that
//! are remembered are looked at now and then, in turn.

use crate::host::ExchangeId;
use crate::sorted::Sorted;

/// How many may be remembered before each exchange that begins has a look at some of them.
const MANY: usize = 256;

/// At how many it looks: as long as more are over than not, they become fewer.
pub const LOOKED_AT: usize = 2;

/// A value for each exchange that is not forgotten yet.
pub struct Remembered<V> {
    values: Sorted<ExchangeId, V>,
    /// The place of the one that is looked at next.
    next: usize,
}

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Remembered<V> {
    /// Nothing.
    pub const fn new() -> Self {
        Self { values: Sorted::new(), next: 0 }
    }

    /// How many there are, with those that are over and were not looked at since.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are so many that each exchange that begins should have a look at [`LOOKED_AT`] of them.
    pub fn are_many(&self) -> bool {
        self.values.len() > MANY
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Each, in the order of the numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&ExchangeId, &V)> {
        self.values.iter()
    }

    /// What is remembered of that one.
    pub fn get(&self, id: ExchangeId) -> Option<&V> {
        self.values.get(&id)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: ExchangeId) -> Option<&mut V> {
        self.values.get_mut(&id)
    }

    /// Remembers that of it, in place of what was known.
    pub fn insert(&mut self, id: ExchangeId, value: V) {
        self.values.insert(id, value);
    }

    /// Forgets it. What was known.
    pub fn remove(&mut self, id: ExchangeId) -> Option<V> {
        self.values.remove(&id)
    }

    /// Looks at so many, in turn, and forgets those that are over.
    pub fn look_after(&mut self, count: usize, is_over: &dyn Fn(ExchangeId, &V) -> bool) {
        for _ in 0..count.min(self.values.len()) {
            let at = if self.next < self.values.len() { self.next } else { 0 };
            let Some((id, value)) = self.values.at(at) else { break };
            let id = *id;
            self.next = if is_over(id, value) {
                self.values.remove(&id);
                at
            } else {
                at + 1
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_looked_at_in_turn_and_those_that_are_over_are_forgotten() {
        let mut remembered = Remembered::new();
        for id in 0..10 {
            remembered.insert(ExchangeId(id), id);
        }
        let odd = |id: ExchangeId, _: &u32| id.0 % 2 == 1;
        let ids = |remembered: &Remembered<u32>| remembered.iter().map(|(id, _)| id.0).collect::<Vec<_>>();
        remembered.look_after(4, &odd);
        assert_eq!(ids(&remembered), [0, 2, 4, 5, 6, 7, 8, 9]);
        remembered.look_after(4, &odd);
        assert_eq!(ids(&remembered), [0, 2, 4, 6, 8, 9]);
        // The last two, and the first ones again.
        remembered.look_after(4, &|id, value| odd(id, value) || id.0 == 0);
        assert_eq!(ids(&remembered), [2, 4, 6, 8]);
        remembered.look_after(1000, &|_, _| true);
        assert!(remembered.is_empty());
    }
}
