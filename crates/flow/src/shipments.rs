//! T01 to T04 and D01: shipments that do not meet, and invoices that stand twice.
//!
//! Invariant: an offence is kept by the event that shows it, so that a correction takes it away again. The invoice numbers
//! in use are kept for ever, since a second use may come at any time.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{Completion, Payload, ShipmentDispatched, ShipmentReceived, Title};
use domain::{EventId, Moment, Month, PartyId};
use projection::{Amount, Book, Fact, Figure, Finding, FindingCode, Subject};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
enum Kind {
    Differs,
    NoDispatch,
    Tolling,
    ClosedMonth,
}

/// What a shipment finding needs beside its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Seen {
    party: PartyId,
    /// Dispatched and received REO of the line that differs most.
    dispatched: i128,
    received: i128,
    /// The closed month that it happened in.
    month: Option<Month>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Shipments {
    seen: BTreeMap<(Kind, EventId), Seen>,
    /// Dispatches by shipper and invoice number.
    invoices: BTreeMap<(PartyId, String), Vec<EventId>>,
}

impl Shipments {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        match fact.payload {
            Payload::ShipmentDispatched(dispatched) => self.take_dispatch(fact, dispatched),
            Payload::ShipmentReceived(received) => self.take_receipt(book, fact, received),
            _ => {}
        }
        let late = fact.sign > 0 && fact.month != fact.happened_in;
        let moves = matches!(
            fact.payload,
            Payload::LotMined(_)
                | Payload::LotProcessed(_)
                | Payload::ShipmentDispatched(_)
                | Payload::ShipmentReceived(_)
                | Payload::LotExported(_)
                | Payload::LotUsed(_)
        );
        if late && moves {
            let seen = Seen {
                month: Some(fact.happened_in),
                ..seen(fact.author, 0, 0)
            };
            self.seen.insert((Kind::ClosedMonth, fact.cause), seen);
        }
    }

    fn take_dispatch(&mut self, fact: &Fact<'_>, dispatched: &ShipmentDispatched) {
        for invoice in dispatched.invoices.iter() {
            let key = (fact.author, invoice.named());
            let uses = self.invoices.entry(key.clone()).or_default();
            if fact.sign > 0 {
                uses.push(fact.stated_by);
            } else {
                uses.retain(|event| *event != fact.stated_by);
            }
            // An invoice that is not in use leaves nothing, so that equal states have equal bytes.
            if uses.is_empty() {
                self.invoices.remove(&key);
            }
        }
        if dispatched.title == Title::Tolling {
            self.note(Kind::Tolling, fact, seen(fact.author, 0, 0));
        }
    }

    fn take_receipt(&mut self, book: &Book, fact: &Fact<'_>, receipt: &ShipmentReceived) {
        if fact.sign < 0 {
            self.seen.remove(&(Kind::Differs, fact.stated_by));
            self.seen.remove(&(Kind::NoDispatch, fact.stated_by));
            return;
        }
        let open = book
            .dispatch(&receipt.dispatch)
            .filter(|dispatch| !dispatch.is_complete());
        let Some(dispatch) = open else {
            self.note(Kind::NoDispatch, fact, seen(fact.author, 0, 0));
            return;
        };
        let Some(rules) = book.registry().rules_at(fact.occurred) else {
            return;
        };
        let lines = receipt.lines.iter().filter_map(|line| {
            let received = Amount::from(line.received.as_ref()?).reo;
            // A partial receipt leaves the rest under way; only the final one settles the difference.
            let expected = dispatch.in_transit(line.line).reo;
            let sent = dispatch.lines.get(usize::from(line.line))?.sent.reo;
            let relative = rules.receipt_tolerance_ppm.of(sent);
            let tolerance = relative.max(rules.receipt_tolerance_mg.mg().into());
            let differs = (expected - received).abs() > tolerance;
            let settles = receipt.completion == Completion::Final;
            (settles && differs).then_some((expected, received))
        });
        if let Some((expected, received)) =
            lines.max_by_key(|(expected, received)| (expected - received).abs())
        {
            self.note(Kind::Differs, fact, seen(fact.author, expected, received));
        }
    }

    fn note(&mut self, kind: Kind, fact: &Fact<'_>, seen: Seen) {
        if fact.sign > 0 {
            self.seen.insert((kind, fact.stated_by), seen);
        } else {
            self.seen.remove(&(kind, fact.stated_by));
        }
    }

    pub(crate) fn findings(&self, book: &Book, as_of: Moment) -> Vec<Finding> {
        let noted = self.seen.iter().map(|((kind, event), seen)| {
            let (code, figures) = match kind {
                Kind::Differs => {
                    let difference = seen.received - seen.dispatched;
                    let figures = vec![
                        Figure::mg("dispatched", seen.dispatched),
                        Figure::mg("received", seen.received),
                        Figure::mg("difference", difference),
                    ];
                    (FindingCode::T01, figures)
                }
                Kind::NoDispatch => (FindingCode::T03, Vec::new()),
                Kind::Tolling => (FindingCode::T04, Vec::new()),
                Kind::ClosedMonth => (FindingCode::R04, Vec::new()),
            };
            let subject = Subject {
                month: seen.month,
                ..Subject::party(seen.party)
            };
            Finding::new(code, subject, figures, vec![*event])
        });
        let invoices =
            self.invoices
                .iter()
                .filter(|(_, uses)| uses.len() > 1)
                .map(|((party, _), uses)| {
                    let count = i64::try_from(uses.len()).unwrap_or(i64::MAX);
                    let figures = vec![Figure::count("shipments", count)];
                    Finding::new(
                        FindingCode::D01,
                        Subject::party(*party),
                        figures,
                        uses.clone(),
                    )
                });
        noted
            .chain(invoices)
            .chain(under_way(book, as_of))
            .collect()
    }
}

fn seen(party: PartyId, dispatched: i128, received: i128) -> Seen {
    Seen {
        party,
        dispatched,
        received,
        month: None,
    }
}

fn under_way(book: &Book, as_of: Moment) -> Vec<Finding> {
    const DAY_MS: i64 = 86_400_000;
    let late = book
        .open_dispatches()
        .into_iter()
        .filter_map(|(id, dispatch)| {
            let days = (as_of.ms() - dispatch.occurred.ms()) / DAY_MS;
            let rules = book.registry().rules_at(dispatch.occurred)?;
            let figures = vec![Figure::count("days", days)];
            let subject = Subject::party(dispatch.shipper);
            (days > rules.transit_days.into())
                .then(|| Finding::new(FindingCode::T02, subject, figures, vec![id]))
        });
    late.collect()
}
