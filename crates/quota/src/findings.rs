//! Q01 to Q03: what looks wrong with quota, by the state of today.
//!
//! Invariant: an allocation that arrives after the production clears the finding; batches often come late.

use std::collections::BTreeMap;

use domain::{PartyId, Track};
use projection::{Cells, Figure, Finding, FindingCode, Subject};

use crate::Quota;
use crate::cell::{Holding, Line, QuotaCell};
use crate::report::account;

pub(crate) fn of_quota(quota: &Quota, cells: &Cells<QuotaCell>) -> Vec<Finding> {
    let mut found: Vec<_> = quota
        .uncovered
        .iter()
        .map(|(key, first)| exceeded(cells, *key, vec![*first]))
        .collect();
    found.extend(overallocated(cells));
    found
}

fn exceeded(
    cells: &Cells<QuotaCell>,
    key: (PartyId, u16, Track),
    evidence: Vec<domain::EventId>,
) -> Finding {
    let (party, year, track) = key;
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
        Figure::mg("exceeded by", account.consumed - account.available()),
    ];
    Finding::new(code, subject, figures, evidence)
}

/// Allocations to groups and to enterprises without a group, against the national indicator.
fn overallocated(cells: &Cells<QuotaCell>) -> Vec<Finding> {
    let mut groups: BTreeMap<(u16, Track), i128> = BTreeMap::new();
    for (cell, amount) in cells.iter() {
        if matches!(
            (cell.holding, cell.line),
            (Holding::Group(_), Line::Allocated)
        ) {
            *groups.entry((cell.year, cell.track)).or_default() += amount.reo;
        }
    }
    let over = |((year, track), allocated): ((u16, Track), i128)| {
        let indicator = account(cells, Holding::Nation, year, track).allocated;
        let subject = Subject {
            year: Some(year),
            ..Subject::default()
        };
        let figures = vec![
            Figure::mg("indicator", indicator),
            Figure::mg("allocated to groups", allocated),
        ];
        (allocated > indicator)
            .then(|| Finding::new(FindingCode::Q03, subject, figures, Vec::new()))
    };
    groups.into_iter().filter_map(over).collect()
}
