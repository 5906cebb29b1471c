//! Why a file was not written, with what to do instead.
//!
//! Invariant: names the file as it was named to us. Holds nothing of what the file contains.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file could not be written, named or made durable.
#[derive(Debug, Error)]
pub enum DurableFault {
    #[error("can't {action} {path}: {source}")]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{path} is {what}: it is neither followed nor replaced; use another name")]
    InTheWay { path: PathBuf, what: &'static str },
    #[error("{path} exists already and is not replaced; name another file or move it away")]
    Exists { path: PathBuf },
}

impl DurableFault {
    /// A [`DurableFault::Io`]; `action` fits between "can't" and the path.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn in_the_way(path: &Path, details: &Metadata) -> Self {
        Self::InTheWay {
            path: path.to_owned(),
            what: files::kind_of(details),
        }
    }

    /// The same as one error of the operating system, for a caller whose own fault holds one.
    #[must_use]
    pub fn into_io(self) -> io::Error {
        match self {
            Self::Io { source, .. } => source,
            Self::Exists { .. } => io::Error::new(io::ErrorKind::AlreadyExists, self.to_string()),
            Self::InTheWay { .. } => io::Error::other(self.to_string()),
        }
    }
}
