//! How much is read at most of each thing that is handed over; measured before a byte of it is.
//!
//! Invariant: no honest file reaches its limit. Packs have none: they are streamed, and so is a folder, file by file.

use chain::TILE_WIDTH;

/// A checkpoint with all signatures on it.
pub const NOTE_BYTES_MAX: u64 = 128 * 1024;
/// Hashes of a full tile.
pub const TILE_BYTES_MAX: u64 = 32 * TILE_WIDTH as u64;
/// Entries of a full bundle, each of the longest, with its length.
pub const BUNDLE_BYTES_MAX: u64 = (2 + 65_535) * TILE_WIDTH as u64;
/// Evidence or a receipt.
pub const SINGLE_BYTES_MAX: u64 = evidence::EVIDENCE_BYTES_MAX as u64;
/// An extract: some two hundred thousand events with their proofs.
pub const EXTRACT_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// A policy.
pub const POLICY_BYTES_MAX: u64 = policy::POLICY_BYTES_MAX as u64;
/// What a verifier remembers: thousands of logs.
pub const MEMORY_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A key request: some names, a key and a signature.
pub const REQUEST_BYTES_MAX: u64 = 64 * 1024;
/// Signed events: a plant's busiest month, with its bodies in hexadecimal.
pub const SIGNED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Events in one file of them.
pub const SIGNED_EVENTS_MAX: usize = 50_000;
/// Receipts: as many as there are signed events in a file, each with a proof of at most 64 hashes.
pub const RECEIPTS_BYTES_MAX: u64 = 256 * 1024 * 1024;
