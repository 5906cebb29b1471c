//! Material balance areas: what went in and out of each site, and what is unaccounted for at a count (M04, M07).
//!
//! Invariant: a site is one area, and the balance is drawn over its boundary: runs inside are no terms, and what they lose
//! without measuring it is in the MUF. Everything is a sum by day, so that what becomes known late stands in the period in
//! which it happened, and a correction takes its part out exactly. Expected of a period is the loss that its runs state
//! themselves, within the bands of their processes; no more, or runs would hide what is missing from the shelves.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::{Day, EventId, Moment, SiteId};
use projection::{
    Book, Column, Fact, Figure, Finding, FindingCode, Inventory, Movement, REMEMBERED_MS, Subject,
};

use crate::found::Found;
use crate::methods::{Ground, Methods};
use crate::run::RunSums;
use crate::sorted::Sorted;
use crate::spread::Spread;

/// What happened at a site on one day, or in a period.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
struct Happened {
    /// Every movement of lots, those of runs too.
    lots: Spread,
    /// What crossed the boundary, measured discards of runs too.
    boundary: Spread,
    /// What runs lost without measuring it, and the least and most that their bands let expect.
    lost: i128,
    usual: (i128, i128),
}

impl Happened {
    fn include(&mut self, other: &Self) {
        self.lots.include(&other.lots);
        self.boundary.include(&other.boundary);
        self.lost += other.lost;
        self.usual.0 += other.usual.0;
        self.usual.1 += other.usual.1;
    }
}

/// A physical inventory taking against the book.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Count {
    time: (Moment, u64),
    /// The last day that belongs to it.
    last_day: Day,
    /// Lots, book minus counted.
    missing: i128,
    found: Found,
    /// Thousandths of a standard deviation, by the rules of its day.
    sigma_milli: u32,
}

/// One site.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
struct Area {
    /// REO that came in and went out, counted differences left out.
    into: i128,
    out: i128,
    /// Days that no count can come between any more are one.
    days: BTreeMap<Day, Happened>,
    /// Number of days at which those are looked for.
    merge_at: u64,
    counts: BTreeMap<EventId, Count>,
}

/// A count judged: what is unaccounted for beyond what the runs let expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Verdict {
    event: EventId,
    unaccounted: i128,
    expected: i128,
    sigma: i128,
    limit: i128,
}

impl Verdict {
    const fn unexplained(&self) -> i128 {
        self.unaccounted - self.expected
    }

    fn is_beyond(&self) -> bool {
        self.unexplained().abs() > self.limit
    }
}

/// Areas by site.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Areas(Sorted<SiteId, Area>);

impl Areas {
    pub(crate) fn take(
        &mut self,
        book: &Book,
        ground: Option<&Ground<'_>>,
        fact: &Fact<'_>,
        moves: &[Movement],
    ) {
        for step in moves.iter().filter(|step| !step.is_relabelling()) {
            let area = self.0.of(step.site_id());
            if step.column == Column::CountedDifference {
                let count = step.count.and_then(|count| area.counts.get_mut(&count));
                if let Some(count) = count {
                    count.missing -= step.reo_mg;
                }
                continue;
            }
            // A reversal is the opposite of what was booked, in the same direction's sum.
            let is_in = (step.reo_mg >= 0) == (fact.sign > 0);
            if is_in {
                area.into += step.reo_mg;
            } else {
                area.out -= step.reo_mg;
            }
            let Some(ground) = ground else {
                continue;
            };
            let weighing = ground.weighing(step.measure);
            let happened = area.on(ground.stated.day, book, fact);
            happened.lots.add(weighing, step.reo_mg, fact.sign);
            if crosses_boundary(step.column) {
                happened.boundary.add(weighing, step.reo_mg, fact.sign);
            }
        }
    }

    /// What a run discards as measured crosses the boundary; what it loses is not in the balance.
    pub(crate) fn take_run(
        &mut self,
        book: &Book,
        fact: &Fact<'_>,
        (site, day): (SiteId, Day),
        sums: &RunSums,
    ) {
        let happened = self.0.of(site).on(day, book, fact);
        happened.boundary.include(&sums.discarded.spread);
        happened.lost += sums.lost();
        happened.usual.0 += sums.usual.0;
        happened.usual.1 += sums.usual.1;
    }

    /// Takes what the fact at hand makes of an inventory; the differences follow as movements.
    pub(crate) fn take_count(&mut self, book: &Book, methods: &Methods) {
        let recounted = book.recounted();
        let [before, now] = [&recounted.before, &recounted.now];
        if let Some(before) = before.as_ref().filter(|_| now.is_none()) {
            let area = self.0.of(before.id.site);
            area.counts.remove(&before.count);
        }
        let compared = now.as_ref().filter(|now| book.compares(&now.count));
        let Some(now) = compared else {
            return;
        };
        let rules = book.registry().rules_at(now.id.as_of);
        let Some(rules) = rules else {
            return;
        };
        let area = self.0.of(now.id.site);
        let missing = area.counts.get(&now.count).map_or(0, |known| known.missing);
        let count = Count {
            time: now.time(),
            last_day: last_day(book, now),
            missing,
            found: Found::of(book, methods, rules, now),
            sigma_milli: rules.muf_sigma_milli,
        };
        area.counts.insert(now.count, count);
    }

    /// When a count was taken.
    pub(crate) fn time_of(&self, site: &SiteId, count: &EventId) -> Option<(Moment, u64)> {
        Some(self.0.get(site)?.counts.get(count)?.time)
    }

    /// REO that came in and went out of all sites of a party.
    pub(crate) fn turnover(&self, party: &domain::PartyId) -> (i128, i128) {
        let of_party = self.0.iter().filter(|(site, _)| site.party == *party);
        of_party.fold((0, 0), |(into, out), (_, area)| {
            (into + area.into, out + area.out)
        })
    }

    /// Counts of a site that list process vessels, in order: the last day, and what was in them.
    pub(crate) fn vessel_counts(&self, site: &SiteId) -> Vec<(Day, &Found)> {
        let area = self.0.get(site);
        let counts = area.map(Area::in_order).unwrap_or_default();
        let counts = counts
            .into_iter()
            .filter(|(_, count)| count.found.has_vessels);
        counts
            .map(|(_, count)| (count.last_day, &count.found))
            .collect()
    }

    /// Last days of the counts of a site, in order.
    pub(crate) fn count_days(&self, site: &SiteId) -> Vec<Day> {
        let area = self.0.get(site);
        let counts = area.map(Area::in_order).unwrap_or_default();
        counts
            .into_iter()
            .map(|(_, count)| count.last_day)
            .collect()
    }

    /// REO that counts found beyond the book and beyond what measuring leaves open, with the count, by site.
    pub(crate) fn surplus(&self) -> Vec<(SiteId, EventId, i128)> {
        let mut found = Vec::new();
        for (site, area) in self.0.sorted() {
            for (verdict, _) in area.verdicts() {
                if verdict.is_beyond() && verdict.unexplained() < 0 {
                    found.push((*site, verdict.event, -verdict.unexplained()));
                }
            }
        }
        found
    }

    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for (site, area) in self.0.sorted() {
            let verdicts = area.verdicts();
            for (alone, together) in &verdicts {
                if alone.is_beyond() {
                    found.push(finding(FindingCode::M04, *site, alone));
                }
                let adds_up = together.filter(Verdict::is_beyond);
                found.extend(adds_up.map(|sum| finding(FindingCode::M07, *site, &sum)));
            }
        }
        found
    }
}

/// Fewest days worth looking through.
const DAYS_MIN: u64 = 200;

impl Area {
    /// What happened on a day.
    fn on(&mut self, day: Day, book: &Book, fact: &Fact<'_>) -> &mut Happened {
        if self.days.len() as u64 >= self.merge_at.max(DAYS_MIN) {
            let zone = book.registry().zone();
            self.merge(zone.day_of(fact.received.plus_ms(-REMEMBERED_MS)));
            self.merge_at = 2 * self.days.len() as u64;
        }
        self.days.entry(day).or_default()
    }

    /// Makes one of the days of a period before `since`, of which no count is compared any more.
    fn merge(&mut self, since: Day) {
        let mut ends: Vec<Day> = self.counts.values().map(|count| count.last_day).collect();
        ends.sort_unstable();
        let recent = self.days.split_off(&since);
        let mut merged: BTreeMap<usize, (Day, Happened)> = BTreeMap::new();
        for (day, happened) in std::mem::replace(&mut self.days, recent) {
            let period = ends.partition_point(|end| *end < day);
            let (last, sum) = merged
                .entry(period)
                .or_insert_with(|| (day, Happened::default()));
            *last = day;
            sum.include(&happened);
        }
        self.days.extend(merged.into_values());
    }

    fn in_order(&self) -> Vec<(EventId, &Count)> {
        let mut counts: Vec<_> = self.counts.iter().map(|(id, count)| (*id, count)).collect();
        counts.sort_by_key(|(_, count)| count.time);
        counts
    }

    /// Each count alone, and from the second on with all before it.
    fn verdicts(&self) -> Vec<(Verdict, Option<Verdict>)> {
        let mut days = self.days.iter().peekable();
        let (mut whole, mut missing) = (Happened::default(), 0);
        let mut opened = &Found::default();
        let nothing = Found::default();
        let mut verdicts = Vec::new();
        for (event, count) in self.in_order() {
            let mut period = Happened::default();
            while let Some((_, day)) = days.next_if(|(day, _)| **day <= count.last_day) {
                period.include(day);
            }
            whole.include(&period);
            missing += count.missing;
            let alone = judged((event, count), &period, (opened, count.missing));
            let sum = judged((event, count), &whole, (&nothing, missing));
            verdicts.push((alone, (!verdicts.is_empty()).then_some(sum)));
            opened = &count.found;
        }
        verdicts
    }
}

/// Book less counted of one period, against what its runs let expect.
fn judged(
    (event, count): (EventId, &Count),
    happened: &Happened,
    (opened, missing): (&Found, i128),
) -> Verdict {
    let held_up = count.found.vessels_reo - opened.vessels_reo;
    // What runs lost and what lies in the vessels now instead of before.
    let lost = happened.lost - held_up;
    let (least, most) = happened.usual;
    let expected = lost.clamp(least.min(most), most);
    let sigma = if expected == lost {
        // The words of the runs cancel: what is left is what lots are by the book less what was counted.
        let mut lots = opened.lots.clone();
        lots.include(&happened.lots);
        lots.less(&count.found.lots).sigma()
    } else {
        let mut boundary = opened.lots.clone();
        boundary.include(&opened.vessels);
        boundary.include(&happened.boundary);
        let found = &count.found;
        boundary.less(&found.lots).less(&found.vessels).sigma()
    };
    Verdict {
        event,
        unaccounted: lost + missing,
        expected,
        sigma,
        limit: sigma.saturating_mul(i128::from(count.sigma_milli)) / 1_000,
    }
}

fn finding(code: FindingCode, site: SiteId, verdict: &Verdict) -> Finding {
    let subject = Subject {
        site: Some(site.code),
        ..Subject::party(site.party)
    };
    let name = match code {
        FindingCode::M07 => "CUMUF",
        _ => "MUF",
    };
    let mut figures = vec![Figure::mg(name, verdict.unaccounted)];
    if verdict.expected != 0 {
        figures.push(Figure::mg("expected of runs", verdict.expected));
    }
    figures.push(Figure::mg("sigma", verdict.sigma));
    figures.push(Figure::mg("limit", verdict.limit));
    Finding::new(code, subject, figures, vec![verdict.event])
}

/// The last day that belongs to a count: a count of midnight is of the day that ends.
pub(crate) fn last_day(book: &Book, inventory: &Inventory) -> Day {
    let zone = book.registry().zone();
    zone.day_of(inventory.id.as_of.plus_ms(-1))
}

/// Whether a movement is a term of the balance: runs move matter from lot to lot inside.
pub(crate) const fn crosses_boundary(column: Column) -> bool {
    !matches!(
        column,
        Column::Consumed
            | Column::Produced
            | Column::Retained
            | Column::CountedDifference
            | Column::Reclassified
    )
}
