//! Receipts: position, checkpoint and inclusion proof, in the tlog-proof form that other tools read.
//!
//! Invariant: a receipt is computed from the log, so the first and every later receipt of an event are the same bytes.

use chain::{Tile, TileHashes, TileReader};
use seal::TlogProof;
use store::Store;

use crate::fault::LedgerFault;
use crate::index::stored_tile;
use crate::sequencer::Edge;

/// Proof that an event stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub position: u64,
    /// The entry's bytes as they stand in the log.
    pub entry: Vec<u8>,
    pub proof: TlogProof,
}

struct Tiles<'a> {
    store: &'a dyn Store,
    edge: &'a Edge,
}

impl TileReader for Tiles<'_> {
    fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        self.edge
            .tile(tile)
            .or_else(|| stored_tile(self.store.side(), tile))
    }
}

/// The receipt of a position, against the checkpoint of the group that committed it.
pub(crate) fn receipt(
    store: &dyn Store,
    edge: &Edge,
    position: u64,
) -> Result<Receipt, LedgerFault> {
    let frame = store.frame_of(position)?;
    let missing = || LedgerFault::Log {
        position,
        what: "its group does not hold it".to_owned(),
    };
    let entry = frame.entry(position).ok_or_else(missing)?.to_vec();
    let tiles = Tiles { store, edge };
    let hashes = TileHashes::new(&tiles, frame.end());
    let hashes = chain::inclusion_proof(position, frame.end(), &hashes);
    let hashes = hashes.map_err(|fault| LedgerFault::Tiles(fault.to_string()))?;
    let proof = TlogProof {
        position,
        hashes,
        note: frame.checkpoint().to_vec(),
    };
    Ok(Receipt {
        position,
        entry,
        proof,
    })
}
