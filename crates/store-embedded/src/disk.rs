//! What the store asks of files and folders, and the seam at which tests make them fail.
//! Invariant: a folder that a later step relies on has been synced before that step, and one writer has the lock.
//! Does not know what the bytes mean; whole files are written by `durable`.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use durable::{Access, DurableFault, Layout};
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

/// A fault of a file of ours as a fault of the store.
pub(crate) fn fault(fault: DurableFault) -> StoreFault {
    let (doing, path) = match &fault {
        DurableFault::Io { action, path, .. } => (*action, path.clone()),
        DurableFault::InTheWay { path, .. } | DurableFault::Exists { path } => {
            ("write", path.clone())
        }
    };
    StoreFault::io(doing, path, fault.into_io())
}

/// Creates a folder if need be, durable when this returns.
pub(crate) fn ensure_folder(folder: &Path) -> Result<(), StoreFault> {
    durable::create_folder(folder, Access::Usual).map_err(fault)
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
    Layout::of(folder).lock()
}
