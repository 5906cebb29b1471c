//! What clerks hand in, in every form, through the one door of the crate.
//! Invariant: bytes in, drafts or faults out; no test looks inside. Knows no ledger.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod big;
mod derived;
mod dirty;
mod given_back;
mod headings;
mod hostile;
mod keys;
mod make;
mod templates;
mod xls;
