//! Projections: what the log says once it is folded. The shared book, the fold contract, replay, snapshots, findings.
//!
//! Invariant: the same log gives the same state, however the replay was cut, and every figure is the sum of postings
//! that can be listed. Knows no questions of its own: each projection lives in its own crate.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that fails here says so")
)]

mod amount;
mod book;
mod event;
mod explain;
mod fault;
mod findings;
mod fold;
mod places;
mod recall;
mod replay;
mod seals;
mod snapshot;
#[cfg(test)]
mod tests;
mod trust;

pub use amount::{Amount, Cells};
pub use book::{
    AccountLine, Act, Again, Book, Claim, Column, CountedLot, CountedVessel, Inventory,
    InventoryId, LicenceTerm, LotRecord, Measure, Movement, Origin, PartyTerm, REMEMBERED_MS,
    Recounted, Restated, Sent, SettledLine, Shipment, Statement, Succession, lot_key, own_lot,
};
pub use event::{Event, Fact};
pub use explain::{CellExplained, Explained, explain};
pub use fault::ProjectionFault;
pub use findings::{Figure, FigureValue, Finding, FindingCode, Severity, Subject};
pub use fold::{AnyFold, Cell, Fold, Projected};
pub use places::LotPlaces;
pub use recall::Recall;
pub use replay::{Until, advance, feed, replay, size_at, walk};
pub use seals::{Seal, Seals};
pub use snapshot::{newest_snapshot, part_digests, resume, save_snapshot, state_digest};
