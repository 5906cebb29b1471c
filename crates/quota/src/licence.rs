//! P01, P02 and F01: who did what without the licence, the standing or the right feed for it.
//!
//! Invariant: kept by the event that shows it, so that a correction takes it away again. Memory grows with offences only.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{Actor, Payload, Process};
use domain::registry::StandingState;
use domain::{Activity, Code, EventId, PartyId, SiteId};
use projection::{Book, Fact, Finding, FindingCode, Subject};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
enum Offence {
    Unlicensed(Code),
    OutOfStanding,
    OreToRecycler(Code),
}

/// Events that show an offence, by kind and party.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Licences(BTreeMap<(Offence, PartyId), Vec<EventId>>);

/// The activity that a fact needs a licence for at its site.
fn activity(payload: &Payload) -> Option<(Activity, Code)> {
    match payload {
        Payload::LotMined(mined) => Some((Activity::Mining, mined.site)),
        Payload::ScrapCollected(collected) => Some((Activity::Recycling, collected.site)),
        Payload::LotProcessed(run) => {
            let activity = match run.process {
                Process::Beneficiation => Activity::Mining,
                Process::Separation => Activity::Separation,
                Process::MetalSmelting => Activity::MetalSmelting,
                Process::Recycling => Activity::Recycling,
                Process::Alloying | Process::MagnetMaking => Activity::Manufacturing,
                Process::Blending | Process::Repackaging => return None,
            };
            Some((activity, run.site))
        }
        _ => None,
    }
}

impl Licences {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) {
        if let Some((activity, site)) = activity(fact.payload) {
            let day = book.registry().zone().day_of(fact.occurred);
            let site_id = SiteId {
                party: fact.author,
                code: site,
            };
            let licences = book.registry().licences(&site_id);
            let covered = licences.iter().any(|licence| {
                licence.activity == activity && licence.from <= day && day <= licence.until
            });
            self.note(Offence::Unlicensed(site), fact, !covered);
        }
        let standing = book
            .registry()
            .party(&fact.author)
            .map(|record| record.standing);
        // Filing, counting and documenting are duties that a suspension does not lift.
        let duty = matches!(
            fact.payload,
            Payload::MonthClosed(_) | Payload::StockCounted(_) | Payload::DocumentAttached(_)
        );
        let trades = fact.payload.actor() == Actor::Enterprise && !duty;
        if trades {
            let out = standing.is_some_and(|standing| standing != StandingState::Active);
            self.note(Offence::OutOfStanding, fact, out);
        }
        if let Payload::LotProcessed(run) = fact.payload
            && run.process == Process::Recycling
        {
            let ore = run
                .inputs
                .iter()
                .any(|input| book.lot(&input.lot).is_some_and(|lot| lot.product.is_ore()));
            self.note(Offence::OreToRecycler(run.site), fact, ore);
        }
    }

    fn note(&mut self, offence: Offence, fact: &Fact<'_>, holds: bool) {
        let key = (offence, fact.author);
        if fact.sign < 0 {
            // What the book says of a licence may have changed since; the reversed event is simply taken out.
            if let Some(events) = self.0.get_mut(&key) {
                events.retain(|event| *event != fact.stated_by);
                if events.is_empty() {
                    self.0.remove(&key);
                }
            }
        } else if holds {
            self.0.entry(key).or_default().push(fact.stated_by);
        }
    }

    pub(crate) fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        self.0.iter().map(|((offence, party), events)| {
            let (code, site) = match offence {
                Offence::Unlicensed(site) => (FindingCode::P01, Some(*site)),
                Offence::OutOfStanding => (FindingCode::P02, None),
                Offence::OreToRecycler(site) => (FindingCode::F01, Some(*site)),
            };
            let subject = Subject {
                party: Some(*party),
                site,
                ..Subject::default()
            };
            Finding::new(code, subject, Vec::new(), events.clone())
        })
    }
}
