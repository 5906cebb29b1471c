//! How much the command reads at most of each file that is named to it; measured before a byte of it is.
//!
//! Invariant: no honest file reaches its limit. What copies, receipts and policies may hold stands in `portable::limits`.

/// A file of events: about a million rows.
pub(crate) const RECORD_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// A disclosure: a few values of one event.
pub(crate) const DISCLOSURE_BYTES_MAX: u64 = 64 * 1024;
/// Rules or a replacement, typed by hand.
pub(crate) const TYPED_BYTES_MAX: u64 = 1024 * 1024;
/// A segment of a ledger's log, and a commit group that went beyond its end.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 2 * store_embedded::SEGMENT_BYTES;
/// A key file.
pub(crate) const KEY_BYTES_MAX: u64 = seal::limits::KEY_FILE_BYTES_MAX as u64;
