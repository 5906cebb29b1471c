//! The book: what every projection shares, folded once. Registry, lots, stock, shipments under way, closed months.
//!
//! Invariant: stock is the sum of the movements that [`Book::apply`] handed to the folds. The rule how an event moves
//! stock stands in `movements.rs` and nowhere else. Judges nothing: findings are for the folds.

mod column;
mod counting;
mod dispatch;
mod movements;
mod queries;
mod settle;
mod state;

pub use column::{Column, Measure, Movement};
pub use dispatch::{Dispatch, SettledLine, Settlement, TransitLine};

use std::collections::BTreeSet;

use bincode::{Decode, Encode};
use domain::payload::{EventCorrected, Process, ScrapSource};
use domain::{
    Body, Composition, Country, EventId, LotId, Moment, Month, OreKind, PartyId, Payload, Product,
    Registry, SiteId,
};
use hashbrown::HashMap;

use counting::{CountBase, Counted};

use crate::amount::Amount;
use crate::event::{Event, Fact};
use crate::trust::TrustingKeys;

/// How a lot came into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Origin {
    /// Opening stock.
    Declared,
    Mined(OreKind),
    Imported(Country),
    Collected(ScrapSource),
    Processed(Process),
}

/// What is known of a lot. Its creator is part of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct LotRecord {
    pub product: Product,
    pub composition: Option<Composition>,
    pub origin: Origin,
    /// The first event that brought it forth.
    pub first_event: EventId,
    pub first_position: u64,
}

/// A lot that was ever named, known or not.
#[derive(Debug, Clone)]
struct LotSlot {
    id: LotId,
    record: Option<LotRecord>,
    /// Statements that create it and stand; usually one.
    statements: u32,
}

/// Stock of one site by lot number; a lot that is not there has none.
#[derive(Debug, Clone)]
struct SiteSlot {
    id: SiteId,
    stock: HashMap<u32, Amount>,
    counted: Counted,
}

/// The shared context of all folds after some position.
#[derive(Debug, Clone, Default)]
pub struct Book {
    size: u64,
    last: Option<EventId>,
    registry: Registry,
    /// Positions of the events that made the registry: a snapshot keeps these, not a second spelling of it.
    registry_positions: Vec<u64>,
    lot_numbers: HashMap<LotId, u32>,
    lots: Vec<LotSlot>,
    site_numbers: HashMap<SiteId, u32>,
    sites: Vec<SiteSlot>,
    dispatches: HashMap<EventId, Box<Dispatch>>,
    closed: HashMap<PartyId, BTreeSet<Month>>,
    counts: HashMap<EventId, CountBase>,
    /// By author and seq, the first eight bytes of the id: whether a corrected event was ever recorded. Eight bytes an
    /// event, so that nobody gains stock by reversing a loss that the log never saw.
    chains: HashMap<PartyId, Vec<[u8; 8]>>,
    /// What stands in place of a corrected event; nothing if it did not occur.
    corrected: HashMap<EventId, Option<Payload>>,
    /// Kept between events so that a step allocates nothing.
    moves: Vec<Movement>,
    settled: Vec<SettledLine>,
}

impl Book {
    /// Applies the next event of the log. `each` is called for every fact in it, with the book as it was before the
    /// fact (new lots are registered already) and the movements of stock that the fact causes.
    pub fn apply(&mut self, event: &Event, each: &mut dyn FnMut(&Self, &Fact<'_>, &[Movement])) {
        match &event.body.payload {
            Payload::EventCorrected(correction) => self.correct(event, correction, each),
            payload => {
                let fact = self.fact(event, event.id, event.body.occurred, 1, payload);
                self.step(&fact, each);
            }
        }
        if Registry::concerns(&event.body.payload) {
            self.registry
                .apply(event.position, &event.body, &TrustingKeys);
            self.registry_positions.push(event.position);
        }
        // Seqs are dense from 0; admission saw to it.
        self.chains
            .entry(event.body.author)
            .or_default()
            .push(id_start(&event.id));
        self.size = event.position + 1;
        self.last = Some(event.id);
    }

    /// A correction names the original event, whichever correction it is; what is reversed is what stands by now.
    fn correct(
        &mut self,
        event: &Event,
        correction: &EventCorrected,
        each: &mut dyn FnMut(&Self, &Fact<'_>, &[Movement]),
    ) {
        let id = wire::event_id(&correction.corrected);
        // Admitted corrections decode; whether the log ever held what they correct, admission does not ask.
        let Ok(original) = wire::decode_body(&correction.corrected) else {
            return;
        };
        if original.author != event.body.author || !self.was_recorded(&original, &id) {
            return;
        }
        let occurred = original.occurred;
        let standing = match self.corrected.remove(&id) {
            Some(standing) => standing,
            None => Some(original.payload),
        };
        if let Some(payload) = &standing {
            let fact = self.fact(event, id, occurred, -1, payload);
            self.step(&fact, each);
        }
        let replacement = correction
            .replacement
            .as_ref()
            .map(|replacement| replacement.payload().clone());
        if let Some(payload) = &replacement {
            let fact = self.fact(event, id, occurred, 1, payload);
            self.step(&fact, each);
        }
        self.corrected.insert(id, replacement);
    }

    fn was_recorded(&self, body: &Body, id: &EventId) -> bool {
        let chain = self.chains.get(&body.author);
        let seq = usize::try_from(body.seq).ok();
        let recorded = chain.zip(seq).and_then(|(chain, seq)| chain.get(seq));
        recorded == Some(&id_start(id))
    }

    fn fact<'a>(
        &self,
        event: &Event,
        stated_by: EventId,
        occurred: Moment,
        sign: i8,
        payload: &'a Payload,
    ) -> Fact<'a> {
        let happened_in = self.registry.zone().month_of(occurred);
        Fact {
            position: event.position,
            received: event.received,
            author: event.body.author,
            occurred,
            happened_in,
            month: self.open_month(&event.body.author, happened_in),
            stated_by,
            cause: event.id,
            sign,
            payload,
        }
    }

    fn step(&mut self, fact: &Fact<'_>, each: &mut dyn FnMut(&Self, &Fact<'_>, &[Movement])) {
        let mut moves = std::mem::take(&mut self.moves);
        moves.clear();
        self.settled.clear();
        self.prepare(fact, &mut moves);
        self.pin(fact, &mut moves);
        each(self, fact, &moves);
        self.settle(fact, &moves);
        self.moves = moves;
    }
}

fn id_start(id: &EventId) -> [u8; 8] {
    let mut start = [0; 8];
    start.copy_from_slice(&id.0[..8]);
    start
}
