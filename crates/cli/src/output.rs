//! One report, three forms: a table for people, JSON for programs, CSV for spreadsheets.
//!
//! Invariant: all three show the same rows; only the table adds them up, rounds masses and shortens ids. What a stranger wrote
//! moves no cursor, forges no line and is no formula. A broken pipe ends the program quietly.

use std::io::{self, IsTerminal, Write};

use answers::{Cell, Digits, Kind, Table};
use domain::text::{printable, printable_lines};
use grammar::Form;
use intake::spreadsheet;

use crate::layout::{self, Column, Look};
use crate::outcome::CliError;

/// The digits of a mass in a table.
const fn digits(form: Form) -> Digits {
    if form.exact {
        Digits::All
    } else {
        Digits::Rounded
    }
}

/// Words on the left, numbers on the right: a name that starts with `#` is a number column.
fn columns(names: &[&'static str]) -> Vec<Column> {
    let column = |name: &&'static str| match name.strip_prefix('#') {
        Some(name) => Column { name, number: true },
        None => Column {
            name,
            number: false,
        },
    };
    names.iter().map(column).collect()
}

/// Prints rows of words as a table or CSV.
pub(crate) fn table(
    form: Form,
    names: &[&'static str],
    rows: &[Vec<String>],
) -> Result<(), CliError> {
    let columns = &columns(names);
    if form.csv {
        return comma_separated(form, columns, rows);
    }
    let plain = |row: &Vec<String>| row.iter().map(|cell| layout::Cell::plain(cell)).collect();
    let rows: Vec<Vec<_>> = rows.iter().map(plain).collect();
    laid_out(columns, &rows)
}

fn comma_separated(form: Form, columns: &[Column], rows: &[Vec<String>]) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    if form.bom {
        out.write_all("\u{feff}".as_bytes())?;
    }
    let header = columns.iter().map(|column| column.name);
    spreadsheet::write(out, header, rows).map_err(csv_error)
}

fn laid_out(columns: &[Column], rows: &[Vec<layout::Cell>]) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    let width = crate::machine::given().width;
    Ok(out.write_all(layout::text(columns, rows, width()).as_bytes())?)
}

/// Paints one table as text or CSV, with its sums below the text: a spreadsheet adds up by itself, and would add the sum
/// too. Text shows of an id what is enough to find it by and of a mass whole kilograms, CSV all of both.
pub(crate) fn paint(form: Form, table: &Table) -> Result<(), CliError> {
    let column = |column: &answers::Column| Column {
        name: column.name,
        number: column.kind != Kind::Text,
    };
    let columns: Vec<_> = table.columns.iter().map(column).collect();
    if form.csv {
        let row = |row: &Vec<Cell>| row.iter().map(Cell::whole).collect();
        let rows: Vec<_> = table.rows.iter().map(row).collect();
        return comma_separated(form, &columns, &rows);
    }
    if let Some(title) = &table.title {
        line(format!("\n{title}").trim_end_matches('\n'))?;
    }
    let cell = |cell: &Cell| layout::Cell {
        text: printable(&cell.short(digits(form))).into_owned(),
        look: match cell {
            Cell::Severity(severity) => Look::of(*severity),
            _ => Look::Plain,
        },
    };
    let row = |row: &Vec<Cell>| row.iter().map(cell).collect();
    let mut rows: Vec<Vec<_>> = table.rows.iter().map(row).collect();
    rows.extend(sums(form, table));
    laid_out(&columns, &rows)
}

/// The row of sums, where a table has one.
fn sums(form: Form, table: &Table) -> Option<Vec<layout::Cell>> {
    let shown = |sum| Cell::Mass(sum).short(digits(form));
    let sums = (0..table.columns.len()).map(|place| table.sum(place));
    let mut last: Vec<_> = sums
        .map(|sum| layout::Cell::plain(&sum.map_or_else(String::new, shown)))
        .collect();
    let first = table.columns.iter().position(|column| column.is_summed)?;
    if let Some(label) = last.get_mut(first.checked_sub(1)?) {
        *label = layout::Cell::plain("sum");
    }
    Some(last)
}

fn csv_error(error: csv::Error) -> CliError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        kind => CliError::fault(format!("{kind:?}")),
    }
}

/// Prints one JSON document.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = portable::document(value).map_err(CliError::fault)?;
    Ok(io::stdout().lock().write_all(text.as_bytes())?)
}

/// Prints one line of data.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), CliError> {
    let text = text.to_string();
    Ok(writeln!(io::stdout().lock(), "{}", printable_lines(&text))?)
}

/// Says something to the person, next to the data. What can't be said leaves the rest as it is.
pub(crate) fn say(text: impl std::fmt::Display) {
    let text = text.to_string();
    let _ = writeln!(io::stderr(), "{}", printable_lines(&text));
}

/// A progress bar on stderr, when a person watches and no program reads.
pub(crate) fn progress(total: u64, what: &'static str, form: Form) -> indicatif::ProgressBar {
    if form.json || form.csv || !io::stderr().is_terminal() || total < 10_000 {
        return indicatif::ProgressBar::hidden();
    }
    let style = indicatif::ProgressStyle::with_template(
        "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} eta {eta}",
    );
    let bar = indicatif::ProgressBar::new(total).with_message(what);
    bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
    bar
}
