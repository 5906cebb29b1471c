//! Figures: every mass on a page together with the cells that it is the sum of.
//!
//! Invariant: the text of a mass and its figure are made by one call, from the cells, so a page can't show a mass that has
//! no figure. Knows no layout.

use balance::StockCell;
use books::Books;
use domain::Bytes32;
use domain::quantity::decimal;
use flow::{FlowCell, PartnerCell};
use lineage::OriginCell;
use projection::{Amount, Cell, Cells};
use quota::QuotaCell;

const MG_PER_TONNE: u64 = 1_000_000_000;

/// A mass on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownMass {
    pub what: FigureOf,
    /// Milligrams; absent where the page shows REO alone.
    pub net_mg: Option<i128>,
    /// Milligrams. Of a finding it is the mass that the finding names, whether net or REO.
    pub reo_mg: i128,
}

/// What a figure is the sum of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FigureOf {
    Flow(Vec<FlowCell>),
    /// Each cell times its sign.
    Quota {
        cells: Vec<(QuotaCell, i8)>,
    },
    Stock(Vec<StockCell>),
    Partners(Vec<PartnerCell>),
    Origins(Vec<OriginCell>),
    /// No sum of cells: what the finding with this id compares under this name. The events of its evidence show it.
    Finding {
        id: Bytes32,
        name: &'static str,
    },
}

impl FigureOf {
    fn cell_count(&self) -> usize {
        match self {
            Self::Flow(cells) => cells.len(),
            Self::Quota { cells } => cells.len(),
            Self::Stock(cells) => cells.len(),
            Self::Partners(cells) => cells.len(),
            Self::Origins(cells) => cells.len(),
            Self::Finding { .. } => 0,
        }
    }

    fn sum(&self, books: &Books) -> Amount {
        match self {
            Self::Flow(cells) => sum(&books.flow.cells, cells),
            Self::Quota { cells } => {
                let signed = cells
                    .iter()
                    .map(|(cell, sign)| books.quota.cells.get(cell).times(*sign));
                signed.fold(Amount::ZERO, |sum, amount| sum + amount)
            }
            Self::Stock(cells) => sum(&books.balance.cells, cells),
            Self::Partners(cells) => sum(&books.partners.cells, cells),
            Self::Origins(cells) => sum(&books.lineage.cells, cells),
            Self::Finding { .. } => Amount::ZERO,
        }
    }
}

fn sum<C: Cell>(cells: &Cells<C>, wanted: &[C]) -> Amount {
    let amounts = wanted.iter().map(|cell| cells.get(cell));
    amounts.fold(Amount::ZERO, |sum, amount| sum + amount)
}

/// A mass ready to print, in tonnes with all its digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mass {
    pub text: String,
    /// How many cells it is the sum of.
    pub cells: usize,
    /// Milligrams, for lengths in drawings.
    pub mg: i128,
}

impl Mass {
    fn new(mg: i128, cells: usize) -> Self {
        let text = decimal(mg, MG_PER_TONNE);
        Self { text, cells, mg }
    }
}

/// Both masses of the same goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Masses {
    pub net: Mass,
    pub reo: Mass,
}

/// Makes masses for one page and notes the figure of each.
#[derive(Debug)]
pub(crate) struct Figures<'a> {
    books: &'a Books,
    noted: Vec<ShownMass>,
}

impl<'a> Figures<'a> {
    pub(crate) const fn new(books: &'a Books) -> Self {
        let noted = Vec::new();
        Self { books, noted }
    }

    /// Net and REO.
    pub(crate) fn both(&mut self, what: FigureOf) -> Masses {
        let (amount, cells) = (what.sum(self.books), what.cell_count());
        self.noted.push(ShownMass {
            what,
            net_mg: Some(amount.net),
            reo_mg: amount.reo,
        });
        Masses {
            net: Mass::new(amount.net, cells),
            reo: Mass::new(amount.reo, cells),
        }
    }

    /// REO alone.
    pub(crate) fn reo(&mut self, what: FigureOf) -> Mass {
        let (reo_mg, cells) = (what.sum(self.books).reo, what.cell_count());
        self.noted.push(ShownMass {
            what,
            net_mg: None,
            reo_mg,
        });
        Mass::new(reo_mg, cells)
    }

    /// A mass that a finding compares.
    pub(crate) fn of_finding(&mut self, id: Bytes32, name: &'static str, mg: i128) -> Mass {
        self.noted.push(ShownMass {
            what: FigureOf::Finding { id, name },
            net_mg: None,
            reo_mg: mg,
        });
        Mass::new(mg, 0)
    }

    pub(crate) fn into_noted(self) -> Vec<ShownMass> {
        self.noted
    }
}
