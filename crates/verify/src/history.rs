//! A whole log, group by group: every hash, link, signature and checkpoint, and admission derived again.
//!
//! Invariant: memory holds three batches of groups and the registry, whatever the length of the log. While one core checks
//! signatures and hashes of a batch, another runs the sequential rules over the one before and reads the one after; whichever
//! is done first helps with the checking.

use crate::batch::{BATCH_BYTES, Group, Source, SourceDamage, check_batch, read_batch};
use crate::keys::KeyDirectory;
use crate::report::Report;
use crate::state::State;
use crate::trust::{Depth, Trust};

/// The first step's bytes; each later one doubles them.
const FIRST_BATCH_BYTES: usize = 4_096;

/// Reads the log to its end and reports. `progress` is told the entries done.
pub fn verify_history(
    source: &mut dyn Source,
    depth: Depth,
    trust: &Trust,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Report {
    let mut state = State::new(depth, trust);
    let mut log = Reading::new(source);
    let mut checked = check_batch(log.next_batch(), &KeyDirectory::default(), depth);
    let mut batch = log.next_batch();
    while !checked.is_empty() {
        let directory = state.admission.directory();
        let (next, after) = rayon::join(
            || check_batch(batch, &directory, depth),
            || {
                checked.into_iter().for_each(|group| state.take(group));
                log.next_batch()
            },
        );
        progress(state.tree.size());
        (checked, batch) = (next, after);
        if state.tree.is_full() {
            log.read_again(&mut state);
        }
    }
    state.read_again(log.source);
    if let Some(damage) = log.damage {
        state.take_damage(damage);
    }
    state.finish(trust)
}

/// A log that is read from its start to its end, or to where it is damaged.
struct Reading<'a> {
    source: &'a mut dyn Source,
    /// Bytes of the next batch. The first one brings the keys: kept small, so that few signatures wait for a key that is not
    /// known yet.
    bytes: usize,
    /// Groups read so far.
    groups: u64,
    damage: Option<SourceDamage>,
}

impl<'a> Reading<'a> {
    fn new(source: &'a mut dyn Source) -> Self {
        Self {
            source,
            bytes: FIRST_BATCH_BYTES,
            groups: 0,
            damage: None,
        }
    }

    /// The next batch; empty at the end and after damage.
    fn next_batch(&mut self) -> Vec<Group> {
        if self.damage.is_some() {
            return Vec::new();
        }
        let (batch, damage) = read_batch(self.source, self.bytes);
        self.groups += batch.len() as u64;
        self.damage = damage;
        self.bytes = (self.bytes * 2).min(BATCH_BYTES);
        batch
    }

    /// Compares what waits, and goes on where the reading was.
    fn read_again(&mut self, state: &mut State) {
        let again = state.read_again(self.source);
        for _ in again..self.groups {
            // What can't be read a second time is no more read on than what could not be read at first.
            if self.damage.is_some() {
                return;
            }
            self.damage = self.source.next_group().and_then(Result::err);
        }
    }
}
