//! T04 and R04, and what the accounts of shipments raise.
//!
//! Invariant: an offence is kept by the event that shows it, so that a correction takes it away again. Knows no invoice.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{Payload, ShipmentDispatched, Title};
use domain::{EventId, Moment, Month, PartyId};
use projection::{Book, Fact, Finding, FindingCode, Subject};

use crate::accounts::accounts;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
enum Kind {
    Tolling,
    ClosedMonth,
}

/// What a shipment finding needs besides its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Seen {
    party: PartyId,
    /// The closed month that it happened in.
    month: Option<Month>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Shipments {
    seen: BTreeMap<(Kind, EventId), Seen>,
}

impl Shipments {
    pub(crate) fn take(&mut self, fact: &Fact<'_>) {
        if let Payload::ShipmentDispatched(dispatched) = fact.payload {
            self.take_dispatch(fact, dispatched);
        }
        // What another's word only has booked again, its author entered in time.
        let late = fact.sign > 0 && !fact.is_derived && fact.month != fact.happened_in;
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
                party: fact.author,
            };
            self.seen.insert((Kind::ClosedMonth, fact.cause), seen);
        }
    }

    fn take_dispatch(&mut self, fact: &Fact<'_>, dispatched: &ShipmentDispatched) {
        if dispatched.title == Title::Tolling {
            let key = (Kind::Tolling, fact.stated_by);
            if fact.sign > 0 {
                let (party, month) = (fact.author, None);
                self.seen.insert(key, Seen { party, month });
            } else {
                self.seen.remove(&key);
            }
        }
    }

    pub(crate) fn findings(&self, book: &Book, as_of: Moment) -> Vec<Finding> {
        let noted = self.seen.iter().map(|((kind, event), seen)| {
            let code = match kind {
                Kind::Tolling => FindingCode::T04,
                Kind::ClosedMonth => FindingCode::R04,
            };
            let subject = Subject {
                month: seen.month,
                ..Subject::party(seen.party)
            };
            Finding::new(code, subject, Vec::new(), vec![*event])
        });
        noted.chain(accounts(book, as_of)).collect()
    }
}
