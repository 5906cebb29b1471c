//! P01, P02 and F01: who did what without the licence, the standing or the right feed for it.
//!
//! Invariant: a licence is asked for by what was done as well as by what it was called: who makes an ore product needs one of
//! mining, who separates one of separation. Kept by the event that shows it, so that a correction takes it away again. Memory
//! grows with offences only.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{Actor, Payload, Process};
use domain::registry::StandingState;
use domain::{Activity, Code, Day, EventId, Moment, PartyId, SiteId, Track};
use projection::{Book, Fact, Finding, FindingCode, Subject};

use crate::stage::{Change, TRACKS, place};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
enum Offence {
    OutOfStanding,
    OreToRecycler(Code),
}

/// An event that needs a licence, by its name or by what crossed a stage in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Need {
    event: EventId,
    day: Day,
    /// By what it is called.
    is_named: bool,
    /// REO that crossed a stage.
    crossed: i128,
}

/// Events that show an offence, by kind and party.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Licences {
    offences: BTreeMap<(Offence, PartyId), Vec<EventId>>,
    /// Those that no licence covered when they were entered, by site, position and activity. A licence that is entered later
    /// covers them too.
    uncovered: BTreeMap<(SiteId, u64, Activity), Need>,
}

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
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>, changes: &[Change]) {
        if let Some((activity, site)) = activity(fact.payload) {
            let stated = (fact.author, fact.stated_at, fact.stated_by, fact.occurred);
            self.need(book, stated, (site, activity), &mut |need| {
                need.is_named = fact.sign > 0;
            });
        }
        for change in changes {
            let Some(site) = change.run_at else {
                continue;
            };
            let stated = (
                change.author,
                change.stated_at,
                change.stated_by,
                change.occurred,
            );
            for track in TRACKS {
                let mg = change.crossed[place(track)];
                let activity = match track {
                    Track::Separation => Activity::Separation,
                    Track::MiningRock | Track::MiningIon => Activity::Mining,
                };
                if mg != 0 {
                    self.need(book, stated, (site, activity), &mut |need| {
                        need.crossed += mg
                    });
                }
            }
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

    /// Changes what is kept of an event that is not covered; of one that is covered nothing is kept.
    fn need(
        &mut self,
        book: &Book,
        (author, at, event, occurred): (PartyId, u64, EventId, Moment),
        (code, activity): (Code, Activity),
        change: &mut dyn FnMut(&mut Need),
    ) {
        let party = author;
        let site = SiteId { party, code };
        let day = book.registry().zone().day_of(occurred);
        let key = (site, at, activity);
        let mut need = self.uncovered.get(&key).copied().unwrap_or(Need {
            event,
            day,
            is_named: false,
            crossed: 0,
        });
        change(&mut need);
        let is_open = need.is_named || need.crossed > 0;
        if !is_open {
            self.uncovered.remove(&key);
        } else if self.uncovered.contains_key(&key) || !book.is_licensed_on(&site, activity, day) {
            self.uncovered.insert(key, need);
        }
    }

    fn note(&mut self, offence: Offence, fact: &Fact<'_>, holds: bool) {
        let key = (offence, fact.author);
        if fact.sign < 0 {
            if let Some(events) = self.offences.get_mut(&key) {
                events.retain(|event| *event != fact.stated_by);
                if events.is_empty() {
                    self.offences.remove(&key);
                }
            }
        } else if holds {
            self.offences.entry(key).or_default().push(fact.stated_by);
        }
    }

    pub(crate) fn findings(&self, book: &Book) -> Vec<Finding> {
        let mut unlicensed: BTreeMap<SiteId, Vec<EventId>> = BTreeMap::new();
        for ((site, _, activity), need) in &self.uncovered {
            if !book.is_licensed_on(site, *activity, need.day) {
                let events = unlicensed.entry(*site).or_default();
                if events.last() != Some(&need.event) {
                    events.push(need.event);
                }
            }
        }
        let unlicensed = unlicensed
            .into_iter()
            .map(|(site, events)| (FindingCode::P01, site.party, Some(site.code), events));
        let offences = self.offences.iter().map(|((offence, party), events)| {
            let (code, site) = match offence {
                Offence::OutOfStanding => (FindingCode::P02, None),
                Offence::OreToRecycler(site) => (FindingCode::F01, Some(*site)),
            };
            (code, *party, site, events.clone())
        });
        let found = unlicensed.chain(offences);
        found
            .map(|(code, party, site, events)| {
                let subject = Subject {
                    site,
                    ..Subject::party(party)
                };
                Finding::new(code, subject, Vec::new(), events)
            })
            .collect()
    }
}
