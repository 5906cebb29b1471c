//! A sheet as rows of cells, whatever file it came from.
//!
//! Invariant: a row has the number by which a spreadsheet shows it, and only cells that hold something. Knows no columns.

use std::fmt;

use domain::quantity::{Mass, decimal};

use crate::limits::SHOWN_CHARS_MAX;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    /// As typed, without the spaces around it.
    Text(String),
    /// A number of a workbook, in the fifteen digits that its program keeps; a larger one is in scientific form.
    Number(String),
    /// A number of a workbook that is shown as a percentage: 0.05 is 5 %.
    Share(String),
    /// A date of a workbook: `2024-03-05 14:30:00.000`.
    Date(String),
    Flag(bool),
    /// `#N/A` and its like.
    Error(String),
}

/// One row: its number from 1, and its cells by column from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub number: u32,
    pub cells: Vec<(u32, Raw)>,
}

/// One sheet, without its blank rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grid {
    /// In a workbook.
    pub name: Option<String>,
    pub lines: Vec<Line>,
    /// Whether a comma may stand between thousands: not where semicolons separate, because there it stands before decimals.
    pub comma_groups: bool,
}

impl Line {
    /// What stands in a column.
    pub(crate) fn cell(&self, column: u32) -> Option<&Raw> {
        let place = self.cells.binary_search_by_key(&column, |(at, _)| *at);
        place.ok().map(|place| &self.cells[place].1)
    }
}

impl Raw {
    /// A typed text; nothing if there are only spaces.
    pub(crate) fn typed(text: &str) -> Option<Self> {
        let text = trimmed(text);
        (!text.is_empty()).then(|| Self::Text(text.to_owned()))
    }

    /// What it holds, shortened, for messages.
    pub(crate) fn shown(&self) -> String {
        let text = self.to_string();
        let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        shown
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Error(text) => f.write_str(text),
            Self::Date(date) => {
                let date = date.strip_suffix(".000").unwrap_or(date);
                f.write_str(date.strip_suffix(" 00:00:00").unwrap_or(date))
            }
            Self::Share(share) => match Mass::parse_in(share, 1_000_000) {
                Ok(ppm) => write!(f, "{}%", decimal(ppm.mg().into(), 10_000)),
                Err(_) => f.write_str(share),
            },
            Self::Flag(flag) => f.write_str(if *flag { "TRUE" } else { "FALSE" }),
        }
    }
}

/// A cell without the spaces and line ends around it; what nobody sees is not taken away, but refused by name.
pub(crate) fn trimmed(cell: &str) -> &str {
    cell.trim_matches([' ', '\t', '\r', '\n', '\u{a0}', '\u{3000}'])
}
