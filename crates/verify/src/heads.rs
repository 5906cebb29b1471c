//! The tree of heads: every author's newest event, sorted, under one root that the operator commits to in the log.
//!
//! Invariant: a leaf is a byte of length and the author's id, the seq of its newest event as u64 little-endian, and that
//! event's id; leaves ascend by author. The sum of all seqs plus one each is the size that the tree covers, since every
//! entry is one event of one author.

use chain::{AuthorHead, Hash, Levels, ProofFault, inclusion_proof, leaf_hash, root_at};
use domain::PartyId;

/// An author's newest event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub author: PartyId,
    pub last_seq: u64,
    pub last: [u8; 32],
}

impl Head {
    /// The leaf's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let id = self.author.as_bytes();
        let mut bytes = Vec::with_capacity(1 + id.len() + 8 + 32);
        bytes.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(id);
        bytes.extend_from_slice(&self.last_seq.to_le_bytes());
        bytes.extend_from_slice(&self.last);
        bytes
    }
}

/// The tree.
#[derive(Debug, Clone)]
pub struct HeadsTree {
    heads: Vec<Head>,
    levels: Levels,
}

impl HeadsTree {
    /// The tree of these heads, in any order; authors that have signed nothing are left out.
    pub fn new(heads: impl IntoIterator<Item = (PartyId, AuthorHead)>) -> Self {
        let signed = heads.into_iter().filter_map(|(author, head)| {
            Some(Head {
                author,
                last_seq: head.next_seq.checked_sub(1)?,
                last: head.last,
            })
        });
        let mut heads: Vec<Head> = signed.collect();
        heads.sort_unstable_by_key(|head| head.author);
        let levels = Levels::new(heads.iter().map(|head| leaf_hash(&head.bytes())).collect());
        Self { heads, levels }
    }

    /// Authors in the tree.
    pub fn authors(&self) -> u64 {
        self.heads.len() as u64
    }

    /// Entries of the log that the tree covers.
    pub fn covered(&self) -> u64 {
        self.heads.iter().map(|head| head.last_seq + 1).sum()
    }

    /// The root.
    pub fn root(&self) -> Hash {
        // Every subtree of the tree is held.
        root_at(self.authors(), &self.levels).unwrap_or_else(|_| chain::empty_root())
    }

    /// The leaves by index.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The index of an author, or where it would stand if it had signed anything.
    pub fn find(&self, author: &PartyId) -> Result<usize, usize> {
        self.heads.binary_search_by_key(author, |head| head.author)
    }

    /// The proof that a leaf is in the tree.
    ///
    /// # Errors
    /// There is no such leaf.
    pub fn prove(&self, index: usize) -> Result<Vec<Hash>, ProofFault> {
        inclusion_proof(index as u64, self.authors(), &self.levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_is_proven_and_the_order_of_arrival_does_not_matter() {
        let party = |number: u8| -> PartyId {
            let first = format!("91150000MA000000{number}");
            let check = domain::id::uscc_check_character(first.as_bytes().first_chunk().unwrap());
            format!("{first}{}", check.unwrap()).parse().unwrap()
        };
        for count in 1..9u8 {
            let head = |number: u8| {
                let next_seq = u64::from(number);
                let last = [number; 32];
                (party(number), AuthorHead { next_seq, last })
            };
            let tree = HeadsTree::new((0..=count).map(head));
            assert_eq!(
                tree.authors(),
                u64::from(count),
                "who signed nothing is left out"
            );
            assert_eq!(
                tree.covered(),
                u64::from(count) * (u64::from(count) + 1) / 2
            );
            assert_eq!(
                tree.root(),
                HeadsTree::new((0..=count).rev().map(head)).root()
            );
            for (index, head) in tree.heads().iter().enumerate() {
                let proof = tree.prove(index).unwrap();
                let leaf = leaf_hash(&head.bytes());
                let root = tree.root();
                chain::verify_inclusion(&leaf, index as u64, tree.authors(), &proof, &root)
                    .unwrap();
            }
            assert!(tree.find(&party(0)).is_err());
        }
    }
}
