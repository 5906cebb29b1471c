//! Every limit of the store contract, in bytes.
//! Invariant: whatever passes these limits can be stored by every implementation and read back by every reader.
//! Does not know: limits of events; those lie within these.

/// Longest entry: its length is stored in a `u16`, as in a tlog-tiles entry bundle.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// Longest checkpoint note: its length is stored in a `u16`.
pub const CHECKPOINT_BYTES_MAX: usize = 65_535;

/// Most bytes of one group, length prefixes included. A reader holds one frame in memory.
pub const GROUP_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Longest key of the side area.
pub const SIDE_KEY_BYTES_MAX: usize = 1024;

/// Bytes of the length prefix before each packed entry.
pub const ENTRY_PREFIX_BYTES: usize = 2;

const _: () = assert!(ENTRY_BYTES_MAX + ENTRY_PREFIX_BYTES <= GROUP_BYTES_MAX);
const _: () = assert!(GROUP_BYTES_MAX < u32::MAX as usize);
