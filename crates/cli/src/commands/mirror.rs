//! The copy of a log that a witness holds, so that it cosigns only what admission accepts.
//!
//! Invariant: a checkpoint is admitted only if the copy holds all its entries, the verifier finds no fault in the copy, and its
//! root at that size is the one signed. One verification runs at a time; whoever asks meanwhile is told to ask again.
//! The copy is verified anew for every new size, from its first entry. Knows no protocol.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, TryLockError};

use portable::look;
use seal::{Checkpoint, VerifierKey};
use verify::{Depth, Known, Report, Trust, Verdict};
use witness::server::NotAdmitted;

/// A copy of a log, and how much of it was found good.
pub(crate) struct Mirror {
    folder: PathBuf,
    log_key: VerifierKey,
    /// The last checkpoint that was admitted: it is asked for again and again.
    admitted: Mutex<Option<Checkpoint>>,
}

impl Mirror {
    /// The copy in this folder, of the log with this key, its current one or one that was handed over.
    pub(crate) fn new(folder: PathBuf, log_key: VerifierKey) -> Self {
        let admitted = Mutex::new(None);
        Self {
            folder,
            log_key,
            admitted,
        }
    }

    /// Whether the copy holds what this checkpoint covers, and all of it is as admission demands.
    pub(crate) fn admit(&self, checkpoint: &Checkpoint) -> Result<(), NotAdmitted> {
        let mut admitted = match self.admitted.try_lock() {
            Ok(admitted) => admitted,
            // What it holds was written in one step, after it was found good.
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
            Err(TryLockError::WouldBlock) => {
                let text = "the copy of the log held here is being verified; ask again";
                return Err(NotAdmitted::NotYet(text.to_owned()));
            }
        };
        if admitted.as_ref() == Some(checkpoint) || checkpoint.size == 0 {
            return Ok(());
        }
        let trust = Trust {
            log_key: Some(self.log_key.clone()),
            size_at_least: 0,
            known: vec![Known {
                origin: checkpoint.origin.clone(),
                size: checkpoint.size,
                root: checkpoint.root,
            }],
            ..Trust::default()
        };
        let report = look(&self.folder, Depth::Full, &trust, &mut |_, _| {});
        let report = report.map_err(|fault| {
            NotAdmitted::NotYet(format!("the copy of the log held here: {fault}"))
        })?;
        judge(&report, checkpoint)?;
        *admitted = Some(checkpoint.clone());
        Ok(())
    }
}

fn judge(report: &Report, checkpoint: &Checkpoint) -> Result<(), NotAdmitted> {
    match report.verdict {
        Verdict::Good if report.size >= checkpoint.size => Ok(()),
        // Sound as far as it goes.
        Verdict::Good | Verdict::Stale => Err(NotAdmitted::NotYet(format!(
            "the copy of the log held here has {} entries of {}; ask again when it is brought up to date",
            report.size, checkpoint.size
        ))),
        verdict => {
            let fault = report.faults.first();
            let fault = fault.map_or_else(|| verdict.to_string(), ToString::to_string);
            Err(NotAdmitted::Refused(format!(
                "the copy of the log held here is {verdict}: {fault}"
            )))
        }
    }
}
