//! One file that proves one thing by itself: that an event stands in a log (a receipt), that an author signed two events
//! for one place, or that a log signed two histories (evidence).
//!
//! Invariant: a file is checked whole, ends in the report of every verification, and what it leaves open is said there.
//! Normative text: `docs/spec/evidence.md` and `docs/spec/checkpoint.md`, section 6. Knows no files, no store, no network.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod check;
mod document;
mod log_facts;
mod receipt;

pub use check::check_evidence;
pub use document::{
    Beginning, EVIDENCE_BYTES_MAX, EVIDENCE_FORMAT, Evidence, EvidenceRefusal, SignedBody,
    SignedByIds, TwoEvents, TwoHistories, WholeKeySignature,
};
pub use log_facts::{AtHand, LogFacts};
pub use receipt::{RECEIPT_FORMAT, Receipt, ReceiptRefusal, check_receipt};
