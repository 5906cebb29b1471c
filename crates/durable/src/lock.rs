//! The lock of a folder: one process writes in it, or several read.
//!
//! Invariant: who holds the lock is alone, or among readers alone, and a lock that is dropped is free at once. The operating
//! system releases it when the process dies. Does not know what the folder holds.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::fault::DurableFault;
use crate::layout::Layout;

/// A folder could not be locked.
#[derive(Debug, Error)]
pub enum LockFault {
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    #[error(transparent)]
    Durable(#[from] DurableFault),
}

/// The lock of a folder, held as long as this lives.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
}

impl FolderLock {
    /// Alone in the folder: no other handle, reading or writing, in this or another process.
    ///
    /// # Errors
    /// Somebody else has it, or the lock file can't be opened.
    pub fn exclusive(folder: &Path) -> Result<Self, LockFault> {
        let path = lock_path(folder);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(DurableFault::io("open the lock file", &path))?;
        let outcome = file.try_lock();
        Self::taken(file, outcome, folder)
    }

    /// Together with other readers. `None` where there is no lock file, as in a bare copy: there is no writer to keep
    /// out, and a reader creates nothing.
    ///
    /// # Errors
    /// A writer has it, or the lock file can't be opened.
    pub fn shared(folder: &Path) -> Result<Option<Self>, LockFault> {
        let path = lock_path(folder);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(DurableFault::io("open the lock file", &path)(source).into()),
        };
        let outcome = file.try_lock_shared();
        Self::taken(file, outcome, folder).map(Some)
    }

    fn taken(
        file: File,
        outcome: Result<(), TryLockError>,
        folder: &Path,
    ) -> Result<Self, LockFault> {
        match outcome {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(LockFault::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => {
                Err(DurableFault::io("lock", &lock_path(folder))(source).into())
            }
        }
    }
}

impl Drop for FolderLock {
    /// Closing the file is not enough: a program that another thread is starting holds a copy of every descriptor until it
    /// runs, close-on-exec or not, and would keep the lock for that moment.
    fn drop(&mut self) {
        // If this fails, the last copy that is closed releases it.
        let _ = self.file.unlock();
    }
}

fn lock_path(folder: &Path) -> PathBuf {
    Layout::of(folder).lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in_use<T: std::fmt::Debug>(taken: Result<T, LockFault>) -> bool {
        matches!(taken, Err(LockFault::InUse(_)))
    }

    #[test]
    fn one_writes_or_several_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(FolderLock::shared(folder.path()).unwrap().is_none());
        let writer = FolderLock::exclusive(folder.path()).unwrap();
        assert!(is_in_use(FolderLock::exclusive(folder.path())));
        assert!(is_in_use(FolderLock::shared(folder.path())));
        drop(writer);
        let readers = [(); 2].map(|()| FolderLock::shared(folder.path()).unwrap().unwrap());
        assert!(is_in_use(FolderLock::exclusive(folder.path())));
        drop(readers);
        FolderLock::exclusive(folder.path()).unwrap();
    }

    #[test]
    fn a_lock_that_is_dropped_is_free_although_a_child_still_has_its_descriptor() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::exclusive(folder.path()).unwrap();
        // What a process holds between fork and exec.
        let inherited = lock.file.try_clone().unwrap();
        drop(lock);
        let reader = FolderLock::shared(folder.path()).unwrap().unwrap();
        let of_reader = reader.file.try_clone().unwrap();
        drop(reader);
        assert!(FolderLock::exclusive(folder.path()).is_ok());
        drop((inherited, of_reader));
    }
}
