//! The limits of this crate, each with its unit last.
//!
//! Invariant: no honest claim reaches its limit.

/// An answer that somebody handed over.
pub const CLAIM_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Differences that are listed one by one; more are counted.
pub(crate) const LISTED_MAX: usize = 1_000;
/// Candidates that a refusal names.
pub(crate) const CANDIDATES_MAX: usize = 5;
