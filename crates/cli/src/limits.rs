//! How much the command reads at most of each file that is named to it; measured before a byte of it is.
//!
//! Invariant: no honest file reaches its limit. Those of the files that a desk reads are in `desk::limits`.

/// A file of events: about a million rows.
pub(crate) const RECORD_BYTES_MAX: u64 = 256 * 1024 * 1024;
