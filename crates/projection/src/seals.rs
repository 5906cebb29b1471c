//! Lots that an office has sealed: what projections ask when such a lot moves or its matter spreads.
//!
//! Invariant: the orders that stand decide, in the order of the log, so an order that was annulled is as if it had never been
//! given. A second seal adds nothing. Memory grows with orders, not with the log.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::LotsNamed;
use domain::{EventId, LotId, Moment, Payload};

use crate::event::Fact;

/// A seal that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Seal {
    pub by: EventId,
    pub occurred: Moment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Order {
    is_seal: bool,
    seal: Seal,
}

/// Seals and releases by lot, in log order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Seals(BTreeMap<LotId, Vec<Order>>);

impl Seals {
    /// Takes a seal or a release, or takes one back; anything else changes nothing.
    pub fn take(&mut self, fact: &Fact<'_>) {
        match fact.payload {
            Payload::LotSealed(named) => self.order(fact, named, true),
            Payload::LotReleased(named) => self.order(fact, named, false),
            _ => {}
        }
    }

    fn order(&mut self, fact: &Fact<'_>, named: &LotsNamed, is_seal: bool) {
        let (by, occurred) = (fact.stated_by, fact.occurred);
        let seal = Seal { by, occurred };
        for lot in named.lots.iter() {
            let orders = self.0.entry(*lot).or_default();
            if fact.sign > 0 {
                orders.push(Order { is_seal, seal });
            } else {
                orders.retain(|order| order.seal.by != by);
            }
            if orders.is_empty() {
                self.0.remove(lot);
            }
        }
    }

    /// The seal that holds on a lot.
    pub fn of(&self, lot: &LotId) -> Option<Seal> {
        holding(self.0.get(lot)?)
    }

    /// Whether an order on a lot stands, be it over or not.
    pub fn stands(&self, lot: &LotId, by: &EventId) -> bool {
        let mut orders = self.0.get(lot).into_iter().flatten();
        orders.any(|order| order.seal.by == *by)
    }

    /// Every sealed lot, by lot.
    pub fn iter(&self) -> impl Iterator<Item = (&LotId, Seal)> {
        let sealed = self.0.iter();
        sealed.filter_map(|(lot, orders)| Some((lot, holding(orders)?)))
    }
}

/// The first seal since the last release.
fn holding(orders: &[Order]) -> Option<Seal> {
    let since = orders.iter().rposition(|order| !order.is_seal);
    let first = since.map_or(0, |released| released + 1);
    orders.get(first).map(|order| order.seal)
}
