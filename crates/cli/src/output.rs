//! One report, three forms: an aligned table for people, JSON for programs, CSV for spreadsheets.
//!
//! Invariant: all three show the same rows; only the table adds them up. What a stranger wrote moves no cursor, forges no
//! line and is no formula. A broken pipe ends the program quietly.

use std::io::{self, IsTerminal, Write};

use answers::{Cell, Kind, Table};
use comfy_table::{CellAlignment, presets};
use domain::text::{printable, printable_lines};
use intake::spreadsheet;

use crate::outcome::CliError;

/// How a report is printed.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Form {
    /// Print one JSON document
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print CSV with a header row; a text that a spreadsheet would run begins with an apostrophe
    #[arg(long)]
    pub csv: bool,
    /// Begin the CSV with a byte order mark, for spreadsheets that take UTF-8 only so
    #[arg(long, requires = "csv")]
    pub bom: bool,
}

/// A column and whether its values are numbers.
pub(crate) struct Column {
    pub name: &'static str,
    pub number: bool,
}

/// Words on the left, numbers on the right: a name that starts with `#` is a number column.
pub(crate) fn columns(names: &[&'static str]) -> Vec<Column> {
    names
        .iter()
        .map(|name| {
            name.strip_prefix('#').map_or(
                Column {
                    name,
                    number: false,
                },
                |name| Column { name, number: true },
            )
        })
        .collect()
}

/// Prints rows as a table or CSV.
pub(crate) fn rows(form: Form, columns: &[Column], rows: &[Vec<String>]) -> Result<(), CliError> {
    let out = io::stdout();
    let mut out = out.lock();
    if form.csv {
        if form.bom {
            out.write_all("\u{feff}".as_bytes())?;
        }
        let header = columns.iter().map(|column| column.name);
        return spreadsheet::write(out, header, rows).map_err(csv_error);
    }
    let mut table = comfy_table::Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(columns.iter().map(|column| column.name));
    if !io::stdout().is_terminal() {
        table.force_no_tty();
    }
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    for (place, column) in columns.iter().enumerate() {
        let alignment = if column.number {
            CellAlignment::Right
        } else {
            CellAlignment::Left
        };
        if let Some(column) = table.column_mut(place) {
            column.set_cell_alignment(alignment);
            column.set_padding((0, 2));
        }
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Paints one table as text or CSV, with its sums below the text: a spreadsheet adds up by itself, and would add the sum
/// too. Text shows of an id what is enough to find it by, CSV all of it.
pub(crate) fn paint(form: Form, table: &Table) -> Result<(), CliError> {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| Column {
            name: column.name,
            number: column.kind != Kind::Text,
        })
        .collect();
    let cell = if form.csv { Cell::whole } else { Cell::short };
    let row = |row: &Vec<Cell>| row.iter().map(cell).collect();
    let mut painted: Vec<Vec<String>> = table.rows.iter().map(row).collect();
    if !form.csv {
        if let Some(title) = &table.title {
            line(format!("\n{title}"))?;
        }
        painted.extend(sums(table));
    }
    rows(form, &columns, &painted)
}

/// The row of sums, where a table has one.
fn sums(table: &Table) -> Option<Vec<String>> {
    let sums = (0..table.columns.len()).map(|place| table.sum(place));
    let mut last: Vec<_> = sums
        .map(|sum| sum.map_or_else(String::new, |sum| Cell::Mass(sum).whole()))
        .collect();
    let first = table.columns.iter().position(|column| column.is_summed)?;
    if let Some(label) = last.get_mut(first.checked_sub(1)?) {
        "sum".clone_into(label);
    }
    Some(last)
}

/// Prints rows of words in the form that was asked for; a number column becomes JSON numbers.
pub(crate) fn table(
    form: Form,
    names: &[&'static str],
    rows_of_words: &[Vec<String>],
) -> Result<(), CliError> {
    let columns = columns(names);
    if !form.json {
        return rows(form, &columns, rows_of_words);
    }
    let object = |row: &Vec<String>| -> serde_json::Map<_, _> {
        let pairs = columns.iter().zip(row);
        let pairs =
            pairs.map(|(column, value)| (column.name.replace(' ', "_"), json_cell(column, value)));
        pairs.collect()
    };
    let objects: Vec<_> = rows_of_words.iter().map(object).collect();
    json(&objects)
}

/// A number column is a JSON number, or null where a table shows a dash.
fn json_cell(column: &Column, value: &str) -> serde_json::Value {
    match (column.number, value.parse::<u64>()) {
        (true, Ok(number)) => number.into(),
        (true, Err(_)) if value == "-" => serde_json::Value::Null,
        _ => value.into(),
    }
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

/// Says something to the person, beside the data. What can't be said leaves the rest as it is.
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
