//! Lineage through small histories, random ones and one very long one.
//! Invariant: each test states its masses in milligrams of REO and expects shares exactly. Knows no files.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod corrections;
mod history;
mod labels;
mod log;
mod long;
mod random;
mod shares;
mod taints;
mod traces;
