//! A map kept as a sorted list: for few keys, or for keys that grow as they come.
//!
//! Every type of key and value costs a module several kilobytes with the standard library's map, and half of one with this.

use std::borrow::Borrow;

/// The map. Taking a key in or out moves all that lie behind it: large values are best boxed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Sorted<K, V> {
    /// Nothing in it.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key at that place in their order, and its value.
    pub fn at(&self, place: usize) -> Option<(&K, &V)> {
        self.0.get(place).map(|(key, value)| (key, value))
    }

    /// Each, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }
}

impl<K: Ord, V> Sorted<K, V> {
    /// The value of that key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(self.find(key).ok()?).map(|(_, value)| value)
    }

    /// The value of that key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let at = self.find(key).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Gives that key that value. What it had before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => self.0.get_mut(at).map(|(_, known)| std::mem::replace(known, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes the key out. What it had.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.find(key).ok().map(|at| self.0.remove(at).1)
    }

    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(known, _)| known.borrow().cmp(key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn it_does_what_a_map_does() {
        let (mut sorted, mut map) = (Sorted::new(), BTreeMap::new());
        // Keys in an order that looks random: each number below 101 is met ten times.
        for step in 0..1010_u32 {
            let key = step * 37 % 101;
            match step % 3 {
                0 => assert_eq!(sorted.remove(&key), map.remove(&key)),
                1 => assert_eq!(sorted.insert(key, step), map.insert(key, step)),
                _ => {
                    assert_eq!(sorted.get(&key), map.get(&key));
                    if let (Some(one), Some(other)) = (sorted.get_mut(&key), map.get_mut(&key)) {
                        *one += 1;
                        *other += 1;
                    }
                }
            }
            assert!(sorted.iter().eq(map.iter()));
            assert_eq!((sorted.len(), sorted.is_empty()), (map.len(), map.is_empty()));
        }
        assert!(map.len() > 10, "a map that is never filled shows nothing");
    }
}
