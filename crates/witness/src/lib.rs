//! Witnesses of checkpoints: the protocol they are asked by, a client, and a small witness of our own. Normative text: `docs/spec/checkpoint.md`, section 8, and the C2SP pages it names.
//!
//! Invariant: a witness never cosigns two checkpoints of one log of which neither extends the other; what it cosigned is
//! on its disk before the cosignature leaves.
//! Knows nothing of entries. `protocol` is pure; the rest does I/O, but is given the time that it signs.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

pub mod client;
mod connections;
mod cosigner;
mod deadline;
mod folder;
mod http;
mod protocol;
pub mod server;
#[cfg(test)]
mod tests;
