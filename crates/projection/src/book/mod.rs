//! The book: what every projection shares, folded once. Registry, lots, stock, shipments under way, closed months.
//!
//! Invariant: stock is the sum of the movements that [`Book::apply`] handed to the folds. The rule how an event moves
//! stock stands in `movements.rs` and nowhere else. Judges nothing: findings are for the folds.

mod archive;
mod author;
mod column;
mod counting;
mod dated;
mod described;
mod dispatch;
mod movements;
mod queries;
mod settle;
mod state;

pub use archive::lot_key;
pub use column::{Column, Measure, Movement};
pub use dated::{LicenceTerm, PartyTerm, Succession};
pub use dispatch::{Dispatch, SettledLine, Settlement, TransitLine};

use std::collections::BTreeSet;

use bincode::{Decode, Encode};
use domain::payload::{ActAnnulled, EventCorrected, Process, RecoverySource, ScrapSource};
use domain::{
    Body, Composition, Country, EventId, LotId, Moment, Month, OreKind, PartyId, Payload, Product,
    Registry, SiteId,
};
use hashbrown::HashMap;

use archive::Archive;
use author::AuthorChain;
use counting::{CountBase, Counted};
use dated::Dated;
use described::Earlier;

use crate::amount::Amount;
use crate::event::{Event, Fact};
use crate::recall::Recall;
use crate::trust::TrustingKeys;

/// How a lot came into being.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Origin {
    /// Opening stock.
    Declared,
    Mined(OreKind),
    Imported(Country),
    Collected(ScrapSource),
    Recovered(RecoverySource),
    Processed(Process),
}

impl Origin {
    /// How the lots of a fact came into being, if it brings any forth.
    pub const fn of(payload: &Payload) -> Option<Self> {
        Some(match payload {
            Payload::OpeningStockDeclared(_) => Self::Declared,
            Payload::LotMined(p) => Self::Mined(p.ore),
            Payload::LotImported(p) => Self::Imported(p.country),
            Payload::ScrapCollected(p) => Self::Collected(p.source),
            Payload::LotRecovered(p) => Self::Recovered(p.source),
            Payload::LotProcessed(p) => Self::Processed(p.process),
            _ => return None,
        })
    }
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
    /// Sites that have some of it, and lines of open shipments that hold some.
    live: u32,
}

/// What stands in place of a corrected event.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Standing {
    /// Position of the correction.
    since: u64,
    /// Nothing if the event did not occur.
    payload: Option<Payload>,
}

/// A shipment in memory.
#[derive(Debug, Clone)]
struct HotDispatch {
    dispatch: Dispatch,
    /// Numbers of the lots that are under way with it.
    held: Vec<u32>,
}

impl From<Dispatch> for HotDispatch {
    fn from(dispatch: Dispatch) -> Self {
        let held = Vec::new();
        Self { dispatch, held }
    }
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
    /// Position and id of the newest event applied.
    last: Option<(u64, EventId)>,
    registry: Registry,
    /// Positions of the events that made the registry: a snapshot keeps these, not a second spelling of it.
    registry_positions: Vec<u64>,
    /// The register by days, made of the same events.
    dated: Dated,
    lot_numbers: HashMap<LotId, u32>,
    lots: Vec<LotSlot>,
    site_numbers: HashMap<SiteId, u32>,
    sites: Vec<SiteSlot>,
    /// Numbers of slots that are free again.
    free_lots: Vec<u32>,
    /// Open ones, and corrected ones; others are archived.
    dispatches: HashMap<EventId, HotDispatch>,
    archive: Archive,
    recall: Option<Recall>,
    closed: HashMap<PartyId, BTreeSet<Month>>,
    counts: HashMap<EventId, CountBase>,
    /// By author and seq, the position: whether a corrected event was ever recorded, so that nobody gains stock by
    /// reversing a loss that the log never saw.
    chains: HashMap<PartyId, AuthorChain>,
    corrected: HashMap<EventId, Standing>,
    /// Descriptions of lots that a correction replaced or took back, oldest first.
    earlier: HashMap<LotId, Vec<Earlier>>,
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
            Payload::ActAnnulled(annulment) => self.annul(event, annulment, each),
            payload => {
                let origin = Stated {
                    author: event.body.author,
                    by: event.id,
                    at: event.position,
                    booked_at: event.position,
                    occurred: event.body.occurred,
                };
                let fact = self.fact(event, origin, 1, payload);
                self.step(&fact, each);
            }
        }
        if Registry::concerns(&event.body.payload) {
            self.register(event);
            self.registry_positions.push(event.position);
        }
        let chain = self.chains.entry(event.body.author).or_default();
        chain.add(event.body.seq, event.position);
        self.size = event.position + 1;
        self.last = Some((event.position, event.id));
    }

    /// The log goes on to this size, and nothing of what lies between is held.
    pub fn reach(&mut self, size: u64) {
        self.size = self.size.max(size);
    }

    /// Takes an act into the registry.
    fn register(&mut self, event: &Event) {
        let (position, received) = (event.position, event.received);
        self.registry
            .apply(position, received, event.id, &event.body, &TrustingKeys);
        self.dated.apply(event);
    }

    /// An act that is taken back is reversed like a corrected event. Who may take it back, admission has asked.
    fn annul(
        &mut self,
        event: &Event,
        annulment: &ActAnnulled,
        each: &mut dyn FnMut(&Self, &Fact<'_>, &[Movement]),
    ) {
        let id = wire::event_id(&annulment.annulled);
        let Ok(annulled) = wire::decode_body(&annulment.annulled) else {
            return;
        };
        if self.registry.annulled_at(&id).is_some() {
            return;
        }
        // An extract may hold the annulment and not the act.
        let Some(at) = self.recorded_at(&annulled, &id) else {
            return;
        };
        let origin = Stated {
            author: annulled.author,
            by: id,
            at,
            booked_at: at,
            occurred: annulled.occurred,
        };
        let fact = self.fact(event, origin, -1, &annulled.payload);
        self.step(&fact, each);
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
        let recorded = self.recorded_at(&original, &id);
        let Some(at) = recorded.filter(|_| original.author == event.body.author) else {
            return;
        };
        let standing = self.corrected.remove(&id).unwrap_or(Standing {
            since: at,
            payload: Some(original.payload),
        });
        let mut origin = Stated {
            author: event.body.author,
            by: id,
            at,
            booked_at: standing.since,
            occurred: original.occurred,
        };
        if let Some(payload) = &standing.payload {
            let fact = self.fact(event, origin, -1, payload);
            self.step(&fact, each);
        }
        let replacement = correction
            .replacement
            .as_ref()
            .map(|replacement| replacement.payload().clone());
        if let Some(payload) = &replacement {
            origin.booked_at = event.position;
            let fact = self.fact(event, origin, 1, payload);
            self.step(&fact, each);
        }
        let standing = Standing {
            since: event.position,
            payload: replacement,
        };
        self.corrected.insert(id, standing);
    }

    /// Where the log holds an event. A book without a log behind it believes the chain of its author.
    fn recorded_at(&self, body: &Body, id: &EventId) -> Option<u64> {
        let position = self.chains.get(&body.author)?.position(body.seq)?;
        let Some(recall) = &self.recall else {
            return Some(position);
        };
        recall
            .recall(position)
            .filter(|event| event.id == *id)
            .map(|_| position)
    }

    fn fact<'a>(&self, event: &Event, origin: Stated, sign: i8, payload: &'a Payload) -> Fact<'a> {
        let happened_in = self.registry.zone().month_of(origin.occurred);
        Fact {
            position: event.position,
            received: event.received,
            author: origin.author,
            occurred: origin.occurred,
            happened_in,
            month: self.open_month(&origin.author, happened_in),
            stated_by: origin.by,
            stated_at: origin.at,
            booked_at: origin.booked_at,
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
        self.archive_lots(moves.iter().map(|step| step.slot.1));
        self.moves = moves;
    }
}

/// Where a statement was made.
#[derive(Clone, Copy)]
struct Stated {
    author: PartyId,
    by: EventId,
    at: u64,
    booked_at: u64,
    occurred: Moment,
}
