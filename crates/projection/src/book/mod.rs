//! The book: what every projection shares, folded once. Registry, lots, stock, shipments under way, closed months.
//!
//! Invariant: stock is the sum of the movements that [`Book::apply`] handed to the folds. The rule how an event moves
//! stock stands in `movements.rs` and nowhere else. Judges nothing: findings are for the folds.

mod account;
mod archive;
mod author;
mod claim;
mod column;
mod counting;
mod dated;
mod described;
mod disputes;
mod movements;
mod queries;
mod relabel;
mod restated;
mod settle;
mod shipping;
mod state;
mod statements;
mod succeeding;

pub use account::{AccountLine, Act, Claim, Sent, SettledLine, Shipment};
pub use archive::lot_key;
pub use column::{Column, Measure, Movement};
pub use dated::{LicenceTerm, PartyTerm, Succession};
pub use queries::Statement;
pub use restated::own_lot;
pub use statements::{Again, Restated};
#[cfg(test)]
pub(crate) use {disputes::dispute, shipping::shipment_of};

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use domain::payload::{ActAnnulled, EventCorrected, Process, RecoverySource, ScrapSource};
use domain::{
    Body, Bytes32, Composition, Country, EventId, LotId, Moment, Month, OreKind, PartyId, Payload,
    Product, Registry, SiteId,
};
use hashbrown::HashMap;

use archive::Archive;
use author::AuthorChain;
use counting::{CountBase, Counted};
use dated::Dated;
use described::Earlier;
use statements::Statements;
use succeeding::Passed;

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
    /// The first event that creates it, and when that occurred.
    pub first_event: EventId,
    pub first_position: u64,
    pub occurred: Moment,
}

/// A lot that was ever named, known or not.
#[derive(Debug, Clone)]
struct LotSlot {
    id: LotId,
    /// Of [`lot_key`].
    key: u64,
    record: Option<LotRecord>,
    /// Numbers of the sites that have some of it.
    sites: Vec<u32>,
    /// Lines of open shipments that hold some.
    held: u32,
}

/// What stands of an event that was corrected, or booked again when another one was.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Standing {
    /// Position of the event itself.
    at: u64,
    /// Position of the correction.
    since: u64,
    /// Whether the correction was of another event.
    is_rebooked: bool,
    /// Nothing if the event did not occur.
    payload: Option<Payload>,
}

/// A shipment in memory.
#[derive(Debug, Clone, Default)]
struct HotShipment {
    shipment: Shipment,
    /// Numbers of the lots that are under way with it.
    held: Vec<u32>,
    /// Findings that its claims raise, by the correction.
    disputes: BTreeMap<EventId, Bytes32>,
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
    /// Those that are open, corrected or odd; others are archived.
    shipments: HashMap<EventId, HotShipment>,
    /// Shipments in dispute, by the finding; and those that a ruling settled, by the ruling.
    disputes: HashMap<Bytes32, BTreeSet<EventId>>,
    ruled: HashMap<EventId, BTreeSet<EventId>>,
    archive: Archive,
    recall: Option<Recall>,
    #[cfg(test)]
    keeps_all: bool,
    closed: HashMap<PartyId, BTreeSet<Month>>,
    counts: HashMap<EventId, CountBase>,
    /// Stock that passed to a successor, by the act.
    passed: BTreeMap<EventId, Passed>,
    /// By author and seq, the position: whether a corrected event was ever recorded, so that nobody gains stock by
    /// reversing a loss that the log never saw.
    chains: HashMap<PartyId, AuthorChain>,
    corrected: HashMap<EventId, Standing>,
    /// Statements of lots that several events state.
    restated: HashMap<LotId, Statements>,
    /// Descriptions of lots that a correction replaced or took back, oldest first.
    earlier: HashMap<LotId, Vec<Earlier>>,
    /// What the event at hand says something of: itself, or the event that it corrects or annuls.
    about: Option<EventId>,
    /// Kept between events so that a step allocates nothing.
    moves: Vec<Movement>,
    /// Of the correction at hand: lots that it takes back and states again, with the product until then; and of the fact at
    /// hand, numbers of lots whose product changes.
    continuing: Vec<LotId>,
    /// Of the event at hand: numbers of the lots that moved. What stands of a lot is clear only after all of its facts.
    touched: Vec<u32>,
    pending: Vec<(LotId, Product)>,
    renamed: Vec<(u32, Option<Product>)>,
    /// What the act at hand settles, where that was worked out before.
    given: Option<Vec<SettledLine>>,
    /// What the fact at hand changes of what is under way, and of differences at receipt.
    shift: (Amount, Amount),
}

/// Facts that rest on others, and those that stand alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Rests on the other words about its shipment.
    Shipment,
    /// Creates lots, so it rests on who created them before.
    Lots,
    Other,
}

impl Kind {
    const fn of(payload: &Payload) -> Self {
        match payload {
            Payload::ShipmentDispatched(_)
            | Payload::ShipmentReceived(_)
            | Payload::ShipmentWithdrawn(_) => Self::Shipment,
            _ if Origin::of(payload).is_some() => Self::Lots,
            _ => Self::Other,
        }
    }
}

/// What is told of every fact.
type Each<'a> = &'a mut dyn FnMut(&Book, &Fact<'_>, &[Movement]);

impl Book {
    /// Applies the next event of the log. `each` is called for every fact in it, with the book as it was before the
    /// fact (descriptions of lots and the accounts of shipments are up to date already) and the movements of stock that the fact
    /// causes.
    pub fn apply(&mut self, event: &Event, each: &mut dyn FnMut(&Self, &Fact<'_>, &[Movement])) {
        self.about = Some(event.id);
        match &event.body.payload {
            Payload::EventCorrected(correction) => self.correct(event, correction, each),
            Payload::ActAnnulled(annulment) => self.annul(event, annulment, each),
            payload => {
                let stated = Stated {
                    by: event.id,
                    at: event.position,
                    booked_at: event.position,
                    occurred: event.body.occurred,
                    author: event.body.author,
                };
                match Kind::of(payload) {
                    Kind::Shipment => self.say_shipment(event, stated, payload, each),
                    Kind::Lots => self.say_lots(event, stated, payload, each),
                    Kind::Other => {
                        let fact = self.fact(event, stated, 1, payload);
                        self.step(&fact, each);
                    }
                }
                if let Payload::FindingRuled(act) = payload {
                    self.rule_on_dispute(event, &act.finding, act.ruling, each);
                }
            }
        }
        let mut touched = std::mem::take(&mut self.touched);
        self.archive_lots(touched.drain(..));
        self.touched = touched;
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
        self.about = Some(id);
        let origin = Stated {
            author: annulled.author,
            by: id,
            at,
            booked_at: at,
            occurred: annulled.occurred,
        };
        let fact = self.fact(event, origin, -1, &annulled.payload);
        self.step(&fact, each);
        if matches!(annulled.payload, Payload::FindingRuled(_)) {
            self.unrule(event, &id, each);
        }
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
        self.about = Some(id);
        let standing = self.corrected.remove(&id).unwrap_or(Standing {
            at,
            since: at,
            is_rebooked: false,
            payload: Some(original.payload),
        });
        let stated = Stated {
            by: id,
            at,
            booked_at: standing.since,
            occurred: original.occurred,
            author: original.author,
        };
        let replacement = correction
            .replacement
            .as_ref()
            .map(|replacement| replacement.payload().clone());
        // What is corrected is never read from its event again, so this is noted before anything is booked.
        let now = Standing {
            at,
            since: event.position,
            is_rebooked: false,
            payload: replacement.clone(),
        };
        self.corrected.insert(id, now);
        let words = [standing.payload.as_ref(), replacement.as_ref()];
        let part = |kind| words.map(|word| word.filter(|word| Kind::of(word) == kind));
        if let [Some(payload), _] = part(Kind::Other) {
            let fact = self.fact(event, stated, -1, payload);
            self.step(&fact, each);
        }
        let shipments = part(Kind::Shipment);
        if shipments.iter().any(Option::is_some) {
            self.correct_shipment(event, stated, shipments.into(), each);
        }
        let lots = part(Kind::Lots);
        if lots.iter().any(Option::is_some) {
            self.correct_lots(event, stated, lots.into(), each);
        }
        if let [_, Some(payload)] = part(Kind::Other) {
            let stated = Stated {
                booked_at: event.position,
                ..stated
            };
            let fact = self.fact(event, stated, 1, payload);
            self.step(&fact, each);
        }
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

    fn fact<'a>(&self, event: &Event, stated: Stated, sign: i8, payload: &'a Payload) -> Fact<'a> {
        let day = self.registry.zone().day_of(stated.occurred);
        let happened_in = day.month();
        Fact {
            position: event.position,
            received: event.received,
            author: stated.author,
            occurred: stated.occurred,
            day,
            happened_in,
            month: self.open_month(&stated.author, happened_in),
            stated_by: stated.by,
            stated_at: stated.at,
            booked_at: stated.booked_at,
            cause: event.id,
            is_derived: self.about != Some(stated.by),
            sign,
            payload,
        }
    }

    fn step(&mut self, fact: &Fact<'_>, each: &mut dyn FnMut(&Self, &Fact<'_>, &[Movement])) {
        let mut moves = std::mem::take(&mut self.moves);
        moves.clear();
        self.shift = Default::default();
        self.prepare(fact, &mut moves);
        self.pin(fact, &mut moves);
        self.relabel(fact, &mut moves);
        each(self, fact, &moves);
        self.settle(fact, &moves);
        self.touched.extend(moves.iter().map(|step| step.slot.1));
        self.moves = moves;
    }
}

/// Where, when and by whom a statement was made.
#[derive(Clone, Copy)]
struct Stated {
    by: EventId,
    at: u64,
    booked_at: u64,
    occurred: Moment,
    author: PartyId,
}
