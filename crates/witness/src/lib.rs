//! Witnesses of checkpoints: the protocol they are asked by, a client, and a small witness of our own. Normative text:
//! `docs/spec/checkpoint.md`, sections 8 and 9, and the C2SP pages it names.
//!
//! Invariant: a witness never cosigns two checkpoints of one log of which neither extends the other; what it cosigned is
//! on its disk before the cosignature leaves.
//! Knows nothing of entries. `protocol` is pure; `cosigner` has the disk and the key, but no network; `routes` and `door` are
//! the only async code, and hold no rule of the protocol. The time that is signed is given.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

pub mod client;
mod cosigner;
mod door;
mod folder;
mod protocol;
mod routes;
mod seats;
pub mod server;
#[cfg(test)]
mod tests;
