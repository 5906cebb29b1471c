//! A log that is verified as it grows: what was found good once is never read again as a whole.
//!
//! Invariant: everything up to `size` satisfies the rules of a whole log, by the same functions; a part that does not leaves no
//! trace. Memory holds the registry, a window of hashes, and one hash for each 256 entries, which vouches for them when their
//! hashes are asked for again. Knows no files.

use chain::{Frontier, Hash, HashReader, Levels, Window, leaf_hash};
use signing::LogKeys;

use crate::batch::{BATCH_BYTES, Group, SourceDamage, check_batch, split_entries};
use crate::report::Report;
use crate::seen::Reading;
use crate::state::State;
use crate::trust::{Depth, Trust};

#[cfg(test)]
mod tests;

/// Entries under one hash that is kept for ever.
const KEPT_ENTRIES: u64 = 256;
const KEPT_LEVEL: u8 = 8;
/// Sizes so far back are answered without the copy.
const BACK: u64 = 1 << 12;
/// What is kept of a group is taken out of the window when the group is done.
const GROUP_ENTRIES_MAX: usize = 2_048;
/// More sizes than any log has: nothing of the kept hashes is let go.
const ALL: u64 = 1 << 48;

/// The entries of a copy, in whatever order they are asked for.
pub trait ByPosition {
    /// The group that holds this position, as it lies in the copy.
    ///
    /// # Errors
    /// It is not there, or can't be read.
    fn group_of(&self, position: u64) -> Result<Group, SourceDamage>;
}

/// Why a log did not grow as far as was asked.
#[derive(Debug)]
pub enum Stopped {
    /// The copy does not hold it, or could not be read: nothing is said of the log.
    Unread(SourceDamage),
    /// The entries break a rule of a log.
    Bad(Box<Report>),
}

/// The beginning of a log, all of it good.
#[derive(Debug, Clone)]
pub struct Growing {
    state: State,
    /// The tree above each 256 entries.
    above: Window,
}

impl Default for Growing {
    fn default() -> Self {
        Self::within(BACK)
    }
}

impl Growing {
    /// With another window than the usual one.
    fn within(back: u64) -> Self {
        // What waits to be compared is of one batch, and is answered after it.
        let tree = Reading::within(back, usize::MAX);
        Self {
            state: State::over(tree, Depth::Full, &Trust::default()),
            above: Window::new(ALL),
        }
    }

    /// Entries that were found good.
    pub fn size(&self) -> u64 {
        self.state.tree.size()
    }

    /// The keys that sign its checkpoints, as far as it goes.
    pub fn log_keys(&self) -> &LogKeys {
        &self.state.log_keys
    }

    /// The root of its first entries, if that is not too long ago.
    pub fn recent_root(&self, size: u64) -> Option<Hash> {
        self.state.tree.root_at(size)
    }

    /// The root of its first entries; `copy` is asked for at most one group. Nothing if it does not reach so far, or if the copy
    /// holds other entries than those that were found good.
    pub fn root_at(&self, size: u64, copy: &dyn ByPosition) -> Option<Hash> {
        if size > self.size() {
            return None;
        }
        let recent = self.recent_root(size);
        recent.or_else(|| old_root(&self.above, size, copy))
    }

    /// Verifies what follows in a copy, until at least `size` entries are found good. What was found good stays, whatever
    /// follows it. `progress` is told the entries done.
    ///
    /// # Errors
    /// The copy does not go so far, or what follows in it is not as it must be.
    pub fn grow(
        &mut self,
        copy: &dyn ByPosition,
        size: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Stopped> {
        while self.size() < size {
            let mut next = self.clone();
            next.take(read(copy, self.size(), size).map_err(Stopped::Unread)?);
            next.answer_waiting(copy).map_err(Stopped::Unread)?;
            if !next.state.report.is_good() {
                return Err(Stopped::Bad(Box::new(next.state.report)));
            }
            *self = next;
            progress(self.size());
        }
        Ok(())
    }

    fn take(&mut self, batch: Vec<Group>) {
        let directory = self.state.admission.directory();
        for group in check_batch(batch, &directory, Depth::Full) {
            let before = self.size() / KEPT_ENTRIES;
            self.state.take(group);
            for number in before..self.size() / KEPT_ENTRIES {
                if let Some(hash) = self.state.tree.node(KEPT_LEVEL, number) {
                    self.above.push(hash);
                }
            }
        }
    }

    /// Compares what authors had seen too long ago for the window.
    fn answer_waiting(&mut self, copy: &dyn ByPosition) -> Result<(), SourceDamage> {
        for (size, root, position) in self.state.tree.take_waiting() {
            let Some(found) = old_root(&self.above, size, copy) else {
                return Err(SourceDamage {
                    position: size,
                    what: "the copy holds other entries than those that were verified".to_owned(),
                    missing: true,
                });
            };
            if found != root {
                self.state.contradict(position, size, root, found);
            }
        }
        Ok(())
    }
}

/// A root of so long ago that all its entries lie under kept hashes: from those, and the entries of one group.
fn old_root(above: &Window, size: u64, copy: &dyn ByPosition) -> Option<Hash> {
    let bundle = size / KEPT_ENTRIES;
    let leaves = if size.is_multiple_of(KEPT_ENTRIES) {
        Vec::new()
    } else {
        let first = bundle * KEPT_ENTRIES;
        let group = copy.group_of(first).ok()?;
        let (entries, _) = split_entries(&group.packed);
        let skipped = usize::try_from(first.checked_sub(group.first)?).ok()?;
        let entries = entries.get(skipped..)?.iter().take(KEPT_ENTRIES as usize);
        entries.map(|entry| leaf_hash(entry)).collect()
    };
    if !leaves.is_empty() {
        let mut tree = Frontier::new();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        // The copy may be another one by now.
        let kept = above.hash(0, bundle)?;
        if tree.size() != KEPT_ENTRIES || tree.root() != kept {
            return None;
        }
    }
    let below = Levels::new(leaves);
    let old = Old {
        above,
        bundle,
        below,
    };
    chain::root_at(size, &old).ok()
}

struct Old<'a> {
    above: &'a Window,
    bundle: u64,
    /// The tree below the one bundle that the size cuts.
    below: Levels,
}

impl HashReader for Old<'_> {
    fn hash(&self, level: u8, index: u64) -> Option<Hash> {
        if let Some(above) = level.checked_sub(KEPT_LEVEL) {
            return self.above.hash(above, index);
        }
        let first = self.bundle << (KEPT_LEVEL - level);
        self.below.hash(level, index.checked_sub(first)?)
    }
}

/// Groups from a position on, up to a step of the pipeline or the size that is asked for.
fn read(copy: &dyn ByPosition, from: u64, size: u64) -> Result<Vec<Group>, SourceDamage> {
    let (mut position, mut bytes, mut batch) = (from, 0, Vec::new());
    while position < size && bytes < BATCH_BYTES {
        let group = from_position(copy.group_of(position)?, position)?;
        position += split_entries(&group.packed).0.len() as u64;
        bytes += group.packed.len();
        batch.push(group);
    }
    Ok(batch)
}

/// The part of a group that was not verified before.
fn from_position(group: Group, position: u64) -> Result<Group, SourceDamage> {
    let (entries, _) = split_entries(&group.packed);
    if entries.len() > GROUP_ENTRIES_MAX {
        return Err(SourceDamage {
            position,
            what: format!("a group of more than {GROUP_ENTRIES_MAX} entries"),
            missing: false,
        });
    }
    let before = position.checked_sub(group.first);
    let before = before.and_then(|count| entries.get(..usize::try_from(count).ok()?));
    let before = before.filter(|before| before.len() < entries.len());
    let bytes: usize = before
        .ok_or_else(|| SourceDamage {
            position,
            what: "the copy has no entry here".to_owned(),
            missing: true,
        })?
        .iter()
        .map(|entry| 2 + entry.len())
        .sum();
    Ok(Group {
        first: position,
        packed: group.packed[bytes..].to_vec(),
        checkpoint: group.checkpoint,
    })
}
