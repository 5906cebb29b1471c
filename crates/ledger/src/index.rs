//! What must be found fast: tiles, the position of an author's event, and where admission stood. Kept in the side area.
//!
//! Invariant: one `put` moves tiles, blocks, heads and the mark together, so the side area always speaks of one size of
//! the log; the log after that mark is replayed on open. Nothing here is truth: [`rebuild`] makes it again.

use std::collections::{BTreeMap, HashMap};

use author::AuthorState;
use chain::{AuthorHead, FullTile, Tile, TileBuilder, TileReader};
use domain::{Moment, PartyId};
use store::{Change, Side, Space, Store, StoreFault};

use crate::fault::LedgerFault;

/// Sequence numbers in one block of the author index.
const BLOCK_SEQS: u64 = 256;
/// What an index is known by. One made before every act of office was in the registry is as if it were not there.
const MARK: &[u8] = b"index 2";
const REGISTRY: &[u8] = b"positions 2";

/// Index entries that are not in the side area yet.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    places: HashMap<(PartyId, u64), u64>,
    registry_positions: Vec<u64>,
    full_tiles: Vec<FullTile>,
}

/// Where admission stood at the mark.
pub(crate) struct Mark {
    pub size: u64,
    pub frontier: Vec<u8>,
    pub authors: Vec<(PartyId, AuthorState)>,
    pub registry_positions: Vec<u64>,
}

impl Pending {
    pub(crate) fn note(&mut self, author: PartyId, seq: u64, position: u64, registry: bool) {
        self.places.insert((author, seq), position);
        if registry {
            self.registry_positions.push(position);
        }
    }

    pub(crate) fn take_tiles(&mut self, tiles: &mut TileBuilder) {
        self.full_tiles.append(&mut tiles.take_full());
    }

    /// A tile that became full and is not in the side area yet.
    pub(crate) fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        let is_it = |full: &&FullTile| {
            full.tile.level() == tile.level() && full.tile.index() == tile.index()
        };
        let full = self.full_tiles.iter().find(is_it)?;
        Some(full.bytes.clone())
    }

    pub(crate) fn place(&self, author: &PartyId, seq: u64) -> Option<u64> {
        self.places.get(&(*author, seq)).copied()
    }

    /// Puts everything into the side area at once, with the mark. On a fault nothing is lost: it stays pending.
    pub(crate) fn flush<'a>(
        &mut self,
        side: &dyn Side,
        tiles: &TileBuilder,
        authors: impl Iterator<Item = (&'a PartyId, &'a AuthorState)>,
    ) -> Result<(), StoreFault> {
        let mut changes = Vec::new();
        for full in &self.full_tiles {
            changes.push(Change::set(
                Space::Tiles,
                tile_key(full.tile),
                full.bytes.as_slice(),
            ));
        }
        for (tile, bytes) in tiles.partial() {
            changes.push(Change::set(Space::Tiles, tile_key(tile), bytes));
        }
        self.put_blocks(side, &mut changes)?;
        let mut positions = side.get(Space::Registry, REGISTRY)?.unwrap_or_default();
        positions.extend(
            self.registry_positions
                .iter()
                .flat_map(|position| position.to_le_bytes()),
        );
        changes.push(Change::set(Space::Registry, REGISTRY, positions));
        changes.push(Change::set(
            Space::Heads,
            MARK,
            wire::state::to_bytes(&encode_authors(authors)),
        ));
        let mark = wire::state::to_bytes(&(tiles.size(), tiles.frontier().to_bytes()));
        changes.push(Change::set(Space::Marks, MARK, mark));
        side.put(&changes)?;
        *self = Self::default();
        Ok(())
    }

    fn put_blocks(&self, side: &dyn Side, changes: &mut Vec<Change>) -> Result<(), StoreFault> {
        let mut blocks: BTreeMap<(PartyId, u64), Vec<(u64, u64)>> = BTreeMap::new();
        for ((author, seq), position) in &self.places {
            blocks
                .entry((*author, seq / BLOCK_SEQS))
                .or_default()
                .push((seq % BLOCK_SEQS, *position));
        }
        for ((author, block), places) in blocks {
            let key = block_key(&author, block);
            let mut bytes = side.get(Space::AuthorBlocks, &key)?.unwrap_or_default();
            for (slot, position) in places {
                let start = (slot * 8) as usize;
                if bytes.len() < start + 8 {
                    bytes.resize(start + 8, 0xff);
                }
                bytes[start..start + 8].copy_from_slice(&position.to_le_bytes());
            }
            changes.push(Change::set(Space::AuthorBlocks, key, bytes));
        }
        Ok(())
    }
}

/// Next seq, last id, when that was signed, and how much was seen then.
type StoredAuthor = (PartyId, (u64, [u8; 32]), Option<Moment>, u64);

fn encode_authors<'a>(
    authors: impl Iterator<Item = (&'a PartyId, &'a AuthorState)>,
) -> Vec<StoredAuthor> {
    let mut authors: Vec<_> = authors
        .map(|(party, AuthorState { head, signed, seen })| {
            (*party, (head.next_seq, head.last), *signed, *seen)
        })
        .collect();
    authors.sort_unstable_by_key(|(party, ..)| *party);
    authors
}

/// The position of an author's event, as far as the side area knows it.
pub(crate) fn stored_place(
    side: &dyn Side,
    author: &PartyId,
    seq: u64,
) -> Result<Option<u64>, StoreFault> {
    let block = side.get(Space::AuthorBlocks, &block_key(author, seq / BLOCK_SEQS))?;
    let start = (seq % BLOCK_SEQS * 8) as usize;
    let place = block
        .as_deref()
        .and_then(|bytes| bytes.get(start..start + 8)?.first_chunk::<8>().copied());
    Ok(place
        .map(u64::from_le_bytes)
        .filter(|position| *position != u64::MAX))
}

/// A tile, full or partial, from the side area.
pub(crate) fn stored_tile(side: &dyn Side, tile: Tile) -> Option<Vec<u8>> {
    side.get(Space::Tiles, &tile_key(tile)).ok().flatten()
}

/// Reads tiles of the side area alone.
pub(crate) struct StoredTiles<'a>(pub &'a dyn Side);

impl TileReader for StoredTiles<'_> {
    fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        stored_tile(self.0, tile)
    }
}

/// The mark and what belongs to it; `None` if the side area is empty or speaks of nothing that can be used.
pub(crate) fn read_mark(side: &dyn Side) -> Result<Option<Mark>, StoreFault> {
    let Some(mark) = side.get(Space::Marks, MARK)? else {
        return Ok(None);
    };
    let Some((size, frontier)) = wire::state::from_bytes::<(u64, Vec<u8>)>(&mark) else {
        return Ok(None);
    };
    let authors = side.get(Space::Heads, MARK)?.unwrap_or_default();
    let Some(authors) = wire::state::from_bytes::<Vec<StoredAuthor>>(&authors) else {
        return Ok(None);
    };
    let authors = authors.into_iter();
    let authors = authors.map(|(party, (next_seq, last), signed, seen)| {
        let head = AuthorHead { next_seq, last };
        (party, AuthorState { head, signed, seen })
    });
    let authors = authors.collect();
    let positions = side.get(Space::Registry, REGISTRY)?.unwrap_or_default();
    let registry_positions = positions
        .chunks_exact(8)
        .filter_map(|bytes| bytes.first_chunk::<8>());
    let registry_positions = registry_positions
        .map(|bytes| u64::from_le_bytes(*bytes))
        .collect();
    Ok(Some(Mark {
        size,
        frontier,
        authors,
        registry_positions,
    }))
}

/// Throws the indexes away; the next open makes them from the log.
///
/// # Errors
/// The side area can't be cleared; delete its folder instead.
pub fn rebuild(store: &dyn Store) -> Result<(), LedgerFault> {
    // The mark goes first: a crash in between then leaves an area that counts as empty.
    for space in [
        Space::Marks,
        Space::Registry,
        Space::Heads,
        Space::AuthorBlocks,
        Space::Tiles,
        Space::Snapshots,
    ] {
        store.side().clear(space)?;
    }
    Ok(store.side().flush()?)
}

fn tile_key(tile: Tile) -> Vec<u8> {
    let mut key = vec![tile.level()];
    key.extend_from_slice(&tile.index().to_be_bytes());
    key
}

fn block_key(author: &PartyId, block: u64) -> Vec<u8> {
    let mut key = author.as_bytes().to_vec();
    key.push(0);
    key.extend_from_slice(&block.to_be_bytes());
    key
}
