//! What the log key that a reader brought says about a log: it must be one of the log's own.
//!
//! Invariant: the same sentence for a whole log and for an extract. Knows nothing of checkpoints: they are opened with the
//! log's keys, of which each vouches for the next.

use signing::{LogKeys, VerifierKey};

use crate::report::{FaultKind, Report};

/// Compares the key that the reader trusts with those of the log. A key that was handed over still leads to the log, but
/// whoever stole it could hand a fork of the log over too.
pub fn judge_trusted_key(report: &mut Report, trusted: Option<&VerifierKey>, keys: &LogKeys) {
    let (Some(trusted), Some(current)) = (trusted, keys.current()) else {
        return;
    };
    match keys.handed_over_at(trusted) {
        Some(None) => {}
        Some(Some(size)) => report.not_checked.push(format!(
            "whether the log key was handed over by its owner: the key you gave was replaced at size {size}; the log key is \
             now {current}, ask the operator for it by another way"
        )),
        None => report.fault(
            FaultKind::Checkpoint,
            0,
            &format!("a log that {trusted} signs or handed over"),
            format!("one of {current}"),
        ),
    }
}
