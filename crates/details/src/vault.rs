//! The vault: a folder `details` in the ledger's folder, one file an event, readable by its owner alone.
//!
//! Invariant: a file is whole or absent under its name, written before its event is appended, and only loses details after
//! that. Knows nothing of the log; whether an event exists and what was logged as erased is the caller's knowledge.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use domain::EventId;
use domain::payload::SealedKind;
use durable::{
    Access, DurableFault, Layout, SameName, create_folder, leftovers, put_with, sync_folder,
};
use files::FileFault;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::detail::Details;
use crate::stopped;

/// All sealed fields of one event, each of the longest and escaped.
const KEPT_BYTES_MAX: u64 = 256 * 1024;
const FORMAT: &str = "ytterby details v1";
const EXTENSION: &str = "json";

/// The vault can't do what was asked.
#[derive(Debug, Error)]
pub enum VaultFault {
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
    #[error("{path} is not a file of details: {what}")]
    Form { path: PathBuf, what: String },
    #[error("{path} is not a file of details of {named}: it is about the event {held}")]
    OtherEvent {
        path: PathBuf,
        named: EventId,
        held: EventId,
    },
    #[error("{path} is there already; details of an event are kept once")]
    Exists { path: PathBuf },
}

impl VaultFault {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: String,
    event: EventId,
    details: Details,
}

/// The vault of one ledger.
#[derive(Debug, Clone)]
pub struct Vault {
    folder: PathBuf,
}

impl Vault {
    /// The vault in a ledger's folder; creates nothing.
    #[must_use]
    pub fn in_ledger(ledger: &Path) -> Self {
        Self {
            folder: Layout::of(ledger).details(),
        }
    }

    fn path(&self, event: &EventId) -> PathBuf {
        self.folder.join(format!("{event}.{EXTENSION}"))
    }

    /// Keeps the details of an event that is not appended yet; when this returns they are on disk.
    ///
    /// # Errors
    /// The folder can't be written, or the event has a file already.
    pub fn keep(&self, event: &EventId, details: &Details) -> Result<(), VaultFault> {
        let path = self.path(event);
        if path.exists() {
            return Err(VaultFault::Exists { path });
        }
        create_folder(&self.folder, Access::Secret)?;
        self.write(event, details, SameName::Free)
    }

    fn write(&self, event: &EventId, details: &Details, place: SameName) -> Result<(), VaultFault> {
        let path = self.path(event);
        self.wipe_leftovers(event)?;
        let kept = Kept {
            format: FORMAT.to_owned(),
            event: *event,
            details: details.clone(),
        };
        let text = serde_json::to_string_pretty(&kept).map_err(|error| VaultFault::Form {
            path: path.clone(),
            what: stopped(&error),
        })?;
        put_with(&path, place, Access::Secret, |file| {
            let written = writeln!(file, "{text}");
            Ok(written.map_err(DurableFault::io("write", &path))?)
        })
    }

    /// The details of an event that are here.
    ///
    /// # Errors
    /// The file can't be read, or is not one of these.
    pub fn read(&self, event: &EventId) -> Result<Option<Details>, VaultFault> {
        let path = self.path(event);
        let bytes = match files::read(&path, KEPT_BYTES_MAX) {
            Err(fault) if fault.is_missing() => return Ok(None),
            read => read?,
        };
        let wrong = |what: String| VaultFault::Form {
            path: path.clone(),
            what,
        };
        let kept: Kept = serde_json::from_slice(&bytes).map_err(|error| wrong(stopped(&error)))?;
        if kept.format != FORMAT {
            return Err(wrong(format!("its format is {:?}", kept.format)));
        }
        if kept.event != *event {
            return Err(VaultFault::OtherEvent {
                path,
                named: *event,
                held: kept.event,
            });
        }
        Ok(Some(kept.details))
    }

    /// Takes value and salt of one field from the disk, and the file with its last one. False where there was nothing.
    ///
    /// # Errors
    /// The file can't be read or written; what is left then is whole, and the erasure can be asked for again.
    pub fn erase(&self, event: &EventId, field: SealedKind) -> Result<bool, VaultFault> {
        self.wipe_leftovers(event)?;
        let Some(details) = self.read(event)? else {
            return Ok(false);
        };
        if details.get(field).is_none() {
            return Ok(false);
        }
        let path = self.path(event);
        match details.only(|kind| kind != field) {
            None => self.wipe(&path)?,
            Some(rest) => {
                let old = writable(&path)?;
                self.write(event, &rest, SameName::Replaced)?;
                overwrite(old).map_err(VaultFault::io("overwrite", &path))?;
            }
        }
        Ok(true)
    }

    /// Takes all that is kept of an event from the disk, read or unread: for a file that can't lose one detail because it
    /// can't be read. False where there was nothing.
    ///
    /// # Errors
    /// The file can't be written; the erasure can be asked for again.
    pub fn erase_all(&self, event: &EventId) -> Result<bool, VaultFault> {
        self.wipe_leftovers(event)?;
        let path = self.path(event);
        let was_there = path.exists();
        self.wipe(&path)?;
        Ok(was_there)
    }

    /// What a crash left unfinished may hold a value too.
    fn wipe_leftovers(&self, event: &EventId) -> Result<(), VaultFault> {
        let left = leftovers(&self.path(event))?;
        left.iter().try_for_each(|path| self.wipe(path))
    }

    /// Removes a file, if there is one, and overwrites the bytes that it had.
    fn wipe(&self, path: &Path) -> Result<(), VaultFault> {
        if !path.exists() {
            return Ok(());
        }
        let old = writable(path)?;
        fs::remove_file(path).map_err(VaultFault::io("remove", path))?;
        sync_folder(&self.folder)?;
        overwrite(old).map_err(VaultFault::io("overwrite", path))
    }

    /// Files whose event is not in the log, and whatever else lies in the folder, sorted: what a crash before an append
    /// leaves.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn orphans(
        &self,
        is_logged: impl Fn(&EventId) -> bool,
    ) -> Result<Vec<PathBuf>, VaultFault> {
        let listed = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed.map_err(VaultFault::io("read", &self.folder))?,
        };
        let mut orphans = Vec::new();
        for file in listed {
            let path = file.map_err(VaultFault::io("read", &self.folder))?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let event = stem.and_then(|stem| stem.parse().ok());
            let is_whole = path.extension().is_some_and(|found| found == EXTENSION);
            if !(is_whole && event.is_some_and(|event| is_logged(&event))) {
                orphans.push(path);
            }
        }
        orphans.sort();
        Ok(orphans)
    }
}

fn writable(path: &Path) -> Result<File, VaultFault> {
    let opened = OpenOptions::new().write(true).open(path);
    opened.map_err(VaultFault::io("open", path))
}

/// Zeros over a file that has no name any more. A disk that writes elsewhere, a snapshot and a backup keep theirs.
fn overwrite(mut file: File) -> io::Result<()> {
    let bytes = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    file.write_all(&vec![0; bytes])?;
    file.sync_all()
}
