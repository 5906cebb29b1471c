//! A desk without a terminal: what a service or a console can rely on.
//! Invariant: clock, chance and secrets are the test's own. Knows no command.

mod batch;
mod errors;
mod place;
