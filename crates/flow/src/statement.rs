//! The monthly statement of an enterprise: per product opening, the columns of the month, closing.
//!
//! Invariant: opening + the month's columns = closing, in net and in REO, to the milligram; the opening is the sum of all
//! months before, so it is the closing of the month before by construction. Outs are negative.

use std::collections::BTreeMap;

use domain::{Bytes32, Month, PartyId, Product};
use projection::{Amount, Cells, Column};

use crate::FlowCell;

/// One product's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRow {
    /// `None` for lots that no event brought forth.
    pub product: Option<Product>,
    pub opening: Amount,
    /// In the order of [`Column::ALL`]; outs are negative.
    pub columns: Vec<(Column, Amount)>,
    pub closing: Amount,
}

/// An enterprise's month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub party: PartyId,
    pub month: Month,
    /// By product.
    pub rows: Vec<StatementRow>,
}

impl Statement {
    /// Nothing moved in the month.
    pub fn is_nil(&self) -> bool {
        self.rows
            .iter()
            .all(|row| row.columns.iter().all(|(_, amount)| amount.is_zero()))
    }

    /// What a filed month commits to: BLAKE3 over party, month and every figure.
    pub fn digest(&self) -> Bytes32 {
        let row = |row: &StatementRow| {
            // A column that came later is there only where it holds something, so that what was filed stays true.
            let columns = row.columns.iter().copied();
            let columns: Vec<_> = columns
                .filter(|(column, amount)| *column != Column::Reclassified || !amount.is_zero())
                .collect();
            (row.product, row.opening, columns, row.closing)
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        let bytes = wire::state::to_bytes(&(self.party, self.month, rows));
        Bytes32(chain::digest(chain::Context::Statement, &[&bytes]))
    }
}

/// The statement of a month. Products that were never held and did not move are left out.
pub fn statement(cells: &Cells<FlowCell>, party: PartyId, month: Month) -> Statement {
    let of_party = cells.iter().filter(|(cell, _)| cell.party == party);
    build(
        party,
        month,
        of_party.map(|(cell, amount)| (*cell, *amount)),
    )
}

/// The cells sorted once, so that many statements can be had quickly.
pub(crate) struct Statements(Vec<(FlowCell, Amount)>);

impl Statements {
    pub(crate) fn new(cells: &Cells<FlowCell>) -> Self {
        Self(cells.sorted())
    }

    pub(crate) fn of(&self, party: PartyId, month: Month) -> Statement {
        // Cells sort by party, then month.
        let from = self.0.partition_point(|(cell, _)| cell.party < party);
        let of_party = self.0.get(from..).unwrap_or_default().iter();
        let known = of_party.take_while(|(cell, _)| cell.party == party && cell.month <= month);
        build(party, month, known.copied())
    }
}

pub(crate) fn build(
    party: PartyId,
    month: Month,
    cells: impl Iterator<Item = (FlowCell, Amount)>,
) -> Statement {
    let mut products: BTreeMap<Option<Product>, (Amount, BTreeMap<Column, Amount>)> =
        BTreeMap::new();
    for (cell, amount) in cells.filter(|(cell, _)| cell.month <= month) {
        let (opening, columns) = products.entry(cell.product).or_default();
        if cell.month < month {
            *opening += amount;
        } else {
            *columns.entry(cell.column).or_default() += amount;
        }
    }
    for (_, columns) in products.values_mut() {
        // What was taken back leaves nothing.
        columns.retain(|_, amount| !amount.is_zero());
    }
    let rows = products
        .into_iter()
        .filter(|(_, (opening, columns))| !opening.is_zero() || !columns.is_empty());
    let rows = rows.map(|(product, (opening, columns))| {
        let columns: Vec<_> = Column::ALL
            .iter()
            .map(|column| (*column, columns.get(column).copied().unwrap_or_default()))
            .collect();
        let closing = columns
            .iter()
            .fold(opening, |sum, (_, amount)| sum + *amount);
        StatementRow {
            product,
            opening,
            columns,
            closing,
        }
    });
    Statement {
        party,
        month,
        rows: rows.collect(),
    }
}
