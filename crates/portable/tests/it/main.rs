//! Extracts, packs and folders under attack: what is honest is good, every lie has its name, hostile bytes do no harm.
//! Invariant: every honest log went through the ledger's own admission. Knows the operator's key, as a lying operator does.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod clocks;
mod elsewhere;
mod honest;
mod hostile;
mod lies;
mod lies_of_form;
mod live;
mod log;
mod log_key;
mod notes;
mod reach;
mod reader;
mod vectors;
