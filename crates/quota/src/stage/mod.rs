//! Stages of matter: what every lot is by lineage, and what each statement made cross a stage.
//!
//! Invariant: what a statement consumed is a function of what its inputs were when it drew of them, as far as that is known by
//! now. When that changes, by a correction, a description that comes late or an event out of order, it is derived again, with
//! all that came of it later, and the difference is handed out. Matter only comes of what was there before, so each statement
//! is derived again once at most. Memory: a few words for each time that a lot was put to or drawn of; the log keeps the rest.

mod held;
mod rule;
mod share;
mod tank;

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::{NewLot, Process};
use domain::reference::AsOf;
use domain::{Code, Day, EventId, Moment, PartyId, Payload, Product, Quantity};
use hashbrown::HashMap;
use projection::{Book, Fact, Statement, lot_key};

use rule::{Effect, Ground, Taken};
use share::{Part, Shares, Weighed};
use tank::{Affected, SavedTank, Tank, When};

pub(crate) use rule::{Crossed, TRACKS, place};

/// What a statement consumed, or consumes more or less by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub author: PartyId,
    pub day: Day,
    pub occurred: Moment,
    pub stated_by: EventId,
    pub stated_at: u64,
    /// Where it was done; of what left the ledger, nowhere.
    pub site: Option<Code>,
    /// What a run is called.
    pub process: Option<Process>,
    /// Nothing but the first statement itself; else it is derived again.
    pub is_first: bool,
    pub crossed: Crossed,
    /// REO of ore that a run was fed with.
    pub ore_fed: i128,
}

/// What lies in every lot, and who drew of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stages {
    tanks: HashMap<u64, Tank>,
}

/// What the bytes of the state hold.
#[derive(Encode, Decode)]
pub(crate) struct SavedStages {
    tanks: Vec<(u64, SavedTank)>,
}

/// Statements that carry something else now, in order of time, with what they carried before of the lots that changed.
#[derive(Default)]
struct Waiting(BTreeMap<When, Vec<(u64, Shares)>>);

impl Waiting {
    fn add(&mut self, key: u64, affected: Affected) {
        for (when, before) in affected {
            let known = self.0.entry(when).or_default();
            if known.iter().all(|(lot, _)| *lot != key) {
                known.push((key, before));
            }
        }
    }
}

/// Lots that a statement draws of, line by line.
struct Lines(Vec<(u64, Quantity)>);

impl Lines {
    fn of(payload: &Payload) -> Self {
        let drawn = rule::drawn(payload).into_iter();
        Self(
            drawn
                .map(|(lot, quantity)| (lot_key(&lot), quantity))
                .collect(),
        )
    }

    /// Lot by lot.
    fn by_lot(&self) -> Vec<(u64, Weighed)> {
        let lines = self.0.iter();
        let mut lots: Vec<(u64, Weighed)> = lines
            .map(|(key, quantity)| {
                let (net_mg, reo_mg) = (quantity.net.mg(), quantity.reo.mg());
                (*key, Weighed { net_mg, reo_mg })
            })
            .collect();
        lots.sort_unstable_by_key(|(key, _)| *key);
        lots.dedup_by(|more, first| {
            let is_same = more.0 == first.0;
            if is_same {
                first.1 = first.1.plus(more.1);
            }
            is_same
        });
        lots
    }
}

impl Stages {
    /// Takes a fact of a day; gives what it consumed, and what others consume more or less because of it.
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>, day: Day) -> Vec<Change> {
        if !rule::concerns(fact.payload) {
            return Vec::new();
        }
        let mut waiting = Waiting::default();
        let lines = Lines::of(fact.payload);
        let when = When::new(fact.occurred, draws(fact.payload), fact.stated_at);
        if fact.sign > 0 {
            for (key, weighed) in lines.by_lot() {
                self.change(key, &mut waiting, |tank| tank.draw(when, weighed));
            }
        }
        let taken = self.taken(&lines, when, &[]);
        let effect = rule::effect(
            fact.payload,
            Ground {
                taken: &taken,
                is_ore_product: &is_ore_product(book, day, fact.booked_at),
                booked_under: &|new| book.booked_under(fact.author, &fact.stated_by, new),
            },
        );
        for made in &effect.made {
            self.change(lot_key(&made.lot), &mut waiting, |tank| {
                if fact.sign > 0 {
                    tank.put(when, made)
                } else {
                    tank.take_out(when, made)
                }
            });
        }
        if fact.sign < 0 {
            for (key, _) in lines.by_lot() {
                self.change(key, &mut waiting, |tank| tank.give_back(when));
            }
        }
        let mut changes = Vec::new();
        if effect.crossed != Crossed::default() || effect.ore_fed != 0 {
            let sign = i128::from(fact.sign);
            changes.push(Change {
                author: fact.author,
                day,
                occurred: fact.occurred,
                stated_by: fact.stated_by,
                stated_at: fact.stated_at,
                site: site(fact.payload),
                process: process(fact.payload),
                is_first: !fact.is_correction(),
                crossed: effect.crossed.map(|mg| mg * sign),
                ore_fed: effect.ore_fed * sign,
            });
        }
        while let Some((when, before)) = waiting.0.pop_first() {
            let change = self.derive(book, when, &before, &mut waiting);
            changes.extend(change);
        }
        changes
    }

    /// What the lines of a statement carry, or carried where something else is said of a lot. A lot without a recorded origin
    /// is not separated, or an unknown origin would be a way around the quota.
    fn taken(&self, lines: &Lines, when: When, before: &[(u64, Shares)]) -> Vec<Taken> {
        let lines = lines.0.iter().map(|(key, quantity)| {
            let tank = self.tanks.get(key);
            let known = before.iter().find(|(lot, _)| lot == key);
            let shares = known.map(|(_, shares)| *shares);
            let now = || tank.map_or(Shares::pure(Part::Unknown), |tank| tank.carries(when));
            Taken {
                quantity: *quantity,
                shares: shares.unwrap_or_else(now),
                is_raw: tank.is_some_and(Tank::is_raw),
            }
        });
        lines.collect()
    }

    /// Changes what is known of a lot; those who drew of it wait to be derived again if they carry something else now.
    fn change(
        &mut self,
        key: u64,
        waiting: &mut Waiting,
        change: impl FnOnce(&mut Tank) -> Affected,
    ) {
        let tank = self.tanks.entry(key).or_default();
        waiting.add(key, change(tank));
        if tank.is_empty() {
            self.tanks.remove(&key);
        }
    }

    /// Derives one statement again that drew of lots which are now something else.
    fn derive(
        &mut self,
        book: &Book,
        when: When,
        before: &[(u64, Shares)],
        waiting: &mut Waiting,
    ) -> Option<Change> {
        let at = when.position();
        let stated = book.statement_at(at)?;
        let day = book.registry().zone().day_of(stated.occurred);
        let lines = Lines::of(&stated.payload);
        let was = effect_of(book, &stated, day, &self.taken(&lines, when, before));
        let is = effect_of(book, &stated, day, &self.taken(&lines, when, &[]));
        for (out, into) in was.made.iter().zip(&is.made) {
            if out.shares != into.shares {
                self.change(lot_key(&out.lot), waiting, |tank| {
                    tank.refill(when, out, into)
                });
            }
        }
        let mut crossed = is.crossed;
        for (sum, was) in crossed.iter_mut().zip(was.crossed) {
            *sum -= was;
        }
        let ore_fed = is.ore_fed - was.ore_fed;
        (crossed != Crossed::default() || ore_fed != 0).then_some(Change {
            author: stated.author,
            day,
            occurred: stated.occurred,
            stated_by: stated.by,
            stated_at: at,
            site: site(&stated.payload),
            process: process(&stated.payload),
            is_first: false,
            crossed,
            ore_fed,
        })
    }

    pub(crate) fn save(&self) -> SavedStages {
        let tanks = self.tanks.iter();
        let mut tanks: Vec<_> = tanks.map(|(key, tank)| (*key, tank.save())).collect();
        tanks.sort_unstable_by_key(|(key, _)| *key);
        SavedStages { tanks }
    }

    pub(crate) fn load(saved: SavedStages) -> Option<Self> {
        let tanks = saved.tanks.into_iter();
        let tanks = tanks.map(|(key, tank)| Some((key, Tank::load(tank)?)));
        Some(Self {
            tanks: tanks.collect::<Option<_>>()?,
        })
    }
}

fn effect_of(book: &Book, stated: &Statement, day: Day, taken: &[Taken]) -> Effect {
    rule::effect(
        &stated.payload,
        Ground {
            taken,
            is_ore_product: &is_ore_product(book, day, stated.booked_at),
            booked_under: &|new: &NewLot| book.booked_under(stated.author, &stated.by, new),
        },
    )
}

/// The catalogue as it was when a statement was booked, on the day of what it states: an old event is judged by the tables of
/// its day.
fn is_ore_product(book: &Book, day: Day, position: u64) -> impl Fn(Product) -> bool + '_ {
    move |product| {
        let as_of = AsOf { day, position };
        book.registry().reference().is_ore_product(product, as_of)
    }
}

/// Whether statements of this kind draw of lots; the others bring matter into the books.
const fn draws(payload: &Payload) -> bool {
    !matches!(
        payload,
        Payload::LotMined(_)
            | Payload::LotImported(_)
            | Payload::LotRecovered(_)
            | Payload::OpeningStockDeclared(_)
            | Payload::ScrapCollected(_)
    )
}

const fn site(payload: &Payload) -> Option<Code> {
    match payload {
        Payload::LotProcessed(run) => Some(run.site),
        Payload::LotRecovered(recovered) => Some(recovered.site),
        Payload::LotMined(mined) => Some(mined.site),
        _ => None,
    }
}

const fn process(payload: &Payload) -> Option<Process> {
    match payload {
        Payload::LotProcessed(run) => Some(run.process),
        _ => None,
    }
}
