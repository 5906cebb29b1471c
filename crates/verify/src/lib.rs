//! What an event must satisfy to stand in a log, and whether a whole log does: the node's admission and the auditor's
//! verdict are the same functions.
//!
//! Invariant: the verifier collects and never stops at the first fault, never panics, and says what it did not check.
//! Knows nothing of files, clocks and stores: groups of entries come in as bytes.

pub mod admission;
mod history;
mod keys;
mod prepare;
mod report;

pub use admission::{Admission, AdmissionRefusal};
pub use history::{Depth, Group, Source, SourceDamage, Trust, verify_history};
pub use keys::{KeyDirectory, SealKeys};
pub use prepare::{Prepared, prepare};
pub use report::{Fault, FaultKind, Report, Verdict};
