//! L03: losses, thefts and discards beyond what a month's throughput lets expect.
//!
//! Invariant: weighed by the cells of the month in which the loss is booked, so that it follows the statement. Remembers the
//! events of losses and nothing else.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use domain::{EventId, Month, PartyId};
use projection::{Book, Cells, Column, Fact, Figure, Finding, FindingCode, Movement, Subject};

use crate::FlowCell;

/// Standing losses by party and month, by the position of their statement; and where each of them is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Losses {
    months: BTreeMap<(PartyId, Month), BTreeMap<u64, EventId>>,
    booked_in: BTreeMap<u64, (PartyId, Month)>,
}

const fn is_loss(column: Column) -> bool {
    matches!(column, Column::Lost | Column::Discarded)
}

impl Losses {
    pub(crate) fn take(&mut self, fact: &Fact<'_>, moves: &[Movement]) {
        let Some(step) = moves.iter().find(|step| is_loss(step.column)) else {
            return;
        };
        let at = fact.stated_at;
        if fact.sign > 0 {
            let key = (step.party, step.month);
            let events = self.months.entry(key).or_default();
            events.insert(at, fact.stated_by);
            self.booked_in.insert(at, key);
            return;
        }
        let Some(key) = self.booked_in.remove(&at) else {
            return;
        };
        if let Some(events) = self.months.get_mut(&key) {
            events.remove(&at);
            if events.is_empty() {
                self.months.remove(&key);
            }
        }
    }

    pub(crate) fn findings(&self, cells: &Cells<FlowCell>, book: &Book) -> Vec<Finding> {
        let mut months: BTreeMap<(PartyId, Month), (i128, i128, i128)> = BTreeMap::new();
        for (cell, amount) in cells.iter().filter(|_| !self.months.is_empty()) {
            let key = (cell.party, cell.month);
            if !self.months.contains_key(&key) || cell.column == Column::Reclassified {
                continue;
            }
            let (into, out, lost) = months.entry(key).or_default();
            if is_loss(cell.column) {
                *lost -= amount.reo;
            } else if amount.reo > 0 {
                *into += amount.reo;
            } else {
                *out -= amount.reo;
            }
        }
        let found = months
            .into_iter()
            .filter_map(|((party, month), (into, out, lost))| {
                let throughput = into.max(out);
                let rules = book.registry().rules_on(month.first_day())?;
                let share = rules.loss_share_ppm.of(throughput);
                // What scales and assays leave open of one load is no loss.
                let allowed = share.max(rules.receipt_tolerance_mg.mg().into());
                let events = self
                    .months
                    .get(&(party, month))?
                    .values()
                    .copied()
                    .collect();
                let figures = vec![
                    Figure::mg("REO lost and discarded", lost),
                    Figure::mg("throughput of the month", throughput),
                    Figure::mg("allowed", allowed),
                ];
                let subject = Subject {
                    month: Some(month),
                    ..Subject::party(party)
                };
                (lost > allowed).then(|| Finding::new(FindingCode::L03, subject, figures, events))
            });
        found.collect()
    }
}
