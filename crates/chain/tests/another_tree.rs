//! The tree against `ct-merkle`, an RFC 6962 tree by others: roots and proofs of every size from 1 to 300, both ways.
//! Invariant: both programs make the same bytes, and each accepts what the other made and refuses it once changed.
//! Knows nothing of tiles.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

use chain::{
    Hash, Levels, consistency_proof, inclusion_proof, leaf_hash, root_at, verify_consistency,
    verify_inclusion,
};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;

const LARGEST: u64 = 300;

type Theirs = MemoryBackedTree<Sha256, Vec<u8>>;

fn entry(position: u64) -> Vec<u8> {
    // Lengths from 1 up, so that blocks of SHA-256 are crossed.
    vec![position.to_le_bytes()[0]; usize::try_from(position).unwrap() + 1]
}

fn ours(size: u64) -> Levels {
    let leaf = |position| leaf_hash(&entry(position));
    Levels::new((0..size).map(leaf).collect())
}

/// Their trees of every size up to the largest.
fn theirs() -> Vec<Theirs> {
    let mut tree = Theirs::new();
    let grown = (0..LARGEST).map(|position| {
        tree.push(entry(position));
        tree.clone()
    });
    std::iter::once(Theirs::new()).chain(grown).collect()
}

fn root(tree: &Theirs) -> Hash {
    Hash::from_bytes((*tree.root().as_bytes()).into())
}

fn hashes(proof: &[u8]) -> Vec<Hash> {
    let (hashes, rest) = proof.as_chunks::<32>();
    assert!(rest.is_empty());
    hashes.iter().copied().map(Hash::from_bytes).collect()
}

fn joined(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

fn their_root(root: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new((*root.as_bytes()).into(), size)
}

#[test]
fn roots_are_the_same() {
    let tree = ours(LARGEST);
    for (size, theirs) in (0..=LARGEST).zip(theirs()) {
        assert_eq!(theirs.len(), size);
        assert_eq!(root_at(size, &tree).unwrap(), root(&theirs), "size {size}");
    }
}

#[test]
fn inclusion_proofs_are_the_same_and_each_program_takes_the_others() {
    let tree = ours(LARGEST);
    for (size, theirs) in (1..=LARGEST).zip(theirs().split_off(1)) {
        let root = root(&theirs);
        for position in (0..size).filter(|position| size < 70 || position % 7 == size % 7) {
            let index = usize::try_from(position).unwrap();
            let proof = inclusion_proof(position, size, &tree).unwrap();
            let other = theirs.prove_inclusion(index);
            let at = format!("position {position} of {size}");
            assert_eq!(proof, hashes(other.as_bytes()), "{at}");
            let leaf = leaf_hash(&entry(position));
            let verdict = verify_inclusion(&leaf, position, size, &proof, &root);
            assert_eq!(verdict, Ok(()), "{at}");
            let given = InclusionProof::try_from_bytes(joined(&proof)).unwrap();
            let signed = their_root(root_at(size, &tree).unwrap(), size);
            let verdict = signed.verify_inclusion(&entry(position), position, &given);
            assert!(verdict.is_ok(), "{at}");
        }
    }
}

#[test]
fn consistency_proofs_are_the_same_and_each_program_takes_the_others() {
    let tree = ours(LARGEST);
    let trees = theirs();
    for (new, theirs) in (1..=LARGEST).zip(&trees[1..]) {
        for (old, before) in (1..new)
            .zip(&trees[1..])
            .filter(|(old, _)| new < 70 || old % 7 == new % 7)
        {
            let proof = consistency_proof(old, new, &tree).unwrap();
            let other = theirs.prove_consistency(usize::try_from(new - old).unwrap());
            let at = format!("{old} to {new}");
            assert_eq!(proof, hashes(other.as_bytes()), "{at}");
            let (old_root, new_root) = (root(before), root(theirs));
            let verdict = verify_consistency(old, &old_root, new, &new_root, &proof);
            assert_eq!(verdict, Ok(()), "{at}");
            let given = ConsistencyProof::try_from_bytes(joined(&proof)).unwrap();
            let signed = their_root(new_root, new);
            let verdict = signed.verify_consistency(&their_root(old_root, old), &given);
            assert!(verdict.is_ok(), "{at}");
        }
    }
}

#[test]
fn both_programs_refuse_a_proof_with_a_changed_bit() {
    let tree = ours(LARGEST);
    let trees = theirs();
    for (new, theirs) in (2..=LARGEST).zip(&trees[2..]).step_by(13) {
        let old = new / 2 + 1;
        let old_root = root_at(old.min(new), &tree).unwrap();
        let position = new / 3;
        let mut path = inclusion_proof(position, new, &tree).unwrap();
        flip(&mut path, new);
        let leaf = leaf_hash(&entry(position));
        let refused = verify_inclusion(&leaf, position, new, &path, &root(theirs));
        assert!(refused.is_err(), "{position} of {new}");
        let given = InclusionProof::try_from_bytes(joined(&path)).unwrap();
        let verdict = theirs
            .root()
            .verify_inclusion(&entry(position), position, &given);
        assert!(verdict.is_err(), "{position} of {new}");
        let mut path = consistency_proof(old, new, &tree).unwrap();
        if path.is_empty() {
            continue;
        }
        flip(&mut path, new);
        let refused = verify_consistency(old, &old_root, new, &root(theirs), &path);
        assert!(refused.is_err(), "{old} to {new}");
        let given = ConsistencyProof::try_from_bytes(joined(&path)).unwrap();
        let verdict = theirs
            .root()
            .verify_consistency(&their_root(old_root, old), &given);
        assert!(verdict.is_err(), "{old} to {new}");
    }
}

/// Changes one bit of one hash; which one depends on the size.
fn flip(proof: &mut [Hash], size: u64) {
    let count = proof.len() as u64;
    let hash = &mut proof[usize::try_from(size % count).unwrap()];
    let mut bytes = *hash.as_bytes();
    bytes[usize::try_from(size % 32).unwrap()] ^= 0x10;
    *hash = Hash::from_bytes(bytes);
}
