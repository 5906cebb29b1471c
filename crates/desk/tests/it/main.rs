//! A desk without a terminal: what a service or a console can rely on.
//! Invariant: clock, chance and secrets are the test's own. Knows no command.
#![expect(clippy::unwrap_used, reason = "a test that fails here says so")]

mod batch;
mod errors;
mod place;
mod rows;
mod waiting;
