//! sled behind a guard: opened with patience for its lock, its errors and panics turned into faults.
//! Invariant: damage in sled's files ends in a fault that says how to go on, never in a panic of the caller.
//! Does not know what is stored in it.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use store::StoreFault;
use store::limits::SIDE_KEY_BYTES_MAX;

use crate::values::INLINE_BYTES_MAX;

const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// Four times what a node can hold: see [`INLINE_BYTES_MAX`].
const SLED_SEGMENT_BYTES: usize = 2 * 1024 * 1024;

/// sled splits a node once it holds more than 16 keys.
const SLED_NODE_KEYS_MAX: usize = 17;

const _: () = assert!(
    SLED_NODE_KEYS_MAX * (INLINE_BYTES_MAX + 2 * SIDE_KEY_BYTES_MAX) < SLED_SEGMENT_BYTES / 4
);

/// sled's lock outlives its handle for a moment, and a killed process its end.
const OPEN_TRIES_MAX: u32 = 200;
const OPEN_PAUSE: Duration = Duration::from_millis(10);

/// Opens sled, waiting up to two seconds for a lock that outlives its owner.
pub(crate) fn open_sled(folder: &Path) -> Result<sled::Db, StoreFault> {
    for _ in 0..OPEN_TRIES_MAX {
        let config = sled::Config::new()
            .path(folder)
            .cache_capacity(CACHE_BYTES)
            .segment_size(SLED_SEGMENT_BYTES);
        match guarded(folder, || Ok(config.open()))? {
            Ok(db) => return Ok(db),
            Err(error) if is_lock_error(&error) => std::thread::sleep(OPEN_PAUSE),
            Err(error) => return Err(sled_fault(folder, error)),
        }
    }
    Err(StoreFault::InUse {
        path: folder.to_owned(),
    })
}

/// sled reports its lock as an I/O error of kind `Other` with this text (config.rs of 0.34.7).
fn is_lock_error(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(source) if source.to_string().starts_with("could not acquire lock"))
}

/// Calls sled, which answers damage with an error or a panic.
pub(crate) fn guarded<T>(
    folder: &Path,
    call: impl FnOnce() -> sled::Result<T>,
) -> Result<T, StoreFault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(sled_fault(folder, error)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(damaged(&format!(
                "sled gave up: {}",
                text.lines().next().unwrap_or_default()
            )))
        }
    }
}

fn sled_fault(folder: &Path, error: sled::Error) -> StoreFault {
    match error {
        // `Other` is sled's own making, and a missing or short file is damage; the rest is the disk's.
        sled::Error::Io(source)
            if !matches!(
                source.kind(),
                ErrorKind::Other | ErrorKind::NotFound | ErrorKind::UnexpectedEof
            ) =>
        {
            StoreFault::io("use the index in", folder, source)
        }
        other => damaged(&other.to_string()),
    }
}

/// The side area is damaged, and how.
pub(crate) fn damaged(what: &str) -> StoreFault {
    StoreFault::SideDamaged {
        what: what.to_owned(),
    }
}
