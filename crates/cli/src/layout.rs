//! Rows of cells laid out for a person: a table where it fits the width, else one field a line.
//!
//! Invariant: no cell is cut or wrapped, and colour says nothing that the words do not. Where colour is not wanted, the stream
//! that the text is written to drops it. Knows no terminal and no unit.

use answers::Severity;
use clap::builder::styling::{AnsiColor, Style};
use domain::text::printable;
use unicode_width::UnicodeWidthStr;

/// Between columns.
const GAP: &str = "  ";

/// A column and whether its values are numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub name: &'static str,
    pub number: bool,
}

/// How much a cell asks to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Plain,
    Warning,
    Violation,
}

impl Look {
    pub(crate) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Plain,
            Severity::Warning => Self::Warning,
            Severity::Violation => Self::Violation,
        }
    }

    const fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Violation => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// A text without control characters, and its look.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub text: String,
    pub look: Look,
}

impl Cell {
    pub(crate) fn plain(text: &str) -> Self {
        Self {
            text: printable(text).into_owned(),
            look: Look::Plain,
        }
    }

    /// The text in a field of this many columns, of which a Chinese character takes two.
    fn padded(&self, width: usize, to_the_right: bool) -> String {
        let space = " ".repeat(width.saturating_sub(self.text.width()));
        let text = match self.look {
            Look::Plain => self.text.clone(),
            look => format!("{0}{1}{0:#}", look.style(), self.text),
        };
        if to_the_right {
            space + &text
        } else {
            text + &space
        }
    }
}

/// The rows as text, at most so wide if a width is given.
pub(crate) fn text(columns: &[Column], rows: &[Vec<Cell>], width: Option<usize>) -> String {
    let widest = |(place, column): (usize, &Column)| {
        let cells = rows.iter().filter_map(|row| row.get(place));
        let widths = cells.map(|cell| cell.text.width());
        widths.chain([column.name.width()]).max().unwrap_or(0)
    };
    let widths: Vec<_> = columns.iter().enumerate().map(widest).collect();
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    let whole = widths.iter().sum::<usize>() + gaps;
    if width.is_none_or(|width| whole <= width) {
        table(columns, rows, &widths)
    } else {
        records(columns, rows)
    }
}

fn table(columns: &[Column], rows: &[Vec<Cell>], widths: &[usize]) -> String {
    let line = |cells: &[Cell]| {
        let cells = cells.iter().zip(columns).zip(widths);
        let cells = cells.map(|((cell, column), width)| cell.padded(*width, column.number));
        let cells: Vec<_> = cells.collect();
        cells.join(GAP).trim_end().to_owned() + "\n"
    };
    let names = columns.iter().map(|column| Cell::plain(column.name));
    let header: Vec<_> = names.collect();
    let rows = rows.iter().map(|row| line(row));
    std::iter::once(line(&header)).chain(rows).collect()
}

/// One field a line, without those that are empty, and a blank line between rows.
fn records(columns: &[Column], rows: &[Vec<Cell>]) -> String {
    let name = columns.iter().map(|column| column.name.width()).max();
    let name = name.unwrap_or(0);
    let record = |row: &Vec<Cell>| {
        let fields = columns.iter().zip(row);
        let filled = fields.filter(|(_, cell)| !cell.text.is_empty());
        let line = |(column, cell): (&Column, &Cell)| {
            let name = Cell::plain(column.name).padded(name, false);
            let line = format!("{name}{GAP}{}", cell.padded(0, false));
            line.trim_end().to_owned() + "\n"
        };
        filled.map(line).collect::<String>()
    };
    rows.iter().map(record).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column {
            name: "party",
            number: false,
        },
        Column {
            name: "t",
            number: true,
        },
        Column {
            name: "state",
            number: false,
        },
    ];

    fn rows() -> Vec<Vec<Cell>> {
        let row = |cells: [&str; 3]| cells.map(Cell::plain).to_vec();
        vec![
            row(["北方稀土", "1.000", "sealed"]),
            row(["M", "12.000", ""]),
        ]
    }

    #[test]
    fn a_table_that_fits_is_a_table_and_chinese_takes_two_columns() {
        let table = "party          t  state\n北方稀土   1.000  sealed\nM         12.000\n";
        for width in [None, Some(24), Some(80)] {
            assert_eq!(text(&COLUMNS, &rows(), width), table, "{width:?}");
        }
    }

    #[test]
    fn a_table_that_is_too_wide_becomes_records_and_no_cell_is_cut() {
        let records = "party  北方稀土\nt      1.000\nstate  sealed\n\nparty  M\nt      12.000\n";
        for width in [Some(23), Some(1), Some(0)] {
            assert_eq!(text(&COLUMNS, &rows(), width), records, "{width:?}");
        }
    }

    #[test]
    fn colour_changes_no_character_and_moves_no_column() {
        let mut rows = rows();
        rows[0][0].look = Look::Violation;
        let plain = text(&COLUMNS, &self::rows(), None);
        let coloured = text(&COLUMNS, &rows, None);
        assert_ne!(coloured, plain);
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }
}
