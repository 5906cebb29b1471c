//! Tiles: the tree cut into pieces of height 8, as c2sp.org/tlog-tiles serves them, and their path names.
//! Invariant: a `Tile` names a tile that a tree of fewer than 2^64 leaves can have, and has exactly one path.
//! Does not know where tiles are kept: it asks a `TileReader`.

use std::cell::RefCell;

use crate::hash::{Hash, node_hash};
use crate::proof::HashReader;

/// Hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;
/// Bytes of a full tile.
pub const TILE_BYTES: usize = TILE_WIDTH as usize * Hash::BYTES;
/// Each level spans 8 levels of the tree, and sizes have 64 bits.
const LEVELS: usize = 8;

/// The name of a tile or, at level 0, of the bundle of entries under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: u8,
    index: u64,
    width: u16,
}

impl Tile {
    /// A tile of `width` hashes (1 to 256) at this level (0 to 7) and index; `None` if no tree can have it.
    #[must_use]
    pub const fn new(level: u8, index: u64, width: u16) -> Option<Self> {
        // Level l has fewer than 2^(64 - 8 (l + 1)) tiles, and the topmost one.
        let index_max = match u64::MAX.checked_shr(8 * (level as u32 + 1)) {
            Some(index_max) => index_max,
            None => 0,
        };
        if level as usize >= LEVELS || index > index_max || width == 0 || width > TILE_WIDTH {
            return None;
        }
        Some(Self {
            level,
            index,
            width,
        })
    }

    /// Height of the tile's lowest hashes in the tree, divided by 8: 0 for a tile of leaf hashes.
    #[must_use]
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// Place within the level, from 0.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Number of hashes, 1 to 256.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether it will never change again.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The tile at this level and index in a tree of `size` leaves; `None` if it is empty there.
    #[must_use]
    pub fn at_size(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(8 * u32::from(level))?;
        let before = index.checked_mul(u64::from(TILE_WIDTH))?;
        let width = hashes.checked_sub(before)?.min(u64::from(TILE_WIDTH));
        Self::new(level, index, u16::try_from(width).ok()?)
    }

    /// All tiles of a tree of `size` leaves: level by level from the leaves up, each from the left.
    pub fn all_of(size: u64) -> impl Iterator<Item = Self> {
        (0..8_u8).flat_map(move |level| {
            let count = (size >> (8 * level)).div_ceil(u64::from(TILE_WIDTH));
            (0..count).filter_map(move |index| Self::at_size(level, index, size))
        })
    }

    /// `tile/<L>/<N>`, and `.p/<W>` after it if the tile is partial.
    #[must_use]
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, self.place())
    }

    /// `tile/entries/<N>`, and `.p/<W>` after it if the bundle is partial. Only tiles at level 0 have entries.
    #[must_use]
    pub fn entries_path(&self) -> String {
        assert!(
            self.level == 0,
            "entry bundles exist at tile level 0 only, asked for level {}",
            self.level
        );
        format!("tile/entries/{}", self.place())
    }

    /// Reads a path that [`Tile::path`] writes, in its only spelling.
    ///
    /// # Errors
    /// What keeps it from being the path of a tile.
    pub fn parse(path: &str) -> Result<Self, TilePathRefusal> {
        let rest = path
            .strip_prefix("tile/")
            .ok_or(TilePathRefusal::NotATile)?;
        let (level, place) = rest.split_once('/').ok_or(TilePathRefusal::NotATile)?;
        let level = decimal(level).ok_or(TilePathRefusal::LevelInvalid)?;
        let level = u8::try_from(level).map_err(|_| TilePathRefusal::LevelInvalid)?;
        Self::parse_place(level, place, path, Self::path)
    }

    /// Reads a path that [`Tile::entries_path`] writes, in its only spelling.
    ///
    /// # Errors
    /// What keeps it from being the path of an entry bundle.
    pub fn parse_entries(path: &str) -> Result<Self, TilePathRefusal> {
        let place = path
            .strip_prefix("tile/entries/")
            .ok_or(TilePathRefusal::NotATile)?;
        Self::parse_place(0, place, path, Self::entries_path)
    }

    fn place(&self) -> String {
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        let place = groups.join("/");
        if self.is_full() {
            place
        } else {
            format!("{place}.p/{}", self.width)
        }
    }

    fn parse_place(
        level: u8,
        place: &str,
        path: &str,
        write: impl Fn(&Self) -> String,
    ) -> Result<Self, TilePathRefusal> {
        let (groups, width) = match place.split_once(".p/") {
            None => (place, TILE_WIDTH),
            Some((groups, width)) => {
                let width = decimal(width).and_then(|width| u16::try_from(width).ok());
                (
                    groups,
                    width
                        .filter(|width| *width < TILE_WIDTH)
                        .ok_or(TilePathRefusal::WidthInvalid)?,
                )
            }
        };
        let mut index = 0_u64;
        for group in groups.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            let digits =
                decimal(digits.trim_start_matches('0')).or_else(|| (digits == "000").then_some(0));
            let next = digits.and_then(|digits| index.checked_mul(1000)?.checked_add(digits));
            index = next.ok_or(TilePathRefusal::IndexInvalid)?;
        }
        let tile = Self::new(level, index, width).ok_or(TilePathRefusal::BeyondTree)?;
        // One spelling: whatever the reading above let pass is caught by writing it again.
        if write(&tile) != path {
            return Err(TilePathRefusal::IndexInvalid);
        }
        Ok(tile)
    }
}

/// Why a path does not name a tile or an entry bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TilePathRefusal {
    /// Another kind of path.
    #[error("not the path of a tile: expected tile/<level>/<index> or tile/entries/<index>")]
    NotATile,
    /// The level is not a plain decimal number.
    #[error("the level in a tile's path is a decimal number without leading zeros")]
    LevelInvalid,
    /// The index is not in groups of three digits.
    #[error(
        "the index in a tile's path is written in groups of three digits, all but the last after an x"
    )]
    IndexInvalid,
    /// The width is not 1 to 255.
    #[error(
        "the width in a partial tile's path is a decimal number from 1 to 255 without leading zeros"
    )]
    WidthInvalid,
    /// The position would not fit 64 bits, or the width is 0.
    #[error("no tree of fewer than 2^64 leaves has a tile there")]
    BeyondTree,
}

/// A decimal number in its only spelling.
fn decimal(text: &str) -> Option<u64> {
    let plain =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// Where tiles are kept.
pub trait TileReader {
    /// The hashes of the tile, 32 bytes each. A wider version of the same tile serves as well: its first
    /// `tile.width()` hashes are used. `None` if there is neither.
    fn tile(&self, tile: Tile) -> Option<Vec<u8>>;
}

/// The hashes of a tree of `size` leaves, answered from its tiles. A tile of the wrong length counts as absent.
///
/// Keeps the last tile of each level, since a proof asks for several hashes of one tile in a row.
pub struct TileHashes<'a> {
    reader: &'a dyn TileReader,
    size: u64,
    kept: RefCell<[Option<KeptTile>; LEVELS]>,
}

type KeptTile = (Tile, Vec<u8>);

impl<'a> TileHashes<'a> {
    /// Reads the tiles that a tree of `size` leaves has.
    #[must_use]
    pub fn new(reader: &'a dyn TileReader, size: u64) -> Self {
        Self {
            reader,
            size,
            kept: RefCell::default(),
        }
    }
}

impl HashReader for TileHashes<'_> {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        let (tile_level, height) = (level / 8, level % 8);
        let tile = Tile::at_size(tile_level, index >> (8 - height), self.size)?;
        let first = usize::try_from((index << height) & 0xff).ok()?;
        let count = 1_usize << height;
        if first + count > usize::from(tile.width) {
            return None;
        }
        let mut kept = self.kept.borrow_mut();
        let slot = kept.get_mut(usize::from(tile_level))?;
        if slot.as_ref().is_none_or(|(held, _)| *held != tile) {
            let bytes = self.reader.tile(tile)?;
            let enough = usize::from(tile.width) * Hash::BYTES;
            if bytes.len() < enough || bytes.len() > TILE_BYTES || bytes.len() % Hash::BYTES != 0 {
                return None;
            }
            *slot = Some((tile, bytes));
        }
        let (_, bytes) = slot.as_ref()?;
        let (hashes, _) = bytes.as_chunks::<32>();
        Some(perfect_root(hashes.get(first..first + count)?))
    }
}

impl std::fmt::Debug for TileHashes<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TileHashes")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// The root over 2^n hashes, n from 0 to 7, in place on the stack.
fn perfect_root(hashes: &[[u8; 32]]) -> Hash {
    let mut row = [Hash::from_bytes([0; 32]); TILE_WIDTH as usize / 2];
    for (node, hash) in row.iter_mut().zip(hashes) {
        *node = Hash::from_bytes(*hash);
    }
    let mut count = hashes.len();
    while count > 1 {
        count /= 2;
        for node in 0..count {
            row[node] = node_hash(&row[2 * node], &row[2 * node + 1]);
        }
    }
    row[0]
}

#[cfg(test)]
mod tests;
