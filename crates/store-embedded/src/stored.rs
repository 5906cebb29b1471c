//! How the side area lies in sled: the space's code before each key, a value in place or in a file of its own.
//!
//! Invariant: the writer's index and a reader's view of it read the same keys and values. Opens neither sled nor a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use durable::Layout;
use store::{Space, StoreFault};

use crate::sled_guard::damaged;
use crate::values::ValueFolder;

const INLINE: u8 = 0;
const IN_FILE: u8 = 1;

/// By stored key, what sled held for it.
pub(crate) type Heads = BTreeMap<Vec<u8>, Vec<u8>>;

/// Where the index lives inside a store's folder.
pub(crate) fn index_folder(store: &Path) -> PathBuf {
    Layout::of(store).index()
}

pub(crate) fn stored_key(space: Space, key: &[u8]) -> Vec<u8> {
    [&[space.code()], key].concat()
}

/// The key within its space.
pub(crate) fn plain_key(stored: &[u8]) -> Vec<u8> {
    stored.get(1..).unwrap_or_default().to_vec()
}

/// What sled holds for a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head<'a> {
    Inline(&'a [u8]),
    /// Number of the value file.
    File(u64),
}

impl<'a> Head<'a> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Inline(value) => [&[INLINE], *value].concat(),
            Self::File(number) => [[IN_FILE].as_slice(), &number.to_le_bytes()].concat(),
        }
    }

    pub(crate) fn decode(stored: &'a [u8]) -> Option<Self> {
        match stored.split_first()? {
            (&INLINE, value) => Some(Self::Inline(value)),
            (&IN_FILE, number) => Some(Self::File(u64::from_le_bytes(number.try_into().ok()?))),
            _ => None,
        }
    }
}

/// The value behind what sled holds for a key; `None` if its file has meanwhile been replaced.
pub(crate) fn resolve(
    values: &ValueFolder,
    key: &[u8],
    stored: &[u8],
) -> Result<Option<Vec<u8>>, StoreFault> {
    match Head::decode(stored) {
        Some(Head::Inline(value)) => Ok(Some(value.to_vec())),
        Some(Head::File(number)) => values.read(number, key),
        None => Err(damaged("a value has an unknown form")),
    }
}
