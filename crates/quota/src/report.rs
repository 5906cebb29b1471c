//! Quota accounts as rows: allocated, moved, deducted, taken over, consumed, left, share used.
//!
//! Invariant: a row holds what its cells sum to; nothing is rounded but the share.

use std::collections::BTreeSet;

use domain::{Ppm, Track};
use projection::{Amount, Cells};

use crate::cell::{Holding, Line, QuotaCell};

/// One account; amounts in milligrams of REO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaRow {
    pub year: u16,
    pub track: Track,
    pub holding: Holding,
    pub allocated: i128,
    pub moved: i128,
    pub deducted: i128,
    /// From predecessors, less what went to a successor.
    pub taken_over: i128,
    pub consumed: i128,
}

impl QuotaRow {
    /// What may be consumed.
    pub const fn available(&self) -> i128 {
        self.allocated + self.moved - self.deducted + self.taken_over
    }

    /// What is left; below zero if exceeded.
    pub const fn left(&self) -> i128 {
        self.available() - self.consumed
    }

    /// Share used in parts per million, rounded toward zero; `None` where nothing is available.
    pub fn used_ppm(&self) -> Option<i128> {
        (self.available() > 0).then(|| self.consumed * i128::from(Ppm::ONE) / self.available())
    }
}

/// What was consumed in each month of the year, from January on, in milligrams of REO.
pub fn by_month(cells: &Cells<QuotaCell>, holding: Holding, year: u16, track: Track) -> [i128; 12] {
    let mut months = [0; 12];
    for (month, sum) in (1u8..).zip(&mut months) {
        let line = Line::Consumed;
        *sum = cells
            .get(&QuotaCell {
                holding,
                year,
                track,
                line,
                month,
            })
            .reo;
    }
    months
}

/// The account of a holder.
pub(crate) fn account(
    cells: &Cells<QuotaCell>,
    holding: Holding,
    year: u16,
    track: Track,
) -> QuotaRow {
    let sum = |line| {
        let cell = QuotaCell {
            holding,
            year,
            track,
            line,
            month: 0,
        };
        cells.get(&cell).reo
    };
    QuotaRow {
        year,
        track,
        holding,
        allocated: sum(Line::Allocated),
        moved: sum(Line::Moved),
        deducted: sum(Line::Deducted),
        taken_over: sum(Line::TakenOver),
        consumed: by_month(cells, holding, year, track).iter().sum(),
    }
}

/// Every account of a year: by track the nation, then groups, then enterprises.
pub fn rows(cells: &Cells<QuotaCell>, year: u16) -> Vec<QuotaRow> {
    let of_year = cells
        .iter()
        .map(|(cell, _)| cell)
        .filter(|cell| cell.year == year);
    let keys: BTreeSet<_> = of_year.map(|cell| (cell.track, cell.holding)).collect();
    keys.into_iter()
        .map(|(track, holding)| account(cells, holding, year, track))
        .collect()
}

/// The newest year for which quota was set or allocated.
pub fn newest_year(cells: &Cells<QuotaCell>) -> Option<u16> {
    // What was annulled leaves a cell of nothing.
    let set =
        |(cell, amount): &(&QuotaCell, &Amount)| cell.line == Line::Allocated && amount.reo > 0;
    cells.iter().filter(set).map(|(cell, _)| cell.year).max()
}

/// The nation's account of a track.
pub fn national(cells: &Cells<QuotaCell>, year: u16, track: Track) -> QuotaRow {
    account(cells, Holding::Nation, year, track)
}
