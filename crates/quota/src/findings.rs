//! Q01, Q02, Q03, Q05 and Q06: what looks wrong with quota, by the state of today.
//!
//! Invariant: an allocation that arrives after the production clears Q01 and Q02, since batches often come late; that
//! production ran ahead of the batch in force stays on record as Q05. Nobody is accused of lacking quota in the days in
//! which the year's first indicator is being broken down.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Day, EventId, Moment, Month, Track};
use projection::{Book, Cells, Figure, Finding, FindingCode, Subject};

use crate::account::{Usage, UsageKey};
use crate::cell::{Holding, QuotaCell};
use crate::report::account;
use crate::{AccountKey, Quota};

pub(crate) fn of_quota(
    quota: &Quota,
    cells: &Cells<QuotaCell>,
    book: &Book,
    as_of: Moment,
) -> Vec<Finding> {
    let today = book.registry().zone().day_of(as_of);
    let mut found = Vec::new();
    for (key, usage) in &quota.usage {
        found.extend(exceeded(quota, book, (key, usage), today));
        found.extend(ahead(quota, book, key, usage));
    }
    found.extend(overallocated(quota, cells, book));
    found.extend(repeated(quota));
    found
}

fn of_year((party, year, _): &UsageKey) -> Subject {
    Subject {
        year: Some(*year),
        ..Subject::party(*party)
    }
}

/// The day from which producing without quota is a finding: the year's first notice has been broken down by then. In a year
/// without any it is the year's end.
fn judged_from(quota: &Quota, book: &Book, year: u16, track: Track) -> Option<Day> {
    let of = |key: &AccountKey| key.1 == year && key.2 == track;
    let batches = quota.batches.iter().filter(|(key, _)| of(key));
    let nation = batches
        .clone()
        .filter(|((holding, ..), _)| *holding == Holding::Nation)
        .find_map(|(_, batches)| batches.first_day());
    let first = nation.or_else(|| batches.filter_map(|(_, batches)| batches.first_day()).min());
    let Some(first) = first else {
        return Month::new(year, 12)
            .ok()
            .map(|last| last.next().first_day());
    };
    let days = book.registry().rules_on(first)?.breakdown_days;
    Some((0..days).fold(first, |day, _| day.next()))
}

fn exceeded(
    quota: &Quota,
    book: &Book,
    (key, usage): (&UsageKey, &Usage),
    today: Day,
) -> Option<Finding> {
    let event = usage.exceeded_by?;
    let (_, year, track) = *key;
    let (available, consumed) = (quota.available(key), usage.consumed());
    let code = if available > 0 {
        FindingCode::Q01
    } else {
        judged_from(quota, book, year, track).filter(|from| *from <= today)?;
        FindingCode::Q02
    };
    let figures = vec![
        Figure::mg("available", available),
        Figure::mg("consumed", consumed),
        Figure::mg("exceeded by", consumed - available),
    ];
    Some(Finding::new(code, of_year(key), figures, vec![event]))
}

/// The first day on which more had been produced than the batches issued by then allowed, though later ones allow more.
fn ahead(quota: &Quota, book: &Book, key: &UsageKey, usage: &Usage) -> Option<Finding> {
    let (party, year, track) = *key;
    let own = quota.batches.get(&(Holding::Party(party), year, track));
    let own_from = own.and_then(|batches| batches.first_day());
    let from = own_from.into_iter();
    let from = from.chain(judged_from(quota, book, year, track)).min()?;
    let of_year = quota.in_force(book, key, None);
    let mut produced = 0;
    for (day, used) in usage.days() {
        produced += used.mg;
        let in_force = quota.in_force(book, key, Some(*day)).max(0);
        if *day >= from && produced > in_force && in_force < of_year {
            let figures = vec![
                Figure::mg("in force", in_force),
                Figure::mg("produced by then", produced),
                Figure::mg("ahead by", produced - in_force),
            ];
            let subject = self::of_year(key);
            let evidence = vec![used.event];
            return Some(Finding::new(FindingCode::Q05, subject, figures, evidence));
        }
    }
    None
}

/// Q06: a batch that more than one act states under the same number counts once.
fn repeated(quota: &Quota) -> Vec<Finding> {
    let mut found = Vec::new();
    for ((holding, year, _), batches) in &quota.batches {
        for same in batches.repeated() {
            let party = match holding {
                Holding::Party(party) => Some(*party),
                Holding::Nation | Holding::Group(_) => None,
            };
            let subject = Subject {
                party,
                year: Some(*year),
                ..Subject::default()
            };
            let mut figures: Vec<_> = same
                .iter()
                .take(1)
                .map(|batch| Figure::count("batch", batch.number.into()))
                .collect();
            figures.extend(
                same.iter()
                    .zip(["counted", "stated again"])
                    .map(|(batch, name)| Figure::mg(name, batch.mg.into())),
            );
            let evidence = same.iter().map(|batch| batch.event).collect();
            found.push(Finding::new(FindingCode::Q06, subject, figures, evidence));
        }
    }
    found
}

/// What there was to hand out at an account, what was handed out below it, and by which events.
#[derive(Default)]
struct Level {
    limit: i128,
    handed_out: i128,
    batches: Vec<EventId>,
    moves: BTreeSet<EventId>,
}

/// Two levels, never added together: groups and enterprises without a group against the nation's indicator, and the
/// enterprises of a group against what the group was allocated.
fn overallocated(quota: &Quota, cells: &Cells<QuotaCell>, book: &Book) -> Vec<Finding> {
    let mut levels: BTreeMap<AccountKey, Level> = BTreeMap::new();
    let moves: BTreeMap<_, _> = quota.adjustments.moves().collect();
    let accounts: BTreeSet<_> = quota.batches.keys().chain(moves.keys().copied()).collect();
    for key in accounts {
        let (holding, year, track) = *key;
        let account = account(cells, holding, year, track);
        let batch = quota.batches.get(key).and_then(|batches| batches.last());
        let moved = moves.get(key).copied();
        let at = |of: Holding| (of, year, track);
        match (holding, group_above(quota, book, *key)) {
            (Holding::Nation, _) => {
                levels.entry(at(holding)).or_default().limit += account.allocated;
            }
            (Holding::Party(_), Some(group)) => {
                let below = levels.entry(at(group)).or_default();
                below.handed_out += account.allocated + account.moved;
                below.batches.extend(batch);
                below.moves.extend(moved);
            }
            (Holding::Group(_) | Holding::Party(_), _) => {
                // Moves only shift what the nation handed out: they add up to nothing.
                let nation = levels.entry(at(Holding::Nation)).or_default();
                nation.handed_out += account.allocated;
                nation.batches.extend(batch);
                if let (Holding::Group(_), Some(_)) = (holding, batch) {
                    // What its members move across its border is in its own account too.
                    let own = levels.entry(at(holding)).or_default();
                    own.limit += account.allocated + account.moved;
                    own.moves.extend(moved);
                }
            }
        }
    }
    let over = |((_, year, _), level): (AccountKey, Level)| {
        let subject = Subject {
            year: Some(year),
            ..Subject::default()
        };
        let figures = vec![
            Figure::mg("allocated above", level.limit),
            Figure::mg("handed out below", level.handed_out),
        ];
        let evidence = level.batches.into_iter().chain(level.moves).collect();
        let finding = || Finding::new(FindingCode::Q03, subject, figures, evidence);
        (level.handed_out > level.limit).then(finding)
    };
    levels.into_iter().filter_map(over).collect()
}

/// The group that an allocation to an enterprise comes out of. Quota is issued to enterprises directly as well; a group
/// without a batch is then only a name.
fn group_above(quota: &Quota, book: &Book, (holding, year, track): AccountKey) -> Option<Holding> {
    let Holding::Party(party) = holding else {
        return None;
    };
    let last_day = Month::new(year, 12).ok()?.day(31);
    let group = Holding::Group(book.group_on(&party, last_day)?);
    quota
        .batches
        .contains_key(&(group, year, track))
        .then_some(group)
}
