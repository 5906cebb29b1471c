//! Who sold how much to whom: received goods by month, shipper and receiver.
//!
//! Invariant: counts what arrived, in the receiver's month, so that it agrees with the receiver's statement. Knows no lots.

use bincode::{Decode, Encode};
use domain::{Moment, Month, PartyId, Payload};
use projection::{Amount, Book, Cells, Column, Fact, Finding, Fold, Movement};

/// Goods from one party to another in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct PartnerCell {
    pub month: Month,
    pub from: PartyId,
    pub to: PartyId,
}

/// The projection; it has no state besides its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Partners;

impl Fold for Partners {
    const NAME: &'static str = "partners";
    const VERSION: u32 = 1;
    type Cell = PartnerCell;

    fn apply(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        moves: &[Movement],
        post: &mut dyn FnMut(PartnerCell, Amount),
    ) {
        let Payload::ShipmentReceived(receipt) = fact.payload else {
            return;
        };
        let shipment = book.shipment_at_hand(&receipt.dispatch);
        let Some(sent) = shipment.and_then(|shipment| shipment.sent) else {
            return;
        };
        for step in moves.iter().filter(|step| step.column == Column::Received) {
            let cell = PartnerCell {
                month: step.month,
                from: sent.shipper,
                to: step.party,
            };
            post(cell, step.amount());
        }
    }

    fn findings(&self, _: &Cells<PartnerCell>, _: &Book, _: Moment) -> Vec<Finding> {
        Vec::new()
    }

    fn encode(&self) -> Vec<u8> {
        wire::state::to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        wire::state::from_bytes(bytes)
    }
}
