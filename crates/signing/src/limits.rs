//! What the parsers of this crate accept at most.
//! Invariant: an input is measured against these before work or memory is spent on it.
//! Does not know the limits of events and entries; those belong to other crates.

/// A signed note, signatures included. Sixteen signatures of any kind must fit (signed-note, "Format"), and some of those
/// that resist quantum computers have nearly 5 kB, half as much again in base64.
pub const NOTE_BYTES_MAX: usize = 128 * 1024;
/// Signature lines on one note.
pub const NOTE_SIGNATURES_MAX: usize = 64;
/// A receipt: the note, the hashes, and room for extra data by others.
pub const RECEIPT_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX;
/// Hashes of an inclusion proof: no tree of fewer than 2^64 leaves has a longer path.
pub const PROOF_HASHES_MAX: usize = 64;
/// A verifier key in its text form. One of ML-DSA-44 has 1,752 characters after its name.
pub const VERIFIER_KEY_BYTES_MAX: usize = 4 * 1024;
/// A key file.
pub const KEY_FILE_BYTES_MAX: usize = 16 * 1024;
/// The scrypt cost (binary logarithm) of a key file that is written: above it OpenSSL meets its own memory limit.
pub const SCRYPT_LOG_N_MAX: u8 = 14;
/// Memory that a key file may ask for when it is opened.
pub const SCRYPT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Work that a key file may ask for when it is opened: scrypt's cost times block size times passes.
pub const SCRYPT_WORK_MAX: u64 = 1 << 24;
/// Rounds of PBKDF2 that a key file of another program may ask for when it is opened.
pub const PBKDF2_ROUNDS_MAX: u32 = 10_000_000;
