//! Hostile input to chain: tile paths, stored edges, proofs and tiles of any content, and good ones with edits.
//! Invariant: nothing panics; what is accepted prints back to the same bytes; a proof of random hashes never verifies.
//! Knows nothing of files.

use chain::{
    Frontier, Hash, Levels, TILE_BYTES, Tile, TileBuilder, TileHashes, TileReader,
    consistency_proof, inclusion_proof, leaf_hash, root_at, verify_consistency, verify_inclusion,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Replaces, inserts or removes bytes, each at a place that is reduced to the length.
fn edited(mut bytes: Vec<u8>, edits: &[(u8, usize, u8)]) -> Vec<u8> {
    for (kind, place, byte) in edits {
        let at = place % (bytes.len() + 1);
        match kind % 3 {
            0 => bytes.insert(at, *byte),
            1 if at < bytes.len() => bytes[at] = *byte,
            _ if at < bytes.len() => drop(bytes.remove(at)),
            _ => bytes.truncate(at / 2),
        }
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<(u8, usize, u8)>> {
    vec((any::<u8>(), any::<usize>(), any::<u8>()), 0..4)
}

/// Bytes that stand in tile paths.
fn path_bytes() -> impl Strategy<Value = u8> {
    prop_oneof![
        Just(b'/'),
        Just(b'.'),
        Just(b'p'),
        Just(b'x'),
        b'0'..=b'9',
        any::<u8>()
    ]
}

fn assert_one_spelling(path: &str) {
    if let Ok(tile) = Tile::parse(path) {
        assert_eq!(tile.path(), path);
    }
    if let Ok(tile) = Tile::parse_entries(path) {
        assert_eq!(tile.entries_path(), path);
    }
}

fn tree(size: u64) -> (Levels, Vec<Hash>) {
    let leaf = |position: u64| leaf_hash(&position.to_le_bytes());
    let leaves: Vec<_> = (0..size).map(leaf).collect();
    (Levels::new(leaves.clone()), leaves)
}

fn any_hashes() -> impl Strategy<Value = Vec<Hash>> {
    vec(any::<[u8; 32]>().prop_map(Hash::from_bytes), 0..70)
}

/// Answers every question with the same bytes.
struct Answers(Vec<u8>);

impl TileReader for Answers {
    fn tile(&self, _: Tile) -> Option<Vec<u8>> {
        Some(self.0.clone())
    }
}

proptest! {
    #[test]
    fn any_text_is_one_tile_path_or_none(text in any::<String>(), tail in vec(path_bytes(), 0..40)) {
        let tail = String::from_utf8_lossy(&tail).into_owned();
        for path in [text, format!("tile/{tail}"), format!("tile/0/{tail}"), format!("tile/entries/{tail}")] {
            assert_one_spelling(&path);
        }
    }

    #[test]
    fn an_edited_tile_path_has_one_spelling(
        level in 0..9_u8,
        index in any::<u64>(),
        cut in 0..64_u32,
        width in 1..257_u16,
        edits in vec((any::<u8>(), any::<usize>(), path_bytes()), 0..4),
    ) {
        let Some(tile) = Tile::new(level, index >> cut, width) else { return Ok(()) };
        prop_assert_eq!(Tile::parse(&tile.path()), Ok(tile));
        let path = edited(tile.path().into_bytes(), &edits);
        assert_one_spelling(&String::from_utf8_lossy(&path));
    }

    #[test]
    fn any_stored_edge_prints_back_or_is_refused(bytes in vec(any::<u8>(), 0..300), ones in 0..9_u32) {
        // Sizes whose number of one-bits can fit the bytes, so that some are accepted.
        let size = (1_u64 << ones) - 1;
        let fitting = [&size.to_le_bytes()[..], &vec![7; 32 * ones as usize]].concat();
        for stored in [bytes, fitting] {
            if let Ok(edge) = Frontier::from_bytes(&stored) {
                prop_assert_eq!(edge.to_bytes(), stored);
                let _ = edge.root();
            }
        }
    }

    #[test]
    fn an_edited_edge_prints_back_or_is_refused(size in 0..300_u64, edits in edits()) {
        let mut edge = Frontier::new();
        tree(size).1.into_iter().for_each(|leaf| edge.push(leaf));
        let stored = edited(edge.to_bytes(), &edits);
        if let Ok(read) = Frontier::from_bytes(&stored) {
            prop_assert_eq!(read.to_bytes(), stored);
        }
    }

    #[test]
    fn random_hashes_prove_nothing(numbers in any::<[u64; 2]>(), cuts in any::<[u8; 2]>(), hashes in any_hashes()) {
        let [one, other] = [0, 1].map(|at| numbers[at] >> (cuts[at] % 64));
        let (leaf, root) = (leaf_hash(b"a"), leaf_hash(b"b"));
        prop_assert!(verify_inclusion(&leaf, one, other, &hashes, &root).is_err());
        let accepted = verify_consistency(one, &leaf, other, &root, &hashes).is_ok();
        prop_assert!(!accepted);
    }

    #[test]
    fn a_proof_with_any_edit_is_refused(size in 2..300_u64, place in any::<u64>(), edits in edits()) {
        let (tree, leaves) = tree(size);
        let position = place % size;
        let root = root_at(size, &tree).unwrap();
        let good = inclusion_proof(position, size, &tree).unwrap();
        let leaf = &leaves[usize::try_from(position).unwrap()];
        prop_assert!(verify_inclusion(leaf, position, size, &good, &root).is_ok());
        let changed = edit_hashes(&good, &edits);
        prop_assert_eq!(verify_inclusion(leaf, position, size, &changed, &root).is_ok(), changed == good);
        let old = position + 1;
        let old_root = root_at(old, &tree).unwrap();
        let good = consistency_proof(old, size, &tree).unwrap();
        let changed = edit_hashes(&good, &edits);
        let verdict = verify_consistency(old, &old_root, size, &root, &changed);
        prop_assert_eq!(verdict.is_ok(), changed == good);
    }

    #[test]
    fn tiles_of_any_bytes_never_panic(
        bytes in vec(any::<u8>(), 0..TILE_BYTES + 64),
        size in any::<u64>(),
        cut in 0..64_u32,
        place in any::<u64>(),
    ) {
        let size = size >> cut;
        for bytes in [bytes, vec![9; TILE_BYTES]] {
            let answers = Answers(bytes);
            let hashes = TileHashes::new(&answers, size);
            let _ = root_at(size, &hashes);
            let _ = inclusion_proof(place, size, &hashes);
            let _ = inclusion_proof(place % size.max(1), size, &hashes);
            let _ = consistency_proof(place % size.max(1), size, &hashes);
            if let Ok(edge) = Frontier::read(size, &hashes) {
                prop_assert_eq!(edge.size(), size);
                let _ = TileBuilder::resume(edge, &answers);
            }
        }
    }
}

/// Edits the bytes of a proof and cuts what is left into hashes; bytes that fill no hash become one of their own.
fn edit_hashes(proof: &[Hash], edits: &[(u8, usize, u8)]) -> Vec<Hash> {
    let joined = proof.iter().flat_map(|hash| *hash.as_bytes()).collect();
    let bytes = edited(joined, edits);
    let pieces = bytes.chunks(32).map(|piece| {
        let mut hash = [0; 32];
        hash[..piece.len()].copy_from_slice(piece);
        Hash::from_bytes(hash)
    });
    pieces.collect()
}
