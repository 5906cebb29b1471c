//! The index: under each lot the positions of what brought it forth and of the runs that drew of it.
//!
//! Invariant: a position is that of the original statement, whatever corrected it; where something else stands by now, the
//! place of that is kept beside it. A lot is found by a key of eight bytes, and whoever reads an event checks the lot.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use domain::payload::{LotProcessed, NewLot};
use domain::{EventId, LotId, Moment, PartyId, Payload};
use hashbrown::HashMap;
use projection::{Book, Fact, Origin, Recall, lot_key, own_lot};

use crate::graph::{Contribution, Graph, Run, When};
use crate::origin::OriginClass;

/// Positions, nearly always one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Places {
    One(u64),
    /// In order.
    #[expect(
        clippy::box_collection,
        reason = "half as large for the one position that nearly every lot has"
    )]
    More(Box<Vec<u64>>),
}

impl Places {
    fn as_slice(&self) -> &[u64] {
        match self {
            Self::One(position) => std::slice::from_ref(position),
            Self::More(positions) => positions,
        }
    }

    fn add(&mut self, position: u64) {
        match self {
            Self::One(known) if *known == position => {}
            Self::One(known) => {
                let pair = vec![(*known).min(position), (*known).max(position)];
                *self = Self::More(Box::new(pair));
            }
            Self::More(positions) => {
                let place = positions.partition_point(|known| *known < position);
                if positions.get(place) != Some(&position) {
                    positions.insert(place, position);
                }
            }
        }
    }
}

/// Positions by the key of the lot.
#[derive(Debug, Clone, Default)]
struct Table(HashMap<u64, Places>);

impl Table {
    fn of(&self, lot: &LotId) -> &[u64] {
        self.0.get(&lot_key(lot)).map_or(&[], Places::as_slice)
    }

    fn add(&mut self, lot: &LotId, position: u64) {
        let places = self.0.entry(lot_key(lot)).or_insert(Places::One(position));
        places.add(position);
    }

    fn remove(&mut self, lot: &LotId, position: u64) {
        let key = lot_key(lot);
        let Some(places) = self.0.get(&key) else {
            return;
        };
        let left = places
            .as_slice()
            .iter()
            .copied()
            .filter(|known| *known != position);
        let left: Vec<u64> = left.collect();
        match left.as_slice() {
            [] => _ = self.0.remove(&key),
            [one] => _ = self.0.insert(key, Places::One(*one)),
            _ => _ = self.0.insert(key, Places::More(Box::new(left))),
        }
    }

    fn save(&self) -> Vec<(u64, Vec<u64>)> {
        let lists = self
            .0
            .iter()
            .map(|(key, places)| (*key, places.as_slice().to_vec()));
        let mut lists: Vec<_> = lists.collect();
        lists.sort_unstable_by_key(|(key, _)| *key);
        lists
    }

    fn load(saved: Vec<(u64, Vec<u64>)>) -> Option<Self> {
        let mut table = HashMap::with_capacity(saved.len());
        for (key, positions) in saved {
            let places = match positions.as_slice() {
                [] => return None,
                [one] => Places::One(*one),
                more if more.is_sorted_by(|a, b| a < b) => Places::More(Box::new(positions)),
                _ => return None,
            };
            table.insert(key, places);
        }
        Some(Self(table))
    }
}

/// Where the genealogy of every lot stands in the log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    made: Table,
    used: Table,
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
    pub(crate) fn take_made(&mut self, book: &Book, fact: &Fact<'_>) {
        self.note_standing(fact);
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
            made: Table::load(saved.made)?,
            used: Table::load(saved.used)?,
            standing: saved.standing,
        })
    }

    fn stated(&self, recall: &Recall, at: u64) -> Option<Stated> {
        let event = recall.recall(self.standing.get(&at).copied().unwrap_or(at))?;
        let when = |occurred: Moment| When {
            occurred,
            position: at,
        };
        let author = event.body.author;
        match event.body.payload {
            Payload::EventCorrected(correction) => {
                let original = wire::decode_body(&correction.corrected).ok()?;
                Some(Stated {
                    by: wire::event_id(&correction.corrected),
                    when: when(original.occurred),
                    author,
                    payload: correction.replacement?.payload().clone(),
                })
            }
            payload => Some(Stated {
                by: event.id,
                when: when(event.body.occurred),
                author,
                payload,
            }),
        }
    }

    /// Adds what a statement brought forth of a lot; gives its run if it came out of one.
    fn add_made(&self, graph: &mut Graph, stated: &Stated, lot: &LotId) -> Option<Run> {
        let is_lot = |new: &NewLot| {
            let named = LotId {
                creator: stated.author,
                code: new.lot,
            };
            named == *lot || own_lot(named, &stated.by) == *lot
        };
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
