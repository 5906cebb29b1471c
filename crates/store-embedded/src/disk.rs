//! The few operations on files and folders that durability rests on, and the seam at which tests make them fail.
//! Invariant: a file or folder entry that a later step relies on has been synced before that step.
//! Does not know what the bytes mean.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use store::StoreFault;

/// What the writer of the log does with its file. Tests put a failing double here.
pub(crate) trait LogFile: Send {
    /// Writes at the end.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns once the bytes written survive a power cut.
    fn sync_data(&mut self) -> io::Result<()>;
}

impl LogFile for File {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        Write::write_all(self, bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        Self::sync_data(self)
    }
}

/// Creates a file with these bytes, durable including its folder entry when this returns.
///
/// The bytes go to `temporary` first and are renamed, so `path` is never seen half written.
pub(crate) fn write_new(
    path: &Path,
    temporary: &Path,
    bytes: &[&[u8]],
) -> Result<File, StoreFault> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(temporary)
        .map_err(|source| StoreFault::io("create", temporary, source))?;
    for part in bytes {
        Write::write_all(&mut file, part)
            .map_err(|source| StoreFault::io("write to", temporary, source))?;
    }
    file.sync_all()
        .map_err(|source| StoreFault::io("sync", temporary, source))?;
    fs::rename(temporary, path)
        .map_err(|source| StoreFault::io("rename a new file to", path, source))?;
    sync_parent(path)?;
    Ok(file)
}

/// Makes the entries of the folder that holds `path` durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), StoreFault> {
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreFault> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    // Only Unix lets a folder be opened and synced; elsewhere the rename itself is as durable as it gets.
    if cfg!(unix) {
        let opened = File::open(folder).map_err(|source| StoreFault::io("open", folder, source))?;
        opened
            .sync_all()
            .map_err(|source| StoreFault::io("sync", folder, source))?;
    }
    Ok(())
}

/// Creates a folder if need be, durable when this returns.
pub(crate) fn ensure_folder(folder: &Path) -> Result<(), StoreFault> {
    if !folder.is_dir() {
        fs::create_dir_all(folder)
            .map_err(|source| StoreFault::io("create the folder", folder, source))?;
        sync_parent(folder)?;
    }
    Ok(())
}

/// The lock of a store's folder; released when dropped, and by the operating system when the process dies.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Alone in the folder: no other handle, reading or writing, in this or another process.
    pub(crate) fn exclusive(folder: &Path) -> Result<Self, StoreFault> {
        let path = lock_path(folder);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| StoreFault::io("open the lock file", &path, source))?;
        let outcome = file.try_lock();
        Self::taken(file, outcome, folder)
    }

    /// Together with other readers. `None` where there is no lock file, as in a bare copy: there is no writer to keep
    /// out, and a reader creates nothing.
    pub(crate) fn shared(folder: &Path) -> Result<Option<Self>, StoreFault> {
        let path = lock_path(folder);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreFault::io("open the lock file", &path, source)),
        };
        let outcome = file.try_lock_shared();
        Self::taken(file, outcome, folder).map(Some)
    }

    fn taken(
        file: File,
        outcome: Result<(), TryLockError>,
        folder: &Path,
    ) -> Result<Self, StoreFault> {
        match outcome {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreFault::InUse {
                path: folder.to_owned(),
            }),
            Err(TryLockError::Error(source)) => {
                Err(StoreFault::io("lock", lock_path(folder), source))
            }
        }
    }
}

fn lock_path(folder: &Path) -> PathBuf {
    folder.join("lock")
}
