//! A growing tree that remembers the roots of a while ago: what an author had seen is mostly recent.
//! Invariant: every root of the last `back` sizes can be read; memory is bounded by `back`, whatever the size of the tree.
//! Each tree node is hashed once, as in a frontier. Does not know what the leaves are.

use std::collections::VecDeque;

use crate::frontier::Frontier;
use crate::hash::Hash;
use crate::proof::{HashReader, root_at};

/// The right edge of a tree and its newest nodes.
#[derive(Clone, Debug)]
pub struct Window {
    frontier: Frontier,
    back: u64,
    /// By level: the newest perfect subtrees, and how many older ones were let go.
    levels: Vec<Level>,
}

#[derive(Clone, Debug, Default)]
struct Level {
    first: u64,
    hashes: VecDeque<Hash>,
}

impl Window {
    /// A tree without leaves that will remember the roots of this many sizes before its own.
    #[must_use]
    pub const fn new(back: u64) -> Self {
        Self {
            frontier: Frontier::new(),
            back,
            levels: Vec::new(),
        }
    }

    /// Adds one leaf, given by its leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let Self {
            frontier,
            back,
            levels,
        } = self;
        frontier.push_observed(leaf, |level, hash| {
            let level = level as usize;
            if levels.len() == level {
                levels.push(Level::default());
            }
            let kept = &mut levels[level];
            kept.hashes.push_back(*hash);
            // A size `back` behind has its peak of this level at most so many places, and two, behind the newest one.
            if kept.hashes.len() as u64 > (*back >> level) + 2 {
                kept.hashes.pop_front();
                kept.first += 1;
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

    /// The root that the tree had at `size`; nothing if that lies too far back, or ahead.
    #[must_use]
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        root_at(size, self).ok().filter(|_| size <= self.size())
    }
}

impl HashReader for Window {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        let level = self.levels.get(usize::from(level))?;
        let place = index.checked_sub(level.first)?;
        level.hashes.get(usize::try_from(place).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{empty_root, leaf_hash};

    #[test]
    fn it_gives_the_roots_that_the_tree_had_and_forgets_in_bounded_memory() {
        for back in [0, 1, 5, 16, 33] {
            let (mut window, mut grown) = (Window::new(back), Frontier::new());
            let mut roots = vec![empty_root()];
            for leaf in 0..400_u64 {
                let leaf = leaf_hash(&leaf.to_le_bytes());
                window.push(leaf);
                grown.push(leaf);
                roots.push(grown.root());
                let size = window.size();
                assert_eq!(window.root(), grown.root());
                for (at, root) in (0..).zip(&roots) {
                    let found = window.root_at(at);
                    assert!(found.is_none_or(|found| found == *root), "{at} of {size}");
                    let is_recent = at == 0 || at + back >= size;
                    assert!(found.is_some() || !is_recent, "{at} of {size}, {back} back");
                }
                assert_eq!(window.root_at(size + 1), None);
            }
            let held: usize = window.levels.iter().map(|level| level.hashes.len()).sum();
            assert!(held as u64 <= 2 * back + 3 * 10, "{held} for {back}");
        }
    }
}
