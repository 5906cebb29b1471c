//! What the store asks of files and folders, and the seam at which tests make them fail.
//! Invariant: a folder that a later step relies on has been synced before that step.
//! Does not know what the bytes mean; whole files are written by `durable`.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use durable::{Access, DurableFault, LockFault};
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

/// A folder that could not be locked as a fault of the store.
fn lock_fault(fault: LockFault) -> StoreFault {
    match fault {
        LockFault::InUse(path) => StoreFault::InUse { path },
        LockFault::Durable(durable) => self::fault(durable),
    }
}

/// A reader holds the lock while it opens, a command that writes for as long as it takes to write a few events.
const LOCK_TRIES_MAX: u32 = 200;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// Takes a lock of a folder, waiting up to two seconds for whoever has it.
pub(crate) fn patiently<T>(take: impl Fn() -> Result<T, LockFault>) -> Result<T, StoreFault> {
    for _ in 1..LOCK_TRIES_MAX {
        match take() {
            Err(LockFault::InUse(_)) => std::thread::sleep(LOCK_PAUSE),
            taken => return taken.map_err(lock_fault),
        }
    }
    take().map_err(lock_fault)
}

/// Creates a folder if need be, durable when this returns.
pub(crate) fn ensure_folder(folder: &Path) -> Result<(), StoreFault> {
    durable::create_folder(folder, Access::Usual).map_err(fault)
}
