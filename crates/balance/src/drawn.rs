//! Lots at their sites: how far the book of each can be off, and what was drawn beyond it (S01, D02).
//!
//! Invariant: a count explains and never clears: what it found beyond the book covers nothing that is drawn, what it found
//! to be missing is gone. A lot of which nothing is left is forgotten, so that memory follows what is held. Knows no
//! shipments.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::EventId;
use projection::{Amount, Column, Fact, Movement};

use crate::cell::StockCell;
use crate::methods::Ground;
use crate::sorted::Sorted;
use crate::spread::Spread;

/// How a lot at a site came to be what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
struct Held {
    /// Of its net mass and its REO by the book, what was counted left out.
    net: Spread,
    reo: Spread,
    /// What counts put to it, or took from it.
    counted: Amount,
}

/// The event that drew a lot beyond the book, with its position, and by how much it is drawn now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Overdrawn {
    pub position: u64,
    pub event: EventId,
    /// Book without what counts put to it: below nothing.
    pub without_counts: Amount,
    /// As far as scales can be off.
    pub limit: i128,
}

/// Every lot that is held, and those beyond the book.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Drawn {
    held: Sorted<StockCell, Held>,
    beyond: BTreeMap<StockCell, Overdrawn>,
}

impl Drawn {
    /// Takes a movement, after which the book holds `left` of the lot. Where no rule set holds nothing is off.
    pub(crate) fn take(
        &mut self,
        ground: Option<&Ground<'_>>,
        fact: &Fact<'_>,
        step: &Movement,
        left: Amount,
    ) {
        let cell = StockCell::of(step);
        let held = self.held.of(cell);
        if step.column == Column::CountedDifference {
            held.counted += step.amount();
        } else if let Some(ground) = ground {
            let weighing = ground.weighing(step.measure);
            held.net.add(weighing, step.net_mg, fact.sign);
            held.reo.add(weighing, step.reo_mg, fact.sign);
        }
        let without_counts = left - held.counted.not_below_zero();
        let limit = ground.map_or(0, |ground| ground.rules.limit_of(held.net.sigma()));
        if left.is_zero() && held.counted.is_zero() {
            self.held.remove(&cell);
        }
        if without_counts.net >= -limit {
            self.beyond.remove(&cell);
            return;
        }
        // The event that drew it there stays the evidence while it lies there.
        let first = self
            .beyond
            .get(&cell)
            .map(|known| (known.position, known.event));
        let (position, event) = first.unwrap_or((fact.position, fact.cause));
        let drawn = Overdrawn {
            position,
            event,
            without_counts,
            limit,
        };
        self.beyond.insert(cell, drawn);
    }

    /// How far the REO of a lot can be off by the book.
    pub(crate) fn spread(&self, cell: &StockCell) -> Spread {
        let held = self.held.get(cell);
        held.map_or_else(Spread::default, |held| held.reo.clone())
    }

    /// Lots drawn beyond the book, by site and lot.
    pub(crate) fn beyond(&self) -> impl Iterator<Item = (&StockCell, &Overdrawn)> {
        self.beyond.iter()
    }
}
