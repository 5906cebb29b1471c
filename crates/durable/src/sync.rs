//! Bytes and names that must outlive a power cut.
//!
//! Invariant: when a call returns, what it names is on the disk. Writes nothing itself.

use std::fs::OpenOptions;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use crate::disk::{Disk, System};
use crate::fault::DurableFault;

const SYNCED_AT_ONCE: usize = 16;

/// Makes the bytes of files durable, several at once: a disk writes many in the time of one.
///
/// # Errors
/// One can't be opened or synced.
pub fn sync_files(files: &[PathBuf]) -> Result<(), DurableFault> {
    let sync = |path: &PathBuf| {
        // Not every system syncs a file that is open for reading.
        let opened = OpenOptions::new().write(true).open(path);
        let synced = opened.and_then(|file| file.sync_all());
        synced.map_err(DurableFault::io("sync", path))
    };
    let share = files.len().div_ceil(SYNCED_AT_ONCE).max(1);
    thread::scope(|scope| {
        let shares = files.chunks(share);
        let running: Vec<_> = shares
            .map(|share| scope.spawn(move || share.iter().try_for_each(sync)))
            .collect();
        let mut done = running.into_iter().map(thread::ScopedJoinHandle::join);
        done.try_for_each(|done| done.unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// Makes the names in a folder durable.
///
/// # Errors
/// It can't be opened or synced.
pub fn sync_folder(folder: &Path) -> Result<(), DurableFault> {
    System
        .sync_folder(folder)
        .map_err(DurableFault::io("sync", folder))
}
