//! What an event must satisfy to stand in a log, and whether a whole log does: the node's admission and the auditor's
//! verdict are the same functions.
//!
//! Invariant: the verifier collects and never stops at the first fault, never panics, and says what it did not check.
//! Knows nothing of files, clocks and stores: groups of entries come in as bytes.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

pub mod admission;
mod batch;
mod clocks;
mod growing;
mod heads;
mod history;
mod keys;
mod past_heads;
mod prepare;
mod refusal;
mod report;
mod runs;
mod seen;
mod state;
mod trust;
mod trusted_key;

pub use admission::{Admission, CLOCK_AHEAD_MS_MAX, EntryPlace, check_time};
pub use batch::{Group, Source, SourceDamage, split_entries};
pub use clocks::{CLOCKS_APART_MS_MAX, ClockContext, Nearest, compare_clocks, shown_seconds};
pub use growing::{ByPosition, Growing, Stopped};
pub use heads::{Head, HeadsTree};
pub use history::verify_history;
pub use keys::{KeyDirectory, SealKeys, log_keys};
pub use prepare::{Prepared, Signatures, prepare};
pub use refusal::AdmissionRefusal;
pub use report::{Fault, FaultKind, Report, Verdict};
pub use seen::{Agreement, RememberedRoots, Roots};
pub use trust::{Cosigned, Depth, Known, Trust};
pub use trusted_key::judge_trusted_key;
