//! The side area: what must be found fast and can be computed again.
//! Invariant: nothing true rests on it.
//! Does not know what its values mean, nor how far behind the log they are; its users keep a mark for that.

use crate::StoreFault;

/// A key and its value.
pub type KeyValue = (Vec<u8>, Vec<u8>);

/// Tiles, indexes, snapshots and marks, outside the log.
///
/// It may lag behind the log, lose its newest writes in a crash, or vanish whole; users write a mark of the log size
/// they have covered into the same `put` and catch up from it. What a `put` made visible is lost as a whole or not at
/// all: after a crash the side area is as it was after some earlier `put`, never between two.
/// Damage is answered with [`StoreFault::SideDamaged`]; the remedy is to discard the area and fill it again.
pub trait Side: Send + Sync {
    /// The value of `key`, if there is one.
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault>;

    /// The greatest key that is not greater than `key` (bytewise, a prefix before its extensions), with its value:
    /// the newest snapshot not after a position, if positions are written big-endian.
    fn last_up_to(&self, space: Space, key: &[u8]) -> Result<Option<KeyValue>, StoreFault>;

    /// Makes all changes, in any spaces, visible at once. Of two changes to one key the later stands.
    fn put(&self, changes: &[Change]) -> Result<(), StoreFault>;

    /// Removes every key of a space. Not atomic: a crash may leave a part.
    fn clear(&self, space: Space) -> Result<(), StoreFault>;

    /// Makes everything put so far survive a power cut.
    fn flush(&self) -> Result<(), StoreFault>;
}

/// One key set or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub space: Space,
    /// At most [`crate::limits::SIDE_KEY_BYTES_MAX`] bytes.
    pub key: Vec<u8>,
    /// The new value, or `None` to remove the key.
    pub value: Option<Vec<u8>>,
}

impl Change {
    /// Sets `key`.
    pub fn set(space: Space, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self {
            space,
            key: key.into(),
            value: Some(value.into()),
        }
    }

    /// Removes `key`.
    pub fn remove(space: Space, key: impl Into<Vec<u8>>) -> Self {
        Self {
            space,
            key: key.into(),
            value: None,
        }
    }
}

/// A key space of the side area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Full Merkle tiles.
    Tiles,
    /// Author and block of seqs to positions.
    AuthorBlocks,
    /// The newest event of each author.
    Heads,
    /// Snapshots of the registry.
    Registry,
    /// Snapshots of projections.
    Snapshots,
    /// How far each of the above has come.
    Marks,
}

impl Space {
    /// Every space, in code order.
    pub const ALL: [Self; 6] = [
        Self::Tiles,
        Self::AuthorBlocks,
        Self::Heads,
        Self::Registry,
        Self::Snapshots,
        Self::Marks,
    ];

    /// The code in stored keys: stable, never 0, below 128.
    pub const fn code(self) -> u8 {
        match self {
            Self::Tiles => 1,
            Self::AuthorBlocks => 2,
            Self::Heads => 3,
            Self::Registry => 4,
            Self::Snapshots => 5,
            Self::Marks => 6,
        }
    }
}
