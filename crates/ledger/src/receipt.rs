//! Receipts: position, checkpoint and inclusion proof, in the tlog-proof form that other tools read.
//!
//! Invariant: a receipt is computed from what is committed, so the first and every later receipt of an event under one
//! checkpoint are the same bytes, whoever asks: the writer or a reader without a key. It is checked before it is handed out.
//! Knows no writer. A tile that the side area lacks or has only a part of is made from the log.

use chain::{Frontier, Hash, TILE_WIDTH, Tile, TileHashes, TileReader, leaf_hash};
use domain::{Bytes32, Seen};
use signing::TlogProof;
use store::{Entries, Frame};

use crate::fault::LedgerFault;
use crate::index::stored_tile;

/// Proof that an event stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    pub position: u64,
    /// The entry's bytes as they stand in the log.
    pub entry: Vec<u8>,
    pub proof: TlogProof,
}

/// The tiles of a store.
pub(crate) struct Tiles<'a>(pub &'a dyn Entries);

impl TileReader for Tiles<'_> {
    fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        let wanted = usize::from(tile.width()) * Hash::BYTES;
        // The side area may lag behind the log, and its last tiles with it.
        self.0
            .kept()
            .and_then(|side| stored_tile(side, tile))
            .filter(|bytes| bytes.len() >= wanted)
            .or_else(|| self.recompute(tile))
    }
}

impl Tiles<'_> {
    /// The hashes of a tile, from its entries or from the whole tiles below it.
    fn recompute(&self, tile: Tile) -> Option<Vec<u8>> {
        let first = tile.index().checked_mul(u64::from(TILE_WIDTH))?;
        let places = first..first + u64::from(tile.width());
        if tile.level() == 0 {
            return self.leaves(places);
        }
        let mut hashes = Vec::new();
        for index in places {
            let below = Tile::at_size(tile.level() - 1, index, u64::MAX)?;
            let mut root = Frontier::new();
            let bytes = self.tile(below)?;
            let (leaves, _) = bytes.as_chunks::<32>();
            for leaf in leaves {
                root.push(Hash::from_bytes(*leaf));
            }
            hashes.extend_from_slice(root.root().as_bytes());
        }
        Some(hashes)
    }

    fn leaves(&self, places: std::ops::Range<u64>) -> Option<Vec<u8>> {
        let mut hashes = Vec::new();
        let mut next = places.start;
        while next < places.end {
            let frame = self.0.frame_of(next).ok()?;
            for (position, entry) in frame.entries() {
                if position == next && next < places.end {
                    hashes.extend_from_slice(leaf_hash(entry).as_bytes());
                    next += 1;
                }
            }
            if next < frame.end() && next < places.end {
                return None;
            }
        }
        Some(hashes)
    }
}

/// The receipt of a position, against the checkpoint of the group that committed it.
///
/// # Errors
/// The position is not in the log, or the log does not carry the root that the checkpoint signs.
pub fn receipt(store: &dyn Entries, position: u64) -> Result<Inclusion, LedgerFault> {
    let frame = store.frame_of(position)?;
    prove(store, &frame, position, frame.checkpoint())
}

/// The receipt of a position, against a checkpoint of this log that witnesses cosigned.
///
/// # Errors
/// The position is not in the log, the checkpoint does not cover it, or the log does not carry the root that it signs.
pub fn receipt_under(
    store: &dyn Entries,
    position: u64,
    note: &[u8],
) -> Result<Inclusion, LedgerFault> {
    let frame = store.frame_of(position)?;
    prove(store, &frame, position, note)
}

fn prove(
    store: &dyn Entries,
    frame: &Frame,
    position: u64,
    note: &[u8],
) -> Result<Inclusion, LedgerFault> {
    let damaged = |what: String| LedgerFault::Log { position, what };
    let entry = frame.entry(position);
    let entry = entry.ok_or_else(|| damaged("its group does not hold it".to_owned()))?;
    let checkpoint = signing::peek_unverified(note)
        .map_err(|refusal| damaged(format!("its checkpoint: {refusal}")))?;
    let size = checkpoint.size;
    if position >= size {
        return Err(LedgerFault::NotAcknowledged { position, size });
    }
    let tiles = Tiles(store);
    let hashes = chain::inclusion_proof(position, size, &TileHashes::new(&tiles, size));
    let hashes = hashes.map_err(|fault| LedgerFault::Tiles(fault.to_string()))?;
    let leaf = leaf_hash(entry);
    chain::verify_inclusion(&leaf, position, size, &hashes, &checkpoint.root)
        .map_err(|refusal| LedgerFault::Tiles(refusal.to_string()))?;
    Ok(Inclusion {
        position,
        entry: entry.to_vec(),
        proof: TlogProof {
            position,
            hashes,
            note: note.to_vec(),
        },
    })
}

/// The id of the ledger that a store holds, from its founding event.
///
/// # Errors
/// The store is empty, or its first entry is not a founding.
pub fn ledger_id(store: &dyn Entries) -> Result<[u8; 32], LedgerFault> {
    if store.size() == 0 {
        return Err(LedgerFault::NotFounded);
    }
    let frame = store.frame_of(0)?;
    let view = frame.entry(0).map(wire::decode_entry);
    let body = view.and_then(Result::ok).map(|view| view.body);
    let founded = body.and_then(|bytes| {
        let body = wire::decode_body(bytes).ok()?;
        author::ledger_of(&body, &wire::event_id(bytes))
    });
    founded.ok_or(LedgerFault::NotFounded)
}

/// The newest state of the log that a store holds, as its checkpoint says; nothing of an empty one.
///
/// # Errors
/// The checkpoint can't be read.
pub fn seen(store: &dyn Entries) -> Result<Seen, LedgerFault> {
    let Some(note) = store.checkpoint()? else {
        return Ok(Seen::NOTHING);
    };
    let checkpoint = signing::peek_unverified(&note).map_err(|refusal| LedgerFault::Log {
        position: store.size().saturating_sub(1),
        what: format!("the last checkpoint can't be read: {refusal}"),
    })?;
    Ok(Seen {
        size: checkpoint.size,
        root: Bytes32(*checkpoint.root.as_bytes()),
    })
}
