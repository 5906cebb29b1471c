//! The verifier over a store: the node checks its own log with the auditor's function.
//!
//! Invariant: adds nothing to the verdict; only hands groups over. Knows nothing of rules.

use store::{Entries, Frames};
use verify::{Depth, Group, Report, Source, SourceDamage, Trust, verify_history};

struct StoreSource<'a> {
    store: &'a dyn Entries,
    frames: Frames<'a>,
    next: u64,
}

impl<'a> StoreSource<'a> {
    fn new(store: &'a dyn Entries) -> Self {
        let frames = match store.frames(0) {
            Ok(frames) => frames,
            Err(fault) => Box::new(std::iter::once(Err(fault))) as Frames<'_>,
        };
        Self {
            store,
            frames,
            next: 0,
        }
    }
}

impl Source for StoreSource<'_> {
    fn next_group(&mut self) -> Option<Result<Group, SourceDamage>> {
        let position = self.next;
        Some(match self.frames.next()? {
            Ok(frame) => {
                self.next = frame.end();
                let first = frame.first();
                let (packed, checkpoint) = frame.into_parts();
                Ok(Group {
                    first,
                    packed,
                    checkpoint: Some(checkpoint),
                })
            }
            Err(fault) => Err(SourceDamage {
                position,
                what: fault.to_string(),
                missing: false,
            }),
        })
    }

    fn rewind(&mut self) -> Result<(), SourceDamage> {
        *self = Self::new(self.store);
        Ok(())
    }
}

/// The groups of a store, for a verification.
pub fn source_of(store: &dyn Entries) -> impl Source + '_ {
    StoreSource::new(store)
}

/// Verifies everything that the store holds. `progress` is told the entries done.
pub fn verify_store(
    store: &dyn Entries,
    depth: Depth,
    trust: &Trust,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Report {
    let trust = Trust {
        size_at_least: trust.size_at_least.max(store.size()),
        ..trust.clone()
    };
    verify_history(&mut StoreSource::new(store), depth, &trust, progress)
}
