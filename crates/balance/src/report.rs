//! The report: stock of a party or of one of its sites, lot by lot.
//!
//! Invariant: rows are sorted by site, then lot, and are exactly the cells that are not nothing. Knows no layout.

use domain::{Code, LotId, PartyId, Product};
use projection::{Book, Projected};
use serde::Serialize;

use crate::cell::StockCell;
use crate::fold::Balance;

/// One lot at one site, in milligrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StockRow {
    pub party: PartyId,
    pub site: Code,
    pub lot: LotId,
    /// Absent for a lot that no recorded event brought forth.
    pub product: Option<Product>,
    pub net_mg: i128,
    pub reo_mg: i128,
    pub sealed: bool,
}

impl StockRow {
    /// The cell that the row shows, for explanations.
    pub fn cell(&self) -> StockCell {
        StockCell {
            party: self.party,
            site: self.site,
            lot: self.lot,
        }
    }
}

/// Stock of a party, or of one of its sites.
pub fn rows(
    balance: &Projected<Balance>,
    book: &Book,
    party: &PartyId,
    site: Option<&Code>,
) -> Vec<StockRow> {
    let wanted =
        |cell: &StockCell| cell.party == *party && site.is_none_or(|site| cell.site == *site);
    let row = |(cell, amount): (&StockCell, &projection::Amount)| StockRow {
        party: cell.party,
        site: cell.site,
        lot: cell.lot,
        product: book.lot(&cell.lot).map(|lot| lot.product),
        net_mg: amount.net,
        reo_mg: amount.reo,
        sealed: balance.fold.seals.of(&cell.lot).is_some(),
    };
    let mut rows: Vec<_> = balance
        .cells
        .iter()
        .filter(|(cell, _)| wanted(cell))
        .map(row)
        .collect();
    rows.sort_unstable_by_key(StockRow::cell);
    rows
}
