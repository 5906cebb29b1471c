//! What a fact leaves behind in the book after the folds have seen it.
//!
//! Invariant: runs after every fold of the same fact, so that folds see the book as it was before.

use domain::{EventId, LotId, Payload};

use super::{Book, Movement};
use crate::amount::Amount;
use crate::event::Fact;

impl Book {
    pub(super) fn settle(&mut self, fact: &Fact<'_>, moves: &[Movement]) {
        for step in moves.iter().filter(|step| !step.is_relabelling()) {
            self.move_stock(step.slot, step.amount());
        }
        self.note_counting(fact, moves);
        match fact.payload {
            Payload::MonthClosed(closed)
                if fact.sign > 0 && self.is_over(closed.month, fact.received) =>
            {
                self.closed
                    .entry(fact.author)
                    .or_default()
                    .insert(closed.month);
            }
            _ => {}
        }
    }

    pub(super) fn move_stock(&mut self, (number, lot): (u32, u32), amount: Amount) {
        let Some(site) = self.sites.get_mut(number as usize) else {
            return;
        };
        let stock = site.stock.entry(lot).or_default();
        let before = stock.is_zero();
        *stock += amount;
        let after = stock.is_zero();
        if after {
            site.stock.remove(&lot);
        }
        if let Some(slot) = self.lots.get_mut(lot as usize) {
            match (before, after) {
                (true, false) => slot.sites.push(number),
                (false, true) => slot.sites.retain(|site| *site != number),
                _ => {}
            }
        }
    }

    /// Lots of an open shipment stay in memory; a shipment of which nothing more is to come leaves it.
    pub(super) fn hold(&mut self, id: &EventId) {
        self.index_disputes(id);
        let Some(hot) = self.shipments.get_mut(id) else {
            return;
        };
        let released = std::mem::take(&mut hot.held);
        let wanted: Vec<LotId> = if hot.shipment.is_open() {
            hot.shipment.lines.iter().map(|line| line.lot).collect()
        } else {
            Vec::new()
        };
        let held: Vec<u32> = wanted.into_iter().map(|lot| self.lot_number(lot)).collect();
        self.count_held(&held, 1);
        self.count_held(&released, -1);
        if let Some(hot) = self.shipments.get_mut(id) {
            hot.held = held;
        }
        self.archive_lots(released.into_iter());
        self.archive_shipment(id);
    }

    fn count_held(&mut self, lots: &[u32], change: i32) {
        for lot in lots {
            if let Some(slot) = self.lots.get_mut(*lot as usize) {
                slot.held = slot.held.saturating_add_signed(change);
            }
        }
    }
}
