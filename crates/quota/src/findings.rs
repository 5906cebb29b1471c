//! Q01 to Q03: what looks wrong with quota, by the state of today.
//!
//! Invariant: an allocation that arrives after the production clears the finding; batches often come late.

use std::collections::{BTreeMap, BTreeSet};

use domain::{EventId, PartyId, Track};
use projection::{Book, Cells, Figure, Finding, FindingCode, Subject};

use crate::cell::{Holding, QuotaCell};
use crate::report::account;
use crate::{AccountKey, Quota};

pub(crate) fn of_quota(quota: &Quota, cells: &Cells<QuotaCell>, book: &Book) -> Vec<Finding> {
    let exceeding = quota
        .usage
        .iter()
        .filter_map(|(key, usage)| Some((*key, usage.exceeded_by?)));
    let mut found: Vec<_> = exceeding
        .map(|(key, event)| exceeded(cells, key, event))
        .collect();
    found.extend(overallocated(quota, cells, book));
    found
}

fn exceeded(
    cells: &Cells<QuotaCell>,
    (party, year, track): (PartyId, u16, Track),
    event: EventId,
) -> Finding {
    let account = account(cells, Holding::Party(party), year, track);
    let code = if account.available() > 0 {
        FindingCode::Q01
    } else {
        FindingCode::Q02
    };
    let subject = Subject {
        party: Some(party),
        year: Some(year),
        ..Subject::default()
    };
    let figures = vec![
        Figure::mg("available", account.available()),
        Figure::mg("consumed", account.consumed),
        Figure::mg("exceeded by", -account.left()),
    ];
    Finding::new(code, subject, figures, vec![event])
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
    let accounts: BTreeSet<_> = quota.batches.keys().chain(quota.moves.keys()).collect();
    for key in accounts {
        let (holding, year, track) = *key;
        let account = account(cells, holding, year, track);
        let batch = quota.batches.get(key).map(|batches| batches.last);
        let moved = quota.moves.get(key).copied();
        let at = |of: Holding| (of, year, track);
        match (holding, group_above(quota, book, *key)) {
            (Holding::Nation, _) => {
                levels.entry(at(holding)).or_default().limit += account.allocated;
            }
            (Holding::Party(_), Some(group)) => {
                let below = levels.entry(at(group)).or_default();
                below.handed_out += account.allocated + account.moved;
                // Both sides of a move within the group add up to nothing: only what crosses its border changes it.
                below.limit += account.moved;
                below.batches.extend(batch);
                below.moves.extend(moved);
            }
            (Holding::Group(_) | Holding::Party(_), _) => {
                // Moves only shift what the nation handed out: they add up to nothing.
                let nation = levels.entry(at(Holding::Nation)).or_default();
                nation.handed_out += account.allocated;
                nation.batches.extend(batch);
                if let (Holding::Group(_), Some(_)) = (holding, batch) {
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
    let group = Holding::Group(book.registry().party(&party)?.group?);
    quota
        .batches
        .contains_key(&(group, year, track))
        .then_some(group)
}
