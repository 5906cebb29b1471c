//! The store contract: a log of opaque entries committed in groups, its readers, and a side area that may be lost.
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
mod sparse;

use std::fmt::Debug;
use std::sync::Arc;

pub use fault::StoreFault;
pub use frame::{Frame, check_group, packed_bytes};
pub use memory::MemoryStore;
pub use side::{Change, KeyValue, Side, Space};
pub use sparse::SparseEntries;

/// Frames in log order. Ends after the first fault.
pub type Frames<'a> = Box<dyn Iterator<Item = Result<Frame, StoreFault>> + Send + 'a>;

/// Entries of a log, to read: all of them, or those that a reader may hold. Every implementation passes
/// [`contract::check_entries`].
///
/// **Positions.** An entry has the position that the log gave it, on every machine; it is never renumbered. Entries come
/// in ascending position. Where [`Entries::is_whole`], they are numbered from 0 without a gap, and [`Entries::size`]
/// counts them; else a position below the size may be one that is not held here. Nothing follows from a gap: what is
/// not held may be anything.
///
/// **Groups.** Entries come in frames of one or more that follow each other without a gap. A whole log gives the groups
/// in which it was written; a part of one may give each entry alone.
///
/// **Growth.** Entries may be added while somebody reads, only above all that are held, and none is ever changed or
/// taken away. An iterator ends with what was held when it was made.
///
/// **Damage.** Bytes that changed at rest are answered with [`StoreFault::Damaged`] and the first position affected.
/// No implementation skips, repairs or cuts them by itself; damage is never a gap.
pub trait Entries: Send + Sync + Debug {
    /// Size of the log that the entries were taken from: above the position of every entry here.
    fn size(&self) -> u64;

    /// Whether every position below the size is held.
    fn is_whole(&self) -> bool;

    /// Frames from the first that ends after `from`, in bounded memory.
    ///
    /// `from == size()` gives no frame; a greater `from` is [`StoreFault::PastEnd`]. The iterator ends after the first
    /// fault it yields.
    fn frames(&self, from: u64) -> Result<Frames<'_>, StoreFault>;

    /// The frame that contains `position`; [`StoreFault::NotHeld`] in a gap, [`StoreFault::PastEnd`] from the size on.
    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault>;

    /// Checkpoint bytes that the frame at the end of the log carries; `None` where nothing is held there.
    fn checkpoint(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        let Some(last) = self.size().checked_sub(1) else {
            return Ok(None);
        };
        match self.frame_of(last) {
            Ok(frame) => Ok(Some(frame.checkpoint().to_vec())),
            Err(StoreFault::NotHeld { .. }) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The same entries for a reader that outlives this borrow. It sees later ones too.
    fn handle(&self) -> Arc<dyn Entries>;

    /// What was worked out from these very entries and kept; nothing where nothing is kept, or kept by somebody else.
    fn kept(&self) -> Option<&dyn Side> {
        None
    }
}

/// The log of a ledger, to write: all of its entries. Every implementation passes [`contract::check`].
///
/// **Groups.** A group keeps the boundaries it was appended with: it comes back as one [`Frame`].
///
/// **Durability.** When `append` returns `Ok`, the group survives a kill of the process and, for a store on disk, a
/// power cut. When it returns [`StoreFault::Io`], the group may or may not have been committed: the store refuses
/// every later append with [`StoreFault::Poisoned`], goes on reading what was committed before, and only reopening
/// tells which it was. Every other fault of `append` means that nothing was written and the store is as it was.
///
/// **Order and concurrency.** All methods may be called from many threads. Appends are serialised and each names the
/// size it was built upon, so of two writers that read the same size one gets [`StoreFault::WrongSize`]. Reading never
/// waits for a running append's disk time, and sees no group before it is committed.
pub trait Store: Entries {
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

    /// What can be worked out from the log again.
    fn side(&self) -> &dyn Side;
}
