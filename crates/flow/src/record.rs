//! The flow record of an enterprise: every movement with its counterparty, lot, quantity, invoice and event (Order 71
//! article 10).
//!
//! Invariant: a line is a movement of the book, so that the lines of a month add up to its statement. Knows no layout.

use domain::payload::{Invoice, Payload};
use domain::{Code, EventId, LotId, Moment, Month, PartyId, Product};
use projection::{Amount, Book, Column, Fact, Movement, ProjectionFault, Until, walk};
use store::Entries;

use crate::FlowCell;
use crate::statement::{Statement, build};

/// Who is on the other side of a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counterparty {
    Party(PartyId),
    /// A supplier or country outside the ledger.
    Outside(String),
}

/// One movement of a party's goods; outs are negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowLine {
    pub position: u64,
    /// The event in the log, and the statement that it makes or takes back.
    pub event: EventId,
    pub stated_by: EventId,
    pub received: Moment,
    pub name: &'static str,
    pub party: PartyId,
    pub site: Code,
    pub occurred: Moment,
    /// The month in which the party's figures change.
    pub month: Month,
    /// The month in which it happened.
    pub happened_in: Month,
    /// -1 takes a statement back.
    pub sign: i8,
    pub column: Column,
    pub counterparty: Option<Counterparty>,
    pub lot: LotId,
    pub product: Option<Product>,
    pub amount: Amount,
    pub invoices: Vec<Invoice>,
}

impl FlowLine {
    /// Whether it belongs to a month that was closed already.
    pub fn is_late(&self) -> bool {
        self.month != self.happened_in
    }

    /// Whether the line changes what was known before: a correction, or something of a closed month.
    pub fn is_change(&self) -> bool {
        self.is_late() || self.event != self.stated_by
    }
}

/// The statement of a month by what is known now: every movement stands in the month in which it happened, whenever it
/// became known. The statement as filed differs by what was corrected or entered late; that stands in later months.
///
/// # Errors
/// The log can't be read, or `until` lies past its end.
pub fn as_known(
    entries: &dyn Entries,
    until: Until,
    party: PartyId,
    month: Month,
) -> Result<Statement, ProjectionFault> {
    let lines = record(entries, until, |line| line.party == party)?;
    let cell = |line: FlowLine| {
        let cell = FlowCell {
            party,
            month: line.happened_in,
            product: line.product,
            column: line.column,
        };
        (cell, line.amount)
    };
    Ok(build(party, month, lines.into_iter().map(cell)))
}

/// The wanted lines, in the order of the log.
///
/// # Errors
/// The log can't be read, or `until` lies past its end.
pub fn record(
    entries: &dyn Entries,
    until: Until,
    wanted: impl Fn(&FlowLine) -> bool,
) -> Result<Vec<FlowLine>, ProjectionFault> {
    let mut lines = Vec::new();
    walk(entries, until, &mut |book, fact, moves| {
        let of_fact = moves.iter().map(|step| line(book, fact, step));
        lines.extend(of_fact.filter(&wanted));
    })?;
    Ok(lines)
}

fn line(book: &Book, fact: &Fact<'_>, step: &Movement) -> FlowLine {
    let invoices = match fact.payload {
        Payload::ShipmentDispatched(sent) => sent.invoices.to_vec(),
        _ => Vec::new(),
    };
    FlowLine {
        position: fact.position,
        event: fact.cause,
        stated_by: fact.stated_by,
        received: fact.received,
        name: fact.payload.name(),
        party: step.party,
        site: step.site,
        occurred: fact.occurred,
        month: step.month,
        // What is only taken over from one product to another happens when that becomes known.
        happened_in: if step.is_relabelling() {
            step.month
        } else {
            fact.happened_in
        },
        sign: fact.sign,
        column: step.column,
        counterparty: counterparty(book, fact, step),
        lot: step.lot,
        product: step.product,
        amount: step.amount(),
        invoices,
    }
}

fn counterparty(book: &Book, fact: &Fact<'_>, step: &Movement) -> Option<Counterparty> {
    let outside = |name: String| Some(Counterparty::Outside(name));
    match fact.payload {
        Payload::ShipmentDispatched(sent) => Some(match sent.to.receiver() {
            Some(party) => Counterparty::Party(party),
            None => Counterparty::Outside(sent.to.to_string()),
        }),
        // Goods that were rejected come back from the receiver.
        Payload::ShipmentReceived(_) if step.column == Column::Returned => {
            Some(Counterparty::Party(fact.author))
        }
        Payload::ShipmentReceived(receipt) => {
            let sent = book.shipment_at_hand(&receipt.dispatch)?.sent?;
            Some(Counterparty::Party(sent.shipper))
        }
        Payload::PartySucceeded(act) if step.party == act.party => {
            Some(Counterparty::Party(act.successor))
        }
        Payload::PartySucceeded(act) => Some(Counterparty::Party(act.party)),
        Payload::LotImported(lot) => outside(format!("{} ({})", lot.supplier, lot.country)),
        Payload::ScrapCollected(lot) => outside(lot.supplier.to_string()),
        Payload::LotRecovered(lot) => outside(lot.source.to_string()),
        Payload::LotExported(exported) => outside(exported.destination.to_string()),
        _ => None,
    }
}
