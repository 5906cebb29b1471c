//! The right edge of an RFC 6962 tree: the perfect subtrees a tree of this size falls into, largest first.
//! Invariant: as many peaks as the size has one-bits; a leaf is added in constant memory, two hashes on average.
//! Does not keep leaves, and cannot prove anything about those it has swallowed.

use crate::hash::{Hash, empty_root, node_hash};
use crate::proof::{HashReader, ProofFault};

/// A size of n bits has at most n peaks.
const PEAKS_MAX: usize = 64;
const ZERO: Hash = Hash::from_bytes([0; 32]);

/// A tree to which leaves can be added and whose root can be read at any time.
#[derive(Clone)]
pub struct Frontier {
    size: u64,
    /// The first `size.count_ones()` are live; the rest is left over.
    peaks: [Hash; PEAKS_MAX],
}

impl Frontier {
    /// A tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            peaks: [ZERO; PEAKS_MAX],
        }
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds one leaf, given by its leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_observed(leaf, |_, _| {});
    }

    /// Adds one leaf and tells of every perfect subtree that it completes: the leaf itself (level 0) and upwards.
    pub(crate) fn push_observed(&mut self, leaf: Hash, mut completed: impl FnMut(u32, &Hash)) {
        assert!(self.size < u64::MAX, "a log holds fewer than 2^64 leaves");
        let mut live = self.live();
        let mut node = leaf;
        completed(0, &node);
        for level in 1..=self.size.trailing_ones() {
            live -= 1;
            node = node_hash(&self.peaks[live], &node);
            completed(level, &node);
        }
        self.peaks[live] = node;
        self.size += 1;
    }

    /// The root of the tree as it is now.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks().iter().rev();
        let Some(last) = peaks.next() else {
            return empty_root();
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The perfect subtrees from left to right, the largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks[..self.live()]
    }

    /// The right edge that a tree had at `size`, read from the hashes of a tree at least as large.
    ///
    /// # Errors
    /// The first hash the reader does not have.
    pub fn read(size: u64, reader: &dyn HashReader) -> Result<Self, ProofFault> {
        let mut frontier = Self {
            size,
            peaks: [ZERO; PEAKS_MAX],
        };
        let levels = (0..64_u8).rev().filter(|level| (size >> level) & 1 == 1);
        for (peak, level) in frontier.peaks.iter_mut().zip(levels) {
            let index = (size >> level) - 1;
            *peak = reader
                .hash(level, index)
                .ok_or(ProofFault::HashMissing { level, index })?;
        }
        Ok(frontier)
    }

    /// Size (8 bytes, little-endian), then the peaks, 32 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + self.live() * Hash::BYTES);
        bytes.extend_from_slice(&self.size.to_le_bytes());
        for peak in self.peaks() {
            bytes.extend_from_slice(peak.as_bytes());
        }
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    /// The length does not fit the size, or there is no size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierRefusal> {
        let Some((size, rest)) = bytes.split_first_chunk::<8>() else {
            return Err(FrontierRefusal::SizeMissing { found: bytes.len() });
        };
        let size = u64::from_le_bytes(*size);
        let mut frontier = Self {
            size,
            peaks: [ZERO; PEAKS_MAX],
        };
        let expected = frontier.live() * Hash::BYTES;
        if rest.len() != expected {
            return Err(FrontierRefusal::WrongLength {
                size,
                expected: expected + 8,
                found: bytes.len(),
            });
        }
        let (hashes, _) = rest.as_chunks::<32>();
        for (peak, hash) in frontier.peaks.iter_mut().zip(hashes) {
            *peak = Hash::from_bytes(*hash);
        }
        Ok(frontier)
    }

    const fn live(&self) -> usize {
        self.size.count_ones() as usize
    }
}

impl Default for Frontier {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Frontier {
    fn eq(&self, other: &Self) -> bool {
        self.size == other.size && self.peaks() == other.peaks()
    }
}

impl Eq for Frontier {}

impl std::fmt::Debug for Frontier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Frontier")
            .field("size", &self.size)
            .field("peaks", &self.peaks())
            .finish()
    }
}

/// Why bytes are not a stored frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontierRefusal {
    /// Fewer than the eight bytes of the size.
    #[error("a stored tree edge begins with 8 bytes of size, found {found}")]
    SizeMissing { found: usize },
    /// Bytes missing or left over.
    #[error("a stored tree edge of size {size} has {expected} bytes, found {found}")]
    WrongLength {
        size: u64,
        expected: usize,
        found: usize,
    },
}

#[cfg(test)]
mod tests;
