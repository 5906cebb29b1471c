//! Files that this program leaves behind: the one home of write, sync, rename, sync the folder; and the lock of a folder.
//!
//! Invariant: a written file is whole or absent under its name, also after a power cut, and nothing that is not a regular
//! file is written through, followed or replaced.
//! Does not know what the bytes mean; reading what others handed over is `files`' business.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod disk;
mod fault;
mod folder;
mod layout;
mod lock;
mod sync;
#[cfg(test)]
mod tests;
mod write;

pub use fault::DurableFault;
pub use folder::{create_folder, leftovers, move_to_free, rename};
pub use layout::{LOG_KEY, Layout};
pub use lock::{FolderLock, LockFault};
pub use sync::{sync_files, sync_folder};
pub use write::{Access, SameName, check_place, create, put, put_with, start_over};
