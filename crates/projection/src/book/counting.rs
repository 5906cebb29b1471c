//! Physical inventory taking: what a count makes of the book, and what later news does to a count.
//!
//! Invariant: after a count the book of the site is what was counted. Whatever happened before the count and becomes known
//! after it changes the difference of that count, never the stock: a movement is booked together with its opposite in the
//! column of counted differences. A count that is taken back leaves the stock as if it had never been. A count of a time
//! since which movements were forgotten is compared with nothing and books nothing. Judges no difference.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bincode::{Decode, Encode};
use domain::payload::StockCounted;
use domain::{DAY_MS, EventId, LotId, Moment, Payload, Product, SiteId};

use super::{Book, Column, Measure, Movement};
use crate::amount::Amount;
use crate::event::Fact;

/// A time as counts see it: when something happened, then the position of its statement.
type Time = (Moment, u64);

/// What the book said at a site at the time of a count, so that a corrected count is measured against it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct CountBase {
    site: SiteId,
    time: Time,
    /// As it was known when the standing count was booked; of a count that was taken back, as it is known by now.
    book: BTreeMap<LotId, Amount>,
    /// What became known since and was booked against the standing count.
    late: BTreeMap<(LotId, Option<Product>), Amount>,
}

/// A movement that a count may have to leave out, because it happened after the time that the count is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Recent {
    time: Time,
    lot: LotId,
    amount: Amount,
}

/// A count of a site that was measured against the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
struct Taken {
    time: Time,
    count: EventId,
    /// False once it was taken back.
    stands: bool,
}

/// What a site remembers for its counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(super) struct Counted {
    /// Sorted.
    counts: Vec<Taken>,
    recent: Vec<Recent>,
    /// Length at which old movements are dropped.
    drop_at: u64,
    /// The latest time of a movement that was dropped.
    forgotten: Option<Time>,
}

/// A count is entered within these days of the time that it is of; movements are remembered so long.
const REMEMBERED_MS: i64 = 100 * DAY_MS;

/// Fewest movements worth looking through.
const RECENT_MIN: u64 = 64;

impl Counted {
    fn remember(&mut self, recent: Recent, received: Moment) {
        self.recent.push(recent);
        if self.recent.len() as u64 >= self.drop_at.max(RECENT_MIN) {
            let since = received.ms() - REMEMBERED_MS;
            let is_old = |recent: &Recent| recent.time.0.ms() <= since;
            let old = self.recent.iter().filter(|recent| is_old(recent));
            self.forgotten = self.forgotten.max(old.map(|recent| recent.time).max());
            self.recent.retain(|recent| !is_old(recent));
            self.drop_at = 2 * self.recent.len() as u64;
        }
    }

    /// Counts of a later time, in their order.
    fn after(&self, time: Time) -> impl Iterator<Item = &Taken> {
        let first = self.counts.partition_point(|taken| taken.time <= time);
        self.counts.iter().skip(first)
    }

    fn put(&mut self, taken: Taken) {
        self.remove(&taken.count);
        let place = self.counts.partition_point(|other| *other < taken);
        self.counts.insert(place, taken);
    }

    fn remove(&mut self, count: &EventId) {
        self.counts.retain(|taken| taken.count != *count);
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, Amount>, key: K, amount: Amount) {
    match sums.entry(key) {
        Entry::Vacant(vacant) => _ = vacant.insert(amount),
        Entry::Occupied(mut sum) => {
            *sum.get_mut() += amount;
            if sum.get().is_zero() {
                sum.remove();
            }
        }
    }
}

/// When a fact happened, as counts see it.
fn time_of(fact: &Fact<'_>) -> Time {
    let moment = match fact.payload {
        Payload::StockCounted(count) => count.as_of,
        _ => fact.occurred,
    };
    (moment, fact.stated_at)
}

impl Book {
    /// Whether a count was measured against the book. A count of a time since which movements were forgotten was not.
    pub fn compares(&self, count: &EventId) -> bool {
        self.counts.contains_key(count)
    }

    /// Counted minus book by lot; lots without a difference are left out. Nothing for a count that is not compared, nor for
    /// its reversal.
    pub(super) fn count_differences(
        &mut self,
        fact: &Fact<'_>,
        count: &StockCounted,
    ) -> BTreeMap<LotId, Amount> {
        // One of several pages says nothing of the lots on the others: the pages are compared together, or not at all.
        if count.page != 1 || !count.last {
            return BTreeMap::new();
        }
        let site = SiteId {
            party: self.holder(fact.author),
            code: count.site,
        };
        let time = time_of(fact);
        let same = |base: &CountBase| (base.site, base.time) == (site, time);
        if !self.counts.get(&fact.stated_by).is_some_and(same) {
            if fact.sign < 0 {
                return BTreeMap::new();
            }
            self.forget_count(&fact.stated_by);
            let Some(book) = self.book_at(&site, time) else {
                return BTreeMap::new();
            };
            let base = CountBase {
                site,
                time,
                book,
                late: BTreeMap::new(),
            };
            self.counts.insert(fact.stated_by, base);
        }
        let base = self.counts.get(&fact.stated_by);
        let book = base.into_iter().flat_map(|base| &base.book);
        let mut differences: BTreeMap<_, _> = book.map(|(lot, amount)| (*lot, -*amount)).collect();
        for line in count.lots.iter() {
            *differences.entry(line.lot).or_default() += Amount::from(&line.quantity);
        }
        differences.retain(|_, difference| !difference.is_zero());
        differences
    }

    /// What was booked against a count, once the count is taken back: then it is part of what the book said.
    pub(super) fn give_back_late(
        &mut self,
        fact: &Fact<'_>,
    ) -> BTreeMap<(LotId, Option<Product>), Amount> {
        let base = self.counts.get_mut(&fact.stated_by);
        let Some(base) = base.filter(|_| fact.sign < 0) else {
            return BTreeMap::new();
        };
        let late = std::mem::take(&mut base.late);
        for ((lot, _), amount) in &late {
            add(&mut base.book, *lot, *amount);
        }
        late
    }

    /// A count that was corrected to another site or time.
    fn forget_count(&mut self, count: &EventId) {
        let Some(base) = self.counts.remove(count) else {
            return;
        };
        let number = self.site_number(base.site);
        if let Some(slot) = self.sites.get_mut(number as usize) {
            slot.counted.remove(count);
        }
    }

    /// The stock of a site at a time: today's, less what happened since. Nothing if that was forgotten.
    fn book_at(&self, site: &SiteId, time: Time) -> Option<BTreeMap<LotId, Amount>> {
        let mut book: BTreeMap<LotId, Amount> = self.stock_of_site(site).into_iter().collect();
        let number = self.site_numbers.get(site);
        let Some(slot) = number.and_then(|number| self.sites.get(*number as usize)) else {
            return Some(book);
        };
        if slot.counted.forgotten > Some(time) {
            return None;
        }
        let since = slot.counted.recent.iter().filter(|step| step.time > time);
        for step in since {
            add(&mut book, step.lot, -step.amount);
        }
        Some(book)
    }

    /// Adds the opposite of every movement of a time that a standing count covers. What the book said at the time of a
    /// count is changed with it, for the day on which the count is corrected.
    pub(super) fn pin(&mut self, fact: &Fact<'_>, moves: &mut Vec<Movement>) {
        let time = time_of(fact);
        for place in 0..moves.len() {
            let step = moves[place];
            let Some(slot) = self.sites.get(step.slot.0 as usize) else {
                continue;
            };
            let later = slot.counted.after(time);
            for taken in later.filter(|taken| taken.count != fact.stated_by) {
                let Some(base) = self.counts.get_mut(&taken.count) else {
                    continue;
                };
                if !taken.stands {
                    add(&mut base.book, step.lot, step.amount());
                    continue;
                }
                add(&mut base.late, (step.lot, step.product), step.amount());
                moves.push(Movement {
                    column: Column::CountedDifference,
                    net_mg: -step.net_mg,
                    reo_mg: -step.reo_mg,
                    measure: Measure::STATED,
                    count: Some(taken.count),
                    ..step
                });
                break;
            }
        }
    }

    /// Remembers what moved, and which counts stand.
    pub(super) fn note_counting(&mut self, fact: &Fact<'_>, moves: &[Movement]) {
        let time = time_of(fact);
        if let Payload::StockCounted(_) = fact.payload
            && let Some(base) = self.counts.get(&fact.stated_by)
        {
            let number = self.site_number(base.site);
            if let Some(slot) = self.sites.get_mut(number as usize) {
                slot.counted.put(Taken {
                    time,
                    count: fact.stated_by,
                    stands: fact.sign > 0,
                });
            }
        }
        for step in moves.iter().filter(|step| !step.is_relabelling()) {
            let Some(slot) = self.sites.get_mut(step.slot.0 as usize) else {
                continue;
            };
            // A counted difference is of the time of its count.
            let counts = &slot.counted.counts;
            let of = |count| counts.iter().find(|taken| taken.count == count);
            let of_count = step.count.and_then(of);
            let recent = Recent {
                time: of_count.map_or(time, |taken| taken.time),
                lot: step.lot,
                amount: step.amount(),
            };
            slot.counted.remember(recent, fact.received);
        }
    }
}
