//! What keeps a log from being written or read outside its ledger.
//!
//! Invariant: names the file. Damage inside a log is no fault of this kind: it is in the report.

use std::io;
use std::path::{Path, PathBuf};

use durable::DurableFault;
use evidence::ReceiptRefusal;
use files::FileFault;
use policy::PolicyRefusal;
use thiserror::Error;

/// Reading or writing outside a ledger failed.
#[derive(Debug, Error)]
pub enum PortableFault {
    #[error("can't {action} {path}: {source}")]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error(transparent)]
    File(#[from] FileFault),
    #[error(transparent)]
    Durable(#[from] DurableFault),
    #[error("{path} is neither a tlog-tiles folder nor a pack nor an extract: {what}")]
    Kind { path: PathBuf, what: &'static str },
    #[error(
        "{path} holds {found}, which this log, of {size} entries, does not continue; export into another folder, and keep both"
    )]
    AnotherLog {
        path: PathBuf,
        found: String,
        size: u64,
    },
    #[error("the checkpoint to export is of {claimed} entries and the log has {size}")]
    Checkpoint { claimed: u64, size: u64 },
    #[error("the log can't be read: {0}")]
    Log(String),
    #[error(transparent)]
    Receipt(#[from] ReceiptRefusal),
    #[error("{path} is not a policy: {refusal}")]
    Policy {
        path: PathBuf,
        refusal: PolicyRefusal,
    },
    #[error("the verdict could not be written: {0}")]
    Unwritten(io::Error),
    #[error("{path}: {what}")]
    Asked { path: PathBuf, what: &'static str },
    /// A file that was handed over is not what it should be.
    #[error("{path}: {what}")]
    Handed { path: PathBuf, what: String },
    #[error("{path} is not what a verifier remembers: {what}")]
    Remembered { path: PathBuf, what: String },
}

impl PortableFault {
    /// Whether the one who asked must ask otherwise: no file is at fault.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Receipt(_) | Self::Policy { .. } | Self::Asked { .. }
        )
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
