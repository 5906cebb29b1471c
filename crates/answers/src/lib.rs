//! Answers: every report and list as a question with checked arguments, and what the log says to it.
//!
//! Invariant: every figure that a program shows comes from here, from entries alone; the same question at the same log size has
//! the same answer. Knows no command line, no layout, no path and no clock.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

pub mod differ;
pub mod explanations;
mod log_only;

pub use log_only::LogOnly;
pub use projection::{Event, FindingCode, ProjectionFault, Severity, Until, feed};
