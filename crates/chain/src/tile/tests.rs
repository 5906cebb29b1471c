//! Tile names against the examples of c2sp.org/tlog-tiles, and proofs from tiles against proofs from a whole tree.

use proptest::prelude::*;

use super::*;
use crate::proof::tests::{FullTree, leaves};
use crate::proof::{consistency_proof, inclusion_proof, root_at};

/// Cuts any tile out of a whole tree; answers a partial tile with the widest version, as a grown log would.
struct CutTiles(FullTree);

impl TileReader for CutTiles {
    fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        let first = tile.index() * 256;
        let hashes = (first..first + 256).map_while(|index| self.0.hash(8 * tile.level(), index));
        Some(hashes.flat_map(|hash| *hash.as_bytes()).collect())
    }
}

#[test]
fn paths_are_those_of_the_standard() {
    for (level, index, width, path) in [
        (0, 0, 256, "tile/0/000"),
        (0, 5, 1, "tile/0/005.p/1"),
        (3, 1_234_067, 8, "tile/3/x001/x234/067.p/8"),
        (1, 1_234_067, 256, "tile/1/x001/x234/067"),
        (0, 1000, 255, "tile/0/x001/000.p/255"),
        (2, 999, 256, "tile/2/999"),
        (7, 0, 3, "tile/7/000.p/3"),
    ] {
        let tile = Tile::new(level, index, width).unwrap();
        assert_eq!(tile.path(), path);
        assert_eq!(Tile::parse(path), Ok(tile));
        assert_eq!(tile.is_full(), width == 256);
    }
    let bundle = Tile::new(0, 1_234_067, 8).unwrap();
    assert_eq!(bundle.entries_path(), "tile/entries/x001/x234/067.p/8");
    assert_eq!(
        Tile::parse_entries("tile/entries/x001/x234/067.p/8"),
        Ok(bundle)
    );
}

#[test]
fn other_spellings_are_refused() {
    use TilePathRefusal::{BeyondTree, IndexInvalid, LevelInvalid, NotATile, WidthInvalid};
    for (path, refusal) in [
        ("", NotATile),
        ("tile", NotATile),
        ("tile/0", NotATile),
        ("/tile/0/000", NotATile),
        ("tile/00/000", LevelInvalid),
        ("tile/-1/000", LevelInvalid),
        ("tile/+1/000", LevelInvalid),
        ("tile/entries/000", LevelInvalid),
        ("tile/300/000", LevelInvalid),
        ("tile/8/000", BeyondTree),
        ("tile/7/001", BeyondTree),
        ("tile/0/0", IndexInvalid),
        ("tile/0/0000", IndexInvalid),
        ("tile/0/1000", IndexInvalid),
        ("tile/0/x000/001", IndexInvalid),
        ("tile/0/001/000", IndexInvalid),
        ("tile/0/x001", IndexInvalid),
        ("tile/0/x001/x000", IndexInvalid),
        ("tile/0/x001/0x0", IndexInvalid),
        ("tile/0/xx01/000", IndexInvalid),
        ("tile/0/000/", IndexInvalid),
        ("tile/0//000", IndexInvalid),
        ("tile/0/000 ", IndexInvalid),
        (
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            IndexInvalid,
        ),
        ("tile/0/x999/x999/x999/x999/x999/999", BeyondTree),
        ("tile/0/000.p/0", BeyondTree),
        ("tile/0/000.p/256", WidthInvalid),
        ("tile/0/000.p/01", WidthInvalid),
        ("tile/0/000.p/", WidthInvalid),
        ("tile/0/000.p/1.p/1", WidthInvalid),
    ] {
        assert_eq!(Tile::parse(path), Err(refusal), "{path}");
    }
    assert_eq!(Tile::parse_entries("tile/0/000"), Err(NotATile));
    assert_eq!(Tile::parse_entries("tile/entries/0"), Err(IndexInvalid));
}

#[test]
fn a_tree_has_the_tiles_of_the_standard_s_examples() {
    // 70,000 leaves: 273 full and one of width 112; one full and one of width 17; one of width 1.
    let tiles: Vec<Tile> = Tile::all_of(70_000).collect();
    assert_eq!(tiles.len(), 274 + 2 + 1);
    let partial: Vec<String> = tiles
        .iter()
        .filter(|tile| !tile.is_full())
        .map(Tile::path)
        .collect();
    assert_eq!(
        partial,
        ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    );
    let paths = |size| {
        Tile::all_of(size)
            .map(|tile| tile.path())
            .collect::<Vec<_>>()
    };
    assert_eq!(paths(256), ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(paths(1), ["tile/0/000.p/1"]);
    assert!(paths(0).is_empty());
    assert_eq!(Tile::at_size(0, 1, 256), None);
    assert_eq!(
        Tile::at_size(7, 0, u64::MAX).map(|tile| tile.width()),
        Some(255)
    );
}

#[test]
fn proofs_from_tiles_are_those_from_the_whole_tree() {
    const GROWN: u64 = 66_100;
    let leaves = leaves(GROWN);
    let tiles = CutTiles(FullTree::new(&leaves));
    for size in [
        1, 2, 255, 256, 257, 300, 511, 512, 65_535, 65_536, 65_537, 66_049, GROWN,
    ] {
        let hashes = TileHashes::new(&tiles, size);
        assert_eq!(
            root_at(size, &hashes),
            root_at(size, &tiles.0),
            "size {size}"
        );
        for position in [0, 1, 127, 255, 256, size / 2, size - 1]
            .into_iter()
            .filter(|at| *at < size)
        {
            let proof = inclusion_proof(position, size, &hashes);
            assert_eq!(
                proof,
                inclusion_proof(position, size, &tiles.0),
                "{position} of {size}"
            );
            assert!(proof.is_ok());
            let proof = consistency_proof(position, size, &hashes);
            assert_eq!(
                proof,
                consistency_proof(position, size, &tiles.0),
                "{position} to {size}"
            );
            assert!(proof.is_ok());
        }
    }
}

/// Gives the same bytes for every tile.
struct SameTile(Vec<u8>);

impl TileReader for SameTile {
    fn tile(&self, _: Tile) -> Option<Vec<u8>> {
        Some(self.0.clone())
    }
}

#[test]
fn hashes_outside_the_tree_or_from_tiles_of_a_wrong_length_are_absent() {
    let good = SameTile(vec![1; TILE_BYTES]);
    let hashes = TileHashes::new(&good, 300);
    assert!(
        hashes.hash(0, 299).is_some()
            && hashes.hash(8, 0).is_some()
            && hashes.hash(2, 74).is_some()
    );
    assert_eq!(hashes.hash(0, 300), None);
    assert_eq!(hashes.hash(3, 37), None);
    assert_eq!(hashes.hash(8, 1), None);
    assert_eq!(hashes.hash(63, 0), None);
    assert_eq!(hashes.hash(255, u64::MAX), None);
    for length in [0, 43 * 32, 44 * 32 + 1, TILE_BYTES + 32] {
        let tile = SameTile(vec![1; length]);
        assert_eq!(
            TileHashes::new(&tile, 300).hash(0, 299),
            None,
            "length {length}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_tile_has_one_path(level in 0..8_u8, index in any::<u64>(), width in 1..=256_u16) {
        let index = index.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
        let tile = Tile::new(level, index, width).unwrap();
        prop_assert_eq!(Tile::parse(&tile.path()), Ok(tile));
        if level == 0 {
            prop_assert_eq!(Tile::parse_entries(&tile.entries_path()), Ok(tile));
        }
    }

    #[test]
    fn an_accepted_path_is_the_tile_s_own(path in "tile/[0-9]{1,2}/(x?[0-9]{1,3}/){0,3}[0-9]{2,3}(\\.p/[0-9]{1,3})?") {
        if let Ok(tile) = Tile::parse(&path) {
            prop_assert_eq!(tile.path(), path);
        }
    }

    #[test]
    fn no_path_panics(path in any::<String>(), tail in "[x0-9./p]{0,30}") {
        prop_assert!(Tile::parse(&path).map_or(true, |tile| tile.path() == path));
        let _ = Tile::parse_entries(&path);
        let _ = Tile::parse(&format!("tile/{tail}"));
        let _ = Tile::parse_entries(&format!("tile/entries/{tail}"));
    }
}
