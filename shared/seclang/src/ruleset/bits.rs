//! A set of small numbers: rules, by their index.

/// A set of numbers below a bound that is known when it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// The empty set, for numbers below `bound`.
    pub fn new(bound: usize) -> Self {
        Self(vec![0; bound.div_ceil(64)])
    }

    /// Puts a number in; one at or above the bound is left out.
    pub fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    /// Whether the number is in it.
    pub fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// Puts in whatever the other has.
    pub fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_put_in_and_nothing_else() {
        let mut bits = Bits::new(130);
        assert!(bits.is_empty());
        for number in [0, 63, 64, 129, 4000] {
            bits.insert(number);
        }
        let held: Vec<_> = (0..5000).filter(|number| bits.contains(*number)).collect();
        assert_eq!(held, [0, 63, 64, 129]);
        let mut other = Bits::new(10);
        other.insert(7);
        other.extend(&bits);
        assert!(other.contains(7) && other.contains(129));
    }
}
