//! Files that a stranger handed over, and files that this program leaves behind: how each is opened, read and written.
//!
//! Invariant: what is opened is a regular file, opened without waiting, and measured before memory is spent on it; what is
//! written is whole or not there, and nothing that is no regular file is written through, followed or replaced.
//! Knows nothing of what stands in a file.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod fault;
mod open;
mod output;
mod sync;
#[cfg(test)]
mod tests;
mod write;

pub use fault::FileFault;
pub use open::{Folder, open, open_at_most, read, read_text};
pub use output::deliver;
pub use sync::{sync_files, sync_folder};
pub use write::{Access, Place, check_place, create, put, put_with, start_over};
