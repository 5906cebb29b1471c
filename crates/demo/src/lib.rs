//! A national year of rare earths, 2024, from a seed: a pure plan of about 20 000 events with planted offences, and a thin
//! player that signs them.
//!
//! Invariant: the same seed gives the same bytes on every machine. The national indicators and the groups' first batches
//! are public figures; every enterprise, and every figure below the groups, is invented.
//! Knows no store, no clock and no file: the caller appends what the player signs.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod cast;
mod dice;
mod figures;
mod plan;
mod planner;
mod player;
#[cfg(test)]
mod tests;
mod year;

pub use cast::ORIGIN;
pub use figures::{YearRow, figures};
pub use plan::{Party, Plan, PlannedFact, PlannedStep, Plant, plan};
pub use player::{Filed, FiledStatement, PlayFault, Player, Signed, play};
pub use year::{MonthSoFar, YearFault, play_into};
