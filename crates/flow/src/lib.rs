//! Flow: what each enterprise did with which product in which month, and what looks wrong with shipments, invoices and
//! returns.
//!
//! Invariant: a statement's figures are sums of movements; opening + ins - outs = closing, and the closing of a month is
//! the opening of the next. Knows nothing of quota.

mod accounts;
mod circles;
mod early;
mod exports;
mod filing;
mod hands;
mod losses;
mod ownership;
mod papers;
mod partners;
mod patterns;
mod record;
mod returns;
mod shipments;
mod statement;
mod values;

pub use filing::{FilingDifference, differences, filing};
pub use partners::{PartnerCell, Partners};
pub use record::{Counterparty, FlowLine, as_known, record};
pub use returns::{LastFiling, ReturnRow, ReturnState};
pub use statement::{Statement, StatementRow, statement};

use bincode::{Decode, Encode};
use domain::{Moment, Month, PartyId, Payload, Product};
use projection::{Amount, Book, Cells, Column, Fact, Finding, Fold, Movement, Projected};

use circles::circles;
use early::Early;
use exports::Exports;
use hands::Hands;
use losses::Losses;
use ownership::{Ownership, Unsolds};
use papers::Papers;
use patterns::Patterns;
use returns::Returns;
use shipments::Shipments;
use values::Values;

/// A figure of a statement: whose, when, of what, in which column. A lot that no event brought forth has no product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct FlowCell {
    pub party: PartyId,
    pub month: Month,
    pub product: Option<Product>,
    pub column: Column,
}

/// The projection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Flow {
    shipments: Shipments,
    returns: Returns,
    patterns: Patterns,
    exports: Exports,
    values: Values,
    early: Early,
    papers: Papers,
    losses: Losses,
    hands: Hands,
    unsolds: Unsolds,
}

impl Fold for Flow {
    const NAME: &'static str = "flow";
    const VERSION: u32 = 7;
    type Cell = FlowCell;

    fn apply(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        moves: &[Movement],
        post: &mut dyn FnMut(FlowCell, Amount),
    ) {
        for movement in moves {
            let (party, month, product) = (movement.party, movement.month, movement.product);
            post(
                FlowCell {
                    party,
                    month,
                    product,
                    column: movement.column,
                },
                movement.amount(),
            );
        }
        self.shipments.take(fact);
        self.returns.take(book, fact);
        self.patterns.take(book, fact, moves);
        self.exports.take(book, fact);
        self.values.take(book, fact);
        self.early.take(book, fact, moves);
        self.papers.take(book, fact);
        self.losses.take(fact, moves);
        self.hands.take(book, fact, moves);
        if let Payload::ShipmentDispatched(sent) = fact.payload {
            self.unsolds.take(fact, sent);
        }
    }

    fn findings(&self, cells: &Cells<FlowCell>, book: &Book, as_of: Moment) -> Vec<Finding> {
        let mut found = self.shipments.findings(book, as_of);
        found.extend(self.returns.findings(cells, book, as_of));
        found.extend(self.patterns.findings());
        let owned = Ownership::of(&self.hands, &self.unsolds, book);
        found.extend(circles(&self.hands, &owned, book));
        found.extend(self.exports.findings());
        found.extend(self.values.findings(book));
        found.extend(self.early.findings(book));
        let disguised = self.unsolds.sales(&self.hands, book, as_of);
        found.extend(self.papers.findings(book, &disguised));
        found.extend(self.losses.findings(cells, book));
        found
    }

    fn encode(&self) -> Vec<u8> {
        wire::state::to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        wire::state::from_bytes(bytes)
    }
}

/// The returns of a month by party: every enterprise from which it is due, as it stands by `as_of`.
pub fn returns(flow: &Projected<Flow>, book: &Book, month: Month, as_of: Moment) -> Vec<ReturnRow> {
    flow.fold.returns.board(&flow.cells, book, month, as_of)
}

/// What a party has filed for the month, and how far its filings reach.
pub fn last_filing(flow: &Projected<Flow>, party: &PartyId, month: Month) -> LastFiling {
    flow.fold.returns.last(party, month)
}
