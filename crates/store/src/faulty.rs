//! A store that fails on demand, for tests of those who use a store.
//! Invariant: after a failed append it behaves as the contract says: poisoned, reading only what was acknowledged,
//! until it is reopened and shows what really happened.
//! Does not know files; it wraps any store.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Change, Entries, Frame, Frames, KeyValue, Side, Space, Store, StoreFault};

/// Which calls fail. Calls are counted from 1 since the store was made or reopened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Plan {
    /// The append that fails, and what it leaves behind.
    pub append: Option<(u64, Outcome)>,
    /// The `put` to the side area that fails without effect; the area then refuses every call until reopened.
    pub side_put: Option<u64>,
}

/// What a failed append leaves on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Lost,
    /// The whole group: the failure came after the commit.
    Persisted,
}

/// Wraps a store and fails as planned.
#[derive(Debug)]
pub struct FaultyStore<S> {
    inner: S,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    plan: Plan,
    appends: u64,
    side_puts: u64,
    /// Size acknowledged before the failed append.
    poisoned_at: Option<u64>,
    side_failed: bool,
}

impl State {
    fn new(plan: Plan) -> Self {
        Self {
            plan,
            appends: 0,
            side_puts: 0,
            poisoned_at: None,
            side_failed: false,
        }
    }
}

impl<S: Store> FaultyStore<S> {
    /// A store that fails as `plan` says.
    pub fn new(inner: S, plan: Plan) -> Self {
        Self {
            inner,
            state: Mutex::new(State::new(plan)),
        }
    }

    /// Closes and opens the store: the outcome of a failed append becomes visible, and the next plan begins.
    pub fn reopen(self, plan: Plan) -> Self {
        Self::new(self.inner, plan)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn injected() -> StoreFault {
    StoreFault::io("write to", "injected fault", io::Error::other("injected"))
}

impl<S: Store> Entries for FaultyStore<S> {
    fn size(&self) -> u64 {
        self.state()
            .poisoned_at
            .unwrap_or_else(|| self.inner.size())
    }

    fn is_whole(&self) -> bool {
        self.inner.is_whole()
    }

    fn frames(&self, from: u64) -> Result<Frames<'_>, StoreFault> {
        let size = self.size();
        if from > size {
            return Err(StoreFault::PastEnd {
                position: from,
                size,
            });
        }
        let shown = move |frame: &Result<Frame, StoreFault>| {
            frame.as_ref().map_or(true, |frame| frame.end() <= size)
        };
        Ok(Box::new(self.inner.frames(from)?.take_while(shown)))
    }

    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        let size = self.size();
        if position >= size {
            return Err(StoreFault::PastEnd { position, size });
        }
        self.inner.frame_of(position)
    }

    fn handle(&self) -> Arc<dyn Entries> {
        self.inner.handle()
    }

    fn kept(&self) -> Option<&dyn Side> {
        Some(self)
    }
}

impl<S: Store> Store for FaultyStore<S> {
    fn append(
        &self,
        expected_size: u64,
        entries: &[&[u8]],
        checkpoint: &[u8],
    ) -> Result<(), StoreFault> {
        let mut state = self.state();
        if state.poisoned_at.is_some() {
            return Err(StoreFault::Poisoned);
        }
        state.appends += 1;
        match state.plan.append {
            Some((number, outcome)) if number == state.appends => {
                let size = self.inner.size();
                if outcome == Outcome::Persisted {
                    self.inner.append(expected_size, entries, checkpoint)?;
                }
                state.poisoned_at = Some(size);
                Err(injected())
            }
            _ => self.inner.append(expected_size, entries, checkpoint),
        }
    }

    fn side(&self) -> &dyn Side {
        self
    }
}

impl<S: Store> FaultyStore<S> {
    fn working_side(&self) -> Result<&dyn Side, StoreFault> {
        if self.state().side_failed {
            return Err(StoreFault::SideDamaged {
                what: "injected fault".to_owned(),
            });
        }
        Ok(self.inner.side())
    }
}

impl<S: Store> Side for FaultyStore<S> {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        self.working_side()?.get(space, key)
    }

    fn last_up_to(&self, space: Space, key: &[u8]) -> Result<Option<KeyValue>, StoreFault> {
        self.working_side()?.last_up_to(space, key)
    }

    fn put(&self, changes: &[Change]) -> Result<(), StoreFault> {
        let mut state = self.state();
        state.side_puts += 1;
        state.side_failed |= state.plan.side_put == Some(state.side_puts);
        drop(state);
        self.working_side()?.put(changes)
    }

    fn clear(&self, space: Space) -> Result<(), StoreFault> {
        self.working_side()?.clear(space)
    }

    fn flush(&self) -> Result<(), StoreFault> {
        self.working_side()?.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;

    #[test]
    fn a_failed_append_poisons_until_reopened() {
        for (outcome, size) in [(Outcome::Lost, 1), (Outcome::Persisted, 2)] {
            let plan = Plan {
                append: Some((2, outcome)),
                ..Plan::default()
            };
            let store = FaultyStore::new(MemoryStore::new(), plan);
            store.append(0, &[b"a"], b"1").unwrap();
            assert!(matches!(
                store.append(1, &[b"b"], b"2"),
                Err(StoreFault::Io { .. })
            ));
            assert!(matches!(
                store.append(1, &[b"b"], b"2"),
                Err(StoreFault::Poisoned)
            ));
            assert_eq!(store.size(), 1);
            assert_eq!(store.frames(0).unwrap().count(), 1);
            assert_eq!(store.checkpoint().unwrap().as_deref(), Some(&b"1"[..]));
            assert!(matches!(store.frame_of(1), Err(StoreFault::PastEnd { .. })));
            let store = store.reopen(Plan::default());
            assert_eq!(store.size(), size, "{outcome:?}");
            store.append(size, &[b"c"], b"3").unwrap();
        }
    }

    #[test]
    fn a_failed_put_changes_nothing_and_closes_the_side_area() {
        let plan = Plan {
            side_put: Some(2),
            ..Plan::default()
        };
        let store = FaultyStore::new(MemoryStore::new(), plan);
        store
            .side()
            .put(&[Change::set(Space::Heads, *b"k", *b"1")])
            .unwrap();
        assert!(matches!(
            store.side().put(&[Change::set(Space::Heads, *b"k", *b"2")]),
            Err(StoreFault::SideDamaged { .. })
        ));
        assert!(store.side().get(Space::Heads, b"k").is_err());
        store.append(0, &[b"a"], b"1").unwrap();
        let store = store.reopen(Plan::default());
        assert_eq!(
            store.side().get(Space::Heads, b"k").unwrap().as_deref(),
            Some(&b"1"[..])
        );
    }
}
