//! The roots that this log had at its earlier sizes, for what authors say they had seen.
//!
//! Invariant: answers for every size up to the writer's own, from the newest tiles that it holds in memory or from the stored
//! ones; both are hashes of the same entries. Knows nothing of events.

use chain::{Tile, TileHashes, TileReader};
use domain::Seen;
use store::Entries;
use verify::{Agreement, RememberedRoots, Roots};

use crate::receipt::Tiles;
use crate::tip::Tip;

/// A view of the writer's tree.
pub(crate) struct PastRoots<'a> {
    pub tip: &'a Tip,
    pub store: &'a dyn Entries,
    pub remembered: &'a mut RememberedRoots,
}

/// What the writer holds comes first: of the open group nothing is stored yet.
struct WriterTiles<'a> {
    tip: &'a Tip,
    store: &'a dyn Entries,
}

impl TileReader for WriterTiles<'_> {
    fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        let held = self
            .tip
            .tiles
            .tile(tile)
            .or_else(|| self.tip.pending.tile(tile));
        held.or_else(|| Tiles(self.store).tile(tile))
    }
}

impl Roots for PastRoots<'_> {
    fn compare(&mut self, seen: &Seen, _: u64) -> Agreement {
        let reader = WriterTiles {
            tip: self.tip,
            store: self.store,
        };
        let find = || chain::root_at(seen.size, &TileHashes::new(&reader, seen.size)).ok();
        Agreement::of(self.remembered.at(seen.size, find), seen)
    }
}
