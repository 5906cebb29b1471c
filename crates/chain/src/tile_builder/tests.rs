//! The builder against tiles cut by definition, and what it costs.

use std::collections::BTreeMap;

use super::*;
use crate::proof::HashReader;
use crate::proof::tests::{FullTree, leaves};

/// Tiles by path, as a folder would keep them.
#[derive(Default)]
struct Folder(BTreeMap<String, Vec<u8>>);

impl TileReader for Folder {
    fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        self.0.get(&tile.path()).cloned()
    }
}

fn by_definition(tree: &FullTree, tile: Tile) -> Vec<u8> {
    let first = tile.index() * 256;
    let hash = |index| *tree.hash(8 * tile.level(), index).unwrap().as_bytes();
    (first..first + u64::from(tile.width()))
        .flat_map(hash)
        .collect()
}

#[test]
fn the_tiles_are_those_of_the_definition_and_each_full_one_comes_once() {
    const SIZE: u64 = 66_000;
    let leaves = leaves(SIZE);
    let tree = FullTree::new(&leaves);
    let mut builder = TileBuilder::new();
    let mut frontier = Frontier::new();
    let mut folder = Folder::default();
    for (size, leaf) in (1..).zip(&leaves) {
        builder.push(*leaf);
        frontier.push(*leaf);
        if size % 700 != 0 && size != 65_536 && size != SIZE {
            continue;
        }
        assert_eq!((builder.size(), builder.root()), (size, frontier.root()));
        let waiting = builder.clone();
        for full in builder.take_full() {
            assert_eq!(full.bytes, by_definition(&tree, full.tile));
            assert_eq!(waiting.tile(full.tile), Some(full.bytes.clone()));
            assert_eq!(
                folder.0.insert(full.tile.path(), full.bytes),
                None,
                "handed out twice"
            );
        }
        assert!(builder.take_full().is_empty());
        let partial: BTreeMap<String, Vec<u8>> = builder
            .partial()
            .map(|(tile, bytes)| (tile.path(), bytes.to_vec()))
            .collect();
        let mut expected: Vec<String> = Tile::all_of(size).map(|tile| tile.path()).collect();
        let mut found: Vec<String> = folder.0.keys().chain(partial.keys()).cloned().collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "size {size}");
        for (path, bytes) in partial {
            assert_eq!(bytes, by_definition(&tree, Tile::parse(&path).unwrap()));
        }
    }
}

#[test]
fn a_resumed_builder_goes_on_like_the_one_that_never_stopped() {
    let leaves = leaves(1_100);
    for stop in [0, 1, 255, 256, 257, 511, 512, 1_000] {
        let mut whole = TileBuilder::new();
        leaves[..stop].iter().for_each(|leaf| whole.push(*leaf));
        let _ = whole.take_full();
        let mut folder = Folder::default();
        folder.0.extend(
            whole
                .partial()
                .map(|(tile, bytes)| (tile.path(), bytes.to_vec())),
        );
        let mut resumed = TileBuilder::resume(whole.frontier().clone(), &folder).unwrap();
        for leaf in &leaves[stop..] {
            whole.push(*leaf);
            resumed.push(*leaf);
        }
        assert_eq!(resumed.frontier(), whole.frontier());
        assert!(resumed.partial().eq(whole.partial()));
        assert_eq!(resumed.take_full(), whole.take_full(), "stopped at {stop}");
    }
}

#[test]
fn tiles_that_do_not_lead_to_the_frontier_are_refused() {
    let mut builder = TileBuilder::new();
    leaves(700).into_iter().for_each(|leaf| builder.push(leaf));
    let tiles: Vec<(Tile, Vec<u8>)> = builder
        .partial()
        .map(|(tile, bytes)| (tile, bytes.to_vec()))
        .collect();
    assert_eq!(tiles.len(), 2);
    for (tile, bytes) in &tiles {
        let resume = |changed: Option<Vec<u8>>| {
            let mut folder = Folder(
                tiles
                    .iter()
                    .map(|(tile, bytes)| (tile.path(), bytes.clone()))
                    .collect(),
            );
            match changed {
                None => folder.0.remove(&tile.path()),
                Some(bytes) => folder.0.insert(tile.path(), bytes),
            };
            TileBuilder::resume(builder.frontier().clone(), &folder)
                .map(|resumed| resumed.partial().eq(builder.partial()))
        };
        assert_eq!(resume(Some(bytes.clone())), Ok(true));
        assert_eq!(
            resume(Some([&bytes[..], &[7; 32]].concat())),
            Ok(true),
            "a wider version serves"
        );
        assert_eq!(
            resume(None),
            Err(ResumeRefusal::TileMissing { tile: *tile })
        );
        let shorter = ResumeRefusal::TileTooShort {
            tile: *tile,
            expected: bytes.len(),
            found: bytes.len() - 1,
        };
        assert_eq!(
            resume(Some(bytes[..bytes.len() - 1].to_vec())),
            Err(shorter)
        );
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut bad = bytes.clone();
            bad[at] ^= 0x10;
            assert_eq!(
                resume(Some(bad)),
                Err(ResumeRefusal::TilesDisagree { size: 700 })
            );
        }
    }
}
