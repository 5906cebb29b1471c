//! A copy of the log that needs no ledger.
//!
//! Invariant: opens the ledger for reading only; the copy lies under the newest checkpoint, with the cosignatures at hand.

use std::path::Path;

use portable::{PortableFault, write_folder, write_pack};
use signing::VerifierKey;
use store::Entries;
use store_embedded::OpenMode;

use crate::desk::{Desk, log_keys};
use crate::kept::witnessed_note;
use crate::refused::{LogRefused, NotDone};

/// Where the copy goes.
#[derive(Debug, Clone, Copy)]
pub enum Copy<'a> {
    /// One file.
    Pack(&'a Path),
    /// A tlog-tiles folder.
    Folder(&'a Path),
}

/// A copy that was written.
#[derive(Debug)]
pub struct Exported {
    /// Entries in it.
    pub size: u64,
    /// Of a folder: entries that are new, files that were written, and the key that signs the log.
    pub folder: Option<(u64, u64, VerifierKey)>,
}

/// Writes a copy of the whole log.
///
/// # Errors
/// The log is empty or can't be read, or the copy can't be written.
pub fn export(desk: &Desk<'_>, copy: Copy<'_>) -> Result<Exported, NotDone> {
    let store = desk.open_store(OpenMode::ReadOnly)?;
    let checkpoint = store.checkpoint()?.ok_or(LogRefused::Empty)?;
    let checkpoint = witnessed_note(&desk.place, &checkpoint).unwrap_or(checkpoint);
    let (size, mut done) = (store.size(), 0);
    let progress = desk.host.progress("exporting", size);
    let mut entries = store.frames(0)?.flat_map(|frame| match frame {
        Ok(frame) => {
            let entries = frame.entries().map(|(_, entry)| Ok(entry.to_vec()));
            let entries: Vec<_> = entries.collect();
            done += entries.len() as u64;
            progress(done, size);
            entries
        }
        Err(fault) => vec![Err(PortableFault::Log(fault.to_string()))],
    });
    match copy {
        Copy::Pack(file) => Ok(Exported {
            size: write_pack(file, &mut entries, &checkpoint)?,
            folder: None,
        }),
        Copy::Folder(folder) => {
            let keys = log_keys(&*store)?;
            let key = keys.current().ok_or(answers::Refused::NotFounded)?;
            let done = write_folder(folder, &mut entries, &checkpoint, key)?;
            let new = done.size - done.before;
            Ok(Exported {
                size: done.size,
                folder: Some((new, done.files, key.clone())),
            })
        }
    }
}
