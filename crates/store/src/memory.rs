//! A store in memory: for tests, previews and demonstrations.
//! Invariant: behaves as the contract says, except that nothing survives the process.
//! Does not know files.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::limits::SIDE_KEY_BYTES_MAX;
use crate::{Change, Entries, Frame, Frames, KeyValue, Side, Space, Store, StoreFault};

/// A log and a side area in memory. Clones share both: a clone made before a "crash" is the reopened store.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    frames: Arc<RwLock<Vec<Arc<Frame>>>>,
    side: MemorySide,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same log with an empty side area, as after the loss of the index.
    pub fn without_side(&self) -> Self {
        Self {
            frames: Arc::clone(&self.frames),
            side: MemorySide::default(),
        }
    }

    /// A copy of the log's first frames that ends at or before `size`, with an empty side area.
    pub fn cut_to(&self, size: u64) -> Self {
        let kept = read(&self.frames)
            .iter()
            .take_while(|frame| frame.end() <= size)
            .cloned()
            .collect();
        Self {
            frames: Arc::new(RwLock::new(kept)),
            side: MemorySide::default(),
        }
    }
}

impl Entries for MemoryStore {
    fn size(&self) -> u64 {
        size_of(&read(&self.frames))
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn frames(&self, from: u64) -> Result<Frames<'_>, StoreFault> {
        let frames = read(&self.frames);
        let size = size_of(&frames);
        if from > size {
            return Err(StoreFault::PastEnd {
                position: from,
                size,
            });
        }
        let begin = frames.partition_point(|frame| frame.end() <= from);
        let seen: Vec<Arc<Frame>> = frames.iter().skip(begin).cloned().collect();
        Ok(Box::new(
            seen.into_iter().map(|frame| Ok(Frame::clone(&frame))),
        ))
    }

    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        let frames = read(&self.frames);
        let index = frames.partition_point(|frame| frame.end() <= position);
        match frames.get(index) {
            Some(frame) => Ok(Frame::clone(frame)),
            None => Err(StoreFault::PastEnd {
                position,
                size: size_of(&frames),
            }),
        }
    }

    fn handle(&self) -> Arc<dyn Entries> {
        Arc::new(self.clone())
    }

    fn kept(&self) -> Option<&dyn Side> {
        Some(&self.side)
    }
}

impl Store for MemoryStore {
    fn append(
        &self,
        expected_size: u64,
        entries: &[&[u8]],
        checkpoint: &[u8],
    ) -> Result<(), StoreFault> {
        let frame = Frame::pack(expected_size, entries, checkpoint)?;
        let mut frames = write(&self.frames);
        let actual = size_of(&frames);
        if actual != expected_size {
            return Err(StoreFault::WrongSize {
                expected: expected_size,
                actual,
            });
        }
        frames.push(Arc::new(frame));
        Ok(())
    }

    fn side(&self) -> &dyn Side {
        &self.side
    }
}

type Values = BTreeMap<(Space, Vec<u8>), Vec<u8>>;

/// The side area of a [`MemoryStore`].
#[derive(Debug, Clone, Default)]
struct MemorySide {
    values: Arc<RwLock<Values>>,
}

impl Side for MemorySide {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        Ok(read(&self.values).get(&(space, key.to_vec())).cloned())
    }

    fn last_up_to(&self, space: Space, key: &[u8]) -> Result<Option<KeyValue>, StoreFault> {
        let range = (
            Bound::Included((space, Vec::new())),
            Bound::Included((space, key.to_vec())),
        );
        let values = read(&self.values);
        Ok(values
            .range(range)
            .next_back()
            .map(|((_, key), value)| (key.clone(), value.clone())))
    }

    fn put(&self, changes: &[Change]) -> Result<(), StoreFault> {
        if let Some(change) = changes
            .iter()
            .find(|change| change.key.len() > SIDE_KEY_BYTES_MAX)
        {
            let bytes = change.key.len() as u64;
            return Err(StoreFault::TooLarge {
                what: "a side key",
                bytes,
                max: SIDE_KEY_BYTES_MAX as u64,
            });
        }
        let mut values = write(&self.values);
        for change in changes {
            let key = (change.space, change.key.clone());
            match &change.value {
                Some(value) => values.insert(key, value.clone()),
                None => values.remove(&key),
            };
        }
        Ok(())
    }

    fn clear(&self, space: Space) -> Result<(), StoreFault> {
        write(&self.values).retain(|(other, _), _| *other != space);
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreFault> {
        Ok(())
    }
}

fn size_of(frames: &[Arc<Frame>]) -> u64 {
    frames.last().map_or(0, |frame| frame.end())
}

// A panic of another thread cannot leave these half changed: every change is one call on a collection.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{StoreUnderTest, check};

    struct InMemory(MemoryStore);

    impl StoreUnderTest for InMemory {
        fn store(&self) -> &dyn Store {
            &self.0
        }

        fn reopen(&mut self) {
            self.0 = self.0.clone();
        }
    }

    #[test]
    fn the_contract_holds() {
        check(&|| Box::new(InMemory(MemoryStore::new())));
    }

    #[test]
    fn losing_the_side_area_or_the_tail_keeps_the_rest() {
        let store = MemoryStore::new();
        store.append(0, &[b"a", b"b"], b"2").unwrap();
        store.append(2, &[b"c"], b"3").unwrap();
        store
            .side()
            .put(&[Change::set(Space::Heads, *b"k", *b"v")])
            .unwrap();
        assert_eq!(
            store.without_side().side().get(Space::Heads, b"k").unwrap(),
            None
        );
        assert_eq!(store.without_side().size(), 3);
        assert_eq!(
            store.cut_to(2).checkpoint().unwrap().as_deref(),
            Some(&b"2"[..])
        );
        assert_eq!(store.cut_to(1).size(), 0);
    }
}
