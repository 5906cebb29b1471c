//! Balance: who holds which lot where.
//!
//! Invariant: a cell is the sum of the movements of one lot at one site, below nothing where more was drawn than held:
//! that is a finding, never a refusal; what was created is accounted for to the milligram. Knows nothing of quota.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod area;
mod cell;
mod conservation;
mod drawn;
mod findings;
mod fold;
mod found;
mod inspections;
mod material;
mod methods;
mod report;
mod run;
mod runs;
mod sorted;
mod spread;
mod taken;
#[cfg(test)]
mod tests;
mod windows;

pub use cell::StockCell;
pub use conservation::{Conservation, Term, of_element, unaccounted};
pub use fold::Balance;
pub use material::{Line, MaterialPosting, Matter, Period, RunLoss, material};
pub use report::{StockRow, rows};
