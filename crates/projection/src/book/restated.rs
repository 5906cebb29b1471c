//! Lots that are created more than once: one code is one thing.
//!
//! Invariant: one statement describes a lot, the first until it does not hold. The same statement once more is not booked;
//! another one of the same product grows the lot; one of another product is held as a lot of its own. A product stays the
//! code's as long as a statement of it stands, so that no word moves more than what changes with it. Judges nothing.

use std::collections::BTreeMap;

use domain::limits::CODE_BYTES_MAX;
use domain::payload::{NewLot, Payload};
use domain::{EventId, LotId, Moment, PartyId, Product};

use super::statements::{Restated, Said, Statements, print_of};
use super::{Book, Each, LotRecord, Standing, Stated};
use crate::event::Event;

/// A statement that is booked, or stated again, because another one changes.
struct Resting {
    stated: Stated,
    payload: Payload,
}

/// What else changes with a statement of lots.
#[derive(Default)]
struct Consequences {
    /// The same statements once more, which are booked in its place.
    twins: BTreeMap<u64, Resting>,
    /// Statements that were held as lots of their own and whose product the code stands for from now on.
    merged: BTreeMap<u64, Resting>,
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
    pub fn restated(&self) -> Vec<(LotId, Vec<Restated>)> {
        let lots = self.restated.iter();
        let all = lots.filter_map(|(lot, of)| Some((*lot, of.again(&self.lot(lot)?))));
        let mut all: Vec<_> = all.collect();
        all.sort_unstable_by_key(|(lot, _)| *lot);
        all
    }

    /// When there was something of a lot for the first time, by all that states it, and the event that says so.
    pub fn began(&self, lot: &LotId) -> Option<(Moment, EventId)> {
        let known = self.lot(lot)?;
        let statements = self.restated.get(lot);
        let earliest = statements.and_then(|of| of.earliest_of(known.product));
        Some(
            earliest.map_or((known.occurred, known.first_event), |said| {
                (said.occurred, said.event)
            }),
        )
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
        // Everybody asks for these lots, and a number answers without a hash.
        for (lot, _) in lots_of(stated.author, payload) {
            let number = self.lot_number(lot);
            self.touched.push(number);
        }
        self.list_lots(stated, payload);
        let is_twice = self.same_lots(stated, payload).is_some();
        for (lot, new) in self.listed(stated, payload) {
            let at = (stated.by, stated.at);
            if let Some(mut said) = Said::of(at, stated.occurred, &new, payload)
                && let Some(statements) = self.restated.get_mut(&lot)
            {
                said.is_twice = is_twice;
                statements.add(said);
            }
        }
        if !is_twice {
            let fact = self.fact(event, stated, 1, payload);
            self.step(&fact, each);
        }
    }

    /// Lots of a statement whose statements are listed, be it under their codes or as lots of their own.
    fn listed(&self, stated: Stated, payload: &Payload) -> Vec<(LotId, NewLot)> {
        if self.restated.is_empty() {
            return Vec::new();
        }
        let names = |(lot, new)| [(lot, new), (own_lot(lot, &stated.by), new)];
        let lots = lots_of(stated.author, payload).flat_map(names);
        lots.filter(|(lot, _)| self.restated.contains_key(lot))
            .collect()
    }

    /// Lists the statements of lots that another event describes already.
    fn list_lots(&mut self, stated: Stated, payload: &Payload) {
        for (lot, _) in lots_of(stated.author, payload) {
            let known = self.lot(&lot);
            let Some(record) = known.filter(|known| known.first_event != stated.by) else {
                continue;
            };
            if self.restated.contains_key(&lot) {
                continue;
            }
            let mut statements = Statements::default();
            let first = self.resting(&record.first_event, record.first_position);
            if let Some(Resting { stated, payload }) = first {
                let (at, occurred) = ((stated.by, stated.at), stated.occurred);
                let mut lots = lots_of(stated.author, &payload);
                // A lot of its own is named after its event, and described by another code's statement.
                let new = lots.find(|(of, _)| *of == lot || own_lot(*of, &stated.by) == lot);
                let said = new.and_then(|(_, new)| Said::of(at, occurred, &new, &payload));
                said.into_iter().for_each(|said| statements.add(said));
            }
            self.restated.insert(lot, statements);
        }
    }

    /// The booked statement of which this one is the same once more.
    fn same_lots(&self, stated: Stated, payload: &Payload) -> Option<EventId> {
        let mut listed = lots_of(stated.author, payload)
            .filter_map(|(lot, _)| self.restated.get(&lot))
            .peekable();
        listed.peek()?;
        let print = print_of(payload, stated.occurred);
        listed.find_map(|of| of.same_as(print, &stated.by))
    }

    /// A statement that was booked, as it stands. `near` is a position where its event is, if that is where it was booked.
    fn resting(&self, id: &EventId, near: u64) -> Option<Resting> {
        let at = self.corrected.get(id).map_or(near, |standing| standing.at);
        let known = self.statement_at(at).filter(|known| known.by == *id)?;
        let stated = Stated {
            by: *id,
            at,
            booked_at: known.booked_at,
            occurred: known.occurred,
            author: known.author,
        };
        let payload = known.payload;
        Some(Resting { stated, payload })
    }

    /// Corrects an event that creates lots.
    pub(super) fn correct_lots(
        &mut self,
        event: &Event,
        stated: Stated,
        (before, word): (Option<&Payload>, Option<&Payload>),
        each: Each<'_>,
    ) {
        let was_booked =
            before.is_some_and(|before| !self.is_twice(stated.by, before, stated.author));
        let said = before.map(|before| self.listed(stated, before));
        for (lot, _) in said.unwrap_or_default() {
            if let Some(statements) = self.restated.get_mut(&lot) {
                statements.remove(&stated.by);
            }
        }
        let booked = before.filter(|_| was_booked);
        let (rest, continuing) = self.consequences(stated, (booked, word));
        self.continuing = continuing;
        for resting in rest.merged.values().rev() {
            let fact = self.fact(event, resting.stated, -1, &resting.payload);
            self.step(&fact, each);
        }
        if let Some(before) = booked {
            let fact = self.fact(event, stated, -1, before);
            self.step(&fact, each);
        }
        self.continuing.clear();
        for resting in rest.twins.into_values() {
            self.book_again(event, resting, each);
        }
        if let Some(word) = word {
            let booked_at = event.position;
            self.say_lots(
                event,
                Stated {
                    booked_at,
                    ..stated
                },
                word,
                each,
            );
        }
        for resting in rest.merged.into_values() {
            self.book_again(event, resting, each);
        }
        for word in before.into_iter().chain(word) {
            for (lot, _) in self.listed(stated, word) {
                self.unlist(&lot);
            }
        }
    }

    /// What else changes when a booked statement gives way to another word, and the lots that stay described by it.
    fn consequences(
        &self,
        stated: Stated,
        (booked, word): (Option<&Payload>, Option<&Payload>),
    ) -> (Consequences, Vec<LotId>) {
        let mut rest = Consequences::default();
        let mut continuing = Vec::new();
        // A word that somebody has said already brings nothing forth.
        let word = word.filter(|word| self.same_lots(stated, word).is_none());
        let becomes = |lot: LotId| {
            let mut lots = word
                .into_iter()
                .flat_map(|word| lots_of(stated.author, word));
            let new = lots.find(|(of, _)| *of == lot);
            new.map(|(_, new)| new.product)
        };
        let print = booked.map(|booked| print_of(booked, stated.occurred));
        for (lot, new) in booked
            .into_iter()
            .flat_map(|booked| lots_of(stated.author, booked))
        {
            let statements = self.restated.get(&lot);
            let twin = statements.zip(print).and_then(|(of, print)| of.twin(print));
            if let Some(twin) = twin
                && let Some(resting) = self.resting(&twin.event, twin.position)
            {
                rest.twins.insert(twin.position, resting);
                continuing.push(lot);
                continue;
            }
            let described = self.lot(&lot).map(|known| known.first_event);
            if described != Some(stated.by) {
                continue;
            }
            let product = becomes(lot);
            if product == Some(new.product) {
                continuing.push(lot);
            } else if statements
                .and_then(|of| of.earliest_of(new.product))
                .is_none()
            {
                let next = product.or_else(|| Some(statements?.oldest()?.describes(0).product));
                if let Some(next) = next {
                    continuing.push(lot);
                    self.merge(&lot, next, &mut rest.merged, &mut continuing);
                }
            }
        }
        (rest, continuing)
    }

    /// Statements of a product that a code stands for from now on, with all lots that they create.
    fn merge(
        &self,
        lot: &LotId,
        product: Product,
        merged: &mut BTreeMap<u64, Resting>,
        continuing: &mut Vec<LotId>,
    ) {
        let statements = self.restated.get(lot);
        for said in statements
            .map(|of| of.of_product(product))
            .unwrap_or_default()
        {
            if let Some(resting) = self.resting(&said.event, said.position) {
                let lots = lots_of(resting.stated.author, &resting.payload);
                continuing.extend(lots.map(|(lot, _)| lot));
                merged.insert(said.position, resting);
            }
        }
    }

    /// Books a statement where another one was corrected.
    fn book_again(&mut self, event: &Event, resting: Resting, each: Each<'_>) {
        let Resting { stated, payload } = resting;
        let standing = Standing {
            since: event.position,
            at: stated.at,
            payload: Some(payload.clone()),
            is_rebooked: true,
        };
        self.corrected.insert(stated.by, standing);
        for (lot, _) in self.listed(stated, &payload) {
            if let Some(statements) = self.restated.get_mut(&lot) {
                statements.book(&stated.by);
            }
        }
        let booked_at = event.position;
        let fact = self.fact(
            event,
            Stated {
                booked_at,
                ..stated
            },
            1,
            &payload,
        );
        self.step(&fact, each);
    }

    /// A lot of which one statement is left is not stated again. One that took the description over keeps its list, by which
    /// it is known that the event at that position does not describe it.
    fn unlist(&mut self, lot: &LotId) {
        let left = self.restated.get(lot).map(Statements::len);
        let took_over = self.lot(lot).is_some_and(|known| {
            let standing = self.corrected.get(&known.first_event);
            let statements = self.restated.get(lot);
            let said = statements.and_then(|of| of.get(&known.first_event));
            let booked = standing.map(|standing| standing.since);
            booked.or(said.map(|said| said.position)) != Some(known.first_position)
        });
        if !took_over && left.is_some_and(|left| left < 2) {
            self.restated.remove(lot);
        }
    }

    /// What describes a lot once a statement does not: the earliest other one of the same product.
    pub(super) fn next_description(&self, lot: &LotId, known: &LotRecord) -> Option<Said> {
        let statements = self.restated.get(lot)?;
        let next = statements.earliest_of(known.product).copied();
        next.filter(|next| next.event != known.first_event)
    }

    fn is_twice(&self, event: EventId, payload: &Payload, author: PartyId) -> bool {
        lots_of(author, payload).any(|(lot, _)| {
            let said = self.restated.get(&lot).and_then(|of| of.get(&event));
            said.is_some_and(|said| said.is_twice)
        })
    }
}

fn lots_of(creator: PartyId, payload: &Payload) -> impl Iterator<Item = (LotId, NewLot)> + '_ {
    let lot = move |new: NewLot| LotId {
        creator,
        code: new.lot,
    };
    payload.new_lots().map(move |new| (lot(new), new))
}
