//! The side area of a store that is open for reading only: snapshots as they were when it was opened, nothing else.
//!
//! Invariant: writes nothing. A writer may replace a snapshot meanwhile; its file is then gone and the snapshot is as if it
//! had not been there. Does not know what a snapshot holds.

use std::collections::BTreeMap;
use std::path::Path;

use store::{Change, KeyValue, Side, Space, StoreFault};

use crate::index::{Head, index_folder, stored_key};
use crate::values::ValueFolder;

/// By stored key, what sled held for it.
pub(crate) type Heads = BTreeMap<Vec<u8>, Vec<u8>>;

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

    fn value(&self, key: &[u8], head: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        match Head::decode(head) {
            Some(Head::Inline(value)) => Ok(Some(value.to_vec())),
            Some(Head::File(number)) => self.values.read(number, key),
            None => Err(StoreFault::SideDamaged {
                what: "a value in the index is not as it was written".to_owned(),
            }),
        }
    }
}

impl Side for ReaderSide {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        let key = stored_key(space, key);
        self.heads
            .get(&key)
            .map_or(Ok(None), |head| self.value(&key, head))
    }

    fn last_up_to(&self, space: Space, key: &[u8]) -> Result<Option<KeyValue>, StoreFault> {
        let (first, last) = (stored_key(space, b""), stored_key(space, key));
        let Some((key, head)) = self.heads.range(first..=last).next_back() else {
            return Ok(None);
        };
        let value = self.value(key, head)?;
        Ok(value.map(|value| (key.get(1..).unwrap_or_default().to_vec(), value)))
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
