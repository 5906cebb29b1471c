//! The verifier over a store: the node checks its own log with the auditor's function.
//!
//! Invariant: adds nothing to the verdict; only hands groups over. Knows nothing of rules.

use store::{Frames, Store};
use verify::{Depth, Group, Report, Source, SourceDamage, Trust, verify_history};

struct StoreSource<'a> {
    frames: Frames<'a>,
    next: u64,
}

impl Source for StoreSource<'_> {
    fn next_group(&mut self) -> Option<Result<Group, SourceDamage>> {
        let position = self.next;
        Some(match self.frames.next()? {
            Ok(frame) => {
                self.next = frame.end();
                let packed = frame.packed().to_vec();
                let checkpoint = Some(frame.checkpoint().to_vec());
                Ok(Group {
                    first: frame.first(),
                    packed,
                    checkpoint,
                })
            }
            Err(fault) => Err(SourceDamage {
                position,
                what: fault.to_string(),
                missing: false,
            }),
        })
    }
}

/// Verifies everything that the store holds. `progress` is told the entries done.
pub fn verify_store(
    store: &dyn Store,
    depth: Depth,
    trust: &Trust,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Report {
    let trust = Trust {
        size_at_least: trust.size_at_least.max(store.size()),
        ..trust.clone()
    };
    let frames = match store.frames(0) {
        Ok(frames) => frames,
        Err(fault) => Box::new(std::iter::once(Err(fault))) as Frames<'_>,
    };
    let mut source = StoreSource { frames, next: 0 };
    verify_history(&mut source, depth, &trust, progress)
}
