//! Evidence and receipts: those that hold, those with one fault each, and what a log beside them tells.
//! Invariant: every file is judged as anybody would judge it who was handed it. Knows every key, as a liar may.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod beside;
mod events;
mod histories;
mod receipts;
mod vectors;
mod world;
