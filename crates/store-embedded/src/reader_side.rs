//! The side area of a store that is open for reading only: snapshots as they were when it was opened, nothing else.
//!
//! Invariant: writes nothing. A writer may replace a snapshot meanwhile; its file is then gone and the snapshot is as if it
//! had not been there. Does not know what a snapshot holds.

use std::path::Path;

use store::{Change, KeyValue, Side, Space, StoreFault};

use crate::stored::{Heads, index_folder, plain_key, resolve, stored_key};
use crate::values::ValueFolder;

/// What a reader sees.
#[derive(Debug)]
pub(crate) struct ReaderSide {
    heads: Heads,
    values: ValueFolder,
}

impl ReaderSide {
    pub(crate) fn new(store: &Path, heads: Heads) -> Self {
        let values = ValueFolder::at(index_folder(store).join("values"));
        Self { heads, values }
    }
}

impl Side for ReaderSide {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        let key = stored_key(space, key);
        self.heads
            .get(&key)
            .map_or(Ok(None), |head| resolve(&self.values, &key, head))
    }

    fn last_up_to(&self, space: Space, key: &[u8]) -> Result<Option<KeyValue>, StoreFault> {
        let (first, last) = (stored_key(space, b""), stored_key(space, key));
        let Some((key, head)) = self.heads.range(first..=last).next_back() else {
            return Ok(None);
        };
        let value = resolve(&self.values, key, head)?;
        Ok(value.map(|value| (plain_key(key), value)))
    }

    fn put(&self, _: &[Change]) -> Result<(), StoreFault> {
        Err(StoreFault::ReadOnly)
    }

    fn clear(&self, _: Space) -> Result<(), StoreFault> {
        Err(StoreFault::ReadOnly)
    }

    fn flush(&self) -> Result<(), StoreFault> {
        Ok(())
    }
}
