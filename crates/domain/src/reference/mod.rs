//! Reference data of the trade: tables by day that the program ships and the founding authority changes by `reference-changed`.
//!
//! Invariant: of a key and a day the newest row decides that holds from this day or an earlier one; whoever asks on behalf of
//! an old statement names its position, and is told what the tables said then. Not part of the event format.

mod heading;
#[cfg(test)]
mod tests;
mod values;

pub use heading::Heading;
pub use values::UnknownValue;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::composition::Composition;
use crate::division::Division;
use crate::element::Element;
use crate::id::{Country, EventId};
use crate::list::List;
use crate::payload::{Period, ReferenceChanged, ReferenceRow, ReferenceTable};
use crate::product::{CompoundForm, Product};
use crate::quantity::{Ppm, Quantity};
use crate::text::{HsCode, Note, Term};
use crate::time::Day;

/// The customary tables, by table, then key: what every ledger starts from.
static CUSTOMARY: LazyLock<BTreeMap<u8, Customary>> = LazyLock::new(|| {
    let texts = [
        (
            ReferenceTable::OreProducts,
            include_str!("ore_products.tsv"),
        ),
        (
            ReferenceTable::GradeBounds,
            include_str!("grade_bounds.tsv"),
        ),
        (ReferenceTable::HsCodes, include_str!("hs_codes.tsv")),
        (
            ReferenceTable::ControlCodes,
            include_str!("control_codes.tsv"),
        ),
        (ReferenceTable::Divisions, include_str!("divisions.tsv")),
        (ReferenceTable::Countries, include_str!("countries.tsv")),
    ];
    let mut tables: BTreeMap<u8, Customary> = BTreeMap::new();
    for (table, text) in texts {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (key, row) = row(line).expect("a row of a customary table is well formed");
            let rows = tables.entry(table as u8).or_default();
            rows.entry(key).or_default().push(row);
        }
    }
    tables
});

/// Rows by key.
type Customary = BTreeMap<&'static str, Vec<ReferenceRow>>;

/// `KEY TAB VALUE TAB FROM [TAB UNTIL [TAB FROM..UNTIL]]`.
fn row(line: &'static str) -> Option<(&'static str, ReferenceRow)> {
    let mut cells = line.split('\t');
    let (key, value, from) = (cells.next()?, cells.next()?, cells.next()?);
    let until = cells.next().filter(|until| !until.is_empty());
    let suspension = match cells.next() {
        Some(period) => {
            let (from, until) = period.split_once("..")?;
            Some(Period {
                from: from.parse().ok()?,
                until: until.parse().ok()?,
            })
        }
        None => None,
    };
    let row = ReferenceRow {
        key: Term::new(key).ok()?,
        value: Note::new(value).ok()?,
        from: from.parse().ok()?,
        until: until.map_or(Some(None), |until| until.parse().ok().map(Some))?,
        suspensions: List::new(suspension.into_iter().collect()).ok()?,
    };
    Some((key, row))
}

/// A row that the authority stated.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stated {
    row: ReferenceRow,
    at: u64,
    by: EventId,
    /// Position of the act that took it back.
    annulled_at: Option<u64>,
}

/// When a question is asked: of the tables as they stood at a position of the log, about a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    pub day: Day,
    pub position: u64,
}

/// The tables of a ledger: the customary ones and what was changed of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// In log order.
    changes: BTreeMap<(u8, Term), Vec<Stated>>,
}

impl Reference {
    /// Takes an act that changes a table.
    pub fn change(&mut self, at: u64, by: EventId, act: &ReferenceChanged) {
        for row in act.rows.iter() {
            let stated = Stated {
                row: row.clone(),
                at,
                by,
                annulled_at: None,
            };
            let key = (act.table as u8, row.key.clone());
            self.changes.entry(key).or_default().push(stated);
        }
    }

    /// The act is taken back from a position on.
    pub fn annul(&mut self, at: u64, act: &EventId) {
        let stated = self.changes.values_mut().flatten();
        for row in stated.filter(|row| row.by == *act) {
            row.annulled_at.get_or_insert(at);
        }
    }

    /// The row of a key that holds on a day, if one does and is not suspended.
    pub fn row(&self, table: ReferenceTable, key: &str, as_of: AsOf) -> Option<&ReferenceRow> {
        let known = |stated: &&Stated| {
            let is_over = stated.annulled_at.is_some_and(|at| at <= as_of.position);
            stated.at <= as_of.position && !is_over && stated.row.from <= as_of.day
        };
        let term = if self.changes.is_empty() {
            None
        } else {
            Term::new(key).ok()
        };
        let changes = term.and_then(|term| self.changes.get(&(table as u8, term)));
        let changed = changes.and_then(|rows| rows.iter().rev().find(known));
        let newest = match changed {
            Some(stated) => Some(&stated.row),
            None => {
                let rows = CUSTOMARY.get(&(table as u8))?.get(key)?;
                rows.iter().rev().find(|row| row.from <= as_of.day)
            }
        }?;
        holds(newest, as_of.day).then_some(newest)
    }

    /// Every row of a table that holds on a day, by key.
    pub fn rows(&self, table: ReferenceTable, as_of: AsOf) -> Vec<&ReferenceRow> {
        let customary = CUSTOMARY.get(&(table as u8)).into_iter();
        let changed = self.changes.keys().filter(|(of, _)| *of == table as u8);
        let mut keys: Vec<&str> = customary
            .flat_map(|rows| rows.keys().copied())
            .chain(changed.map(|(_, key)| &**key))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let rows = keys.into_iter();
        rows.filter_map(|key| self.row(table, key, as_of)).collect()
    }

    /// Whether a country or territory is known.
    pub fn knows_country(&self, country: Country, as_of: AsOf) -> bool {
        let key = country.to_string();
        self.row(ReferenceTable::Countries, &key, as_of).is_some()
    }

    /// Whether a division is known: by itself, or a county by its prefecture.
    pub fn knows_division(&self, division: Division, as_of: AsOf) -> bool {
        let code = division.to_string();
        let known = |code: &str| self.row(ReferenceTable::Divisions, code, as_of).is_some();
        let prefecture = code.get(..4).map(|prefix| format!("{prefix}00"));
        known(&code) || prefecture.is_some_and(|code| known(&code))
    }

    /// Whether the catalogue lists a product as an ore product.
    pub fn is_ore_product(&self, product: Product, as_of: AsOf) -> bool {
        let key = product.to_string();
        self.row(ReferenceTable::OreProducts, &key, as_of).is_some()
    }

    /// What the tariff says of a code: its longest beginning that it knows.
    pub fn heading(&self, code: &HsCode, as_of: AsOf) -> Option<Heading> {
        let code = code.to_string();
        let beginnings = (4..=code.len())
            .rev()
            .filter_map(|length| code.get(..length));
        let mut rows = beginnings.filter_map(|key| self.row(ReferenceTable::HsCodes, key, as_of));
        rows.next().and_then(|row| Heading::of_value(&row.value))
    }

    /// By how much, in ppm of the net mass, a share of REO lies outside what a product can have.
    pub fn outside_grade(&self, product: Product, quantity: &Quantity, as_of: AsOf) -> Option<u32> {
        let net = u128::from(quantity.net.mg());
        if net == 0 {
            return None;
        }
        let share = u128::from(quantity.reo.mg()) * u128::from(Ppm::ONE) / net;
        let share = u32::try_from(share).unwrap_or(u32::MAX);
        let text = product.to_string();
        // `compound/oxide/Nd` is bounded as `compound/oxide`, unless it has bounds of its own.
        let broader = text.rsplit_once('/').map(|(broader, _)| broader);
        let rows = [Some(text.as_str()), broader].into_iter().flatten();
        let mut rows = rows.filter_map(|key| self.row(ReferenceTable::GradeBounds, key, as_of));
        let (low, high) = rows.next()?.value.split_once("..")?;
        let (low, high): (u32, u32) = (low.parse().ok()?, high.parse().ok()?);
        let outside = low.saturating_sub(share).max(share.saturating_sub(high));
        (outside > 0).then_some(outside)
    }

    /// Control codes of the day under which goods fall: by element and form. What is only traces is not controlled.
    pub fn controls(
        &self,
        product: Product,
        composition: Option<&Composition>,
        as_of: AsOf,
    ) -> Vec<&Term> {
        let form = match product {
            Product::Metal(_) | Product::Alloy(_) | Product::Magnet(_) => "metal",
            Product::Compound(CompoundForm::Oxide, _) => "oxide",
            Product::Compound(..) => "compound",
            _ => return Vec::new(),
        };
        let holds = |element: Element| {
            let share = composition.map_or(0, |composition| composition.share(element));
            product.element() == Some(element) || share >= TRACE_PPM
        };
        let rows = self.rows(ReferenceTable::ControlCodes, as_of).into_iter();
        let controls = rows.filter(|row| {
            let named = row.value.split_once(' ');
            named.is_some_and(|(element, of)| of == form && element.parse().is_ok_and(holds))
        });
        controls.map(|row| &row.key).collect()
    }

    /// Whether a control code as it was declared is one of the day's: in full, or without its last part.
    pub fn knows_control(&self, declared: &str, as_of: AsOf) -> bool {
        let rows = self.rows(ReferenceTable::ControlCodes, as_of);
        rows.iter().any(|row| is_declared(&row.key, declared))
    }
}

/// Less of an element in the REO than this is a trace.
pub const TRACE_PPM: u32 = 1_000;

/// Whether a declared control code names this one: `1C905` names `1C905.b` as well.
pub fn is_declared(code: &str, declared: &str) -> bool {
    let rest = code.strip_prefix(declared);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn holds(row: &ReferenceRow, day: Day) -> bool {
    let is_over = row.until.is_some_and(|until| until < day);
    let mut suspensions = row.suspensions.iter();
    !is_over && !suspensions.any(|period| period.from <= day && day <= period.until)
}
