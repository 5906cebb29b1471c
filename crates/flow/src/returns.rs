//! R01 and R02: months filed late, and months not filed (Order 71 article 10).
//!
//! Invariant: lateness is judged by when the node received the filing and by the rules of its due day. A month is due from
//! an enterprise from the month of its registration on.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::Payload;
use domain::{EventId, Moment, Month, PartyId, PartyKind};
use projection::{Book, Fact, Figure, Finding, FindingCode, Subject};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Filing {
    event: EventId,
    received: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Returns {
    /// First filing of each month by each enterprise.
    filed: BTreeMap<(PartyId, Month), Filing>,
    /// Month from which an enterprise files.
    since: BTreeMap<PartyId, (Month, EventId)>,
}

impl Returns {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        match fact.payload {
            Payload::PartyRegistered(registered)
                if matches!(registered.kind, PartyKind::Enterprise { .. }) =>
            {
                let month = book.registry().zone().month_of(fact.occurred);
                self.since.insert(registered.party, (month, fact.stated_by));
            }
            Payload::MonthClosed(closed) => {
                let filing = Filing {
                    event: fact.stated_by,
                    received: fact.received,
                };
                self.filed
                    .entry((fact.author, closed.month))
                    .or_insert(filing);
            }
            _ => {}
        }
    }

    pub(crate) fn findings(&self, book: &Book, as_of: Moment) -> Vec<Finding> {
        let registry = book.registry();
        let cut_off = |month| registry.return_cut_off(month);
        let late = self.filed.iter().filter_map(|((party, month), filing)| {
            let due = cut_off(*month)?;
            let days = (filing.received.ms() - due.ms()) / 86_400_000 + 1;
            let subject = Subject {
                party: Some(*party),
                month: Some(*month),
                ..Subject::default()
            };
            let figures = vec![Figure::count("days late", days)];
            let finding = || Finding::new(FindingCode::R01, subject, figures, vec![filing.event]);
            (filing.received >= due).then(finding)
        });
        let mut found: Vec<_> = late.collect();
        for (party, (since, registration)) in &self.since {
            let mut month = *since;
            while cut_off(month).is_some_and(|due| due <= as_of) {
                if !self.filed.contains_key(&(*party, month)) {
                    let subject = Subject {
                        party: Some(*party),
                        month: Some(month),
                        ..Subject::default()
                    };
                    found.push(Finding::new(
                        FindingCode::R02,
                        subject,
                        Vec::new(),
                        vec![*registration],
                    ));
                }
                month = month.next();
            }
        }
        found
    }
}
