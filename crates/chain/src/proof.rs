//! Inclusion and consistency proofs of RFC 6962 section 2.1, both directions.
//! Invariant: a proof verifies only if the leaf stands at the position (or the old tree is a prefix of the new);
//! a faulty proof of any shape is refused by name and never panics.
//! Does not know where hashes are kept: it asks a `HashReader`.

use crate::frontier::Frontier;
use crate::hash::{Hash, empty_root, node_hash};

/// The hashes of one tree.
pub trait HashReader {
    /// The hash of the perfect subtree of 2^`level` leaves that begins at leaf `index` * 2^`level`;
    /// `None` if the tree does not hold all of them or the hash is not to be had.
    fn hash(&self, level: u8, index: u64) -> Option<Hash>;
}

/// The root the tree had at `size`.
///
/// # Errors
/// The first hash the reader does not have.
pub fn root_at(size: u64, reader: &dyn HashReader) -> Result<Hash, ProofFault> {
    Ok(Frontier::read(size, reader)?.root())
}

/// The proof that the leaf at `position` is in the tree of `size` leaves, from the leaf's sibling upwards.
///
/// # Errors
/// The position is outside the tree, or the reader lacks a hash.
pub fn inclusion_proof(
    position: u64,
    size: u64,
    reader: &dyn HashReader,
) -> Result<Vec<Hash>, ProofFault> {
    if position >= size {
        return Err(ProofFault::PositionBeyondSize { position, size });
    }
    let mut proof = Vec::with_capacity(64);
    siblings(0, position, size, reader, &mut proof)?;
    Ok(proof)
}

/// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves. Empty if `old` is 0 or `new`.
///
/// # Errors
/// `old` exceeds `new`, or the reader lacks a hash.
pub fn consistency_proof(
    old: u64,
    new: u64,
    reader: &dyn HashReader,
) -> Result<Vec<Hash>, ProofFault> {
    if old > new {
        return Err(ProofFault::OldBeyondNew { old, new });
    }
    let mut proof = Vec::with_capacity(64);
    if old == 0 || old == new {
        return Ok(proof);
    }
    // The last leaf of the old tree lies in a perfect subtree of this level; the proof climbs from there.
    let level = low_u8(old.trailing_zeros());
    if !old.is_power_of_two() {
        proof.push(read(reader, level, (old - 1) >> level)?);
    }
    siblings(level, old - 1, new, reader, &mut proof)?;
    Ok(proof)
}

/// Checks that `leaf` stands at `position` in the tree of `size` leaves with this root.
///
/// # Errors
/// What is wrong with the proof.
pub fn verify_inclusion(
    leaf: &Hash,
    position: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofRefusal> {
    if position >= size {
        return Err(ProofRefusal::PositionBeyondSize { position, size });
    }
    let shape = Shape::of(position, size);
    let (inner, border) = split(proof, shape.inner, shape.border, 0)?;
    let computed = climb(*leaf, inner, border, position);
    if computed != *root {
        return Err(ProofRefusal::RootDiffers {
            expected: *root,
            computed,
        });
    }
    Ok(())
}

/// The root that a proof gives the tree of `old` leaves, if it leads to the new root, but from another root than the old
/// one given: then whoever signed both roots shows two histories. A proof that leads nowhere shows nothing; nor does one from
/// a size that is a power of two, which does not carry the old root.
pub fn other_old_root(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Option<Hash> {
    match verify_consistency(old, old_root, new, new_root, proof) {
        Err(ProofRefusal::OldRootDiffers { computed, .. }) => {
            let leads = verify_consistency(old, &computed, new, new_root, proof);
            leads.is_ok().then_some(computed)
        }
        _ => None,
    }
}

/// Checks that the tree of `old` leaves is a prefix of the tree of `new` leaves, both given by their roots.
///
/// # Errors
/// What is wrong with the proof.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofRefusal> {
    if old > new {
        return Err(ProofRefusal::OldBeyondNew { old, new });
    }
    if old == 0 && *old_root != empty_root() {
        return Err(ProofRefusal::OldRootDiffers {
            expected: *old_root,
            computed: empty_root(),
        });
    }
    if old == 0 || old == new {
        split(proof, 0, 0, 0)?;
        if old == new && old_root != new_root {
            return Err(ProofRefusal::NewRootDiffers {
                expected: *new_root,
                computed: *old_root,
            });
        }
        return Ok(());
    }
    let level = old.trailing_zeros();
    let shape = Shape::of(old - 1, new);
    // Never below zero: old < new, so the last old leaf and the last new leaf part ways above `level`.
    let inner_len = shape.inner - level as usize;
    let (seed, rest, before) = match proof.split_first() {
        _ if old.is_power_of_two() => (*old_root, proof, 0),
        Some((seed, rest)) => (*seed, rest, 1),
        None => {
            return Err(ProofRefusal::TooShort {
                expected: 1 + inner_len + shape.border,
                found: 0,
            });
        }
    };
    let (inner, border) = split(rest, inner_len, shape.border, before)?;
    let path = (old - 1) >> level;
    let lefts = inner
        .iter()
        .enumerate()
        .filter(|(bit, _)| (path >> bit) & 1 == 1)
        .map(|(_, hash)| hash);
    let computed = lefts
        .chain(border)
        .fold(seed, |right, left| node_hash(left, &right));
    if computed != *old_root {
        return Err(ProofRefusal::OldRootDiffers {
            expected: *old_root,
            computed,
        });
    }
    let computed = climb(seed, inner, border, path);
    if computed != *new_root {
        return Err(ProofRefusal::NewRootDiffers {
            expected: *new_root,
            computed,
        });
    }
    Ok(())
}

/// Why a proof could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// There is no such leaf.
    #[error("there is no leaf at position {position} in a tree of size {size}")]
    PositionBeyondSize { position: u64, size: u64 },
    /// A tree does not shrink.
    #[error("a tree of size {old} cannot be a prefix of one of size {new}")]
    OldBeyondNew { old: u64, new: u64 },
    /// The tree's hashes are incomplete; they can be rebuilt from the entries.
    #[error(
        "the tree hash at level {level}, index {index} is missing; rebuild the tiles from the log's entries"
    )]
    HashMissing { level: u8, index: u64 },
}

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefusal {
    /// There is no such leaf.
    #[error("position {position} is outside a tree of size {size}")]
    PositionBeyondSize { position: u64, size: u64 },
    /// A tree does not shrink.
    #[error(
        "the old size {old} exceeds the new size {new}: the log has been cut or the order is wrong"
    )]
    OldBeyondNew { old: u64, new: u64 },
    /// Hashes are missing.
    #[error("the proof has {found} hashes where the sizes ask for {expected}: too short")]
    TooShort { expected: usize, found: usize },
    /// Hashes are left over.
    #[error("the proof has {found} hashes where the sizes ask for {expected}: too long")]
    TooLong { expected: usize, found: usize },
    /// Leaf and proof lead to another root.
    #[error(
        "the proof leads to root {computed}, not to {expected}: another leaf, position, size or tree"
    )]
    RootDiffers { expected: Hash, computed: Hash },
    /// The proof does not fit the old tree.
    #[error("the proof leads to old root {computed}, not to {expected}")]
    OldRootDiffers { expected: Hash, computed: Hash },
    /// The proof does not fit the new tree: what was there before is not all there now.
    #[error(
        "the proof leads to new root {computed}, not to {expected}: the new tree does not extend the old one"
    )]
    NewRootDiffers { expected: Hash, computed: Hash },
}

/// How many hashes the path of a leaf takes: up to the node where it parts from the path of the last leaf
/// (`inner`), and from there along the tree's right edge, where only left siblings are left (`border`).
struct Shape {
    inner: usize,
    border: usize,
}

impl Shape {
    /// The caller has checked `position < size`.
    fn of(position: u64, size: u64) -> Self {
        let inner = 64 - (position ^ (size - 1)).leading_zeros();
        let border = position.checked_shr(inner).unwrap_or(0).count_ones();
        Self {
            inner: inner as usize,
            border: border as usize,
        }
    }
}

/// Appends the siblings on the path of `position` from `level` up to the root.
fn siblings(
    level: u8,
    position: u64,
    size: u64,
    reader: &dyn HashReader,
    proof: &mut Vec<Hash>,
) -> Result<(), ProofFault> {
    let inner = low_u8(64 - (position ^ (size - 1)).leading_zeros());
    for at in level..inner {
        let sibling = (position >> at) ^ 1;
        let hash = if at + 1 == inner {
            // The one sibling that holds the last leaf and may be ragged.
            range_root(sibling << at, size, reader)?
        } else {
            read(reader, at, sibling)?
        };
        proof.push(hash);
    }
    for at in inner..64 {
        let node = position >> at;
        if node & 1 == 1 {
            proof.push(read(reader, at, node - 1)?);
        }
    }
    Ok(())
}

/// The hash over the leaves from `start` to before `end`, where `start` is aligned to a subtree that holds them all.
fn range_root(start: u64, end: u64, reader: &dyn HashReader) -> Result<Hash, ProofFault> {
    let count = end - start;
    let mut right: Option<Hash> = None;
    for level in (0..64_u8).filter(|level| (count >> level) & 1 == 1) {
        let left = read(reader, level, (end >> level) - 1)?;
        right = Some(right.map_or(left, |right| node_hash(&left, &right)));
    }
    Ok(right.unwrap_or_else(empty_root))
}

fn read(reader: &dyn HashReader, level: u8, index: u64) -> Result<Hash, ProofFault> {
    reader
        .hash(level, index)
        .ok_or(ProofFault::HashMissing { level, index })
}

/// From a node to the root: below the parting each bit of `path` says on which side the node stands.
fn climb(node: Hash, inner: &[Hash], border: &[Hash], path: u64) -> Hash {
    let node = inner.iter().enumerate().fold(node, |node, (bit, sibling)| {
        if (path >> bit) & 1 == 0 {
            node_hash(&node, sibling)
        } else {
            node_hash(sibling, &node)
        }
    });
    border
        .iter()
        .fold(node, |right, left| node_hash(left, &right))
}

/// Splits a proof of exactly `inner + border` hashes; `before` were taken from its front already.
fn split(
    proof: &[Hash],
    inner: usize,
    border: usize,
    before: usize,
) -> Result<(&[Hash], &[Hash]), ProofRefusal> {
    let expected = before + inner + border;
    let found = before + proof.len();
    if found < expected {
        return Err(ProofRefusal::TooShort { expected, found });
    }
    if found > expected {
        return Err(ProofRefusal::TooLong { expected, found });
    }
    Ok(proof.split_at(inner))
}

/// Levels are below 65.
const fn low_u8(level: u32) -> u8 {
    (level & 0xff) as u8
}

#[cfg(test)]
pub(crate) mod tests;
