//! One table for text, CSV and HTML: columns, and cells that know what they are.
//!
//! Invariant: a cell holds its value whole; who paints it decides how much of it is shown, never what it is. Knows no
//! terminal and no file.

use domain::quantity::decimal;
use domain::{Day, Month, PartyId};
use projection::Severity;

use crate::value::{Mg, Posting};

/// Characters of an id that are enough to find it again by.
const SHORT_ID: usize = 16;
const MG_PER_TONNE: u64 = 1_000_000_000;
const MG_PER_KILOGRAM: i128 = 1_000_000;

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Numbers, to the right.
    Number,
    /// Tonnes, to the right.
    Mass,
}

/// A column and what it adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether its sum stands below.
    pub is_summed: bool,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing is known or applies.
    Nothing,
    Mass(Mg),
    Count(i128),
    /// Parts of a million, shown as a percentage.
    Share {
        ppm: i128,
        decimals: u32,
    },
    Day(Day),
    Month(Month),
    /// An id, of which the beginning is enough where space is short.
    Id(String),
    Party(PartyId),
    Severity(Severity),
    /// Values in one cell, each after its name.
    Named(Vec<(&'static str, Self)>),
    Text(String),
}

/// How much of a mass is shown where space is short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digits {
    /// Whole kilograms: tonnes with three decimals.
    Rounded,
    All,
}

impl Cell {
    /// A text, or nothing.
    pub fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    /// An id.
    pub fn id(id: impl ToString) -> Self {
        Self::Id(id.to_string())
    }

    /// A value that may be absent.
    pub fn or_nothing<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Nothing, cell)
    }

    /// The whole value.
    pub fn whole(&self) -> String {
        match self {
            Self::Nothing => "-".to_owned(),
            Self::Mass(mg) => decimal(mg.0, MG_PER_TONNE),
            Self::Count(count) => count.to_string(),
            Self::Share { ppm, decimals } => percent(*ppm, *decimals),
            Self::Day(day) => day.to_string(),
            Self::Month(month) => month.to_string(),
            Self::Party(party) => party.to_string(),
            Self::Severity(severity) => severity.to_string(),
            Self::Named(values) => named(values, Self::whole),
            Self::Id(text) | Self::Text(text) => text.clone(),
        }
    }

    /// The same where space is short: of an id its beginning, of a mass the digits that were asked for.
    pub fn short(&self, digits: Digits) -> String {
        match self {
            Self::Id(id) => id.chars().take(SHORT_ID).collect(),
            Self::Mass(mg) if digits == Digits::Rounded => rounded(*mg),
            Self::Named(values) => named(values, |value| value.short(digits)),
            whole => whole.whole(),
        }
    }
}

fn named(values: &[(&'static str, Cell)], shown: impl Fn(&Cell) -> String) -> String {
    let one = |(name, value): &(&'static str, Cell)| {
        let unit = match value {
            Cell::Mass(_) => " t",
            _ => "",
        };
        format!("{name} {}{unit}", shown(value))
    };
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Tonnes to the nearest kilogram, halves away from zero. A mass that is not zero is never shown as zero.
fn rounded(Mg(mg): Mg) -> String {
    let half = MG_PER_KILOGRAM / 2 * mg.signum();
    let kilograms = (mg + half) / MG_PER_KILOGRAM;
    match kilograms {
        0 if mg > 0 => "<0.001".to_owned(),
        0 if mg < 0 => ">-0.001".to_owned(),
        _ => {
            let sign = if kilograms < 0 { "-" } else { "" };
            let (tonnes, rest) = (kilograms.abs() / 1_000, kilograms.abs() % 1_000);
            format!("{sign}{tonnes}.{rest:03}")
        }
    }
}

fn percent(ppm: i128, decimals: u32) -> String {
    let digits = 10_i128.pow(decimals.min(4));
    let parts = ppm * digits / 10_000;
    let width = usize::try_from(decimals.min(4)).unwrap_or_default();
    let sign = if parts < 0 { "-" } else { "" };
    let (whole, rest) = (parts.abs() / digits, parts.abs() % digits);
    format!("{sign}{whole}.{rest:0width$}")
}

/// Rows under columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What stands above it, where an answer has several.
    pub title: Option<String>,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows. A name that begins with `#` is a column of numbers, one with `t:` of tonnes, and one with `+:`
    /// of tonnes that are added up.
    pub fn new(names: &[&'static str]) -> Self {
        let column = |name: &&'static str| {
            let parts = [
                ("#", Kind::Number, false),
                ("t:", Kind::Mass, false),
                ("+:", Kind::Mass, true),
            ];
            let found = parts.into_iter().find_map(|(mark, kind, is_summed)| {
                let name = name.strip_prefix(mark)?;
                Some(Column {
                    name,
                    kind,
                    is_summed,
                })
            });
            let kind = Kind::Text;
            found.unwrap_or(Column {
                name,
                kind,
                is_summed: false,
            })
        };
        Self {
            title: None,
            columns: names.iter().map(column).collect(),
            rows: Vec::new(),
        }
    }

    /// The same under a title.
    #[must_use]
    pub fn titled(mut self, title: impl ToString) -> Self {
        self.title = Some(title.to_string());
        self
    }

    /// The same with rows.
    #[must_use]
    pub fn with(mut self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// The sum of a column that is added up.
    pub fn sum(&self, place: usize) -> Option<Mg> {
        let column = self.columns.get(place)?;
        let cells = self.rows.iter().filter_map(|row| row.get(place));
        let sum = cells.filter_map(|cell| match cell {
            Cell::Mass(mg) => Some(mg.0),
            _ => None,
        });
        column.is_summed.then(|| Mg(sum.sum()))
    }
}

/// The postings of one figure, and what they add up to.
pub(crate) fn of_postings(title: String, postings: &[Posting], zone: domain::Zone) -> Table {
    let row = |row: &Posting| {
        vec![
            Cell::Count(row.position.into()),
            Cell::id(row.event),
            Cell::Day(zone.day_of(row.occurred)),
            Cell::text(row.kind),
            Cell::Mass(row.net_mg),
            Cell::Mass(row.reo_mg),
        ]
    };
    let names = [
        "#position",
        "event",
        "occurred",
        "kind",
        "+:net t",
        "+:REO t",
    ];
    Table::new(&names)
        .titled(title)
        .with(postings.iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_masses_are_whole_kilograms_and_none_but_zero_is_zero() {
        let masses = [
            (0, "0.000"),
            (1, "<0.001"),
            (499_999, "<0.001"),
            (500_000, "0.001"),
            (-499_999, ">-0.001"),
            (-500_000, "-0.001"),
            (1_234_567_890, "1.235"),
            (-999_999_999, "-1.000"),
            (12_000_000_000_000, "12000.000"),
        ];
        for (mg, shown) in masses {
            assert_eq!(Cell::Mass(Mg(mg)).short(Digits::Rounded), shown, "{mg}");
        }
        let figures = Cell::Named(vec![
            ("consumed", Cell::Mass(Mg(1_500_000_001))),
            ("events", Cell::Count(2)),
        ]);
        let rounded = figures.short(Digits::Rounded);
        assert_eq!(rounded, "consumed 1.500 t, events 2");
        let exact = "consumed 1.500000001 t, events 2";
        assert_eq!([figures.short(Digits::All), figures.whole()], [exact; 2]);
    }

    #[test]
    fn cells_are_painted_whole_or_short_and_sums_are_exact() {
        let share = |ppm, decimals| Cell::Share { ppm, decimals }.whole();
        assert_eq!(share(1_000_000, 1), "100.0");
        assert_eq!(share(123_456, 3), "12.345");
        assert_eq!(share(-5_000, 1), "-0.5");
        assert_eq!(Cell::Mass(Mg(-1_500_000_001)).whole(), "-1.500000001");
        let short = |cell: Cell| cell.short(Digits::Rounded);
        assert_eq!(short(Cell::id("0123456789abcdef0")), "0123456789abcdef");
        let rows = [1_i128, 2].map(|mg| vec![Cell::text("x"), Cell::Mass(Mg(mg)), Cell::Count(mg)]);
        let table = Table::new(&["a", "+:b t", "#c"]).with(rows);
        let sums = [0, 1, 2].map(|place| table.sum(place));
        assert_eq!(sums, [None, Some(Mg(3)), None]);
        let kinds: Vec<_> = table.columns.iter().map(|column| column.kind).collect();
        assert_eq!(kinds, [Kind::Text, Kind::Mass, Kind::Number]);
    }
}
