//! The store contract: a log of opaque entries committed in groups, and a side area that may be lost.
//! Invariant: a group is committed whole or not at all, and what `append` acknowledged is never lost, reordered or altered
//! without a fault that names the place.
//! Knows nothing of events, signatures, Merkle trees or projections: entries, checkpoints and side values are bytes.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod contract;
mod fault;
pub mod faulty;
mod frame;
pub mod limits;
mod memory;
mod side;

use std::fmt::Debug;
use std::sync::Arc;

pub use fault::StoreFault;
pub use frame::{Frame, check_group, packed_bytes};
pub use memory::MemoryStore;
pub use side::{Change, KeyValue, Side, Space};

/// Frames in log order. Ends after the first fault.
pub type Frames<'a> = Box<dyn Iterator<Item = Result<Frame, StoreFault>> + Send + 'a>;

/// The log of a ledger. Every implementation passes [`contract::check`].
///
/// **Positions.** Entries are numbered from 0 without a gap; `size` counts them. A group keeps the boundaries it was
/// appended with: it comes back as one [`Frame`].
///
/// **Durability.** When `append` returns `Ok`, the group survives a kill of the process and, for a store on disk, a
/// power cut. When it returns [`StoreFault::Io`], the group may or may not have been committed: the store refuses
/// every later append with [`StoreFault::Poisoned`], goes on reading what was committed before, and only reopening
/// tells which it was. Every other fault of `append` means that nothing was written and the store is as it was.
///
/// **Order and concurrency.** All methods may be called from many threads. Appends are serialised and each names the
/// size it was built upon, so of two writers that read the same size one gets [`StoreFault::WrongSize`]. Reading never
/// waits for a running append's disk time, and sees no group before it is committed.
///
/// **Damage.** Bytes that changed at rest are answered with [`StoreFault::Damaged`] and the first position affected.
/// No implementation skips, repairs or cuts them by itself.
pub trait Store: Send + Sync {
    /// Number of committed entries, which is the position the next entry will get.
    fn size(&self) -> u64;

    /// Commits one group as one frame: all of `entries`, and the bytes of the checkpoint that covers them.
    ///
    /// Each entry is 1..=[`limits::ENTRY_BYTES_MAX`] bytes, the checkpoint 0..=[`limits::CHECKPOINT_BYTES_MAX`]; the
    /// group has at least one entry and at most [`limits::GROUP_BYTES_MAX`] bytes packed.
    fn append(
        &self,
        expected_size: u64,
        entries: &[&[u8]],
        checkpoint: &[u8],
    ) -> Result<(), StoreFault>;

    /// Frames from the one that contains `from` up to what was committed when this was called, in bounded memory.
    ///
    /// `from == size()` gives no frame; a greater `from` is [`StoreFault::PastEnd`]. The iterator ends after the first
    /// fault it yields.
    fn frames(&self, from: u64) -> Result<Frames<'_>, StoreFault>;

    /// The frame that contains `position`.
    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault>;

    /// Checkpoint bytes of the last committed frame; `None` while the log is empty.
    fn checkpoint(&self) -> Result<Option<Vec<u8>>, StoreFault>;

    /// What can be computed anew from the log.
    fn side(&self) -> &dyn Side;

    /// A handle on what is committed, for whoever keeps positions instead of entries. It sees later appends too.
    fn past(&self) -> Arc<dyn Past>;
}

/// Committed entries, by position. Outlives the borrow of the store it comes from.
pub trait Past: Send + Sync + Debug {
    /// The frame that contains `position`; faults as [`Store::frame_of`].
    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault>;
}
