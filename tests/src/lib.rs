//! Acceptance: the whole system on the demonstration year.
//!
//! Invariant: what is planted is found and nothing else of its severity; the same log gives the same state, however cut.
#![cfg(test)]
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod demo_year;
