//! Lots that are created more than once: one code is one thing.
//!
//! Invariant: the first statement that stands describes a lot. The same statement once more is not booked; another one of
//! the same product grows the lot; one of another product is held as a lot of its own. When the first one changes, all
//! that rest on it are taken back and stated again. Judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use chain::{Context, digest};
use domain::limits::CODE_BYTES_MAX;
use domain::payload::{NewLot, Payload};
use domain::{EventId, LotId, Moment, PartyId};

use super::{Book, Each, LotRecord, Origin, Standing, Stated};
use crate::amount::Amount;
use crate::event::Event;

/// How a later statement of a lot stands to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Again {
    /// More of the same.
    Grows,
    /// Product, composition or origin is another.
    Differs,
    /// Author, time and content are the same: it is not booked.
    Twice,
}

/// A later statement of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Restated {
    pub event: EventId,
    pub position: u64,
    /// The statement that it is compared with.
    pub first: EventId,
    pub again: Again,
    pub amount: Amount,
    /// Of what is stated and when: to recognise the same once more.
    print: u64,
}

/// A statement that is taken back and stated again.
struct Dependent {
    stated: Stated,
    payload: Payload,
    is_booked: bool,
}

fn print_of(payload: &Payload, occurred: Moment) -> u64 {
    let bytes = wire::state::to_bytes(&(payload, occurred));
    let digest = digest(Context::StateDigest, &[&bytes]);
    digest.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

/// The lot under which matter of an event is held that is not what its code stands for.
pub fn own_lot(lot: LotId, event: &EventId) -> LotId {
    const SHORT: usize = 4;
    let short = event.0.iter().take(SHORT);
    let short: String = short.map(|byte| format!("{byte:02X}")).collect();
    let code = lot.code.as_str();
    let room = CODE_BYTES_MAX - 1 - short.len();
    let own = format!("{}/{short}", &code[..code.len().min(room)]);
    own.parse().map_or(lot, |code| LotId { code, ..lot })
}

impl Book {
    /// Later statements of lots, by lot, in log order.
    pub fn restated(&self) -> Vec<(LotId, &[Restated])> {
        let lots = self.restated.iter();
        let mut all: Vec<_> = lots.map(|(lot, list)| (*lot, list.as_slice())).collect();
        all.sort_unstable_by_key(|(lot, _)| *lot);
        all
    }

    /// The lot that a statement's matter is booked under: its code's, or one of its own if that stands for another product.
    pub fn booked_under(&self, author: PartyId, event: &EventId, new: &NewLot) -> LotId {
        let lot = LotId {
            creator: author,
            code: new.lot,
        };
        let is_other =
            |first: LotRecord| first.product != new.product && first.first_event != *event;
        if self.lot(&lot).is_some_and(is_other) {
            own_lot(lot, event)
        } else {
            lot
        }
    }

    /// Takes an event that creates lots.
    pub(super) fn say_lots(
        &mut self,
        event: &Event,
        stated: Stated,
        payload: &Payload,
        each: Each<'_>,
    ) {
        let known = self.known_lots(stated, payload);
        let twice = self.stated_before(&known, payload, stated.occurred);
        for (lot, new, record) in known {
            let again = match twice {
                Some(_) => Again::Twice,
                None if differs(&record, &new, payload) => Again::Differs,
                None => Again::Grows,
            };
            let restated = Restated {
                event: stated.by,
                position: stated.at,
                first: twice.unwrap_or(record.first_event),
                again,
                amount: Amount::from(&new.quantity),
                print: print_of(payload, stated.occurred),
            };
            let list = self.restated.entry(lot).or_default();
            let place = list.partition_point(|known| known.position < stated.at);
            list.insert(place, restated);
        }
        if twice.is_none() {
            let fact = self.fact(event, stated, 1, payload);
            self.step(&fact, each);
        }
    }

    /// Lots of a statement that another one describes already.
    fn known_lots(&self, stated: Stated, payload: &Payload) -> Vec<(LotId, NewLot, LotRecord)> {
        let lots = payload.new_lots().filter_map(|new| {
            let lot = LotId {
                creator: stated.author,
                code: new.lot,
            };
            let record = self.lot(&lot)?;
            (record.first_event != stated.by).then_some((lot, new, record))
        });
        lots.collect()
    }

    /// The statement of which this one is the same once more.
    fn stated_before(
        &self,
        known: &[(LotId, NewLot, LotRecord)],
        payload: &Payload,
        occurred: Moment,
    ) -> Option<EventId> {
        let print = (!known.is_empty()).then(|| print_of(payload, occurred))?;
        known.iter().find_map(|(lot, _, record)| {
            let first = self.statement(&record.first_event, record.first_position);
            let is_first = first
                .is_some_and(|(stated, first)| stated.occurred == occurred && first == *payload);
            let later = self.restated.get(lot).into_iter().flatten();
            let mut later = later.filter(|known| known.again != Again::Twice);
            if is_first {
                return Some(record.first_event);
            }
            later
                .find(|known| known.print == print)
                .map(|known| known.event)
        })
    }

    /// What stands of a statement that was booked, and how it was stated. `near` is a position where its event is, if that
    /// is where it was booked.
    fn statement(&self, id: &EventId, near: u64) -> Option<(Stated, Payload)> {
        let standing = self.corrected.get(id);
        let at = standing.map_or(near, |standing| standing.at);
        let event = self.recall.as_ref()?.recall(at)?;
        let stated = Stated {
            by: *id,
            at,
            booked_at: standing.map_or(at, |standing| standing.since),
            occurred: event.body.occurred,
            author: event.body.author,
        };
        let payload = match standing {
            Some(standing) => standing.payload.clone()?,
            None => event.body.payload,
        };
        (event.id == *id).then_some((stated, payload))
    }

    /// Corrects an event that creates lots.
    pub(super) fn correct_lots(
        &mut self,
        event: &Event,
        stated: Stated,
        (before, word): (Option<&Payload>, Option<&Payload>),
        each: Each<'_>,
    ) {
        let dependents = before.map(|before| self.dependents(stated, before));
        let dependents = dependents.unwrap_or_default();
        let again = dependents
            .iter()
            .map(|dependent| (dependent.stated, &dependent.payload));
        let again = again.chain(word.map(|word| (stated, word)));
        self.continuing = again
            .flat_map(|(stated, payload)| lots_of(stated.author, payload))
            .collect();
        for dependent in dependents.iter().rev() {
            self.unsay_lots(event, dependent, each);
        }
        if let Some(before) = before {
            let dependent = Dependent {
                stated,
                payload: before.clone(),
                is_booked: !self.is_twice(stated.by, before, stated.author),
            };
            self.unsay_lots(event, &dependent, each);
        }
        self.continuing.clear();
        let now = |stated| Stated {
            booked_at: event.position,
            ..stated
        };
        if let Some(word) = word {
            self.say_lots(event, now(stated), word, each);
        }
        for dependent in dependents {
            let Dependent {
                stated, payload, ..
            } = dependent;
            let standing = Standing {
                since: event.position,
                at: stated.at,
                payload: Some(payload.clone()),
                is_rebooked: true,
            };
            self.corrected.insert(stated.by, standing);
            self.say_lots(event, now(stated), &payload, each);
        }
    }

    fn unsay_lots(&mut self, event: &Event, dependent: &Dependent, each: Each<'_>) {
        let stated = dependent.stated;
        for lot in lots_of(stated.author, &dependent.payload) {
            if let Some(list) = self.restated.get_mut(&lot) {
                list.retain(|known| known.event != stated.by);
                if list.is_empty() {
                    self.restated.remove(&lot);
                }
            }
        }
        if dependent.is_booked {
            let fact = self.fact(event, stated, -1, &dependent.payload);
            self.step(&fact, each);
        }
    }

    fn is_twice(&self, event: EventId, payload: &Payload, author: PartyId) -> bool {
        lots_of(author, payload).any(|lot| {
            let list = self.restated.get(&lot).into_iter().flatten();
            let mut own = list.filter(|known| known.event == event);
            own.any(|known| known.again == Again::Twice)
        })
    }

    /// Statements that rest on this one, and on those in turn, in log order.
    fn dependents(&self, stated: Stated, payload: &Payload) -> Vec<Dependent> {
        let mut found: BTreeMap<u64, Dependent> = BTreeMap::new();
        let mut seen = BTreeSet::from([stated.by]);
        let mut waiting: Vec<(EventId, LotId)> = lots_of(stated.author, payload)
            .map(|lot| (stated.by, lot))
            .collect();
        while let Some((by, lot)) = waiting.pop() {
            let list = self.restated.get(&lot).into_iter().flatten();
            let resting: Vec<Restated> = list.filter(|known| known.first == by).copied().collect();
            for known in resting {
                if !seen.insert(known.event) {
                    continue;
                }
                let Some((stated, payload)) = self.statement(&known.event, known.position) else {
                    continue;
                };
                let lots = lots_of(stated.author, &payload);
                waiting.extend(lots.map(|lot| (known.event, lot)));
                let is_booked = known.again != Again::Twice;
                let dependent = Dependent {
                    stated,
                    payload,
                    is_booked,
                };
                found.insert(known.position, dependent);
            }
        }
        found.into_values().collect()
    }
}

fn lots_of(creator: PartyId, payload: &Payload) -> impl Iterator<Item = LotId> + '_ {
    let lot = move |new: NewLot| LotId {
        creator,
        code: new.lot,
    };
    payload.new_lots().map(lot)
}

/// Whether a statement says another thing of a lot than the first one: a composition that is left open does not.
fn differs(record: &LotRecord, new: &NewLot, payload: &Payload) -> bool {
    let compositions = record.composition.zip(new.composition);
    record.product != new.product
        || compositions.is_some_and(|(known, new)| known != new)
        || Origin::of(payload) != Some(record.origin)
}
