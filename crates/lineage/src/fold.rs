//! The fold: where in the log the genealogy of every lot stands, and which lots are sealed.
//!
//! Invariant: adding an event reads nothing and works nothing out: shares are worked out when they are asked for, from the
//! events that the index points at. Memory: a few words for each lot, since the log keeps the rest.

use domain::{LotId, Moment, Payload};
use projection::{Amount, Book, Cells, Fact, Finding, Fold, Movement, Origin, Seals};

use crate::graph::Graph;
use crate::index::{Index, SavedIndex};
use crate::origin::{OriginCell, OriginClass};

/// State next to the cells.
#[derive(Debug, Clone, Default)]
pub struct Lineage {
    index: Index,
    pub(crate) seals: Seals,
}

impl Fold for Lineage {
    const NAME: &'static str = "lineage";
    const VERSION: u32 = 4;
    type Cell = OriginCell;

    fn apply(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        _: &[Movement],
        post: &mut dyn FnMut(OriginCell, Amount),
    ) {
        self.seals.take(fact);
        match fact.payload {
            Payload::LotProcessed(run) => {
                self.index.take_made(book, fact);
                self.index.take_used(fact, run);
            }
            payload => {
                let Some(class) = Origin::of(payload).and_then(OriginClass::of) else {
                    return;
                };
                let year = fact.happened_in.year();
                for new in payload.new_lots() {
                    post(OriginCell { year, class }, fact.signed(&new.quantity));
                }
                self.index.take_made(book, fact);
            }
        }
    }

    fn findings(&self, _: &Cells<OriginCell>, book: &Book, _: Moment) -> Vec<Finding> {
        self.tainted_feed(book)
    }

    fn encode(&self) -> Vec<u8> {
        wire::state::to_bytes(&(self.index.save(), &self.seals))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (index, seals) = wire::state::from_bytes::<(SavedIndex, _)>(bytes)?;
        let index = Index::load(index)?;
        Some(Self { index, seals })
    }
}

impl Lineage {
    /// What a lot came from, all the way back.
    pub(crate) fn back(&self, book: &Book, lot: &LotId) -> Graph {
        self.index.back(book, lot)
    }

    /// What lots went into, all the way forward.
    pub(crate) fn forward(&self, book: &Book, lots: impl Iterator<Item = LotId>) -> Graph {
        self.index.forward(book, lots)
    }
}
