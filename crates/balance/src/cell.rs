//! The cell of the stock.
//!
//! Invariant: one lot at one site of one party; its amount is the sum of its movements.

use bincode::{Decode, Encode};
use domain::{Code, LotId, PartyId};
use projection::Movement;

/// One lot at one site of one party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct StockCell {
    pub party: PartyId,
    pub site: Code,
    pub lot: LotId,
}

impl StockCell {
    /// The cell that a movement changes.
    pub(crate) const fn of(step: &Movement) -> Self {
        Self {
            party: step.party,
            site: step.site,
            lot: step.lot,
        }
    }
}
