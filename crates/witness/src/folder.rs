//! What a witness keeps: the newest checkpoint of every log, before and after it was cosigned, and evidence of logs that
//! showed two histories.
//!
//! Invariant: a checkpoint or evidence is whole and durable when the call that keeps it returns; one process at a time has
//! the folder. What can't be read is a fault, never "nothing seen yet". Nothing is cosigned that is not kept before.
//! Knows nothing of requests. A folder that is emptied or set back makes the witness forget what it cosigned.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chain::origin_hash;
use durable::{Access, DurableFault, FolderLock, LockFault, create_folder, put, sync_folder};
use evidence::Evidence;
use files::FileFault;
use signing::limits::NOTE_BYTES_MAX;
use signing::{CheckpointRefusal, NoteRefusal, SignedCheckpoint, VerifierKey, WitnessKey};
use thiserror::Error;

use crate::protocol::{SplitView, open_with_newest};

/// Evidence kept of one log. The first piece proves it; a log that signs thousands must not fill the disk.
const EVIDENCE_PER_LOG_MAX: usize = 64;

/// The witness's folder could not be used.
#[derive(Debug, Error)]
pub enum FolderFault {
    #[error("could not {action} {path}: {source}")]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error(transparent)]
    File(#[from] FileFault),
    #[error(transparent)]
    Durable(#[from] DurableFault),
    #[error("the two checkpoints make no evidence: they do not contradict")]
    NoEvidence,
    #[error("{0} is in use by another witness")]
    InUse(PathBuf),
    #[error("{path} is not a checkpoint of the log: {refusal}; restore it, or the witness forgets")]
    Damaged {
        path: PathBuf,
        refusal: CheckpointRefusal,
    },
}

/// A witness's folder, locked as long as this lives.
#[derive(Debug)]
pub(crate) struct Folder {
    checkpoints: PathBuf,
    cosigned: PathBuf,
    evidence: PathBuf,
    _lock: FolderLock,
}

impl Folder {
    /// Opens the folder; makes it if need be.
    pub(crate) fn open(root: &Path) -> Result<Self, FolderFault> {
        let checkpoints = root.join("checkpoints");
        let cosigned = root.join("cosigned");
        let evidence = root.join("evidence");
        for folder in [root, &checkpoints, &cosigned, &evidence] {
            create_folder(folder, Access::Usual)?;
        }
        let lock = FolderLock::exclusive(root).map_err(|fault| match fault {
            LockFault::InUse(path) => FolderFault::InUse(path),
            LockFault::Durable(fault) => fault.into(),
        })?;
        sync_folder(root)?;
        Ok(Self {
            checkpoints,
            cosigned,
            evidence,
            _lock: lock,
        })
    }

    /// The newest checkpoint kept of this log.
    pub(crate) fn newest(
        &self,
        origin: &str,
        keys: &[VerifierKey],
    ) -> Result<Option<SignedCheckpoint>, FolderFault> {
        let path = self.checkpoints.join(file_name(origin));
        let Some(note) = read(&path)? else {
            return Ok(None);
        };
        open_with_newest(&note, keys)
            .map(Some)
            .map_err(|refusal| FolderFault::Damaged { path, refusal })
    }

    /// The newest checkpoint of this log that was cosigned with this key, with the cosignature. It may be older than the
    /// one kept, if the witness ended between the two.
    pub(crate) fn cosigned(
        &self,
        origin: &str,
        keys: &[VerifierKey],
        witness: &WitnessKey,
    ) -> Result<Option<Vec<u8>>, FolderFault> {
        let path = self.cosigned.join(file_name(origin));
        let Some(note) = read(&path)? else {
            return Ok(None);
        };
        let opened = open_with_newest(&note, keys).map(|_| witness.cosigned_at(&note));
        match opened {
            Ok(Ok(_)) => Ok(Some(note)),
            // By the key that this witness had before.
            Ok(Err(NoteRefusal::NotSigned(_))) => Ok(None),
            Ok(Err(refusal)) => {
                let refusal = refusal.into();
                Err(FolderFault::Damaged { path, refusal })
            }
            Err(refusal) => Err(FolderFault::Damaged { path, refusal }),
        }
    }

    /// Keeps a checkpoint in place of the older one of its log.
    pub(crate) fn keep(&self, checkpoint: &SignedCheckpoint) -> Result<(), FolderFault> {
        let path = self
            .checkpoints
            .join(file_name(&checkpoint.checkpoint().origin));
        Ok(put(&path, checkpoint.note())?)
    }

    /// Keeps a note with this witness's cosignature, in place of the older one of this log.
    pub(crate) fn keep_cosigned(&self, origin: &str, note: &[u8]) -> Result<(), FolderFault> {
        Ok(put(&self.cosigned.join(file_name(origin)), note)?)
    }

    /// Keeps a checkpoint that is false by itself: for no entries it has a root. Where.
    pub(crate) fn keep_false_root(
        &self,
        checkpoint: &SignedCheckpoint,
    ) -> Result<PathBuf, FolderFault> {
        let log = file_name(&checkpoint.checkpoint().origin);
        let path = self.evidence.join(format!("{log}-false-root.note"));
        put(&path, checkpoint.note())?;
        Ok(path)
    }

    /// Keeps the evidence of a split view: where, or `None` if there is as much evidence against this log as is ever kept.
    pub(crate) fn keep_evidence(
        &self,
        views: &SplitView,
        keys: &[VerifierKey],
    ) -> Result<Option<PathBuf>, FolderFault> {
        let notes = [views.known.note(), views.submitted.note()];
        let begin = |_, _| views.beginning.clone();
        let evidence = Evidence::two_histories(keys.iter(), notes, begin);
        let evidence = evidence.ok_or(FolderFault::NoEvidence)?;
        let log = file_name(&views.known.checkpoint().origin);
        let name = format!("{log}-{}", evidence.file_name());
        let path = self.evidence.join(&name);
        if path.exists() {
            sync_folder(&self.evidence)?;
            return Ok(Some(path));
        }
        if self.count_evidence(&log)? >= EVIDENCE_PER_LOG_MAX {
            return Ok(None);
        }
        // Half a piece of evidence proves nothing.
        put(&path, evidence.to_text().as_bytes())?;
        Ok(Some(path))
    }

    fn count_evidence(&self, log: &str) -> Result<usize, FolderFault> {
        let fault = |fault| io_fault("list", &self.evidence, fault);
        let mut count = 0;
        for entry in fs::read_dir(&self.evidence).map_err(fault)? {
            let name = entry.map_err(fault)?.file_name();
            count += usize::from(name.to_string_lossy().starts_with(log));
        }
        Ok(count)
    }
}

/// An origin may hold any character; its hash may stand in a path.
fn file_name(origin: &str) -> String {
    origin_hash(origin)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A note that is kept; `None` if there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, FolderFault> {
    match files::read(path, NOTE_BYTES_MAX as u64) {
        Ok(note) => Ok(Some(note)),
        Err(fault) if fault.is_missing() => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

fn io_fault(action: &'static str, path: &Path, source: io::Error) -> FolderFault {
    FolderFault::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
