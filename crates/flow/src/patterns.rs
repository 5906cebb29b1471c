//! T06: traders that never hold stock.
//!
//! Invariant: kept by the event that shows it, so that a correction takes it away again. What is remembered of a trader's
//! lots is bounded by what it holds; of what it passed on, a few words a lot remain.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};
use domain::payload::{Payload, ShipmentDispatched, ShipmentReceived};
use domain::{Activity, Code, DAY_MS, EventId, LotId, Moment, PartyId, PartyKind};
use projection::{Book, Column, Fact, Figure, Finding, FindingCode, Movement, Subject, lot_key};

/// Longest stay that counts as passing through.
const STAY_DAYS_MAX: i64 = 3;
/// Fewest lots that show a habit.
const PASSES_MIN: usize = 10;
/// Shortest time over which a habit shows.
const HABIT_DAYS_MIN: i64 = 90;

/// A pure trader's lots.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
struct Trader {
    /// When the lots that it holds arrived, by site and lot, with the position of the receipt.
    held: BTreeMap<(Code, LotId), BTreeSet<(Moment, u64)>>,
    /// What each of those receipts brought.
    came: BTreeMap<u64, Came>,
    /// What it dispatched of them, by position of the dispatch.
    passes: BTreeMap<u64, Pass>,
    /// Receipts that did not occur after all.
    taken_back: BTreeSet<u64>,
}

/// What a receipt brought of what is still held.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Came {
    occurred: Moment,
    places: BTreeSet<(Code, LotId)>,
}

/// A dispatch of lots that a trader had received.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Pass {
    event: EventId,
    occurred: Moment,
    lots: Vec<Arrived>,
}

/// A lot by its key, and the first of its arrivals by position of the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
struct Arrived {
    lot: u64,
    receipt: u64,
    occurred: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Patterns {
    traders: BTreeMap<PartyId, Trader>,
}

impl Patterns {
    pub(crate) fn take(&mut self, book: &Book, fact: &Fact<'_>, moves: &[Movement]) {
        match fact.payload {
            Payload::ShipmentReceived(receipt) => self.take_receipt(book, fact, receipt, moves),
            Payload::ShipmentDispatched(sent) => self.take_dispatch(fact, sent),
            _ => {}
        }
        self.forget(book, moves);
    }

    /// A lot of which nothing is left at its site, however it went, is a new arrival when it comes again.
    fn forget(&mut self, book: &Book, moves: &[Movement]) {
        for step in moves {
            let Some(trader) = self.traders.get_mut(&step.party) else {
                continue;
            };
            let place = |step: &Movement| (step.party, step.site, step.lot);
            let changes = moves.iter().filter(|other| place(other) == place(step));
            let change: i128 = changes.map(|other| other.net_mg).sum();
            if book.stock_before(step).net + change <= 0 {
                trader.forget(&(step.site, step.lot));
            }
        }
    }

    fn take_receipt(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        receipt: &ShipmentReceived,
        moves: &[Movement],
    ) {
        if fact.sign < 0 {
            if let Some(trader) = self.traders.get_mut(&fact.author) {
                trader.take_back(fact.stated_at);
            }
            return;
        }
        let mut received = moves
            .iter()
            .filter(|step| step.column == Column::Received)
            .peekable();
        if received.peek().is_some() && is_pure_trader(book, &fact.author) {
            let trader = self.traders.entry(fact.author).or_default();
            trader.taken_back.remove(&fact.stated_at);
            for step in received {
                trader.arrives((receipt.site, step.lot), fact.stated_at, fact.occurred);
            }
        }
    }

    fn take_dispatch(&mut self, fact: &Fact<'_>, sent: &ShipmentDispatched) {
        let Some(trader) = self.traders.get_mut(&fact.author) else {
            return;
        };
        if fact.sign > 0 {
            trader.pass_on(fact, sent);
        } else {
            trader.put_back(fact.stated_at, sent);
        }
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        let passing = self.traders.iter().filter_map(|(party, trader)| {
            let (lots, days, first) = trader.habit()?;
            let figures = vec![
                Figure::count("lots passed on", lots),
                Figure::count("days", days),
            ];
            let subject = Subject::party(*party);
            Some(Finding::new(
                FindingCode::T06,
                subject,
                figures,
                vec![first],
            ))
        });
        passing.collect()
    }
}

impl Trader {
    fn take_back(&mut self, receipt: u64) {
        self.taken_back.insert(receipt);
        let Some(came) = self.came.remove(&receipt) else {
            return;
        };
        for place in came.places {
            if let Some(arrivals) = self.held.get_mut(&place) {
                arrivals.remove(&(came.occurred, receipt));
                if arrivals.is_empty() {
                    self.held.remove(&place);
                }
            }
        }
    }

    fn arrives(&mut self, place: (Code, LotId), receipt: u64, occurred: Moment) {
        let arrivals = self.held.entry(place).or_default();
        arrivals.insert((occurred, receipt));
        let came = self.came.entry(receipt).or_insert_with(|| Came {
            occurred,
            places: BTreeSet::new(),
        });
        came.places.insert(place);
    }

    /// Nothing is left of a lot at a site.
    fn forget(&mut self, place: &(Code, LotId)) {
        for (_, receipt) in self.held.remove(place).into_iter().flatten() {
            if let Some(came) = self.came.get_mut(&receipt) {
                came.places.remove(place);
                if came.places.is_empty() {
                    self.came.remove(&receipt);
                }
            }
        }
    }

    fn pass_on(&mut self, fact: &Fact<'_>, sent: &ShipmentDispatched) {
        let arrived = sent.lines.iter().filter_map(|line| {
            let arrivals = self.held.get(&(sent.site, line.lot))?;
            let (occurred, receipt) = arrivals.first()?;
            Some(Arrived {
                lot: lot_key(&line.lot),
                receipt: *receipt,
                occurred: *occurred,
            })
        });
        let lots: Vec<_> = arrived.collect();
        if !lots.is_empty() {
            let (event, occurred) = (fact.stated_by, fact.occurred);
            let pass = Pass {
                event,
                occurred,
                lots,
            };
            self.passes.insert(fact.stated_at, pass);
        }
    }

    /// What was not sent after all is held again since it arrived.
    fn put_back(&mut self, dispatch: u64, sent: &ShipmentDispatched) {
        let Some(pass) = self.passes.remove(&dispatch) else {
            return;
        };
        for line in sent.lines.iter() {
            let key = lot_key(&line.lot);
            if let Some(arrived) = pass.lots.iter().find(|arrived| arrived.lot == key) {
                let (receipt, occurred) = (arrived.receipt, arrived.occurred);
                self.arrives((sent.site, line.lot), receipt, occurred);
            }
        }
    }

    /// Lots passed on, the days between the first time and the last, and the first dispatch; nothing if that is no habit.
    fn habit(&self) -> Option<(i64, i64, EventId)> {
        let came = |arrived: &&Arrived| !self.taken_back.contains(&arrived.receipt);
        let passes = self.passes.values();
        let passes: Vec<_> = passes
            .filter(|pass| pass.lots.iter().any(|arrived| came(&arrived)))
            .collect();
        let mut lots = BTreeSet::new();
        for pass in &passes {
            for arrived in pass.lots.iter().filter(came) {
                if pass.occurred.ms() - arrived.occurred.ms() > STAY_DAYS_MAX * DAY_MS {
                    return None;
                }
                lots.insert(*arrived);
            }
        }
        let times = || passes.iter().map(|pass| pass.occurred.ms());
        let days = (times().max()? - times().min()?) / DAY_MS;
        let is_habit = lots.len() >= PASSES_MIN && days >= HABIT_DAYS_MIN;
        let count = i64::try_from(lots.len()).ok()?;
        is_habit.then_some((count, days, passes.first()?.event))
    }
}

fn is_pure_trader(book: &Book, party: &PartyId) -> bool {
    let record = book.registry().party(party);
    record.is_some_and(|record| match &record.kind {
        PartyKind::Enterprise { activities } => activities.iter().eq([&Activity::Trading]),
        _ => false,
    })
}
