//! Checkpoints that a ledger keeps: the newest that witnesses were asked for, the newest that enough of them cosigned, and
//! one that somebody else showed.
//!
//! Invariant: each is replaced as a whole, and none is older than what the log was signed for. Asks nobody.

use std::path::PathBuf;

use durable::Layout;
use portable::limits::NOTE_BYTES_MAX;
use signing::LogKeys;

use crate::refused::{LogRefused, NotDone};

/// A checkpoint that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// What was asked for last.
    Pending,
    /// What enough witnesses cosigned last.
    Witnessed,
    /// What somebody else kept, laid here by the ledger's owner.
    Shown,
}

impl Kept {
    pub(crate) const ALL: [Self; 3] = [Self::Pending, Self::Witnessed, Self::Shown];

    pub(crate) fn path(self, place: &Layout) -> PathBuf {
        place.witnesses().join(match self {
            Self::Pending => "pending",
            Self::Witnessed => "witnessed",
            Self::Shown => "shown",
        })
    }

    /// The signed note, if it is there.
    pub(crate) fn read(self, place: &Layout) -> Result<Option<Vec<u8>>, NotDone> {
        match files::read(&self.path(place), NOTE_BYTES_MAX) {
            Ok(note) => Ok(Some(note)),
            Err(fault) if fault.is_missing() => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }
}

/// Refuses to write onto a log that is shorter than a checkpoint which it signed: it was restored from a backup, and what
/// it would sign now contradicts what it signed before. A size that a witness only claims stops nothing.
pub(crate) fn refuse_behind(place: &Layout, log_keys: &LogKeys, size: u64) -> Result<(), NotDone> {
    for kept in Kept::ALL {
        let Some(note) = kept.read(place)? else {
            continue;
        };
        let path = kept.path(place).display().to_string();
        let signed = match log_keys.open(&note) {
            Ok(signed) => signed,
            Err(refusal) => {
                let why = refusal.to_string();
                return Err(LogRefused::NotItsCheckpoint { path, why }.into());
            }
        };
        let known = signed.checkpoint().size;
        if known > size {
            return Err(LogRefused::LostTail { size, known, path }.into());
        }
    }
    Ok(())
}

/// The newest checkpoint that enough witnesses cosigned, if it is of this log as the store has it now.
pub fn witnessed_note(place: &Layout, checkpoint: &[u8]) -> Option<Vec<u8>> {
    let note = Kept::Witnessed.read(place).ok()??;
    let text = |note: &[u8]| {
        let end = note.windows(2).position(|pair| pair == b"\n\n")?;
        Some(note[..end].to_vec())
    };
    (text(&note)? == text(checkpoint)?).then_some(note)
}

/// The newest checkpoint that enough witnesses cosigned, for one who has to have it.
///
/// # Errors
/// There is none.
pub fn witnessed(place: &Layout) -> Result<Vec<u8>, NotDone> {
    let read = files::read(&Kept::Witnessed.path(place), NOTE_BYTES_MAX);
    Ok(read.map_err(|fault| {
        let why = fault.to_string();
        LogRefused::NotWitnessed { why }
    })?)
}
