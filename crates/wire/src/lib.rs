//! Canonical bytes of signed events and log entries, both directions: `docs/spec/event.md` draws them.
//!
//! Invariant: bytes that are accepted have no second spelling; decode, use every byte, re-encode, compare, else refuse.
//! The only crate that runs bincode. Knows nothing of keys, curves and stores.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]
#![expect(
    clippy::disallowed_methods,
    reason = "wire is the one crate that runs bincode"
)]

mod entry;
mod event;
mod refusal;
pub mod state;
#[cfg(test)]
mod tests;

pub use entry::{Entry, EntryView, decode_entry, encode_entry};
pub use event::{decode_body, encode_body, event_id};
pub use refusal::Refusal;
