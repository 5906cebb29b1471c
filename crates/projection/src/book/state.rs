//! The book as bytes, for snapshots and the state digest.
//!
//! Invariant: canonical: sorted by id, so that equal books have equal bytes whatever numbers they gave inside. The
//! registry is kept as the positions that made it and read back from the log, which alone is the truth.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::{EventId, LotId, Month, PartyId, Registry, SiteId};
use store::{Entries, StoreFault};

use super::archive::{Archive, ArchivedLot, ArchivedShipment, lot_key};
use super::author::AuthorChain;
use super::counting::{CountBase, Counted};
use super::described::Earlier;
use super::inventory::{InventoryId, Pages};
use super::statements::{Said, Statements};
use super::succeeding::Passed;
use super::{Book, LotRecord, LotSlot, Shipment, Standing};
use crate::amount::Amount;
use crate::event::Event;
use crate::fault::ProjectionFault;
use crate::recall::Recall;

#[derive(Encode, Decode)]
struct BookState {
    size: u64,
    last: Option<(u64, EventId)>,
    registry_positions: Vec<u64>,
    lots: Vec<(LotId, Option<LotRecord>)>,
    sites: Vec<(SiteId, Counted)>,
    stock: Vec<(SiteId, LotId, Amount)>,
    shipments: Vec<(EventId, Shipment)>,
    archived_lots: Vec<(u64, ArchivedLot)>,
    archived_shipments: Vec<(u64, ArchivedShipment)>,
    closed: Vec<(PartyId, Vec<Month>)>,
    counts: Vec<(EventId, CountBase)>,
    passed: Vec<(EventId, Passed)>,
    inventories: BTreeMap<InventoryId, Pages>,
    chains: Vec<(PartyId, AuthorChain)>,
    corrected: Vec<(EventId, Standing)>,
    earlier: Vec<(LotId, Vec<Earlier>)>,
    restated: Vec<(LotId, Vec<Said>)>,
}

fn sorted<K: Copy + Ord, V: Clone>(map: impl IntoIterator<Item = (K, V)>) -> Vec<(K, V)> {
    let mut all: Vec<(K, V)> = map.into_iter().collect();
    all.sort_unstable_by_key(|(key, _)| *key);
    all
}

impl Book {
    pub(crate) fn to_state(&self) -> Vec<u8> {
        let numbers = self.lot_numbers.values();
        let slots = numbers.filter_map(|number| self.lots.get(*number as usize));
        let mut lots: Vec<_> = slots.map(|slot: &LotSlot| (slot.id, slot.record)).collect();
        lots.sort_unstable_by_key(|(id, _)| *id);
        let sites = self.sites_with_stock();
        let stock = sites
            .iter()
            .flat_map(|site| {
                let stock = self.stock_of_site(site);
                stock.into_iter().map(|(lot, amount)| (*site, lot, amount))
            })
            .collect();
        let mut counted: Vec<_> = self
            .sites
            .iter()
            .map(|slot| (slot.id, slot.counted.clone()))
            .collect();
        counted.sort_unstable_by_key(|(site, _)| *site);
        let closed = self
            .closed
            .iter()
            .map(|(party, months)| (*party, months.iter().copied().collect()));
        wire::state::to_bytes(&BookState {
            size: self.size,
            last: self.last,
            registry_positions: self.registry_positions.clone(),
            lots,
            stock,
            sites: counted,
            shipments: sorted(
                self.shipments
                    .iter()
                    .map(|(id, hot)| (*id, hot.shipment.clone())),
            ),
            archived_lots: sorted(self.archive.lots.iter().map(|(key, lot)| (*key, *lot))),
            archived_shipments: sorted(
                self.archive
                    .shipments
                    .iter()
                    .map(|(key, d)| (*key, d.clone())),
            ),
            closed: sorted(closed),
            passed: sorted(self.passed.iter().map(|(act, of)| (*act, of.clone()))),
            counts: sorted(self.counts.iter().map(|(id, c)| (*id, c.clone()))),
            inventories: self.inventories.clone(),
            chains: sorted(self.chains.iter().map(|(party, c)| (*party, c.clone()))),
            corrected: sorted(self.corrected.iter().map(|(id, s)| (*id, s.clone()))),
            restated: sorted(self.restated.iter().map(|(lot, of)| (*lot, of.save()))),
            earlier: sorted(
                self.earlier
                    .iter()
                    .map(|(lot, known)| (*lot, known.clone())),
            ),
        })
    }

    /// A book from snapshot bytes; nothing if they are not the book of this very log.
    pub(crate) fn from_state(
        bytes: &[u8],
        entries: &dyn Entries,
    ) -> Result<Option<Self>, ProjectionFault> {
        let Some(state) = wire::state::from_bytes::<BookState>(bytes) else {
            return Ok(None);
        };
        if state.size > entries.size() || !is_held(entries, state.size, state.last)? {
            return Ok(None);
        }
        let mut book = Self {
            size: state.size,
            last: state.last,
            archive: Archive {
                lots: state.archived_lots.into_iter().collect(),
                shipments: state.archived_shipments.into_iter().collect(),
            },
            recall: Some(Recall::of(entries)),
            counts: state.counts.into_iter().collect(),
            passed: state.passed.into_iter().collect(),
            inventories: state.inventories,
            chains: state.chains.into_iter().collect(),
            corrected: state.corrected.into_iter().collect(),
            earlier: state.earlier.into_iter().collect(),
            restated: state
                .restated
                .into_iter()
                .map(|(lot, said)| (lot, Statements::load(said)))
                .collect(),
            ..Self::default()
        };
        let closed = state.closed.into_iter();
        book.closed = closed
            .map(|(party, months)| (party, months.into_iter().collect()))
            .collect();
        for (id, record) in state.lots {
            let number = book.lots.len() as u32;
            book.lot_numbers.insert(id, number);
            book.lots.push(LotSlot {
                id,
                key: lot_key(&id),
                record,
                sites: Vec::new(),
                held: 0,
            });
        }
        for (site, counted) in state.sites {
            let number = book.site_number(site);
            if let Some(slot) = book.sites.get_mut(number as usize) {
                slot.counted = counted;
            }
        }
        for (site, lot, amount) in state.stock {
            let Some(lot) = book.lot_numbers.get(&lot).copied() else {
                return Ok(None);
            };
            let site = book.site_number(site);
            book.move_stock((site, lot), amount);
        }
        if !book.restore_registry(state.registry_positions, entries)? {
            return Ok(None);
        }
        book.restore_shipments(state.shipments);
        Ok(Some(book))
    }

    fn restore_shipments(&mut self, shipments: Vec<(EventId, Shipment)>) {
        for (id, shipment) in shipments {
            for ruled in &shipment.ruled {
                self.ruled.entry(ruled.by).or_default().insert(id);
            }
            self.shipments.insert(id, shipment.into());
            self.hold(&id);
        }
    }

    fn restore_registry(
        &mut self,
        positions: Vec<u64>,
        entries: &dyn Entries,
    ) -> Result<bool, ProjectionFault> {
        let inside = positions.last().is_none_or(|last| *last < self.size);
        if !inside || !positions.is_sorted_by(|a, b| a < b) {
            return Ok(false);
        }
        for position in &positions {
            let event = read(entries, *position)?;
            if !Registry::concerns(&event.body.payload) {
                return Ok(false);
            }
            self.register(&event);
        }
        self.registry_positions = positions;
        Ok(true)
    }
}

fn read(entries: &dyn Entries, position: u64) -> Result<Event, ProjectionFault> {
    let frame = entries.frame_of(position)?;
    let entry = frame.entry(position).unwrap_or_default();
    Event::decode(position, entry)
}

/// Whether the newest event that a snapshot saw is the newest one held below its size.
fn is_held(
    entries: &dyn Entries,
    size: u64,
    last: Option<(u64, EventId)>,
) -> Result<bool, ProjectionFault> {
    let Some((position, id)) = last else {
        return Ok(size == 0 || !entries.is_whole());
    };
    if position >= size || (entries.is_whole() && position + 1 != size) {
        return Ok(false);
    }
    match read(entries, position) {
        Ok(event) => Ok(event.id == id),
        Err(ProjectionFault::Store(StoreFault::NotHeld { .. })) => Ok(false),
        Err(fault) => Err(fault),
    }
}
