//! The fold: where in the log the genealogy of every lot stands, and which lots are sealed.
//!
//! Invariant: adding an event reads nothing and works nothing out: shares are worked out when they are asked for, from the
//! events that the index points at. Memory: a few words for each lot, since the log keeps the rest.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::{EventId, LotId, Moment, Payload};
use projection::{Amount, Book, Cells, Fact, Finding, Fold, Movement, Origin};

use crate::graph::Graph;
use crate::index::{Index, SavedIndex};
use crate::origin::{OriginCell, OriginClass};

/// A standing seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Seal {
    pub by: EventId,
    pub occurred: Moment,
}

/// State beside the cells.
#[derive(Debug, Clone, Default)]
pub struct Lineage {
    index: Index,
    pub(crate) sealed: BTreeMap<LotId, Seal>,
}

impl Fold for Lineage {
    const NAME: &'static str = "lineage";
    const VERSION: u32 = 3;
    type Cell = OriginCell;

    fn apply(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        _: &[Movement],
        post: &mut dyn FnMut(OriginCell, Amount),
    ) {
        match fact.payload {
            Payload::LotProcessed(run) => {
                self.index.take_made(book, fact);
                self.index.take_used(fact, run);
            }
            // Acts of office are not corrected, so that a seal only ends by its release. A second seal adds nothing.
            Payload::LotSealed(named) => {
                let (by, occurred) = (fact.stated_by, fact.occurred);
                for lot in named.lots.iter() {
                    self.sealed.entry(*lot).or_insert(Seal { by, occurred });
                }
            }
            Payload::LotReleased(named) => {
                for lot in named.lots.iter() {
                    self.sealed.remove(lot);
                }
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
        wire::state::to_bytes(&(self.index.save(), &self.sealed))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (index, sealed) = wire::state::from_bytes::<(SavedIndex, _)>(bytes)?;
        let index = Index::load(index)?;
        Some(Self { index, sealed })
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
