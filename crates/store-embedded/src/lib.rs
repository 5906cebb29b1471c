//! The embedded store: entries in append-only segment files, everything else in sled. Drawn in docs/spec/store.md.
//! Invariant: a whole frame is a commit; a torn last frame never happened; damage anywhere else is reported by
//! position, never skipped.
//! Knows nothing of events: it keeps the contract of the `store` crate and nothing more.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod disk;
mod embedded;
mod format;
mod index;
mod log;
mod reader_side;
mod recover;
mod segment;
mod sled_guard;
mod sparse;
mod stored;
mod values;

#[cfg(test)]
mod tests;

pub use embedded::{EmbeddedStore, OpenMode, Opened, SEGMENT_BYTES, StoreOptions};
pub use index::IndexState;
