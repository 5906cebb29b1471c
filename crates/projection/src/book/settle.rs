//! What a fact leaves behind in the book after the folds have seen it.
//!
//! Invariant: runs after every fold of the same fact, so that folds see the book as it was before.

use domain::payload::{Completion, NewLot, ShipmentDispatched};
use domain::{Code, EventId, LotId, Payload};

use super::{Book, Dispatch, Movement, Settlement, TransitLine};
use crate::amount::Amount;
use crate::event::Fact;

impl Book {
    pub(super) fn settle(&mut self, fact: &Fact<'_>, moves: &[Movement]) {
        for step in moves {
            self.move_stock(step.slot, step.amount());
        }
        self.note_counting(fact, moves);
        match fact.payload {
            Payload::ShipmentDispatched(sent) if fact.sign > 0 => self.dispatched(fact, sent),
            Payload::ShipmentDispatched(_) => self.dispatch_reversed(&fact.stated_by),
            Payload::ShipmentReceived(receipt) => {
                let is_final = receipt.completion == Completion::Final;
                self.settled(fact, receipt.dispatch, is_final);
            }
            Payload::ShipmentWithdrawn(act) => {
                let known = self.dispatches.get(&act.dispatch);
                if known.is_some_and(|dispatch| dispatch.shipper == fact.author) {
                    self.settled(fact, act.dispatch, true);
                }
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

    fn move_stock(&mut self, (site, lot): (u32, u32), amount: Amount) {
        let Some(site) = self.sites.get_mut(site as usize) else {
            return;
        };
        let stock = site.stock.entry(lot).or_default();
        *stock += amount;
        if stock.is_zero() {
            site.stock.remove(&lot);
        }
    }

    /// A replacement keeps what was already settled, line by line.
    fn dispatched(&mut self, fact: &Fact<'_>, sent: &ShipmentDispatched) {
        let before = self.dispatches.remove(&fact.stated_by);
        let (old_lines, settlements) =
            before.map_or((Vec::new(), Vec::new()), |old| (old.lines, old.settlements));
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
            to: sent.to,
            title: sent.title,
            occurred: fact.occurred,
            lines: sent.lines.iter().enumerate().map(line).collect(),
            settlements,
            stands: true,
        };
        self.dispatches.insert(fact.stated_by, Box::new(dispatch));
    }

    /// Kept even when nothing refers to it yet: a receipt may still name it, and then its lots are known.
    fn dispatch_reversed(&mut self, id: &EventId) {
        if let Some(dispatch) = self.dispatches.get_mut(id) {
            dispatch.stands = false;
            for line in &mut dispatch.lines {
                line.sent = Amount::ZERO;
            }
        }
    }

    fn settled(&mut self, fact: &Fact<'_>, dispatch: EventId, is_final: bool) {
        let lines = std::mem::take(&mut self.settled);
        let Some(dispatch) = self.dispatches.get_mut(&dispatch) else {
            return;
        };
        if fact.sign < 0 {
            dispatch.remove(&fact.stated_by);
        } else {
            dispatch.add(Settlement {
                id: fact.stated_by,
                by: fact.author,
                occurred: fact.occurred,
                is_final,
                lines,
            });
        }
    }

    fn unstate_lots(&mut self, fact: &Fact<'_>, payload: &Payload) {
        let mut unstate = |code: Code| {
            let id = LotId {
                creator: fact.author,
                code,
            };
            let number = self.lot_numbers.get(&id);
            if let Some(slot) = number.and_then(|number| self.lots.get_mut(*number as usize)) {
                slot.statements = slot.statements.saturating_sub(1);
                if slot.statements == 0 {
                    slot.record = None;
                }
            }
        };
        let each = |new: &NewLot| new.lot;
        match payload {
            Payload::OpeningStockDeclared(p) => p.lots.iter().map(each).for_each(unstate),
            Payload::LotMined(p) => unstate(p.lot),
            Payload::LotImported(p) => unstate(p.lot),
            Payload::ScrapCollected(p) => unstate(p.lot),
            Payload::LotProcessed(p) => {
                let made = p.outputs.iter().chain(p.retained.iter());
                made.map(each).for_each(unstate);
            }
            _ => {}
        }
    }
}
