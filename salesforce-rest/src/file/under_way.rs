use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// What is being written to now, of which each may be there once.
#[derive(Clone, Debug)]
pub(super) struct UnderWay<K>(Arc<Mutex<HashSet<K>>>);

pub(super) struct Place<K: Eq + Hash>(UnderWay<K>, K);

impl<K> Default for UnderWay<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Clone + Eq + Hash> UnderWay<K> {
    /// A place until it is dropped; `None` when it is taken.
    pub(super) fn enter(&self, key: K) -> Option<Place<K>> {
        let entered = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        entered.then(|| Place(self.clone(), key))
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}
