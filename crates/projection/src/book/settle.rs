//! What a fact leaves behind in the book after the folds have seen it.
//!
//! Invariant: runs after every fold of the same fact, so that folds see the book as it was before.

use domain::payload::ShipmentDispatched;
use domain::{Code, EventId, LotId, PartyId, Payload};

use super::{Book, Dispatch, HotDispatch, Movement, Settlement, TransitLine};
use crate::amount::Amount;
use crate::event::Fact;

impl Book {
    pub(super) fn settle(&mut self, fact: &Fact<'_>, moves: &[Movement]) {
        for step in moves {
            self.move_stock(step.slot, step.amount());
        }
        self.note_counting(fact, moves);
        match fact.payload {
            Payload::ShipmentDispatched(sent) => {
                if fact.sign > 0 {
                    if let Some(to) = sent.to.receiver() {
                        self.dispatched(fact, sent, to);
                    }
                } else {
                    self.dispatch_reversed(&fact.stated_by);
                }
                self.hold(&fact.stated_by);
            }
            Payload::ShipmentReceived(receipt) => {
                let is_final = receipt.is_final();
                self.settled(fact, receipt.dispatch, is_final);
                self.hold(&receipt.dispatch);
            }
            Payload::ShipmentWithdrawn(act) => {
                let known = self.dispatches.get(&act.dispatch);
                if known.is_some_and(|hot| hot.dispatch.shipper == fact.author) {
                    self.settled(fact, act.dispatch, true);
                }
                self.hold(&act.dispatch);
            }
            Payload::MonthClosed(closed)
                if fact.sign > 0 && self.is_over(closed.month, fact.received) =>
            {
                self.closed
                    .entry(fact.author)
                    .or_default()
                    .insert(closed.month);
            }
            payload if fact.sign < 0 => self.unstate_lots(fact, payload),
            _ => {}
        }
    }

    pub(super) fn move_stock(&mut self, (site, lot): (u32, u32), amount: Amount) {
        let Some(site) = self.sites.get_mut(site as usize) else {
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
                (true, false) => slot.live += 1,
                (false, true) => slot.live -= 1,
                _ => {}
            }
        }
    }

    /// Lots of an open shipment stay in memory; a shipment of which nothing more is to come leaves it.
    pub(super) fn hold(&mut self, id: &EventId) {
        let Some(hot) = self.dispatches.get_mut(id) else {
            return;
        };
        let released = std::mem::take(&mut hot.held);
        let is_open = hot.dispatch.stands && !hot.dispatch.is_complete();
        let wanted: Vec<LotId> = if is_open {
            hot.dispatch.lines.iter().map(|line| line.lot).collect()
        } else {
            Vec::new()
        };
        let held: Vec<u32> = wanted.into_iter().map(|lot| self.lot_number(lot)).collect();
        self.count_live(&held, 1);
        self.count_live(&released, -1);
        if let Some(hot) = self.dispatches.get_mut(id) {
            hot.held = held;
        }
        self.archive_lots(released.into_iter());
        self.archive_dispatch(id);
    }

    fn count_live(&mut self, lots: &[u32], change: i32) {
        for lot in lots {
            if let Some(slot) = self.lots.get_mut(*lot as usize) {
                slot.live = slot.live.saturating_add_signed(change);
            }
        }
    }

    /// A replacement keeps what was already settled, line by line.
    fn dispatched(&mut self, fact: &Fact<'_>, sent: &ShipmentDispatched, to: PartyId) {
        self.revive_dispatch(&fact.stated_by);
        let before = self.dispatches.remove(&fact.stated_by);
        let held = before.as_ref().map(|hot| hot.held.clone());
        let (old_lines, settlements) = before.map_or((Vec::new(), Vec::new()), |hot| {
            (hot.dispatch.lines, hot.dispatch.settlements)
        });
        let line = |(place, line): (usize, &domain::payload::DispatchLine)| {
            let old = old_lines.get(place);
            TransitLine {
                lot: line.lot,
                sent: Amount::from(&line.quantity),
                received: old.map(|old| old.received).unwrap_or_default(),
                returned: old.map(|old| old.returned).unwrap_or_default(),
            }
        };
        let dispatch = Dispatch {
            shipment: sent.shipment,
            shipper: fact.author,
            site: sent.site,
            to,
            title: sent.title,
            occurred: fact.occurred,
            lines: sent.lines.iter().enumerate().map(line).collect(),
            settlements,
            stands: true,
            position: fact.stated_at,
            corrected: fact.is_correction(),
        };
        let held = held.unwrap_or_default();
        self.dispatches
            .insert(fact.stated_by, HotDispatch { dispatch, held });
    }

    /// Kept even when nothing refers to it yet: a receipt may still name it, and then its lots are known.
    fn dispatch_reversed(&mut self, id: &EventId) {
        self.revive_dispatch(id);
        if let Some(HotDispatch { dispatch, .. }) = self.dispatches.get_mut(id) {
            dispatch.corrected = true;
            dispatch.stands = false;
            for line in &mut dispatch.lines {
                line.sent = Amount::ZERO;
            }
        }
    }

    fn settled(&mut self, fact: &Fact<'_>, dispatch: EventId, is_final: bool) {
        let lines = std::mem::take(&mut self.settled);
        let Some(HotDispatch { dispatch, .. }) = self.dispatches.get_mut(&dispatch) else {
            return;
        };
        dispatch.corrected |= fact.is_correction();
        if fact.sign < 0 {
            dispatch.remove(&fact.stated_by);
        } else {
            dispatch.add(Settlement {
                id: fact.stated_by,
                position: fact.stated_at,
                by: fact.author,
                occurred: fact.occurred,
                is_final,
                lines,
            });
        }
    }

    fn unstate_lots(&mut self, fact: &Fact<'_>, payload: &Payload) {
        let mut ended = Vec::new();
        let mut unstate = |code: Code| {
            let id = LotId {
                creator: fact.author,
                code,
            };
            let number = self.lot_numbers.get(&id);
            if let Some(slot) = number.and_then(|number| self.lots.get_mut(*number as usize)) {
                slot.statements = slot.statements.saturating_sub(1);
                if slot.statements == 0
                    && let Some(record) = slot.record.take()
                {
                    ended.push((id, record));
                }
            }
        };
        payload.new_lots().for_each(|new| unstate(new.lot));
        // What the correction puts in place finds the lot unknown.
        let last = fact.position.saturating_sub(1);
        for (lot, record) in ended {
            self.keep_earlier(lot, record, last);
        }
    }
}
