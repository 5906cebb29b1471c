//! How much a desk reads at most of each file that is named to it, and how much it does at once.
//!
//! Invariant: no honest file reaches its limit. What copies, receipts and policies may hold is in `portable::limits`.

use domain::limits::{BODY_BYTES_MAX, SIGNATURES_MAX};

/// A disclosure: a few values of one event.
pub const DISCLOSURE_BYTES_MAX: u64 = 64 * 1024;
/// Rules or a replacement, typed by hand.
pub const TYPED_BYTES_MAX: u64 = 1024 * 1024;
/// The keys of the rows that were signed at once.
pub const ROW_KEYS_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// A segment of a ledger's log, and a commit group that went beyond its end.
pub const SEGMENT_BYTES_MAX: u64 = 2 * store_embedded::SEGMENT_BYTES;
/// A key file.
pub const KEY_BYTES_MAX: u64 = signing::limits::KEY_FILE_BYTES_MAX as u64;
/// Events that are submitted at once: each such group is one commit, answered while the next waits.
pub const GROUP_EVENTS: usize = 480;

// However large the events of a stranger's file are, a group of them is a submission that the sequencer takes.
const _: () = assert!(
    GROUP_EVENTS * (BODY_BYTES_MAX + 72 * SIGNATURES_MAX) <= ledger::limits::SUBMISSION_BYTES_MAX
);
