//! Questions that folds and reports ask of the book.
//!
//! Invariant: answers are of the book as it stands; nothing here changes it. Lists are sorted.

use domain::{Code, EventId, LotId, Moment, Month, PartyId, Payload, Registry, SiteId};

use super::{Book, Dispatch, LotRecord, Movement};
use crate::amount::Amount;

impl Book {
    /// Size of the log that the book covers.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Position of the newest event that the book has seen; below `size - 1` where the entries at the end are not held.
    pub fn last_position(&self) -> Option<u64> {
        self.last.map(|(position, _)| position)
    }

    /// Parties, keys, licences and rules.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What is known of a lot; nothing if no standing event created it. A lot of which nothing is left is read from the
    /// log again.
    pub fn lot(&self, lot: &LotId) -> Option<LotRecord> {
        match self.lot_numbers.get(lot) {
            Some(number) => self.lots.get(*number as usize)?.record,
            None => self.archived_lot(lot).map(|(record, _)| record),
        }
    }

    /// Stock of a lot at a site of a party.
    pub fn stock(&self, party: &PartyId, site: &Code, lot: &LotId) -> Amount {
        let site = SiteId {
            party: *party,
            code: *site,
        };
        let found = self
            .site_numbers
            .get(&site)
            .and_then(|number| self.sites.get(*number as usize));
        let lot = self.lot_numbers.get(lot);
        found
            .zip(lot)
            .and_then(|(site, lot)| site.stock.get(lot).copied())
            .unwrap_or_default()
    }

    /// Stock that a movement changes, as it is before the fact: the quick way for folds.
    pub fn stock_before(&self, step: &Movement) -> Amount {
        let (site, lot) = step.slot;
        let site = self.sites.get(site as usize);
        site.and_then(|site| site.stock.get(&lot).copied())
            .unwrap_or_default()
    }

    /// Stock of a site by lot, without lots of which there is nothing.
    pub fn stock_of_site(&self, site: &SiteId) -> Vec<(LotId, Amount)> {
        let slot = self
            .site_numbers
            .get(site)
            .and_then(|number| self.sites.get(*number as usize));
        let mut stock: Vec<_> = slot
            .into_iter()
            .flat_map(|slot| &slot.stock)
            .filter_map(|(lot, amount)| Some((self.lots.get(*lot as usize)?.id, *amount)))
            .collect();
        stock.sort_unstable_by_key(|(lot, _)| *lot);
        stock
    }

    /// Every site that stock was ever moved at, by id.
    pub fn sites_with_stock(&self) -> Vec<SiteId> {
        let mut sites: Vec<_> = self.sites.iter().map(|slot| slot.id).collect();
        sites.sort_unstable();
        sites
    }

    /// A shipment by the id of its dispatch: any that is open, and one that the fact at hand refers to. Nothing if the
    /// dispatch is unknown or did not occur.
    pub fn dispatch(&self, id: &EventId) -> Option<&Dispatch> {
        let known = self.dispatches.get(id).map(|hot| &hot.dispatch);
        known.filter(|dispatch| dispatch.stands)
    }

    /// A shipment, complete ones too, which are read from the log again; nothing if the dispatch is unknown or did not
    /// occur.
    pub fn shipment(&self, id: &EventId) -> Option<Dispatch> {
        let hot = self.dispatches.get(id).map(|hot| hot.dispatch.clone());
        hot.or_else(|| self.archived_dispatch(id))
            .filter(|dispatch| dispatch.stands)
    }

    /// Who sent a shipment that the fact at hand refers to, even if the dispatch was corrected away.
    pub fn shipper(&self, id: &EventId) -> Option<PartyId> {
        self.dispatches.get(id).map(|hot| hot.dispatch.shipper)
    }

    /// Shipments of which something is under way, by id of the dispatch.
    pub fn open_dispatches(&self) -> Vec<(EventId, &Dispatch)> {
        let open = self
            .dispatches
            .iter()
            .filter(|(_, hot)| hot.dispatch.stands && !hot.dispatch.is_complete());
        let mut open: Vec<_> = open.map(|(id, hot)| (*id, &hot.dispatch)).collect();
        open.sort_unstable_by_key(|(id, _)| *id);
        open
    }

    /// Whether the party's figures of the month are settled: it has closed that month or a later one.
    pub fn is_closed(&self, party: &PartyId, month: Month) -> bool {
        self.last_closed(party).is_some_and(|last| month <= last)
    }

    fn last_closed(&self, party: &PartyId) -> Option<Month> {
        self.closed.get(party)?.last().copied()
    }

    /// What stands in the place of an event that was corrected: the position of the correction, and the replacement if the
    /// event did occur. Nothing of an event that stands as it was recorded.
    pub fn standing(&self, event: &EventId) -> Option<(u64, Option<&Payload>)> {
        let standing = self.corrected.get(event)?;
        Some((standing.since, standing.payload.as_ref()))
    }

    /// Whether a month can be closed by an event received at `received`: it must be over, or a slip of the pen would
    /// move years of figures.
    pub fn is_over(&self, month: Month, received: Moment) -> bool {
        month < self.registry.zone().month_of(received)
    }

    /// The month in which something that happened at `occurred` changes the party's figures now: its own, or the one
    /// after the last month that the party has closed. A month that was skipped is settled too, since the opening of
    /// the closed one rests on it.
    pub fn posting_month(&self, party: &PartyId, occurred: Moment) -> Month {
        self.open_month(party, self.registry.zone().month_of(occurred))
    }

    pub(super) fn open_month(&self, party: &PartyId, month: Month) -> Month {
        let settled = self.last_closed(party).filter(|last| month <= *last);
        settled.map_or(month, Month::next)
    }
}
