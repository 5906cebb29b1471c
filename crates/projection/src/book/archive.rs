//! What has left the book's memory: lots of which nothing is left, and shipments that are complete.
//!
//! Invariant: what is recalled is what was archived, since it is made again from the same events of the log. A book without
//! a log behind it archives nothing. Memory of what is archived: a few words for each.

use bincode::{Decode, Encode};
use chain::{Context, digest};
use domain::payload::NewLot;
use domain::{EventId, LotId, Payload};
use hashbrown::HashMap;
use store::Entries;

use super::restated::own_lot;
use super::{Act, Book, LotRecord, LotSlot, Origin, Sent, Shipment, Stated};
use crate::event::Event;
use crate::recall::Recall;

/// A lot that is nowhere and not under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(super) struct ArchivedLot {
    /// Of the event that describes it.
    position: u64,
}

/// A complete shipment with nothing odd about it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct ArchivedShipment {
    position: u64,
    /// Of what settled it; nearly always one.
    settled: u64,
    later: Box<[u64]>,
}

/// A shipment with more acts stays in memory: somebody plays with it, and to read them all each time would be his gain.
const ACTS_ARCHIVED_MAX: usize = 8;

/// By the first eight bytes of BLAKE3: of the lot's id, and of the dispatch.
#[derive(Debug, Clone, Default)]
pub(super) struct Archive {
    pub lots: HashMap<u64, ArchivedLot>,
    pub shipments: HashMap<u64, ArchivedShipment>,
}

/// The key under which projections keep a lot when its id would take too much memory. Whoever finds something under it
/// checks that it is of this lot.
pub fn lot_key(lot: &LotId) -> u64 {
    let parts = [lot.creator.as_bytes(), b"/", lot.code.as_str().as_bytes()];
    start_of(&digest(Context::LotKey, &parts))
}

fn start_of(hash: &[u8; 32]) -> u64 {
    hash.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

impl Book {
    /// A book that has seen none of these entries yet, from which it will recall what it archives.
    pub fn over(entries: &dyn Entries) -> Self {
        Self {
            recall: Some(Recall::of(entries)),
            ..Self::default()
        }
    }

    /// As [`Self::over`], and archives nothing.
    #[cfg(test)]
    pub(crate) fn keeping_all(entries: &dyn Entries) -> Self {
        Self {
            keeps_all: true,
            ..Self::over(entries)
        }
    }

    fn archives(&self) -> bool {
        #[cfg(test)]
        if self.keeps_all {
            return false;
        }
        self.recall.is_some()
    }

    /// The log behind the book, to add events that are only being considered.
    pub fn recall_mut(&mut self) -> Option<&mut Recall> {
        self.recall.as_mut()
    }

    /// Puts a log behind a book that has none.
    pub fn set_recall(&mut self, recall: Recall) {
        self.recall = Some(recall);
    }

    /// The log behind the book.
    pub fn recall(&self) -> Option<&Recall> {
        self.recall.as_ref()
    }

    fn event_at(&self, position: u64) -> Option<Event> {
        self.recall.as_ref()?.recall(position)
    }

    /// Archives lots of which nothing is left.
    pub(super) fn archive_lots(&mut self, numbers: impl Iterator<Item = u32>) {
        if !self.archives() {
            return;
        }
        for number in numbers {
            let Some(slot) = self
                .lots
                .get(number as usize)
                .filter(|slot| slot.sites.is_empty() && slot.held == 0)
            else {
                continue;
            };
            if self.lot_numbers.get(&slot.id) != Some(&number) {
                continue;
            }
            let key = slot.key;
            if let Some(record) = &slot.record {
                let archived = ArchivedLot {
                    position: record.first_position,
                };
                // Booked again where another event was corrected: that event does not describe it.
                let standing = self.corrected.get(&record.first_event);
                if standing.is_some_and(|standing| standing.is_rebooked) {
                    continue;
                }
                // Nor is a lot that another statement may describe next.
                if self.restated.contains_key(&slot.id) {
                    continue;
                }
                // Another lot under this key keeps it; then this one stays in memory.
                if self.archive.lots.contains_key(&key) {
                    continue;
                }
                self.archive.lots.insert(key, archived);
            }
            let id = slot.id;
            self.lot_numbers.remove(&id);
            self.free_lots.push(number);
        }
    }

    /// What is known of an archived lot.
    pub(super) fn archived_lot(&self, id: &LotId) -> Option<LotRecord> {
        if self.archive.lots.is_empty() {
            return None;
        }
        self.archived_under(lot_key(id), id)
    }

    fn archived_under(&self, key: u64, id: &LotId) -> Option<LotRecord> {
        let archived = self.archive.lots.get(&key)?;
        let event = self.event_at(archived.position)?;
        record_of(&event, id)
    }

    /// Takes a lot out of the archive.
    pub(super) fn revive_lot(&mut self, id: LotId) -> LotSlot {
        let key = lot_key(&id);
        let known = self.archived_under(key, &id);
        if known.is_some() {
            self.archive.lots.remove(&key);
        }
        LotSlot {
            id,
            key,
            record: known,
            sites: Vec::new(),
            held: 0,
        }
    }

    /// Archives a shipment if nothing more is to come of it, and nobody has to be asked about it.
    pub(super) fn archive_shipment(&mut self, id: &EventId) {
        let Some(hot) = self.shipments.get(id) else {
            return;
        };
        let shipment = &hot.shipment;
        let is_empty = shipment.acts.is_empty() && shipment.beyond.is_empty();
        if shipment.sent.is_none() && is_empty && shipment.claim.is_none() {
            self.shipments.remove(id);
            return;
        }
        // Before it is asked whether anything is odd, so that many acts cost nothing.
        let is_done = shipment.acts.len() <= ACTS_ARCHIVED_MAX && shipment.is_complete();
        let Some(sent) = shipment.sent.filter(|_| is_done && self.archives()) else {
            return;
        };
        let ids = shipment.acts.iter().map(|act| &act.id).chain([id]);
        let is_corrected = ids.into_iter().any(|id| self.corrected.contains_key(id));
        if is_corrected || self.is_odd(shipment) {
            return;
        }
        let key = start_of(&id.0);
        let mut settled = shipment.acts.iter().map(|act| act.position);
        let Some(first) = settled.next() else {
            return;
        };
        let later = settled.collect();
        if self.archive.shipments.contains_key(&key) {
            return;
        }
        let archived = ArchivedShipment {
            position: sent.position,
            settled: first,
            later,
        };
        self.archive.shipments.insert(key, archived);
        self.shipments.remove(id);
    }

    /// What is known of an archived shipment.
    pub(super) fn archived_shipment(&self, id: &EventId) -> Option<Shipment> {
        let archived = self.archive.shipments.get(&start_of(&id.0))?;
        self.rebuild(id, archived)
    }

    /// Takes a shipment out of the archive, if it is there.
    pub(super) fn revive_shipment(&mut self, id: &EventId) {
        if self.shipments.contains_key(id) {
            return;
        }
        if let Some(shipment) = self.archived_shipment(id) {
            self.archive.shipments.remove(&start_of(&id.0));
            self.shipments.insert(*id, shipment.into());
        }
    }

    fn rebuild(&self, id: &EventId, archived: &ArchivedShipment) -> Option<Shipment> {
        let event = self
            .event_at(archived.position)
            .filter(|event| event.id == *id)?;
        let Payload::ShipmentDispatched(sent) = &event.body.payload else {
            return None;
        };
        let mut shipment = Shipment::default();
        shipment.open(
            Sent::of(sent, event.body.author, event.body.occurred, event.position),
            sent,
        );
        for position in [&archived.settled].into_iter().chain(archived.later.iter()) {
            let event = self.event_at(*position)?;
            let stated = Stated {
                by: event.id,
                at: event.position,
                booked_at: event.position,
                occurred: event.body.occurred,
                author: event.body.author,
            };
            shipment.acts.push(Act::of(stated, event.body.payload));
        }
        shipment.book_all();
        Some(shipment)
    }
}

/// How an event describes a lot, if it does.
fn record_of(event: &Event, id: &LotId) -> Option<LotRecord> {
    let payload = match &event.body.payload {
        Payload::EventCorrected(correction) => correction.replacement.as_ref()?.payload(),
        payload => payload,
    };
    let (stated_by, occurred) = match &event.body.payload {
        Payload::EventCorrected(correction) => {
            let original = wire::decode_body(&correction.corrected).ok()?;
            (wire::event_id(&correction.corrected), original.occurred)
        }
        _ => (event.id, event.body.occurred),
    };
    if id.creator != event.body.author {
        return None;
    }
    let is_it = |new: &NewLot| {
        let lot = LotId {
            code: new.lot,
            ..*id
        };
        lot == *id || own_lot(lot, &stated_by) == *id
    };
    let new = payload.new_lots().find(is_it)?;
    Some(LotRecord {
        product: new.product,
        composition: new.composition,
        origin: Origin::of(payload)?,
        first_event: stated_by,
        first_position: event.position,
        occurred,
    })
}
