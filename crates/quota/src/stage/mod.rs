//! Stages of matter: what every lot is by lineage, and what each statement made cross a stage.
//!
//! Invariant: what a statement consumed is a function of what its inputs are by now. When that changes, by a correction, a
//! description that comes late or an event out of order, it is derived again, with all that came of it, and the difference is
//! handed out. Memory: a few words for each lot and each time it was drawn of; the log keeps the rest.

mod pool;
mod rule;
mod share;

use std::collections::BTreeSet;

use bincode::{Decode, Encode};
use domain::payload::NewLot;
use domain::reference::AsOf;
use domain::{Code, EventId, LotId, Moment, PartyId, Payload, Product};
use hashbrown::HashMap;
use projection::{Book, Fact, LotPlaces, lot_key};

use pool::Tank;
use rule::{Ground, Made};
use share::Shares;

pub(crate) use rule::{Crossed, TRACKS, place};

/// What a statement consumed, or consumes more or less by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub author: PartyId,
    pub occurred: Moment,
    pub stated_by: EventId,
    pub stated_at: u64,
    /// Of a run, where it was.
    pub run_at: Option<Code>,
    /// Nothing but the first statement itself; else it is derived again.
    pub is_first: bool,
    pub crossed: Crossed,
}

/// The mix of every lot, and who drew of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stages {
    tanks: HashMap<u64, Tank>,
    drawn: LotPlaces,
}

/// What the bytes of the state hold.
#[derive(Encode, Decode)]
pub(crate) struct SavedStages {
    tanks: Vec<(u64, Tank)>,
    drawn: Vec<(u64, Vec<u64>)>,
}

/// Lots that changed, each with what those who drew of it still take it for.
#[derive(Default)]
struct Waiting {
    before: HashMap<u64, (u64, Shares)>,
    /// By the position that changed it, so that what lies upstream is settled first.
    order: BTreeSet<(u64, u64)>,
    visits: HashMap<u64, u32>,
}

/// Times that one event may change one lot before its matter is held to go in a circle.
const VISITS_MAX: u32 = 64;

impl Waiting {
    fn add(&mut self, key: u64, at: u64, before: Shares) {
        let (known_at, before) = match self.before.get(&key) {
            Some((known_at, before)) => {
                self.order.remove(&(*known_at, key));
                (*known_at, *before)
            }
            None => (at, before),
        };
        let at = at.max(known_at);
        self.before.insert(key, (at, before));
        self.order.insert((at, key));
    }

    fn next(&mut self) -> Option<(u64, Shares)> {
        let (_, key) = self.order.pop_first()?;
        let (_, before) = self.before.remove(&key)?;
        Some((key, before))
    }
}

impl Stages {
    /// Takes a fact; gives what it consumed, and what others consume more or less because of it.
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>) -> Vec<Change> {
        if !rule::concerns(fact.payload) {
            return Vec::new();
        }
        let mut waiting = Waiting::default();
        let ground = Ground {
            of: &|lot| self.shares(lot),
            is_ore_product: &is_ore_product(book, fact.occurred, fact.booked_at),
            booked_under: &|new| book.booked_under(fact.author, &fact.stated_by, new),
        };
        let effect = rule::effect(fact.payload, ground);
        for (lot, drawn) in rule::drawn(fact.payload) {
            if fact.sign > 0 {
                self.drawn.add(&lot, fact.stated_at);
            } else {
                self.drawn.remove(&lot, fact.stated_at);
            }
            self.change(lot_key(&lot), fact.stated_at, &mut waiting, |tank| {
                tank.draw(drawn, fact.sign);
            });
        }
        for made in &effect.made {
            let pair = if fact.sign > 0 {
                (None, Some(made))
            } else {
                (Some(made), None)
            };
            self.replace(pair, fact.stated_at, &mut waiting);
        }
        let mut changes = Vec::new();
        if effect.crossed != Crossed::default() {
            changes.push(Change {
                author: fact.author,
                occurred: fact.occurred,
                stated_by: fact.stated_by,
                stated_at: fact.stated_at,
                run_at: run_at(fact.payload),
                is_first: !fact.is_correction(),
                crossed: effect.crossed.map(|mg| mg * i128::from(fact.sign)),
            });
        }
        self.derive(book, waiting, &mut changes);
        changes
    }

    /// What is in a lot. A lot without a recorded origin is not separated, or an unknown
    /// origin would be a way around the quota.
    pub(crate) fn shares(&self, lot: &LotId) -> Shares {
        self.shares_of_key(lot_key(lot))
    }

    fn shares_of_key(&self, key: u64) -> Shares {
        self.tanks.get(&key).unwrap_or(&Tank::EMPTY).shares()
    }

    /// Takes out of a lot what a statement put into it before, and puts in what it puts in now.
    fn replace(
        &mut self,
        (out, into): (Option<&Made>, Option<&Made>),
        at: u64,
        waiting: &mut Waiting,
    ) {
        let Some(lot) = out.or(into).map(|made| made.lot) else {
            return;
        };
        self.change(lot_key(&lot), at, waiting, |tank| {
            if let Some(made) = into {
                tank.put(made);
            }
            if let Some(made) = out {
                tank.take(made);
            }
        });
    }

    /// Changes what is known of a lot; those who drew of it wait to be derived again if it is something else now.
    fn change(&mut self, key: u64, at: u64, waiting: &mut Waiting, change: impl FnOnce(&mut Tank)) {
        let tank = self.tanks.entry(key).or_insert(Tank::EMPTY);
        let before = tank.shares();
        change(tank);
        if tank.is_empty() {
            self.tanks.remove(&key);
        }
        // Most lots are new, and nobody drew of them yet.
        if before != self.shares_of_key(key) && !self.drawn.of_key(key).is_empty() {
            waiting.add(key, at, before);
        }
    }

    fn derive(&mut self, book: &Book, mut waiting: Waiting, changes: &mut Vec<Change>) {
        while let Some((key, before)) = waiting.next() {
            let visits = waiting.visits.entry(key).or_default();
            *visits += 1;
            if *visits > VISITS_MAX
                && let Some(tank) = self.tanks.get_mut(&key)
            {
                tank.mark_circle();
            }
            let after = self.shares_of_key(key);
            if before == after {
                continue;
            }
            for at in self.drawn.of_key(key).to_vec() {
                let change = self.derive_one(book, at, (key, before, after), &mut waiting);
                changes.extend(change);
            }
        }
    }

    /// Derives one statement again that drew of a lot which is now something else.
    fn derive_one(
        &mut self,
        book: &Book,
        at: u64,
        (key, before, after): (u64, Shares, Shares),
        waiting: &mut Waiting,
    ) -> Option<Change> {
        let stated = book.statement_at(at)?;
        let is_ore_product = is_ore_product(book, stated.occurred, stated.booked_at);
        let booked_under = |new: &NewLot| book.booked_under(stated.author, &stated.by, new);
        let effect = |this: Shares| {
            let of = |lot: &LotId| self.shares_with(lot, waiting, (key, this));
            let ground = Ground {
                of: &of,
                is_ore_product: &is_ore_product,
                booked_under: &booked_under,
            };
            rule::effect(&stated.payload, ground)
        };
        let (was, is) = (effect(before), effect(after));
        for (out, into) in was.made.iter().zip(&is.made) {
            if out.shares != into.shares {
                self.replace((Some(out), Some(into)), at, waiting);
            }
        }
        let mut crossed = is.crossed;
        for (sum, was) in crossed.iter_mut().zip(was.crossed) {
            *sum -= was;
        }
        (crossed != Crossed::default()).then_some(Change {
            author: stated.author,
            occurred: stated.occurred,
            stated_by: stated.by,
            stated_at: at,
            run_at: run_at(&stated.payload),
            is_first: false,
            crossed,
        })
    }

    /// What is in a lot while one is taken for this, and others that wait for what they were before.
    fn shares_with(&self, lot: &LotId, waiting: &Waiting, (key, this): (u64, Shares)) -> Shares {
        let asked = lot_key(lot);
        if asked == key {
            return this;
        }
        let before = waiting.before.get(&asked).map(|(_, before)| *before);
        before.unwrap_or_else(|| self.shares_of_key(asked))
    }

    pub(crate) fn save(&self) -> SavedStages {
        let tanks = self.tanks.iter();
        let mut tanks: Vec<_> = tanks.map(|(key, tank)| (*key, tank.clone())).collect();
        tanks.sort_unstable_by_key(|(key, _)| *key);
        SavedStages {
            tanks,
            drawn: self.drawn.save(),
        }
    }

    pub(crate) fn load(saved: SavedStages) -> Option<Self> {
        Some(Self {
            tanks: saved.tanks.into_iter().collect(),
            drawn: LotPlaces::load(saved.drawn)?,
        })
    }
}

/// The catalogue as it was when a statement was booked, on the day of what it states: an old event is judged by the tables of
/// its day.
fn is_ore_product(book: &Book, occurred: Moment, position: u64) -> impl Fn(Product) -> bool + '_ {
    move |product| {
        let registry = book.registry();
        let day = registry.zone().day_of(occurred);
        let as_of = AsOf { day, position };
        registry.reference().is_ore_product(product, as_of)
    }
}

fn run_at(payload: &Payload) -> Option<Code> {
    match payload {
        Payload::LotProcessed(run) => Some(run.site),
        _ => None,
    }
}
