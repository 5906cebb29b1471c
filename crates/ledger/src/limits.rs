//! Limits of the sequencer, each named with its unit last.
//!
//! Invariant: what waits is bounded in bytes, so a flood of submissions slows its senders and never fills the memory, and
//! no group that they can make is larger than a store takes.

/// Submissions that wait for verification. One more makes its sender wait.
pub const QUEUE_SUBMISSIONS_MAX: usize = 1_024;
/// Bytes of all submissions that wait for verification. More makes their sender wait.
pub const QUEUE_BYTES_MAX: usize = 128 << 20;
/// Events in one submission.
pub const SUBMISSION_EVENTS_MAX: usize = 4_096;
/// Bytes of bodies and signatures in one submission.
pub const SUBMISSION_BYTES_MAX: usize = 16 << 20;
/// Events after which a group is closed.
pub const GROUP_EVENTS_MAX: usize = 4_096;
/// Bytes after which a group is closed.
pub const GROUP_BYTES_MAX: usize = 16 << 20;
/// Verified groups that wait for the writer: one is written while the next is verified.
pub const GROUPS_WAITING_MAX: usize = 2;
/// Events after which tiles and indexes are put into the side area. All of it catches up from the log on open.
pub const INDEX_EVENTS_MAX: u64 = 16_384;

/// What an entry adds to body and signatures: receive time, two counts, and the store's length prefix.
const ENTRY_OVERHEAD_BYTES: usize = 8 + 8 + 8 + store::limits::ENTRY_PREFIX_BYTES;

// The last submission of a group is taken whole, so a group holds at most one submission more than closes it.
const _: () = assert!(
    GROUP_BYTES_MAX
        + SUBMISSION_BYTES_MAX
        + (GROUP_EVENTS_MAX + SUBMISSION_EVENTS_MAX) * ENTRY_OVERHEAD_BYTES
        <= store::limits::GROUP_BYTES_MAX
);
const _: () = assert!(SUBMISSION_BYTES_MAX <= QUEUE_BYTES_MAX);
const _: () = assert!(QUEUE_BYTES_MAX <= u32::MAX as usize);
