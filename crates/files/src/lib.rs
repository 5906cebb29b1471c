//! Files that a stranger handed over: how they are opened and read; and how a program's last words are delivered.
//!
//! Invariant: what is opened is a regular file, opened without waiting, and measured before memory is spent on it.
//! Knows nothing of what a file contains; writing files is `durable`'s business.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod fault;
mod open;
mod output;
#[cfg(test)]
mod tests;

pub use fault::{FileFault, kind_of};
pub use open::{Folder, open, open_at_most, read, read_text};
pub use output::deliver;
