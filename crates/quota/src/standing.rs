//! P02: who moved or processed goods on a day on which it was suspended or struck off.
//!
//! Invariant: the day of what was done decides; within a day the log decides. A day before
//! the act is believed as long as the month's return is not due: what somebody who is out of standing enters later is judged
//! by its entry, or a date would be a way around. Memory grows with such events and with acts. An act does not reach back to
//! what was entered before it.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{Actor, Payload, Standing};
use domain::registry::StandingState;
use domain::{Day, EventId, Moment, PartyId};
use projection::{Book, Fact, Finding, FindingCode, Subject};

/// An act of office about a party's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Act {
    day: Day,
    at: u64,
    is_active: bool,
}

/// What somebody did who may have been out of standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Done {
    event: EventId,
    day: Day,
    received_ms: i64,
    /// Out of standing when it was entered.
    was_out: bool,
    /// Not withdrawn.
    stands: bool,
}

/// Standing of parties by days, and what was done without it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Standings {
    /// By day, then in log order.
    acts: BTreeMap<PartyId, Vec<Act>>,
    /// By position.
    done: BTreeMap<(PartyId, u64), Done>,
}

fn of_standing(payload: &Payload) -> Option<(&Standing, bool)> {
    match payload {
        Payload::PartySuspended(act) | Payload::PartyDelisted(act) => Some((act, false)),
        Payload::PartyReinstated(act) => Some((act, true)),
        _ => None,
    }
}

impl Standings {
    pub(crate) fn take_act(&mut self, book: &Book, fact: &Fact<'_>) {
        let Some((act_of, is_active)) = of_standing(fact.payload) else {
            return;
        };
        // A suspension is lifted by another act, never annulled.
        let act = Act {
            day: book.registry().zone().day_of(fact.occurred),
            at: fact.stated_at,
            is_active,
        };
        let acts = self.acts.entry(act_of.party).or_default();
        let place = acts.partition_point(|known| (known.day, known.at) < (act.day, act.at));
        acts.insert(place, act);
    }

    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>, day: Day) {
        let key = (fact.author, fact.stated_at);
        if fact.sign < 0 {
            if let Some(done) = self.done.get_mut(&key) {
                done.stands = false;
            }
            return;
        }
        if let Some(done) = self.done.get_mut(&key) {
            done.stands = true;
            return;
        }
        if !self.acts.contains_key(&fact.author) || !trades(fact.payload) {
            return;
        }
        let record = book.registry().party(&fact.author);
        let is_out = record.is_some_and(|record| record.standing != StandingState::Active);
        // The correction of an old event is a duty.
        let was_out = is_out && !fact.is_correction();
        if was_out || self.is_out_on(&fact.author, (day, fact.stated_at)) {
            let done = Done {
                event: fact.stated_by,
                day,
                received_ms: fact.received.ms(),
                was_out,
                stands: true,
            };
            self.done.insert(key, done);
        }
    }

    fn is_out_on(&self, party: &PartyId, done: (Day, u64)) -> bool {
        let acts = self.acts.get(party).into_iter().flatten();
        let last = acts.take_while(|act| (act.day, act.at) <= done).last();
        last.is_some_and(|act| !act.is_active)
    }

    pub(crate) fn findings(&self, book: &Book) -> Vec<Finding> {
        let is_late = |done: &Done| {
            let due = book.registry().return_cut_off(done.day.month());
            due.is_some_and(|due: Moment| done.received_ms >= due.ms())
        };
        let mut offences: BTreeMap<PartyId, Vec<EventId>> = BTreeMap::new();
        for ((party, at), done) in self.done.iter().filter(|(_, done)| done.stands) {
            if self.is_out_on(party, (done.day, *at)) || (done.was_out && is_late(done)) {
                offences.entry(*party).or_default().push(done.event);
            }
        }
        let found = offences.into_iter().map(|(party, events)| {
            let subject = Subject::party(party);
            Finding::new(FindingCode::P02, subject, Vec::new(), events)
        });
        found.collect()
    }
}

/// Filing, counting and documenting are duties that a suspension does not lift.
fn trades(payload: &Payload) -> bool {
    let is_duty = matches!(
        payload,
        Payload::MonthClosed(_) | Payload::StockCounted(_) | Payload::DocumentAttached(_)
    );
    payload.actor() == Actor::Enterprise && !is_duty
}
