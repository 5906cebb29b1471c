//! Proofs against brute force: every small tree, every position, every wrong length, bit, position and size.

use proptest::prelude::*;

use super::*;
use crate::hash::leaf_hash;

/// Every perfect subtree of a tree, kept in rows.
pub(crate) struct FullTree(Vec<Vec<Hash>>);

impl FullTree {
    pub(crate) fn new(leaves: &[Hash]) -> Self {
        let mut rows = vec![leaves.to_vec()];
        while let Some(row) = rows.last().filter(|row| row.len() > 1) {
            let (pairs, _) = row.as_chunks::<2>();
            let above = pairs
                .iter()
                .map(|[left, right]| node_hash(left, right))
                .collect();
            rows.push(above);
        }
        Self(rows)
    }
}

impl HashReader for FullTree {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        self.0
            .get(usize::from(level))?
            .get(usize::try_from(index).ok()?)
            .copied()
    }
}

pub(crate) fn leaves(count: u64) -> Vec<Hash> {
    (0..count)
        .map(|position| leaf_hash(&position.to_le_bytes()))
        .collect()
}

/// RFC 6962 section 2.1, word for word.
pub(crate) fn recursive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&recursive_root(left), &recursive_root(right))
        }
    }
}

/// RFC 6962 section 2.1.1, word for word.
fn recursive_path(position: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return vec![];
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, sibling) = if position < left.len() {
        (recursive_path(position, left), recursive_root(right))
    } else {
        (
            recursive_path(position - left.len(), right),
            recursive_root(left),
        )
    };
    path.push(sibling);
    path
}

/// RFC 6962 section 2.1.2, word for word.
fn recursive_consistency(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole {
            vec![]
        } else {
            vec![recursive_root(leaves)]
        };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut proof, other) = if old <= left.len() {
        (
            recursive_consistency(old, left, whole),
            recursive_root(right),
        )
    } else {
        (
            recursive_consistency(old - left.len(), right, false),
            recursive_root(left),
        )
    };
    proof.push(other);
    proof
}

fn flipped(hash: &Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash::from_bytes(bytes)
}

const SIZE_MAX: u64 = 40;

#[test]
fn every_inclusion_proof_is_the_definition_s_and_proves_only_its_own_leaf() {
    let leaves = leaves(SIZE_MAX);
    let tree = FullTree::new(&leaves);
    for size in 1..=SIZE_MAX {
        let here = &leaves[..size as usize];
        let root = recursive_root(here);
        assert_eq!(root_at(size, &tree), Ok(root));
        for position in 0..size {
            let leaf = &leaves[position as usize];
            let proof = inclusion_proof(position, size, &tree).unwrap();
            assert_eq!(
                proof,
                recursive_path(position as usize, here),
                "position {position} of {size}"
            );
            assert_eq!(
                verify_inclusion(leaf, position, size, &proof, &root),
                Ok(())
            );
            for other in (0..size + 3).filter(|other| *other != position) {
                assert!(
                    verify_inclusion(leaf, other, size, &proof, &root).is_err(),
                    "{position} as {other}"
                );
            }
            for bit in [0, 7, 100, 255] {
                assert!(
                    verify_inclusion(&flipped(leaf, bit), position, size, &proof, &root).is_err()
                );
                assert!(
                    verify_inclusion(leaf, position, size, &proof, &flipped(&root, bit)).is_err()
                );
                for at in 0..proof.len() {
                    let mut bad = proof.clone();
                    bad[at] = flipped(&bad[at], bit);
                    let refusal = verify_inclusion(leaf, position, size, &bad, &root);
                    assert!(
                        matches!(refusal, Err(ProofRefusal::RootDiffers { .. })),
                        "{refusal:?}"
                    );
                }
            }
            let longer = [&proof[..], &[root]].concat();
            assert_eq!(
                verify_inclusion(leaf, position, size, &longer, &root),
                Err(ProofRefusal::TooLong {
                    expected: proof.len(),
                    found: proof.len() + 1
                })
            );
            if let Some((_, shorter)) = proof.split_last() {
                assert_eq!(
                    verify_inclusion(leaf, position, size, shorter, &root),
                    Err(ProofRefusal::TooShort {
                        expected: proof.len(),
                        found: proof.len() - 1
                    })
                );
            }
        }
    }
}

/// Another size may need a path of the same shape; then the proof would lead to the same root, which is why a
/// root is only ever compared with the root signed for that very size.
#[test]
fn a_wrong_size_with_that_size_s_root_is_refused() {
    let leaves = leaves(SIZE_MAX);
    let tree = FullTree::new(&leaves);
    for size in 1..=SIZE_MAX {
        for position in 0..size {
            let proof = inclusion_proof(position, size, &tree).unwrap();
            for other in (0..=SIZE_MAX).filter(|other| *other != size) {
                let root = recursive_root(&leaves[..other as usize]);
                let leaf = &leaves[position as usize];
                assert!(verify_inclusion(leaf, position, other, &proof, &root).is_err());
            }
        }
    }
}

#[test]
fn every_consistency_proof_is_the_definition_s_and_proves_only_its_own_prefix() {
    let leaves = leaves(SIZE_MAX);
    let tree = FullTree::new(&leaves);
    for new in 0..=SIZE_MAX {
        let new_root = recursive_root(&leaves[..new as usize]);
        for old in 0..=new {
            let old_root = recursive_root(&leaves[..old as usize]);
            let proof = consistency_proof(old, new, &tree).unwrap();
            if old > 0 {
                let expected = recursive_consistency(old as usize, &leaves[..new as usize], true);
                assert_eq!(proof, expected, "{old} to {new}");
            }
            let verify = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
                verify_consistency(old, old_root, new, new_root, proof)
            };
            assert_eq!(
                verify(&old_root, &new_root, &proof),
                Ok(()),
                "{old} to {new}"
            );
            assert!(verify(&flipped(&old_root, 3), &new_root, &proof).is_err());
            if old > 0 {
                assert!(verify(&old_root, &flipped(&new_root, 200), &proof).is_err());
            }
            for at in 0..proof.len() {
                for bit in [0, 128, 255] {
                    let mut bad = proof.clone();
                    bad[at] = flipped(&bad[at], bit);
                    assert!(
                        verify(&old_root, &new_root, &bad).is_err(),
                        "{old} to {new}, hash {at}"
                    );
                }
            }
            let longer = [&proof[..], &[new_root]].concat();
            assert_eq!(
                verify(&old_root, &new_root, &longer),
                Err(ProofRefusal::TooLong {
                    expected: proof.len(),
                    found: proof.len() + 1
                })
            );
            if let Some((_, shorter)) = proof.split_last() {
                assert_eq!(
                    verify(&old_root, &new_root, shorter),
                    Err(ProofRefusal::TooShort {
                        expected: proof.len(),
                        found: proof.len() - 1
                    })
                );
            }
        }
    }
}

#[test]
fn a_fork_has_no_consistency_proof() {
    let honest = leaves(20);
    let mut forged = honest.clone();
    forged[4] = leaf_hash(b"rewritten");
    let tree = FullTree::new(&forged);
    for old in 5..20 {
        let proof = consistency_proof(old, 20, &tree).unwrap();
        let old_root = recursive_root(&honest[..old as usize]);
        let refusal = verify_consistency(old, &old_root, 20, &recursive_root(&forged), &proof);
        assert!(refusal.is_err(), "{old}");
    }
}

/// Beyond 2^63 leaves a path has 64 levels below the parting, and shifting by 64 must not wrap.
#[test]
fn the_largest_trees_have_paths_of_the_right_length() {
    let hash = leaf_hash(b"");
    for (position, size, expected) in [
        (5, (1 << 63) + 1, 64),
        (1 << 63, (1 << 63) + 1, 1),
        (u64::MAX - 1, u64::MAX, 63),
        (0, u64::MAX, 64),
    ] {
        assert_eq!(
            verify_inclusion(&hash, position, size, &[], &hash),
            Err(ProofRefusal::TooShort { expected, found: 0 }),
            "{position} of {size}"
        );
    }
}

#[test]
fn impossible_questions_are_faults_and_refusals() {
    let tree = FullTree::new(&leaves(8));
    let hash = leaf_hash(b"");
    assert_eq!(
        inclusion_proof(8, 8, &tree),
        Err(ProofFault::PositionBeyondSize {
            position: 8,
            size: 8
        })
    );
    assert_eq!(
        inclusion_proof(0, 0, &tree),
        Err(ProofFault::PositionBeyondSize {
            position: 0,
            size: 0
        })
    );
    assert_eq!(
        inclusion_proof(0, 16, &tree),
        Err(ProofFault::HashMissing { level: 3, index: 1 })
    );
    assert_eq!(
        consistency_proof(9, 8, &tree),
        Err(ProofFault::OldBeyondNew { old: 9, new: 8 })
    );
    assert_eq!(
        root_at(9, &tree),
        Err(ProofFault::HashMissing { level: 0, index: 8 })
    );
    assert_eq!(
        verify_inclusion(&hash, 3, 3, &[], &hash),
        Err(ProofRefusal::PositionBeyondSize {
            position: 3,
            size: 3
        })
    );
    assert_eq!(
        verify_consistency(4, &hash, 3, &hash, &[]),
        Err(ProofRefusal::OldBeyondNew { old: 4, new: 3 })
    );
    let refusal = verify_consistency(0, &hash, 3, &hash, &[]);
    assert_eq!(
        refusal,
        Err(ProofRefusal::OldRootDiffers {
            expected: hash,
            computed: empty_root()
        })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_numbers_and_hashes_make_verification_panic(
        position in prop_oneof![any::<u64>(), 0..100_u64, (u64::MAX - 100)..],
        size in prop_oneof![any::<u64>(), 0..100_u64, (u64::MAX - 100)..],
        length in 0..130_usize,
    ) {
        let leaf = leaf_hash(b"leaf");
        let proof = vec![leaf; length];
        prop_assert!(verify_inclusion(&leaf, position, size, &proof, &empty_root()).is_err());
        let refusal = verify_consistency(position, &leaf, size, &empty_root(), &proof);
        prop_assert!(refusal.is_err());
    }

    #[test]
    fn proofs_of_larger_trees_verify(size in 1..3000_u64, position in 0..3000_u64, old in 0..3000_u64) {
        let (position, old) = (position % size, old % (size + 1));
        let leaves = leaves(size);
        let tree = FullTree::new(&leaves);
        let root = root_at(size, &tree).unwrap();
        let proof = inclusion_proof(position, size, &tree).unwrap();
        prop_assert_eq!(verify_inclusion(&leaves[position as usize], position, size, &proof, &root), Ok(()));
        let old_root = root_at(old, &tree).unwrap();
        let proof = consistency_proof(old, size, &tree).unwrap();
        prop_assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));
    }
}
