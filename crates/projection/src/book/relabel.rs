//! Matter whose lot is described otherwise than it was booked: a line of its own takes it from one product to the other.
//!
//! Invariant: after every fact all that a site has of a lot is booked under the lot's product of now, in net and REO. The
//! line moves no stock. Memory: none between events.

use std::collections::BTreeMap;

use domain::{LotId, Product, SiteId};

use super::{Book, Column, Measure, Movement};
use crate::amount::Amount;
use crate::event::Fact;

/// What is to be taken over: a movement as a pattern, under which product, how much.
type Booked = (Movement, Option<Product>, Amount);

impl Book {
    /// The description of a lot ended, and another may follow in the same event.
    pub(super) fn description_ended(&mut self, lot: LotId, number: u32, product: Product) {
        if self.continuing.contains(&lot) {
            self.pending.push((lot, product));
        } else {
            self.rename(number, Some(product));
        }
    }

    /// A lot is described from now on.
    pub(super) fn description_began(&mut self, lot: LotId, number: u32, product: Product) {
        let place = self.pending.iter().position(|(pending, _)| *pending == lot);
        let before = place.map(|place| self.pending.swap_remove(place).1);
        if before != Some(product) {
            self.rename(number, before);
        }
    }

    fn rename(&mut self, number: u32, before: Option<Product>) {
        let slot = self.lots.get(number as usize);
        if slot.is_some_and(|slot| !slot.sites.is_empty()) {
            self.renamed.push((number, before));
        }
    }

    /// The product under which a lot's matter is booked now.
    fn product_now(&self, lot: &LotId, number: u32) -> Option<Product> {
        let slot = self.lots.get(number as usize)?;
        let described = slot.record.map(|record| record.product);
        described.or_else(|| {
            let mut pending = self.pending.iter();
            pending
                .find(|(pending, _)| pending == lot)
                .map(|(_, product)| *product)
        })
    }

    /// Adds the lines that take over what is booked under another product than that of now.
    pub(super) fn relabel(&mut self, fact: &Fact<'_>, moves: &mut Vec<Movement>) {
        let is_stray = |step: &Movement| step.product != self.product_now(&step.lot, step.slot.1);
        if self.renamed.is_empty() && !moves.iter().any(is_stray) {
            return;
        }
        let strays = moves.iter().filter(|step| is_stray(step));
        let strays = strays.map(|step| (*step, step.product, step.amount()));
        let mut booked: Vec<Booked> = strays.collect();
        let renamed = std::mem::take(&mut self.renamed);
        for (number, before) in renamed {
            self.add_stock(fact, number, before, &mut booked);
        }
        for (step, product, amount) in merged(booked) {
            let now = self.product_now(&step.lot, step.slot.1);
            // It is taken over when the other description becomes known, whenever the matter moved.
            let month = self.posting_month(&step.party, fact.received);
            for (product, amount) in [(product, -amount), (now, amount)] {
                moves.push(Movement {
                    product,
                    column: Column::Reclassified,
                    net_mg: amount.net,
                    reo_mg: amount.reo,
                    measure: Measure::STATED,
                    count: None,
                    month,
                    ..step
                });
            }
        }
    }

    /// What every site has of a lot, under the product that it had.
    fn add_stock(
        &self,
        fact: &Fact<'_>,
        number: u32,
        before: Option<Product>,
        booked: &mut Vec<Booked>,
    ) {
        let Some(slot) = self.lots.get(number as usize) else {
            return;
        };
        if before == self.product_now(&slot.id, number) {
            return;
        }
        let sites = slot.sites.iter().filter_map(|site| {
            let place = self.sites.get(*site as usize)?;
            Some((place.id, *site, *place.stock.get(&number)?))
        });
        let mut sites: Vec<(SiteId, u32, Amount)> = sites.collect();
        sites.sort_unstable_by_key(|(id, ..)| *id);
        for (id, site, amount) in sites {
            let step = Movement {
                party: id.party,
                site: id.code,
                lot: slot.id,
                key: slot.key,
                product: before,
                column: Column::Reclassified,
                net_mg: 0,
                reo_mg: 0,
                measure: Measure::STATED,
                count: None,
                month: fact.month,
                slot: (site, number),
            };
            booked.push((step, before, amount));
        }
    }
}

/// One for each site, lot and product; what adds up to nothing is left out.
fn merged(booked: Vec<Booked>) -> Vec<Booked> {
    let mut sums: Vec<Booked> = Vec::new();
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for (step, product, amount) in booked {
        let place = *places.entry((step.slot, product)).or_insert(sums.len());
        match sums.get_mut(place) {
            Some(sum) => sum.2 += amount,
            None => sums.push((step, product, amount)),
        }
    }
    sums.retain(|(_, _, amount)| !amount.is_zero());
    sums
}
