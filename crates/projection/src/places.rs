//! Positions in the log by lot: the index with which projections find what named a lot.
//!
//! Invariant: a lot is found by a key of eight bytes, so two lots may share a list; a position is in a list once, in order.
//! Knows nothing of what stands at a position.

use domain::LotId;
use hashbrown::HashMap;

use crate::book::lot_key;

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
pub struct LotPlaces(HashMap<u64, Places>);

impl LotPlaces {
    /// Where a lot is named; whoever reads an event there checks that it names this lot.
    pub fn of(&self, lot: &LotId) -> &[u64] {
        self.0.get(&lot_key(lot)).map_or(&[], Places::as_slice)
    }

    /// The same by the key of the lot.
    pub fn of_key(&self, key: u64) -> &[u64] {
        self.0.get(&key).map_or(&[], Places::as_slice)
    }

    /// Adds a position; one that is known already is not added.
    pub fn add(&mut self, lot: &LotId, position: u64) {
        let places = self.0.entry(lot_key(lot)).or_insert(Places::One(position));
        places.add(position);
    }

    /// Takes a position out.
    pub fn remove(&mut self, lot: &LotId, position: u64) {
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

    /// As a list, sorted.
    pub fn save(&self) -> Vec<(u64, Vec<u64>)> {
        let lists = self
            .0
            .iter()
            .map(|(key, places)| (*key, places.as_slice().to_vec()));
        let mut lists: Vec<_> = lists.collect();
        lists.sort_unstable_by_key(|(key, _)| *key);
        lists
    }

    /// From such a list; nothing if it is not one.
    pub fn load(saved: Vec<(u64, Vec<u64>)>) -> Option<Self> {
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
