//! A hash map that is written in the order of its keys.
//!
//! Invariant: equal maps have equal bytes, whatever order they were filled in. Knows nothing of what it holds.

use std::hash::Hash;

use bincode::de::{BorrowDecode, BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use hashbrown::HashMap;

/// Values by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sorted<K: Eq + Hash, V>(HashMap<K, V>);

impl<K: Eq + Hash, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Copy + Ord + Hash, V> Sorted<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    /// The value of a key, which is nothing at first.
    pub(crate) fn of(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.0.entry(key).or_default()
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.0.remove(key);
    }

    /// In no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter()
    }

    pub(crate) fn sorted(&self) -> Vec<(&K, &V)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_unstable_by_key(|(key, _)| **key);
        all
    }
}

impl<K: Copy + Ord + Hash + Encode, V: Encode> Encode for Sorted<K, V> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.sorted().encode(encoder)
    }
}

impl<C, K: Copy + Ord + Hash + Decode<C>, V: Decode<C>> Decode<C> for Sorted<K, V> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let all: Vec<(K, V)> = Decode::decode(decoder)?;
        Ok(Self(all.into_iter().collect()))
    }
}

impl<'de, C, K: Copy + Ord + Hash + Decode<C>, V: Decode<C>> BorrowDecode<'de, C> for Sorted<K, V> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Decode::decode(decoder)
    }
}
