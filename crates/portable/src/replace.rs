//! One file or folder made durable: the way of every writer here.
//!
//! Invariant: whoever reads a file that is replaced, or loses power meanwhile, has the old one whole or the new one whole.
//! Knows nothing of what is written.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use crate::fault::PortableFault;

const SYNCED_AT_ONCE: usize = 16;

/// Writes a file beside `path`, whose name with `.new` behind it is taken for that, and puts it in its place when it is
/// whole and on the disk.
///
/// # Errors
/// The file can't be written; `path` holds what it held.
pub fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), PortableFault> {
    replace_with(path, |file| {
        write(file).map_err(PortableFault::io("write", path))
    })
}

/// As [`replace`], where writing can fail for other reasons than the disk's.
pub(crate) fn replace_with<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, PortableFault>,
) -> Result<T, PortableFault> {
    let new = beside(path);
    let written = write_new(&new, write);
    if written.is_err() {
        // What is half written serves nobody; the fault to tell is the first one.
        let _ = fs::remove_file(&new);
    }
    let written = written?;
    fs::rename(&new, path).map_err(PortableFault::io("replace", path))?;
    sync_folder(path.parent().unwrap_or(path))?;
    Ok(written)
}

/// The whole name and more behind it: `year.pack` and a `year.new` of somebody's are two names.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".new");
    PathBuf::from(name)
}

/// Writes a file that nothing refers to yet, on the disk when this returns.
fn write_new<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, PortableFault>,
) -> Result<T, PortableFault> {
    let writing = || PortableFault::io("write", path);
    let mut file = BufWriter::new(File::create(path).map_err(writing())?);
    let written = write(&mut file)?;
    let file = file
        .into_inner()
        .map_err(|error| writing()(error.into_error()))?;
    file.sync_all().map_err(writing())?;
    Ok(written)
}

/// Makes the bytes of files durable, several at once: a disk writes many in the time of one.
pub(crate) fn sync_files(files: &[PathBuf]) -> Result<(), PortableFault> {
    let sync = |path: &PathBuf| {
        // Not every system syncs a file that is open for reading.
        let opened = OpenOptions::new().write(true).open(path);
        let synced = opened.and_then(|file| file.sync_all());
        synced.map_err(PortableFault::io("sync", path))
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
pub(crate) fn sync_folder(folder: &Path) -> Result<(), PortableFault> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    // Only Unix lets a folder be opened and synced; elsewhere the rename itself is as durable as it gets.
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|opened| opened.sync_all());
        synced.map_err(PortableFault::io("sync", folder))?;
    }
    Ok(())
}
