//! The contract of projections, held by small histories built straight into a memory store.
//!
//! Invariant: every history is deterministic. Knows nothing of admission: entries carry no real signatures.

mod accounts;
mod catalogue;
mod cuts;
mod disputes;
mod history;
mod lots;
mod rules;
mod sparse;
mod succession;

use domain::{LotId, Moment};
use history::History;

use crate::amount::{Amount, Cells};
use crate::book::{Book, Column, Movement, own_lot};
use crate::event::Fact;
use crate::findings::Finding;
use crate::fold::{Fold, Projected};
use crate::replay::{Until, replay};

/// Sums every movement by lot and column, and counts facts: the simplest fold there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sums {
    facts: u64,
}

impl Fold for Sums {
    const NAME: &'static str = "sums";
    const VERSION: u32 = 1;
    type Cell = (LotId, Column);

    fn apply(
        &mut self,
        _: &Book,
        _: &Fact<'_>,
        moves: &[Movement],
        post: &mut dyn FnMut(Self::Cell, Amount),
    ) {
        self.facts += 1;
        for step in moves {
            post((step.lot, step.column), step.amount());
        }
    }

    fn findings(&self, _: &Cells<Self::Cell>, _: &Book, _: Moment) -> Vec<Finding> {
        Vec::new()
    }

    fn encode(&self) -> Vec<u8> {
        self.facts.to_le_bytes().to_vec()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let facts = u64::from_le_bytes(bytes.try_into().ok()?);
        Some(Self { facts })
    }
}

/// Folds a whole history.
fn folded(history: &History) -> (Book, Projected<Sums>) {
    let mut sums = Projected::<Sums>::new();
    let store = history.store();
    let book = replay(&store, Until::End, &mut [&mut sums], &mut |_, _| {}).unwrap();
    (book, sums)
}
