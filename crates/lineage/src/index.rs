//! The index: under each lot the positions of what brought it forth and of the runs that drew of it.
//!
//! Invariant: a position is that of the original statement, whatever corrected it: the book says what stands there by now.
//! Knows no shares.

use std::collections::BTreeSet;

use bincode::{Decode, Encode};
use domain::payload::{LotProcessed, NewLot};
use domain::{EventId, LotId, PartyId, Payload};
use projection::{Book, Fact, LotPlaces, Origin};

use crate::graph::{Contribution, Graph, Run, When};
use crate::origin::OriginClass;

/// Where the genealogy of every lot stands in the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    made: LotPlaces,
    used: LotPlaces,
}

/// What the bytes of an index hold.
#[derive(Encode, Decode)]
pub(crate) struct SavedIndex {
    made: Vec<(u64, Vec<u64>)>,
    used: Vec<(u64, Vec<u64>)>,
}

/// A statement that stands.
struct Stated {
    by: EventId,
    when: When,
    author: PartyId,
    payload: Payload,
}

impl Index {
    /// What a fact brings forth.
    pub(crate) fn take_made(&mut self, book: &Book, fact: &Fact<'_>) {
        for new in fact.payload.new_lots() {
            let lot = book.booked_under(fact.author, &fact.stated_by, &new);
            if fact.sign > 0 {
                self.made.add(&lot, fact.stated_at);
            } else {
                self.made.remove(&lot, fact.stated_at);
            }
        }
    }

    /// What a run draws of.
    pub(crate) fn take_used(&mut self, fact: &Fact<'_>, run: &LotProcessed) {
        for input in run.inputs.iter() {
            if fact.sign > 0 {
                self.used.add(&input.lot, fact.stated_at);
            } else {
                self.used.remove(&input.lot, fact.stated_at);
            }
        }
    }

    pub(crate) fn save(&self) -> SavedIndex {
        SavedIndex {
            made: self.made.save(),
            used: self.used.save(),
        }
    }

    pub(crate) fn load(saved: SavedIndex) -> Option<Self> {
        Some(Self {
            made: LotPlaces::load(saved.made)?,
            used: LotPlaces::load(saved.used)?,
        })
    }

    fn stated(book: &Book, at: u64) -> Option<Stated> {
        let stated = book.statement_at(at)?;
        Some(Stated {
            by: stated.by,
            when: When {
                occurred: stated.occurred,
                position: at,
            },
            author: stated.author,
            payload: stated.payload,
        })
    }

    /// Adds what a statement brought forth of a lot; gives its run if it came out of one.
    fn add_made(book: &Book, graph: &mut Graph, stated: &Stated, lot: &LotId) -> Option<Run> {
        let booked_under = |new: &NewLot| book.booked_under(stated.author, &stated.by, new);
        let is_lot = |new: &NewLot| booked_under(new) == *lot;
        let new = stated.payload.new_lots().find(is_lot)?;
        let class = Origin::of(&stated.payload).and_then(OriginClass::of);
        graph.add_contribution(*lot, Contribution::of(stated.when, stated.by, class, &new));
        match &stated.payload {
            Payload::LotProcessed(run) => {
                Some(Run::of(stated.when, stated.author, run, booked_under))
            }
            _ => None,
        }
    }

    /// Everything that a lot came from.
    pub(crate) fn back(&self, book: &Book, lot: &LotId) -> Graph {
        let mut graph = Graph::default();
        let (mut waiting, mut seen) = (vec![*lot], BTreeSet::from([*lot]));
        while let Some(lot) = waiting.pop() {
            for at in self.made.of(&lot) {
                let Some(stated) = Self::stated(book, *at) else {
                    continue;
                };
                let run = Self::add_made(book, &mut graph, &stated, &lot);
                let new = run.filter(|_| !graph.runs.contains_key(&stated.by));
                if let Some(run) = new {
                    let inputs = run.inputs.iter().map(|input| input.lot);
                    waiting.extend(inputs.filter(|input| seen.insert(*input)));
                    graph.add_run(stated.by, run);
                }
            }
        }
        graph
    }

    /// Everything that lots went into, and of those lots all that they were made of, one step back.
    pub(crate) fn forward(&self, book: &Book, lots: impl Iterator<Item = LotId>) -> Graph {
        let mut graph = Graph::default();
        let mut seen: BTreeSet<LotId> = lots.collect();
        let mut waiting: Vec<LotId> = seen.iter().copied().collect();
        while let Some(lot) = waiting.pop() {
            for at in self.made.of(&lot) {
                if let Some(stated) = Self::stated(book, *at) {
                    Self::add_made(book, &mut graph, &stated, &lot);
                }
            }
            for at in self.used.of(&lot) {
                let stated = Self::stated(book, *at);
                let Some((stated, run)) = stated.and_then(|stated| {
                    let Payload::LotProcessed(run) = &stated.payload else {
                        return None;
                    };
                    let booked_under =
                        |new: &NewLot| book.booked_under(stated.author, &stated.by, new);
                    let run = Run::of(stated.when, stated.author, run, booked_under);
                    run.inputs
                        .iter()
                        .any(|input| input.lot == lot)
                        .then_some((stated.by, run))
                }) else {
                    continue;
                };
                if !graph.runs.contains_key(&stated) {
                    let made = run.made.iter().copied();
                    waiting.extend(made.filter(|made| seen.insert(*made)));
                    graph.add_run(stated, run);
                }
            }
        }
        graph
    }
}
