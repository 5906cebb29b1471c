//! Q01 to Q03: what looks wrong with quota, by the state of today.
//!
//! Invariant: an allocation that arrives after the production clears the finding; batches often come late.

use std::collections::BTreeMap;

use domain::{Code, EventId, PartyId, Track};
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

/// What is handed out below an account, and by which events.
#[derive(Default)]
struct HandedOut {
    mg: i128,
    events: Vec<EventId>,
}

/// Two levels, never added together: groups and enterprises without a group against the nation's indicator, and the
/// enterprises of a group against what the group was allocated.
fn overallocated(quota: &Quota, cells: &Cells<QuotaCell>, book: &Book) -> Vec<Finding> {
    let mut below: BTreeMap<AccountKey, HandedOut> = BTreeMap::new();
    for ((holding, year, track), batches) in &quota.batches {
        let Some(above) = account_above(book, *holding) else {
            continue;
        };
        let account = account(cells, *holding, *year, *track);
        let handed_out = below.entry((above, *year, *track)).or_default();
        handed_out.mg += account.allocated + account.moved;
        handed_out.events.push(batches.last);
    }
    let over = |((holding, year, track), handed_out): (AccountKey, HandedOut)| {
        let above = account(cells, holding, year, track);
        let limit = above.allocated + above.moved;
        // Quota is issued to enterprises directly as well; a group without an allocation is then only a name.
        let nominal = matches!(holding, Holding::Group(_)) && limit == 0;
        let subject = Subject {
            year: Some(year),
            ..Subject::default()
        };
        let figures = vec![
            Figure::mg("allocated above", limit),
            Figure::mg("handed out below", handed_out.mg),
        ];
        let finding = || Finding::new(FindingCode::Q03, subject, figures, handed_out.events);
        (handed_out.mg > limit && !nominal).then(finding)
    };
    below.into_iter().filter_map(over).collect()
}

/// The account that an allocation comes out of.
fn account_above(book: &Book, holding: Holding) -> Option<Holding> {
    let group_of = |party: &PartyId| -> Option<Code> { book.registry().party(party)?.group };
    match holding {
        Holding::Nation => None,
        Holding::Group(_) => Some(Holding::Nation),
        Holding::Party(party) => Some(group_of(&party).map_or(Holding::Nation, Holding::Group)),
    }
}
