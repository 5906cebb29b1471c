//! Witnesses are asked to cosign the newest checkpoint, and what they sign is kept.
//!
//! Invariant: no witness, and no lack of one, stops the log or changes it. Holds no rule of the protocol.

use std::collections::BTreeMap;
use std::time::Duration;

use chain::consistency_proof;
use evidence::{Beginning, Evidence};
use ledger::with_tree;
use policy::Policy;
use signing::LogKeys;
use store::Entries;
use witness::client::{Collected, collect};

use crate::desk::{Desk, log_keys};
use crate::evidence::keep;
use crate::kept::Kept;
use crate::refused::{LogRefused, NotDone};

/// What asking the witnesses came to.
#[derive(Debug)]
pub struct Asked {
    pub collected: Collected,
    /// Entries that the checkpoint covers.
    pub size: u64,
    /// Enough of them cosigned.
    pub is_met: bool,
    /// The checkpoint contradicts one that is known here; evidence was kept.
    pub contradicted: bool,
}

/// Asks every witness of a policy to cosign the newest checkpoint, and keeps what came.
///
/// # Errors
/// The log is empty or can't be read, or what came can't be kept.
pub fn ask(
    desk: &Desk<'_>,
    store: &dyn Entries,
    policy: &Policy,
    timeout: Duration,
) -> Result<Asked, NotDone> {
    let keys = log_keys(store)?;
    let note = store.checkpoint()?.ok_or(LogRefused::Empty)?;
    let checkpoint = keys.open(&note).map_err(NotDone::fault)?;
    let size = checkpoint.checkpoint().size;
    let prove = |old| {
        let proof = with_tree(store, size, |tree| consistency_proof(old, size, tree));
        proof.map_err(|fault| fault.to_string())
    };
    let collected = collect(policy, &checkpoint, &prove, timeout);
    let signed = keys.open(&collected.note).map_err(NotDone::fault)?;
    let is_met = policy.is_met(&signed);
    // Before this checkpoint takes the place of one that it contradicts.
    let contradicted = contradict_known(desk, &collected, &note, &keys, store)?;
    durable::create_folder(&desk.place.witnesses(), durable::Access::Usual)?;
    let keep = |kept: Kept| durable::put(&kept.path(&desk.place), &collected.note);
    keep(Kept::Pending)?;
    if is_met {
        keep(Kept::Witnessed)?;
    }
    Ok(Asked {
        collected,
        size,
        is_met,
        contradicted,
    })
}

/// Keeps evidence if the newest checkpoint contradicts one that is kept here, by this log or by somebody else, or one that a
/// witness showed after an alarm. Says whether one does.
fn contradict_known(
    desk: &Desk<'_>,
    collected: &Collected,
    note: &[u8],
    keys: &LogKeys,
    store: &dyn Entries,
) -> Result<bool, NotDone> {
    let shown = collected.outcomes.iter();
    let mut known: Vec<Vec<u8>> = shown.filter_map(|outcome| outcome.shown.clone()).collect();
    for kept in Kept::ALL {
        known.extend(kept.read(&desk.place)?);
    }
    let mut found = BTreeMap::new();
    for other in &known {
        let begin = |old, new| with_tree(store, new, |tree| Beginning::of(tree, old, new));
        if let Some(evidence) = Evidence::two_histories(keys.iter(), [other, note], begin) {
            found.insert(evidence.file_name(), evidence);
        }
    }
    for evidence in found.values() {
        keep(&desk.place, evidence, desk.host)?;
    }
    Ok(!found.is_empty())
}

impl Asked {
    /// Says of each witness whose answer two histories would explain that it is so. Whether there is one.
    pub fn alarm(&self, desk: &Desk<'_>) -> bool {
        let mut is_alarm = false;
        for outcome in &self.collected.outcomes {
            if let Err(fault) = &outcome.cosigned_at
                && fault.is_alarm()
            {
                is_alarm = true;
                desk.host
                    .note(format!("ALARM: {}: {fault}", outcome.witness));
            }
        }
        is_alarm
    }
}
