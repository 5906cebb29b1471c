//! Private, rebuildable state (snapshots of projections) as bytes.
//!
//! Invariant: such bytes never carry truth; a reader that can't decode them throws them away and replays the log.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::{Decode, Encode};

/// Largest state that is read back, in bytes; a forged length can't ask for more.
const STATE_BYTES_MAX: usize = 4 << 30;

const LAYOUT: Configuration<LittleEndian, Fixint, Limit<STATE_BYTES_MAX>> =
    bincode::config::legacy().with_limit::<STATE_BYTES_MAX>();

/// State as bytes.
///
/// # Panics
/// Never for plain data; a type whose encoder fails is a bug.
pub fn to_bytes<T: Encode>(state: &T) -> Vec<u8> {
    bincode::encode_to_vec(state, LAYOUT).expect("plain data encodes")
}

/// State from bytes, or nothing if they are not exactly such a state.
pub fn from_bytes<T: Decode<()>>(bytes: &[u8]) -> Option<T> {
    let decoded: Result<(T, usize), _> = bincode::decode_from_slice(bytes, LAYOUT);
    decoded
        .ok()
        .filter(|(_, used)| *used == bytes.len())
        .map(|(state, _)| state)
}
