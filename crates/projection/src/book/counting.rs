//! Physical inventory taking: what a count makes of the book, and what later news does to a count.
//!
//! Invariant: after a count the book of the site is what was counted. Whatever happened before the count and becomes known
//! after it changes the difference of that count, never the stock: a movement is booked together with its opposite in the
//! column of counted differences. Judges no difference.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::payload::StockCounted;
use domain::{EventId, LotId, Moment, Payload, SiteId};

use super::{Book, Column, Measure, Movement};
use crate::amount::Amount;
use crate::event::Fact;

/// What the book said at a site at the time of a count: by lot, so that a corrected count is measured against it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct CountBase {
    site: SiteId,
    as_of: Moment,
    book: Vec<(LotId, Amount)>,
}

/// A movement that a count may have to leave out, because it happened after the time that the count is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Recent {
    at: Moment,
    lot: LotId,
    amount: Amount,
}

/// What a site remembers for its counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(super) struct Counted {
    /// Standing counts by the time that they are of, then by their place in the log.
    standing: Vec<(Moment, u64, EventId)>,
    recent: Vec<Recent>,
    /// Length at which old movements are dropped.
    drop_at: u64,
}

/// A count is entered within these days of the time that it is of; movements are remembered so long.
const REMEMBERED_MS: i64 = 100 * 86_400_000;

/// Fewest movements worth looking through.
const RECENT_MIN: u64 = 64;

impl Counted {
    /// The first count of a time after `at`, other than `except`.
    fn first_after(&self, at: Moment, except: &EventId) -> Option<EventId> {
        let later = self.standing.iter().filter(|(as_of, ..)| *as_of > at);
        let mut counts = later.map(|(.., count)| *count);
        counts.find(|count| count != except)
    }

    fn remember(&mut self, recent: Recent, received: Moment) {
        self.recent.push(recent);
        if self.recent.len() as u64 >= self.drop_at.max(RECENT_MIN) {
            let since = received.ms() - REMEMBERED_MS;
            self.recent.retain(|recent| recent.at.ms() > since);
            self.drop_at = 2 * self.recent.len() as u64;
        }
    }
}

/// When a fact happened, as counts see it.
fn time_of(fact: &Fact<'_>) -> Moment {
    match fact.payload {
        Payload::StockCounted(count) => count.as_of,
        _ => fact.occurred,
    }
}

impl Book {
    /// Counted minus book by lot; lots without a difference are left out. Nothing for the reversal of a count that never
    /// was one.
    pub(super) fn count_differences(
        &mut self,
        fact: &Fact<'_>,
        count: &StockCounted,
    ) -> BTreeMap<LotId, Amount> {
        let site = SiteId {
            party: fact.author,
            code: count.site,
        };
        let as_of = count.as_of;
        let same = |base: &CountBase| (base.site, base.as_of) == (site, as_of);
        if !self.counts.get(&fact.stated_by).is_some_and(same) {
            if fact.sign < 0 {
                return BTreeMap::new();
            }
            let book = self.book_at(&site, as_of);
            let base = CountBase { site, as_of, book };
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

    /// The stock of a site at a time: today's, less what happened since.
    fn book_at(&self, site: &SiteId, at: Moment) -> Vec<(LotId, Amount)> {
        let mut book: BTreeMap<LotId, Amount> = self.stock_of_site(site).into_iter().collect();
        let number = self.site_numbers.get(site);
        let slot = number.and_then(|number| self.sites.get(*number as usize));
        let recent = slot.into_iter().flat_map(|slot| &slot.counted.recent);
        for step in recent.filter(|step| step.at > at) {
            *book.entry(step.lot).or_default() += -step.amount;
        }
        book.retain(|_, amount| !amount.is_zero());
        book.into_iter().collect()
    }

    /// Adds the opposite of every movement of a time that a standing count covers.
    pub(super) fn pin(&self, fact: &Fact<'_>, moves: &mut Vec<Movement>) {
        let at = time_of(fact);
        for place in 0..moves.len() {
            let step = moves[place];
            let site = self.sites.get(step.slot.0 as usize);
            let count = site.and_then(|site| site.counted.first_after(at, &fact.stated_by));
            if let Some(count) = count {
                moves.push(Movement {
                    column: Column::CountedDifference,
                    net_mg: -step.net_mg,
                    reo_mg: -step.reo_mg,
                    measure: Measure::STATED,
                    count: Some(count),
                    ..step
                });
            }
        }
    }

    /// Remembers what moved, and which counts stand.
    pub(super) fn note_counting(&mut self, fact: &Fact<'_>, moves: &[Movement]) {
        let at = time_of(fact);
        for step in moves {
            let Some(slot) = self.sites.get_mut(step.slot.0 as usize) else {
                continue;
            };
            // A counted difference is of the time of its count.
            let standing = slot.counted.standing.iter();
            let mut of_count = standing.filter(|(.., count)| Some(*count) == step.count);
            let at = of_count.next().map_or(at, |(as_of, ..)| *as_of);
            let recent = Recent {
                at,
                lot: step.lot,
                amount: step.amount(),
            };
            slot.counted.remember(recent, fact.received);
        }
        if let Payload::StockCounted(count) = fact.payload {
            let site = SiteId {
                party: fact.author,
                code: count.site,
            };
            let number = self.site_number(site);
            let Some(slot) = self.sites.get_mut(number as usize) else {
                return;
            };
            let standing = &mut slot.counted.standing;
            standing.retain(|(.., known)| *known != fact.stated_by);
            if fact.sign > 0 {
                standing.push((count.as_of, fact.stated_at, fact.stated_by));
                standing.sort_unstable();
            }
        }
    }
}
