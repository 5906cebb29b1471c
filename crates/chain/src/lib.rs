//! Hashes that tie the log together: author chains (BLAKE3) and the log's RFC 6962 Merkle tree (SHA-256).
//! Invariant: every function here is a pure function of the bytes it is given; a leaf is opaque bytes, and what
//! is hashed is what is stored, never a re-encoding of it.
//! Knows nothing of events, keys, signatures, files or clocks. Normative text: `docs/spec/log.md`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod author;
mod contexts;
mod frontier;
mod hash;
mod levels;
mod proof;
mod tile;
mod tile_builder;
mod window;

#[cfg(test)]
mod tests;

pub use author::{AuthorHead, LinkRefusal, event_id, ledger_id, origin_hash};
pub use contexts::{Context, ContextHasher, digest};
pub use frontier::{Frontier, FrontierRefusal};
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use levels::Levels;
pub use proof::{
    HashReader, ProofFault, ProofRefusal, consistency_proof, inclusion_proof, other_old_root,
    root_at, verify_consistency, verify_inclusion,
};
pub use tile::{TILE_BYTES, TILE_WIDTH, Tile, TileHashes, TilePathRefusal, TileReader};
pub use tile_builder::{FullTile, ResumeRefusal, TileBuilder};
pub use window::Window;
