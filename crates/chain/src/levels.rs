//! A whole tree in memory: every perfect subtree's hash, for trees that are small or looked at once.
//! Invariant: level `l` holds the hashes of the perfect subtrees of 2^`l` leaves, from the left.
//! Does not know what the leaves are.

use crate::hash::{Hash, node_hash};
use crate::proof::HashReader;

/// The hashes of a tree, by level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels(Vec<Vec<Hash>>);

impl Levels {
    /// The tree of these leaf hashes.
    #[must_use]
    pub fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let pairs = below.chunks_exact(2);
            let above = pairs.map(|pair| node_hash(&pair[0], &pair[1])).collect();
            levels.push(above);
        }
        Self(levels)
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.first().map_or(0, |leaves| leaves.len() as u64)
    }
}

impl HashReader for Levels {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        let level = self.0.get(usize::from(level))?;
        level.get(usize::try_from(index).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontier::Frontier;
    use crate::hash::leaf_hash;
    use crate::proof::{inclusion_proof, root_at, verify_inclusion};

    #[test]
    fn root_and_proofs_are_those_of_the_tree_that_grew() {
        for size in 0..70u64 {
            let leaves: Vec<_> = (0..size)
                .map(|leaf| leaf_hash(&leaf.to_le_bytes()))
                .collect();
            let mut grown = Frontier::new();
            leaves.iter().for_each(|leaf| grown.push(*leaf));
            let levels = Levels::new(leaves.clone());
            assert_eq!(levels.size(), size);
            assert_eq!(root_at(size, &levels).unwrap(), grown.root());
            for (position, leaf) in (0..size).zip(&leaves) {
                let proof = inclusion_proof(position, size, &levels).unwrap();
                verify_inclusion(leaf, position, size, &proof, &grown.root()).unwrap();
            }
        }
    }
}
