//! Limits of the sequencer, each named with its unit last.
//!
//! Invariant: what waits is bounded, so a flood of submissions slows its senders and never fills the memory.

/// Submissions that wait for verification. One more makes its sender wait.
pub const QUEUE_SUBMISSIONS_MAX: usize = 1_024;
/// Events in one submission.
pub const SUBMISSION_EVENTS_MAX: usize = 4_096;
/// Events after which a group is closed.
pub const GROUP_EVENTS_MAX: usize = 4_096;
/// Verified groups that wait for the writer: one is written while the next is verified.
pub const GROUPS_WAITING_MAX: usize = 2;
/// Events after which tiles and indexes are put into the side area. All of it catches up from the log on open.
pub const INDEX_EVENTS_MAX: u64 = 16_384;

const _: () = assert!(
    (GROUP_EVENTS_MAX + SUBMISSION_EVENTS_MAX) * (domain::limits::ENTRY_BYTES_MAX / 8)
        < store::limits::GROUP_BYTES_MAX
);
