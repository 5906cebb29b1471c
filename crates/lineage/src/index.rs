//! The index: under each lot the positions of what brought it forth and of the runs that drew of it.
//!
//! Invariant: a position is that of the original statement, whatever corrected it; where something else stands by now, the
//! place of that is kept beside it. Knows no shares.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use domain::payload::{LotProcessed, NewLot};
use domain::{EventId, LotId, PartyId, Payload};
use projection::{Book, Fact, LotPlaces, Origin, Recall};

use crate::graph::{Contribution, Graph, Run, When};
use crate::origin::OriginClass;

/// Where the genealogy of every lot stands in the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    made: LotPlaces,
    used: LotPlaces,
    /// By the position of an original statement, that of the correction that stands in its place.
    standing: BTreeMap<u64, u64>,
}

/// What the bytes of an index hold.
#[derive(Encode, Decode)]
pub(crate) struct SavedIndex {
    made: Vec<(u64, Vec<u64>)>,
    used: Vec<(u64, Vec<u64>)>,
    standing: BTreeMap<u64, u64>,
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
    pub(crate) fn take_made(&mut self, fact: &Fact<'_>) {
        self.note_standing(fact);
        for new in fact.payload.new_lots() {
            self.note_made(fact, &new);
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

    fn note_made(&mut self, fact: &Fact<'_>, new: &NewLot) {
        let lot = LotId {
            creator: fact.author,
            code: new.lot,
        };
        if fact.sign > 0 {
            self.made.add(&lot, fact.stated_at);
        } else {
            self.made.remove(&lot, fact.stated_at);
        }
    }

    fn note_standing(&mut self, fact: &Fact<'_>) {
        if fact.sign < 0 {
            self.standing.remove(&fact.stated_at);
        } else if fact.is_correction() {
            self.standing.insert(fact.stated_at, fact.position);
        }
    }

    pub(crate) fn save(&self) -> SavedIndex {
        SavedIndex {
            made: self.made.save(),
            used: self.used.save(),
            standing: self.standing.clone(),
        }
    }

    pub(crate) fn load(saved: SavedIndex) -> Option<Self> {
        Some(Self {
            made: LotPlaces::load(saved.made)?,
            used: LotPlaces::load(saved.used)?,
            standing: saved.standing,
        })
    }

    fn stated(&self, recall: &Recall, at: u64) -> Option<Stated> {
        let stated = recall.statement(self.standing.get(&at).copied().unwrap_or(at))?;
        let when = When {
            occurred: stated.occurred,
            position: at,
        };
        Some(Stated {
            by: stated.by,
            when,
            author: stated.author,
            payload: stated.payload,
        })
    }

    /// Adds what a statement brought forth of a lot; gives its run if it came out of one.
    fn add_made(&self, graph: &mut Graph, stated: &Stated, lot: &LotId) -> Option<Run> {
        let is_lot = |new: &NewLot| stated.author == lot.creator && new.lot == lot.code;
        let new = stated.payload.new_lots().find(is_lot)?;
        let class = Origin::of(&stated.payload).and_then(OriginClass::of);
        graph.add_contribution(*lot, Contribution::of(stated.when, stated.by, class, &new));
        match &stated.payload {
            Payload::LotProcessed(run) => Some(Run::of(stated.when, stated.author, run)),
            _ => None,
        }
    }

    /// Everything that a lot came from.
    pub(crate) fn back(&self, book: &Book, lot: &LotId) -> Graph {
        let mut graph = Graph::default();
        let Some(recall) = book.recall() else {
            return graph;
        };
        let (mut waiting, mut seen) = (vec![*lot], BTreeSet::from([*lot]));
        while let Some(lot) = waiting.pop() {
            for at in self.made.of(&lot) {
                let Some(stated) = self.stated(recall, *at) else {
                    continue;
                };
                let run = self.add_made(&mut graph, &stated, &lot);
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
        let Some(recall) = book.recall() else {
            return graph;
        };
        let mut seen: BTreeSet<LotId> = lots.collect();
        let mut waiting: Vec<LotId> = seen.iter().copied().collect();
        while let Some(lot) = waiting.pop() {
            for at in self.made.of(&lot) {
                if let Some(stated) = self.stated(recall, *at) {
                    self.add_made(&mut graph, &stated, &lot);
                }
            }
            for at in self.used.of(&lot) {
                let stated = self.stated(recall, *at);
                let Some((stated, run)) = stated.and_then(|stated| {
                    let Payload::LotProcessed(run) = &stated.payload else {
                        return None;
                    };
                    let run = Run::of(stated.when, stated.author, run);
                    run.inputs
                        .iter()
                        .any(|input| input.lot == lot)
                        .then_some((stated.by, run))
                }) else {
                    continue;
                };
                if !graph.runs.contains_key(&stated) {
                    waiting.extend(run.made().filter(|made| seen.insert(*made)));
                    graph.add_run(stated, run);
                }
            }
        }
        graph
    }
}
