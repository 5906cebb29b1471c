//! Questions that folds and reports ask of the book.
//!
//! Invariant: answers are of the book as it stands; nothing here changes it. Lists are sorted.

use domain::{Code, EventId, LotId, Moment, Month, PartyId, Payload, Registry, SiteId};

use super::{Act, Book, LotRecord, Movement, Sent, Shipment};
use crate::amount::Amount;

/// A statement that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The original event.
    pub by: EventId,
    pub author: PartyId,
    pub occurred: Moment,
    /// Position of what put it there: the event itself, or a correction.
    pub booked_at: u64,
    pub payload: Payload,
}

impl Book {
    /// What stands by now of the event at a position: what it states, or what was put in its place; nothing if it did not
    /// occur after all, or if there is no log behind the book.
    pub fn statement_at(&self, at: u64) -> Option<Statement> {
        let event = self.recall.as_ref()?.recall(at)?;
        let standing = self.corrected.get(&event.id);
        let payload = match standing {
            Some(standing) => standing.payload.clone()?,
            None => event.body.payload,
        };
        Some(Statement {
            by: event.id,
            author: event.body.author,
            occurred: event.body.occurred,
            booked_at: standing.map_or(at, |standing| standing.since),
            payload,
        })
    }

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
            None => self.archived_lot(lot),
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

    /// The account of a shipment that the fact at hand is about.
    pub fn shipment_at_hand(&self, id: &EventId) -> Option<&Shipment> {
        self.shipments.get(id).map(|hot| &hot.shipment)
    }

    /// A shipment by the id of its dispatch; one that is complete is read from the log again.
    pub fn shipment(&self, id: &EventId) -> Option<Shipment> {
        let hot = self.shipments.get(id).map(|hot| hot.shipment.clone());
        hot.or_else(|| self.archived_shipment(id))
    }

    /// Shipments that somebody has to be asked about, by id of the dispatch: open ones, and those where words do not fit
    /// together.
    pub fn shipments_at_issue(&self) -> Vec<(EventId, &Shipment)> {
        let hot = self.shipments.iter();
        let mut all: Vec<_> = hot.map(|(id, hot)| (*id, &hot.shipment)).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// Shipments of which something is under way, by id of the dispatch.
    pub fn open_shipments(&self) -> impl Iterator<Item = (EventId, Sent, &Shipment)> {
        let all = self.shipments_at_issue().into_iter();
        let open = all.filter(|(_, shipment)| shipment.is_open());
        open.filter_map(|(id, shipment)| Some((id, shipment.sent?, shipment)))
    }

    /// What the fact at hand changes of what is under way, and of differences at receipt.
    pub fn shift(&self) -> (Amount, Amount) {
        self.shift
    }

    /// The line of a shipment of which most REO is missing or too much, beyond what the rules of its last receipt tolerate:
    /// its number and the difference.
    pub fn receipt_difference(&self, shipment: &Shipment) -> Option<(u16, Amount)> {
        let mut receipts = shipment.acts.iter().filter(|act| shipment.is_receipt(act));
        let rules = self.registry.rules_at(receipts.next_back()?.occurred)?;
        let least = i128::from(rules.receipt_tolerance_mg.mg());
        let lines = (0u16..).zip(&shipment.lines).filter_map(|(line, sent)| {
            let difference = shipment.difference(line);
            let tolerance = rules.receipt_tolerance_ppm.of(sent.sent.reo).max(least);
            (difference.reo.abs() > tolerance).then_some((line, difference))
        });
        lines.max_by_key(|(_, difference)| difference.reo.abs())
    }

    /// Whether words about a shipment do not fit together.
    pub(super) fn is_odd(&self, shipment: &Shipment) -> bool {
        let lacks = |act: &Act| {
            let receipt = act.receipt().filter(|_| shipment.is_receipt(act));
            let mut lines = receipt.into_iter().flat_map(|receipt| receipt.lines.iter());
            lines.any(|said| usize::from(said.line) >= shipment.lines.len())
        };
        let day = |moment| self.registry.zone().day_of(moment);
        let early = |act: &Act| {
            let sent = shipment.sent.filter(|_| shipment.is_receipt(act));
            // Nearly always later, and that needs no calendar.
            sent.filter(|sent| act.occurred < sent.occurred)
                .is_some_and(|sent| day(act.occurred) < day(sent.occurred))
        };
        let odd =
            |act: &Act| act.settled.is_empty() || act.heir_of.is_some() || lacks(act) || early(act);
        shipment.claims().next().is_some()
            || !shipment.ruled.is_empty()
            || !shipment.beyond.is_empty()
            || shipment.acts.iter().any(odd)
            || !shipment.after_the_end().is_empty()
            || self.receipt_difference(shipment).is_some()
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
