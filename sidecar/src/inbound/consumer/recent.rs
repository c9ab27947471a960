//! A bounded memory.

use std::{collections::HashMap, hash::Hash, mem};

/// Remembers what it was told last; of more than it can hold it forgets the older half.
#[derive(Debug)]
pub(super) struct Recent<Key, Value> {
    half_max: usize,
    young: HashMap<Key, Value>,
    old: HashMap<Key, Value>,
}

impl<Key: Eq + Hash, Value> Recent<Key, Value> {
    /// Holds at most `entries_max`, and at least half of that.
    pub(super) fn new(entries_max: usize) -> Self {
        Self { half_max: entries_max / 2, young: HashMap::new(), old: HashMap::new() }
    }

    pub(super) fn insert(&mut self, key: Key, value: Value) {
        if self.young.len() >= self.half_max && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Value> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub(super) fn remove(&mut self, key: &Key) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_and_the_number_is_bounded() {
        let mut recent = Recent::new(10);

        (0..1_000).for_each(|key| recent.insert(key, key));

        let known: Vec<_> = (0..1_000).filter(|key| recent.get(key).is_some()).collect();
        assert!((5..=10).contains(&known.len()), "{known:?}");
        assert_eq!(*known.last().unwrap(), 999);
        assert!(known.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{known:?}");
    }

    #[test]
    fn what_is_told_again_is_as_told_last() {
        let mut recent = Recent::new(4);
        recent.insert("a", 1);
        (0..2).for_each(|_| recent.insert("b", 1));
        recent.insert("c", 1);

        recent.insert("a", 2);
        assert_eq!(recent.get(&"a"), Some(&2));

        recent.remove(&"a");
        assert_eq!(recent.get(&"a"), None);
    }
}
