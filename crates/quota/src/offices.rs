//! O01: acts of office that do not rest on what they have to rest on.
//!
//! Invariant: judged by the acts that stand, so that one that is annulled neither accuses nor excuses. Memory grows with acts
//! of office only. Knows no amounts: the law gives no formula for them.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use domain::payload::{Payload, QuotaDeducted};
use domain::registry::StandingState;
use domain::{EventId, PartyId, Track};
use projection::{Book, Fact, Finding, FindingCode, Subject};

/// A deduction and the penalty that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Deduction {
    party: PartyId,
    year: u16,
    track: Track,
    penalty: EventId,
    event: EventId,
}

/// Penalties and what rests on them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Offices {
    penalties: BTreeMap<EventId, PartyId>,
    /// In log order.
    deductions: Vec<Deduction>,
    /// Reinstatements of parties that were struck off the register.
    reinstated: BTreeMap<EventId, PartyId>,
}

impl Offices {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        let event = fact.stated_by;
        match fact.payload {
            Payload::PenaltyImposed(act) if fact.sign > 0 => {
                self.penalties.insert(event, act.party);
            }
            Payload::PenaltyImposed(_) => _ = self.penalties.remove(&event),
            Payload::QuotaDeducted(act) => self.deduct(fact, act),
            Payload::PartyReinstated(act) => {
                let record = book.registry().party(&act.party);
                if record.is_some_and(|record| record.standing == StandingState::Delisted) {
                    self.reinstated.insert(event, act.party);
                }
            }
            _ => {}
        }
    }

    fn deduct(&mut self, fact: &Fact<'_>, act: &QuotaDeducted) {
        let event = fact.stated_by;
        if fact.sign < 0 {
            self.deductions.retain(|known| known.event != event);
            return;
        }
        self.deductions.push(Deduction {
            party: act.party,
            year: act.year,
            track: act.track,
            penalty: act.penalty,
            event,
        });
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        // One penalty may cut each of the tracks of a year once.
        let mut used = BTreeSet::new();
        let mut found = Vec::new();
        for deduction in &self.deductions {
            let is_of_party = self.penalties.get(&deduction.penalty) == Some(&deduction.party);
            let (year, track) = (deduction.year, deduction.track);
            let is_new = used.insert((deduction.penalty, year, track));
            if !(is_of_party && is_new) {
                let subject = Subject {
                    year: Some(year),
                    ..Subject::party(deduction.party)
                };
                let evidence = vec![deduction.event, deduction.penalty];
                found.push(Finding::new(
                    FindingCode::O01,
                    subject,
                    Vec::new(),
                    evidence,
                ));
            }
        }
        found.extend(self.reinstated.iter().map(|(event, party)| {
            let subject = Subject::party(*party);
            Finding::new(FindingCode::O01, subject, Vec::new(), vec![*event])
        }));
        found
    }
}
