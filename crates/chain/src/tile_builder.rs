//! Builds tiles as leaves arrive, on the ledger's append path: each tree node is hashed once, for root and tiles.
//! Invariant: the hashes held are those of the partial tiles at the right edge, and the frontier's peaks are
//! among them; every tile that becomes full is handed out exactly once.
//! Does not know when or where tiles are written.

use crate::frontier::Frontier;
use crate::hash::Hash;
use crate::tile::{TILE_BYTES, TILE_WIDTH, Tile, TileHashes, TileReader};

/// A tile that will never change again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FullTile {
    /// Its name.
    pub tile: Tile,
    /// Its 256 hashes, 8,192 bytes.
    pub bytes: Vec<u8>,
}

/// The right edge of a tree: its frontier and its partial tiles.
#[derive(Clone, Debug)]
pub struct TileBuilder {
    frontier: Frontier,
    /// The hashes of the partial tile at each level, possibly none.
    partial: [Vec<u8>; 8],
    full: Vec<FullTile>,
}

impl TileBuilder {
    /// The builder of a tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self {
            frontier: Frontier::new(),
            partial: Default::default(),
            full: Vec::new(),
        }
    }

    /// Goes on where a tree with this frontier ended. Reads one partial tile a level at most.
    ///
    /// # Errors
    /// A partial tile is missing, or the tiles do not lead to the frontier; both are cured by rebuilding the tiles
    /// from the entries.
    pub fn resume(frontier: Frontier, tiles: &dyn TileReader) -> Result<Self, ResumeRefusal> {
        let size = frontier.size();
        let mut partial: [Vec<u8>; 8] = Default::default();
        for (level, hashes) in (0..8_u8).zip(&mut partial) {
            let Some(tile) = right_edge(level, size) else {
                continue;
            };
            let mut bytes = tiles
                .tile(tile)
                .ok_or(ResumeRefusal::TileMissing { tile })?;
            let expected = usize::from(tile.width()) * Hash::BYTES;
            if bytes.len() < expected {
                return Err(ResumeRefusal::TileTooShort {
                    tile,
                    expected,
                    found: bytes.len(),
                });
            }
            bytes.truncate(expected);
            *hashes = bytes;
        }
        let builder = Self {
            frontier,
            partial,
            full: Vec::new(),
        };
        let seen = Frontier::read(size, &TileHashes::new(&builder, size));
        if seen.as_ref() != Ok(&builder.frontier) {
            return Err(ResumeRefusal::TilesDisagree { size });
        }
        Ok(builder)
    }

    /// Adds one leaf, given by its leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let Self {
            frontier,
            partial,
            full,
        } = self;
        let size = frontier.size() + 1;
        frontier.push_observed(leaf, |level, hash| {
            if level % 8 != 0 {
                return;
            }
            let tile_level = (level / 8) as usize;
            let hashes = &mut partial[tile_level];
            if hashes.is_empty() {
                hashes.reserve_exact(TILE_BYTES);
            }
            hashes.extend_from_slice(hash.as_bytes());
            if hashes.len() == TILE_BYTES {
                let index = (size >> level) / u64::from(TILE_WIDTH) - 1;
                let tile = Tile::new((level / 8) as u8, index, TILE_WIDTH);
                let tile =
                    tile.expect("a tree of fewer than 2^64 leaves fills only tiles it can have");
                full.push(FullTile {
                    tile,
                    bytes: std::mem::take(hashes),
                });
            }
        });
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root of the tree as it is now.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The frontier of the tree as it is now.
    #[must_use]
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The tiles that have become full since this was last called, in the order in which they did.
    #[must_use = "a full tile is handed out once"]
    pub fn take_full(&mut self) -> Vec<FullTile> {
        std::mem::take(&mut self.full)
    }

    /// The partial tiles of the tree as it is now, from the leaves up: at most one a level.
    pub fn partial(&self) -> impl Iterator<Item = (Tile, &[u8])> {
        let size = self.size();
        (0..8_u8)
            .zip(&self.partial)
            .filter_map(move |(level, hashes)| Some((right_edge(level, size)?, hashes.as_slice())))
    }
}

impl Default for TileBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// Answers for what the builder holds: the partial tiles and the full ones not yet taken.
impl TileReader for TileBuilder {
    fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        if right_edge(tile.level(), self.size()).is_some_and(|edge| edge.index() == tile.index()) {
            return self.partial.get(usize::from(tile.level())).cloned();
        }
        let held = |full: &&FullTile| {
            full.tile.level() == tile.level() && full.tile.index() == tile.index()
        };
        self.full.iter().find(held).map(|full| full.bytes.clone())
    }
}

/// The partial tile of this level in a tree of `size` leaves, if it has one.
fn right_edge(level: u8, size: u64) -> Option<Tile> {
    let hashes = size >> (8 * level);
    let width = u16::try_from(hashes % u64::from(TILE_WIDTH)).ok()?;
    Tile::new(level, hashes / u64::from(TILE_WIDTH), width)
}

/// Why a builder cannot go on from what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResumeRefusal {
    /// No such tile is stored.
    #[error("{} is missing; rebuild the tiles from the log's entries", .tile.path())]
    TileMissing { tile: Tile },
    /// The tile ends early.
    #[error("{} has {found} bytes of {expected}; rebuild the tiles from the log's entries", .tile.path())]
    TileTooShort {
        tile: Tile,
        expected: usize,
        found: usize,
    },
    /// Tiles of another tree, or a changed byte.
    #[error(
        "the tiles do not lead to the tree's edge at size {size}; rebuild the tiles from the log's entries"
    )]
    TilesDisagree { size: u64 },
}

#[cfg(test)]
mod tests;
