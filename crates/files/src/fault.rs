//! Why a file was not opened, with what to do instead.
//!
//! Invariant: names the file, as it was named to us. Holds nothing of what stands in it.

use std::fs::{FileType, Metadata};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file could not be opened or read.
#[derive(Debug, Error)]
pub enum FileFault {
    #[error("can't {action} {path}: {source}")]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{path} is {what}, not a regular file; save what it gives into a file and name that")]
    NotAFile { path: PathBuf, what: &'static str },
    #[error("{path} is not a folder; name the folder that holds the copy")]
    NotAFolder { path: PathBuf },
    #[error("{path} leads out of the folder {folder}; a copy holds all of its files itself")]
    LeadsOut { path: PathBuf, folder: PathBuf },
    #[error("{path} has {found} bytes; at most {most} are read of a file like this")]
    TooLarge {
        path: PathBuf,
        found: u64,
        most: u64,
    },
    #[error("{path} is not UTF-8 text")]
    NotText { path: PathBuf },
}

impl FileFault {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// What a path holds, in words.
#[must_use]
pub fn kind_of(details: &Metadata) -> &'static str {
    let kind: FileType = details.file_type();
    if kind.is_file() {
        "a file"
    } else if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_symlink() {
        "a link"
    } else {
        "a device"
    }
}
