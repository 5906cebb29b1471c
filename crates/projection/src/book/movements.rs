//! The one home of the rule how an event moves stock.
//!
//! Invariant: ins are positive, outs negative, and a reversal is the exact opposite of what was booked. Books what an
//! event says even where stock does not cover it or a lot is unknown: those are findings, not reasons to ignore it.

use domain::payload::{LotLine, LotProcessed, NewLot, ShipmentDispatched, StockCounted};
use domain::{Code, EventId, LotId, Month, PartyId, Payload, Product, Quantity, SiteId};

use super::{Book, Column, Counted, LotRecord, Measure, Movement, Origin, SiteSlot, Stated};
use crate::amount::Amount;
use crate::event::Fact;

/// The stock that a fact moves by default: the author's, at one of its sites.
#[derive(Clone, Copy)]
pub(super) struct Place {
    party: PartyId,
    site: Code,
    month: Month,
    number: u32,
}

impl Stated {
    const fn of(fact: &Fact<'_>) -> Self {
        Self {
            by: fact.stated_by,
            at: fact.stated_at,
            booked_at: fact.booked_at,
            occurred: fact.occurred,
            author: fact.author,
        }
    }
}

/// What changes, in which column, and how it was measured.
#[derive(Clone, Copy)]
struct Change {
    column: Column,
    amount: Amount,
    measure: Measure,
    count: Option<EventId>,
}

impl Change {
    const fn stated(column: Column, amount: Amount) -> Self {
        Self {
            column,
            amount,
            measure: Measure::STATED,
            count: None,
        }
    }

    fn of(column: Column, amount: Amount, quantity: &Quantity) -> Self {
        Self {
            measure: Measure::from(quantity),
            ..Self::stated(column, amount)
        }
    }
}

/// A lot, its number in the book and its key.
type Named = (LotId, u32, u64);

impl Book {
    /// Registers new lots and works out the movements from the stock before.
    pub(super) fn prepare(&mut self, fact: &Fact<'_>, moves: &mut Vec<Movement>) {
        match fact.payload {
            Payload::OpeningStockDeclared(p) => {
                self.create_all(fact, p.site, Column::Opening, moves)
            }
            Payload::LotMined(p) => self.create_all(fact, p.site, Column::Mined, moves),
            Payload::LotImported(p) => self.create_all(fact, p.site, Column::Imported, moves),
            Payload::ScrapCollected(p) => self.create_all(fact, p.site, Column::Collected, moves),
            Payload::LotRecovered(p) => self.create_all(fact, p.site, Column::Recovered, moves),
            Payload::LotProcessed(p) => self.process(fact, p, moves),
            Payload::ShipmentDispatched(p) => self.dispatch(fact, p, moves),
            Payload::ShipmentReceived(p) => self.settlement(fact, &p.dispatch, moves),
            Payload::ShipmentWithdrawn(p) => self.settlement(fact, &p.dispatch, moves),
            Payload::LotExported(p) => {
                self.draw_lines(fact, p.site, &p.lines, Column::Exported, moves)
            }
            Payload::LotUsed(p) => self.draw_lines(fact, p.site, &p.lines, Column::Used, moves),
            Payload::LotDiscarded(p) => {
                self.draw_lines(fact, p.site, &p.lines, Column::Discarded, moves)
            }
            Payload::LotLost(p) => self.draw_lines(fact, p.site, &p.lines, Column::Lost, moves),
            Payload::StockCounted(p) => self.count(fact, p, moves),
            Payload::PartySucceeded(p) => self.succeed(fact, p, moves),
            _ => {}
        }
    }

    fn create_all(
        &mut self,
        fact: &Fact<'_>,
        site: Code,
        column: Column,
        moves: &mut Vec<Movement>,
    ) {
        self.create(fact, site, fact.payload.new_lots(), column, moves);
    }

    fn create(
        &mut self,
        fact: &Fact<'_>,
        site: Code,
        lots: impl Iterator<Item = NewLot>,
        column: Column,
        moves: &mut Vec<Movement>,
    ) {
        let Some(origin) = Origin::of(fact.payload) else {
            return;
        };
        let place = self.place(fact, fact.author, site);
        for new in lots {
            let lot = self.booked_under(fact.author, &fact.stated_by, &new);
            let record = LotRecord {
                product: new.product,
                composition: new.composition,
                origin,
                first_event: fact.stated_by,
                first_position: fact.position,
                occurred: fact.occurred,
            };
            let number = self.describe(fact, lot, record);
            let change = Change::of(column, fact.signed(&new.quantity), &new.quantity);
            moves.push(movement(
                place,
                self.named(lot, number),
                Some(new.product),
                change,
            ));
        }
    }

    /// The first statement describes a lot; a lot that grows by later ones keeps its description. Gives the lot's number.
    fn describe(&mut self, fact: &Fact<'_>, lot: LotId, record: LotRecord) -> u32 {
        let number = self.lot_number(lot);
        let known = self.lots.get(number as usize).and_then(|slot| slot.record);
        match known {
            None if fact.sign > 0 => {
                self.describe_as(number, Some(record));
                self.description_began(lot, number, record.product);
            }
            Some(known) if fact.sign < 0 && known.first_event == fact.stated_by => {
                let next = self.next_description(&lot, &known);
                if let Some(next) = next.filter(|_| !self.continuing.contains(&lot)) {
                    self.describe_as(number, Some(next.describes(fact.position)));
                    self.keep_earlier(lot, known, fact.position);
                } else {
                    self.describe_as(number, None);
                    self.description_ended(lot, number, known.product);
                    // What the correction puts in place finds the lot unknown.
                    self.keep_earlier(lot, known, fact.position.saturating_sub(1));
                }
            }
            _ => {}
        }
        number
    }

    fn describe_as(&mut self, number: u32, record: Option<LotRecord>) {
        if let Some(slot) = self.lots.get_mut(number as usize) {
            slot.record = record;
        }
    }

    fn process(&mut self, fact: &Fact<'_>, run: &LotProcessed, moves: &mut Vec<Movement>) {
        self.draw_lines(fact, run.site, &run.inputs, Column::Consumed, moves);
        let (made, left) = (run.outputs.iter().copied(), run.retained.iter().copied());
        self.create(fact, run.site, made, Column::Produced, moves);
        self.create(fact, run.site, left, Column::Retained, moves);
    }

    fn draw_lines(
        &mut self,
        fact: &Fact<'_>,
        site: Code,
        lines: &[LotLine],
        column: Column,
        moves: &mut Vec<Movement>,
    ) {
        let lines = lines.iter().map(|line| (line.lot, &line.quantity));
        self.draw(fact, site, lines, column, moves);
    }

    fn draw<'a>(
        &mut self,
        fact: &Fact<'_>,
        site: Code,
        lines: impl Iterator<Item = (LotId, &'a Quantity)>,
        column: Column,
        moves: &mut Vec<Movement>,
    ) {
        let place = self.place(fact, fact.author, site);
        for (lot, quantity) in lines {
            let change = Change::of(column, -fact.signed(quantity), quantity);
            self.push(fact, place, lot, change, moves);
        }
    }

    /// What a receipt or a withdrawal moves: nothing where it does not count, or where the dispatch is not known.
    fn settlement(&mut self, fact: &Fact<'_>, id: &EventId, moves: &mut Vec<Movement>) {
        let totals = |book: &Self| book.shipments.get(id).map(|hot| hot.shipment.totals());
        let before = totals(self).unwrap_or_default();
        let Some((sent, settled)) = self.settle_act((id, &fact.stated_by), fact.sign) else {
            return;
        };
        let after = totals(self).unwrap_or_default();
        self.shift = (after.0 - before.0, after.1 - before.1);
        let back = self.place(fact, sent.shipper, sent.site);
        for line in &settled {
            if let Payload::ShipmentReceived(receipt) = fact.payload
                && !line.received.is_zero()
            {
                let said = receipt.lines.iter().find(|said| said.line == line.line);
                let quantity = said.and_then(|said| said.received.as_ref());
                let amount = line.received.times(fact.sign);
                let change = quantity.map_or_else(
                    || Change::stated(Column::Received, amount),
                    |quantity| Change::of(Column::Received, amount, quantity),
                );
                let here = self.place(fact, fact.author, receipt.site);
                self.push(fact, here, line.lot, change, moves);
            }
            if !line.returned.is_zero() {
                let change = Change::stated(Column::Returned, line.returned.times(fact.sign));
                self.push(fact, back, line.lot, change, moves);
            }
        }
    }

    fn dispatch(&mut self, fact: &Fact<'_>, sent: &ShipmentDispatched, moves: &mut Vec<Movement>) {
        let lines = sent.lines.iter().map(|line| (line.lot, &line.quantity));
        // At an end user the goods leave the ledger: nobody can receive them.
        let leaves = sent.to.receiver().is_none();
        let column = if leaves {
            Column::Used
        } else {
            Column::Dispatched
        };
        self.draw(fact, sent.site, lines, column, moves);
        let id = &fact.stated_by;
        let totals = |book: &Self| book.shipments.get(id).map(|hot| hot.shipment.totals());
        let before = totals(self).unwrap_or_default();
        self.settle_dispatch(Stated::of(fact), sent, fact.sign);
        let after = totals(self).unwrap_or_default();
        self.shift = (after.0 - before.0, after.1 - before.1);
    }

    /// Counted minus book for every lot that is listed or on the book of the site.
    fn count(&mut self, fact: &Fact<'_>, count: &StockCounted, moves: &mut Vec<Movement>) {
        let place = self.place(fact, fact.author, count.site);
        let change = |amount| Change {
            count: Some(fact.stated_by),
            ..Change::stated(Column::CountedDifference, amount)
        };
        for (lot, difference) in self.count_differences(fact, count) {
            let amount = difference.times(fact.sign);
            self.push(fact, place, lot, change(amount), moves);
        }
        for ((lot, product), amount) in self.give_back_late(fact) {
            let number = self.lot_number(lot);
            moves.push(movement(
                place,
                self.named(lot, number),
                product,
                change(amount),
            ));
        }
    }

    fn push(
        &mut self,
        fact: &Fact<'_>,
        place: Place,
        lot: LotId,
        change: Change,
        moves: &mut Vec<Movement>,
    ) {
        let number = self.lot_number(lot);
        let known = if fact.sign < 0 {
            self.lot_before(&lot, fact.booked_at)
        } else {
            let slot = self.lots.get(number as usize);
            slot.and_then(|slot| slot.record)
        };
        let product = known.map(|known| known.product);
        moves.push(movement(place, self.named(lot, number), product, change));
    }

    /// What is moved as it stands in the book already.
    pub(super) fn push_stated(
        &mut self,
        fact: &Fact<'_>,
        place: Place,
        lot: LotId,
        (column, amount): (Column, Amount),
        moves: &mut Vec<Movement>,
    ) {
        self.push(fact, place, lot, Change::stated(column, amount), moves);
    }

    /// A site of a party, or of whoever took over from it.
    fn place(&mut self, fact: &Fact<'_>, party: PartyId, code: Code) -> Place {
        let party = self.holder(party);
        self.place_at(fact, SiteId { party, code })
    }

    pub(super) fn place_at(&mut self, fact: &Fact<'_>, site: SiteId) -> Place {
        let month = if site.party == fact.author {
            fact.month
        } else {
            self.open_month(&site.party, fact.happened_in)
        };
        Place {
            party: site.party,
            site: site.code,
            month,
            number: self.site_number(site),
        }
    }

    fn named(&self, lot: LotId, number: u32) -> Named {
        let slot = self.lots.get(number as usize);
        (lot, number, slot.map_or(0, |slot| slot.key))
    }

    pub(super) fn lot_number(&mut self, id: LotId) -> u32 {
        if let Some(number) = self.lot_numbers.get(&id) {
            return *number;
        }
        let slot = self.revive_lot(id);
        let number = match self.free_lots.pop() {
            Some(number) => {
                self.lots[number as usize] = slot;
                number
            }
            None => {
                self.lots.push(slot);
                self.lots.len() as u32 - 1
            }
        };
        self.lot_numbers.insert(id, number);
        number
    }

    pub(super) fn site_number(&mut self, id: SiteId) -> u32 {
        let next = self.sites.len() as u32;
        let number = *self.site_numbers.entry(id).or_insert(next);
        if number == next {
            self.sites.push(SiteSlot {
                id,
                stock: hashbrown::HashMap::new(),
                counted: Counted::default(),
            });
        }
        number
    }
}

fn movement(
    place: Place,
    (lot, number, key): Named,
    product: Option<Product>,
    change: Change,
) -> Movement {
    Movement {
        party: place.party,
        site: place.site,
        lot,
        key,
        product,
        column: change.column,
        net_mg: change.amount.net,
        reo_mg: change.amount.reo,
        measure: change.measure,
        count: change.count,
        month: place.month,
        slot: (place.number, number),
    }
}
