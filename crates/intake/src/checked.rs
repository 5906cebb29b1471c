//! A sheet is given back as it came, with a column that says what is wrong in each row.
//!
//! Invariant: what was handed in is not changed but for that column, and a sheet that was given back and mended is read like
//! any other. Knows no rules.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, ExcelDateTime, Format, Worksheet, XlsxError};

use crate::columns::PROBLEMS;
use crate::fault::SheetFault;
use crate::grid::{Grid, Line, Raw};
use crate::template::new_book;
use crate::{Form, cells, delimited, encoding, form_of, workbook};

/// A sheet with its problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub bytes: Vec<u8>,
    /// An xlsx; otherwise CSV.
    pub is_workbook: bool,
}

/// Writes the problems of a file into a copy of it.
///
/// # Errors
/// It is not a sheet, or can't be written as one.
pub fn give_back(name: &str, bytes: &[u8], faults: &[SheetFault]) -> Result<Sheet, String> {
    if workbook::is_one(bytes) {
        let grids = workbook::read(bytes)?;
        let bytes = as_workbook(&grids, faults).map_err(|error| error.to_string())?;
        return Ok(Sheet {
            bytes,
            is_workbook: true,
        });
    }
    let text = encoding::decode(bytes)?;
    if form_of(name, &text) != Form::Delimited {
        return Err("only a workbook or CSV is given back with its problems".to_owned());
    }
    Ok(Sheet {
        bytes: as_text(&text, faults)?,
        is_workbook: false,
    })
}

/// What is wrong, by row; what is wrong with a sheet as a whole is said in the row of its headings.
fn by_row<'a>(
    faults: &'a [SheetFault],
    sheet: Option<&str>,
    headings: u32,
) -> BTreeMap<u32, Vec<&'a SheetFault>> {
    let mut rows: BTreeMap<u32, Vec<&SheetFault>> = BTreeMap::new();
    let of_sheet = |fault: &&SheetFault| fault.sheet.is_none() || fault.sheet.as_deref() == sheet;
    for fault in faults.iter().filter(of_sheet) {
        rows.entry(fault.row.unwrap_or(headings))
            .or_default()
            .push(fault);
    }
    rows
}

fn said(faults: &[&SheetFault]) -> String {
    let said: Vec<_> = faults.iter().map(|fault| fault.in_its_row()).collect();
    said.join("; ")
}

fn as_text(text: &str, faults: &[SheetFault]) -> Result<Vec<u8>, String> {
    let records = delimited::records(text)?;
    let is_headings =
        |record: &csv::StringRecord| record.iter().any(|cell| !cell.trim().is_empty());
    let headings = records.rows.iter().find(|(_, record)| is_headings(record));
    let (first, width, place) = headings.map_or((1, 0, 0), |(row, record)| {
        let old = record.iter().position(|cell| cell.trim() == PROBLEMS);
        (*row, record.len(), old.unwrap_or(record.len()))
    });
    let rows = by_row(faults, None, first);
    // With a byte order mark, because spreadsheets take UTF-8 only so.
    let mut out = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .delimiter(records.separator)
        .from_writer(&mut out);
    let blank = vec![""; width.max(place + 1)];
    let mut next = 1;
    for (row, record) in &records.rows {
        // Blank rows keep the others where they are.
        for _ in next..*row {
            writer
                .write_record(&blank)
                .map_err(|error| error.to_string())?;
        }
        next = row + 1;
        let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
        let mut problem = rows.get(row).map(|faults| said(faults)).unwrap_or_default();
        if *row == first {
            problem = match problem.as_str() {
                "" => PROBLEMS.to_owned(),
                wrong => format!("{PROBLEMS}: {wrong}"),
            };
        }
        cells.resize(cells.len().max(blank.len()), String::new());
        cells[place] = problem;
        writer
            .write_record(&cells)
            .map_err(|error| error.to_string())?;
    }
    writer.flush().map_err(|error| error.to_string())?;
    drop(writer);
    Ok(out)
}

fn as_workbook(grids: &[Grid], faults: &[SheetFault]) -> Result<Vec<u8>, XlsxError> {
    let mut book = new_book()?;
    let wrong = Format::new().set_background_color(Color::RGB(0x00ff_c7ce));
    for grid in grids {
        let sheet = book.add_worksheet();
        sheet.set_name(grid.name.as_deref().unwrap_or(PROBLEMS))?;
        let headings = grid.lines.first().map_or(1, |line| line.number);
        let rows = by_row(faults, grid.name.as_deref(), headings);
        let place = problems_column(grid);
        let nothing = Vec::new();
        for line in &grid.lines {
            let faults = rows.get(&line.number).unwrap_or(&nothing);
            for (at, raw) in &line.cells {
                let is_wrong = faults.iter().any(|fault| fault.at == Some(*at));
                let format = is_wrong.then_some(&wrong);
                if *at != place {
                    write_cell(sheet, line.number - 1, column(*at), raw, format)?;
                }
            }
            let mut problem = said(faults);
            if line.number == headings && !rows.is_empty() {
                problem = match problem.as_str() {
                    "" => PROBLEMS.to_owned(),
                    wrong => format!("{PROBLEMS}: {wrong}"),
                };
            }
            if !problem.is_empty() {
                let shown: String = problem.chars().take(CELL_CHARS_MAX).collect();
                sheet.write_string(line.number - 1, column(place), shown)?;
            }
        }
    }
    book.save_to_buffer()
}

/// Longest text of a cell in a workbook.
const CELL_CHARS_MAX: usize = 32_000;

fn column(at: u32) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// Where problems stood before, or right of everything.
fn problems_column(grid: &Grid) -> u32 {
    let is_it = |(_, raw): &&(u32, Raw)| raw.to_string().starts_with(PROBLEMS);
    let headings = grid.lines.first().into_iter().flat_map(|line| &line.cells);
    let old = headings.clone().find(is_it).map(|(at, _)| *at);
    let last = |line: &Line| line.cells.last().map_or(0, |(at, _)| *at);
    old.unwrap_or_else(|| grid.lines.iter().map(last).max().unwrap_or(0) + 1)
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    raw: &Raw,
    format: Option<&Format>,
) -> Result<(), XlsxError> {
    let format = format.cloned().unwrap_or_default();
    match raw {
        Raw::Number(number) | Raw::Share(number) if number.parse::<f64>().is_ok() => {
            let format = match raw {
                Raw::Share(_) => format.set_num_format("0.00%"),
                _ if cells::has_leading_zeros(number) => {
                    format.set_num_format("0".repeat(number.len()))
                }
                _ => format,
            };
            let number: f64 = number.parse().unwrap_or_default();
            sheet.write_number_with_format(row, at, number, &format)?;
        }
        Raw::Date(date) => {
            let (format, date) = (
                format.set_num_format("yyyy-mm-dd hh:mm:ss"),
                ExcelDateTime::parse_from_str(date)?,
            );
            sheet.write_datetime_with_format(row, at, &date, &format)?;
        }
        Raw::Flag(flag) => {
            sheet.write_boolean_with_format(row, at, *flag, &format)?;
        }
        other => {
            let format = format.set_num_format("@");
            sheet.write_string_with_format(row, at, other.to_string(), &format)?;
        }
    }
    Ok(())
}
