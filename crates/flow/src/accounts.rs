//! T01 to T03 and T07 to T10: what the account of each shipment shows, whoever said what in which order.
//!
//! Invariant: worked out from the accounts as they stand, so that whatever puts an account right clears its findings. Keeps
//! nothing.

use domain::payload::Payload;
use domain::{DAY_MS, EventId, Moment, PartyId};
use projection::{Act, Amount, Book, Figure, Finding, FindingCode, Sent, Shipment, Subject};

/// What every shipment at issue raises.
pub(crate) fn accounts(book: &Book, as_of: Moment) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, shipment) in book.shipments_at_issue() {
        let account = Account { id, shipment, book };
        match shipment.sent {
            None => found.extend(account.without_dispatch()),
            Some(sent) => {
                found.extend(account.under_way(sent, as_of));
                found.extend(account.by_strangers());
                found.extend(account.of_receiver(sent));
                found.extend(account.beyond());
                found.extend(account.disputed(sent));
            }
        }
    }
    found
}

struct Account<'a> {
    id: EventId,
    shipment: &'a Shipment,
    book: &'a Book,
}

fn about(code: FindingCode, party: PartyId, figures: Vec<Figure>, events: Vec<EventId>) -> Finding {
    Finding::new(code, Subject::party(party), figures, events)
}

impl Account<'_> {
    fn receipts(&self) -> impl Iterator<Item = &Act> {
        let acts = self.shipment.acts.iter();
        acts.filter(|act| self.shipment.is_receipt(act))
    }

    /// T03: what somebody received and nobody sent.
    fn without_dispatch(&self) -> Vec<Finding> {
        let receipts = self
            .shipment
            .acts
            .iter()
            .filter(|act| act.receipt().is_some());
        let found = receipts.map(|act| about(FindingCode::T03, act.by, Vec::new(), vec![act.id]));
        found.collect()
    }

    /// T03: more words of one party about a shipment than its account takes.
    fn beyond(&self) -> Vec<Finding> {
        let beyond = self.shipment.beyond.iter();
        let found = beyond.map(|(party, acts)| {
            let count = i64::try_from(acts.len()).unwrap_or(i64::MAX);
            let figures = vec![Figure::count("further words about the shipment", count)];
            let evidence = acts.first().into_iter().copied().chain([self.id]);
            about(FindingCode::T03, *party, figures, evidence.collect())
        });
        found.collect()
    }

    /// T02.
    fn under_way(&self, sent: Sent, as_of: Moment) -> Option<Finding> {
        let days = (as_of.ms() - sent.occurred.ms()) / DAY_MS;
        let rules = self.book.registry().rules_at(sent.occurred)?;
        let is_long = self.shipment.is_open() && days > rules.transit_days.into();
        let figures = vec![Figure::count("days", days)];
        is_long.then(|| about(FindingCode::T02, sent.shipper, figures, vec![self.id]))
    }

    /// T07: receipts by others than the addressee, and withdrawals by others than the shipper.
    fn by_strangers(&self) -> Vec<Finding> {
        let acts = self.shipment.acts.iter();
        let acts = acts.filter(|act| self.shipment.is_strange(act));
        let found = acts.map(|act| {
            let lines = act
                .receipt()
                .into_iter()
                .flat_map(|receipt| receipt.lines.iter());
            let said = lines.filter_map(|line| line.received.as_ref());
            let reo = said.fold(0, |sum, quantity| sum + Amount::from(quantity).reo);
            let figures = vec![Figure::mg("REO said to be received", reo)];
            about(FindingCode::T07, act.by, figures, vec![act.id, self.id])
        });
        found.collect()
    }

    /// T01, T03, T08, T09: what the receiver says that does not fit the dispatch.
    fn of_receiver(&self, sent: Sent) -> Vec<Finding> {
        let day = |moment| self.book.registry().zone().day_of(moment);
        let mut found = Vec::new();
        for act in self.receipts() {
            let evidence = || vec![act.id, self.id];
            let lines = act
                .receipt()
                .into_iter()
                .flat_map(|receipt| receipt.lines.iter());
            let lacking = lines.filter(|said| usize::from(said.line) >= self.shipment.lines.len());
            let lacking = lacking.count();
            if lacking > 0 {
                let lacking = i64::try_from(lacking).unwrap_or(i64::MAX);
                let figures = vec![Figure::count("lines that were not sent", lacking)];
                found.push(about(FindingCode::T08, act.by, figures, evidence()));
            }
            if day(act.occurred) < day(sent.occurred) {
                let days = (sent.occurred.ms() - act.occurred.ms()) / DAY_MS;
                let figures = vec![Figure::count("days before the dispatch", days)];
                found.push(about(FindingCode::T09, act.by, figures, evidence()));
            }
        }
        let taken_back = self.shipment.withdrawal().map(|act| act.id);
        let late = self.shipment.after_the_end().into_iter();
        found.extend(late.map(|act| {
            let evidence = [Some(act.id), taken_back].into_iter().flatten();
            about(FindingCode::T03, act.by, Vec::new(), evidence.collect())
        }));
        found.extend(self.difference(sent));
        found
    }

    /// T01: what a complete shipment lacks, and what came beyond what was sent.
    fn difference(&self, sent: Sent) -> Option<Finding> {
        let (line, difference) = self.book.receipt_difference(self.shipment)?;
        let line = self.shipment.lines.get(usize::from(line))?;
        let figures = vec![
            Figure::mg("dispatched", (line.accepted + difference).reo),
            Figure::mg("received", line.accepted.reo),
            Figure::mg("difference", -difference.reo),
        ];
        let is_final = |act: &&Act| act.receipt().is_some_and(|receipt| receipt.is_final());
        let last = self.receipts().filter(is_final).last();
        let last = last.or_else(|| self.receipts().last())?;
        Some(about(FindingCode::T01, sent.to, figures, vec![last.id]))
    }

    /// T10: both versions of what one side changed, and a withdrawal of what had come.
    fn disputed(&self, sent: Sent) -> Vec<Finding> {
        let found = self.shipment.claims().map(|(act, claim)| {
            let event = act.map_or(self.id, |act| act.id);
            let figures = vec![
                Figure::mg("REO as both signed", said(claim.booked.as_ref())),
                Figure::mg("REO as changed", said(claim.word.as_ref())),
            ];
            let other = if claim.by == sent.shipper {
                self.receipts().last().map(|act| act.id)
            } else {
                Some(self.id)
            };
            let evidence = [Some(claim.cause), Some(event), other]
                .into_iter()
                .flatten();
            about(FindingCode::T10, claim.by, figures, evidence.collect())
        });
        let mut found: Vec<_> = found.collect();
        let empty = self
            .shipment
            .withdrawal()
            .filter(|act| act.settled.is_empty());
        // What came after a withdrawal is the receiver's to explain.
        let came = |withdrawal: &Act| {
            let acts = self.shipment.acts.iter();
            let before = acts.take_while(|act| act.id != withdrawal.id);
            before.filter(|act| self.shipment.is_receipt(act)).last()
        };
        if let Some((withdrawal, receipt)) = empty.and_then(|act| Some((act, came(act)?))) {
            let lines = self.shipment.lines.iter();
            let accepted = lines.fold(0, |sum, line| sum + line.accepted.reo);
            let figures = vec![Figure::mg("REO that had come", accepted)];
            let evidence = vec![withdrawal.id, receipt.id];
            found.push(about(FindingCode::T10, sent.shipper, figures, evidence));
        }
        found
    }
}

/// REO that a word about a shipment says was sent or received.
fn said(word: Option<&Payload>) -> i128 {
    let reo = |quantity| Amount::from(quantity).reo;
    match word {
        Some(Payload::ShipmentDispatched(sent)) => {
            sent.lines.iter().map(|line| reo(&line.quantity)).sum()
        }
        Some(Payload::ShipmentReceived(receipt)) => {
            let lines = receipt.lines.iter();
            lines
                .filter_map(|line| line.received.as_ref())
                .map(reo)
                .sum()
        }
        _ => 0,
    }
}
