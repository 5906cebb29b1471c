//! Some entries of a log, in memory: what a reader holds who may not see them all.
//! Invariant: each entry has the position that the log gave it.
//! Does not know why the others are missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Entries, Frame, Frames, StoreFault};

/// Entries by position, and the size of the log that they were taken from. Clones share the entries.
#[derive(Debug, Clone)]
pub struct SparseEntries {
    size: u64,
    entries: Arc<BTreeMap<u64, Vec<u8>>>,
}

impl SparseEntries {
    /// Those entries of the first `size` of a log.
    ///
    /// # Errors
    /// [`StoreFault::PastEnd`] of an entry that lies beyond.
    pub fn new(size: u64, entries: BTreeMap<u64, Vec<u8>>) -> Result<Self, StoreFault> {
        match entries.last_key_value() {
            Some((last, _)) if *last >= size => Err(StoreFault::PastEnd {
                position: *last,
                size,
            }),
            _ => Ok(Self {
                size,
                entries: Arc::new(entries),
            }),
        }
    }
}

fn alone(position: u64, entry: &[u8]) -> Result<Frame, StoreFault> {
    Frame::pack(position, &[entry], b"")
}

impl Entries for SparseEntries {
    fn size(&self) -> u64 {
        self.size
    }

    fn is_whole(&self) -> bool {
        self.entries.len() as u64 == self.size
    }

    fn frames(&self, from: u64) -> Result<Frames<'_>, StoreFault> {
        if from > self.size {
            return Err(StoreFault::PastEnd {
                position: from,
                size: self.size,
            });
        }
        let held = self.entries.range(from..);
        Ok(Box::new(
            held.map(|(position, entry)| alone(*position, entry)),
        ))
    }

    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        match self.entries.get(&position) {
            Some(entry) => alone(position, entry),
            None if position < self.size => Err(StoreFault::NotHeld { position }),
            None => Err(StoreFault::PastEnd {
                position,
                size: self.size,
            }),
        }
    }

    fn handle(&self) -> Arc<dyn Entries> {
        Arc::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::check_entries;

    fn of(size: u64, positions: &[u64]) -> Result<SparseEntries, StoreFault> {
        let entries = positions.iter().map(|at| (*at, vec![*at as u8 + 1]));
        SparseEntries::new(size, entries.collect())
    }

    #[test]
    fn the_contract_holds_with_and_without_gaps() {
        for (size, positions) in [
            (0, &[][..]),
            (9, &[]),
            (3, &[0, 1, 2]),
            (9, &[0, 1, 4, 8]),
            (9, &[2, 3]),
        ] {
            let expected: Vec<_> = positions
                .iter()
                .map(|at| (*at, vec![*at as u8 + 1]))
                .collect();
            check_entries(&of(size, positions).unwrap(), size, &expected);
        }
    }

    #[test]
    fn an_entry_beyond_the_size_is_refused() {
        assert!(of(3, &[0, 3]).is_err());
    }
}
