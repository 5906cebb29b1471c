//! What can stop a replay.
//!
//! Invariant: a fault names the position; a missing or unreadable snapshot is no fault, it only costs time.

use store::StoreFault;
use thiserror::Error;

/// Replay can't go on.
#[derive(Debug, Error)]
pub enum ProjectionFault {
    #[error("the log can't be read: {0}")]
    Store(#[from] StoreFault),
    #[error(
        "the entry at position {position} can't be read: {what}; run `ytterby verify` on this ledger"
    )]
    Log { position: u64, what: String },
    #[error("position {position} lies past the end of the log, which has {size} entries")]
    PastEnd { position: u64, size: u64 },
}
