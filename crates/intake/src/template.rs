//! Empty sheets for clerks: the columns of a kind of event with an example, as text or as a workbook.
//!
//! Invariant: an example is read as it is written, and the same kind gives the same bytes. Knows no files.

use rust_xlsxwriter::{
    DataValidation, DataValidationRule, DocProperties, ExcelDateTime, Format, Formula, Note,
    Workbook, Worksheet, XlsxError,
};

use crate::columns::{self, Cell, Column, EVENT, Kind, Lines, Need};
use crate::roles;
use crate::sheet::is_text;

/// The sheet of a workbook that explains the columns; it is not read.
const EXPLAINING: &str = "columns";
/// Rows below the headings that have formats and lists of allowed values.
const PREPARED_ROWS: u32 = 100_000;
/// Column of the explaining sheet from which on lists stand.
const LISTS_FROM: u16 = 7;
/// Longest list that a workbook takes without a range, in characters.
const SHORT_LIST_CHARS_MAX: usize = 255;

/// One column of a template, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    pub name: &'static str,
    pub chinese: &'static str,
    pub meaning: String,
    /// Whether a template in text leaves it out.
    pub may_be_added: bool,
}

/// Whether a sheet of this name only explains.
pub(crate) fn explains(sheet: &str) -> bool {
    sheet == EXPLAINING
}

/// The columns of a kind of event.
pub fn explained(event: &str) -> Option<Vec<Explained>> {
    let columns = columns::kind(event)?.columns().into_iter().skip(1);
    let explained = columns.map(|column| Explained {
        name: column.name,
        chinese: column.chinese,
        meaning: column.explained(),
        may_be_added: column.need == Need::Rare,
    });
    Some(explained.collect())
}

/// The columns of a kind of event as CSV, with an example: one row, or two where a run has an input and an output.
pub fn text(event: &str) -> Option<String> {
    let kind = columns::kind(event)?;
    let columns = kind.columns();
    let columns: Vec<_> = columns
        .iter()
        .filter(|column| column.need != Need::Rare)
        .collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(columns.iter().map(|column| column.name))
        .ok()?;
    for row in 0..example_rows(kind) {
        let cells = columns.iter().map(|column| example(kind, column, row));
        writer.write_record(cells).ok()?;
    }
    String::from_utf8(writer.into_inner().ok()?).ok()
}

const fn example_rows(kind: &Kind) -> u32 {
    match kind.lines {
        Lines::Roles => 2,
        _ => 1,
    }
}

/// What stands in a row of the example.
fn example(kind: &Kind, column: &Column, row: u32) -> &'static str {
    let role = ["input", "output"][row.min(1) as usize];
    match (column.name, kind.lines) {
        (name, _) if name == EVENT.name => kind.event,
        ("role", _) => role,
        (name, Lines::Roles) if !roles::has(role, name) => "",
        ("lot", Lines::Roles) if row > 0 => "ND-2024-0001",
        _ => column.example,
    }
}

/// The same as a workbook, with formats, lists of allowed values and a sheet that explains the columns.
///
/// # Errors
/// A workbook can't hold it.
pub fn workbook(event: &str, in_chinese: bool) -> Option<Result<Vec<u8>, XlsxError>> {
    columns::kind(event).map(|kind| write(kind, in_chinese))
}

fn write(kind: &Kind, in_chinese: bool) -> Result<Vec<u8>, XlsxError> {
    let columns = kind.columns();
    let mut book = new_book()?;
    let sheet = book.add_worksheet();
    sheet.set_name(kind.event)?.set_freeze_panes(1, 0)?;
    let (bold, quiet) = (
        Format::new().set_bold(),
        Format::new().set_italic().set_bold(),
    );
    let mut list_at = LISTS_FROM;
    for (at, column) in (0_u16..).zip(&columns) {
        let format = format_of(column.cell);
        sheet.set_column_format(at, &format)?;
        sheet.set_column_width(at, width_of(column))?;
        let (heading, other) = match in_chinese {
            true => (column.chinese, column.name),
            false => (column.name, column.chinese),
        };
        let look = if column.need == Need::Must {
            &bold
        } else {
            &quiet
        };
        sheet.write_string_with_format(0, at, heading, look)?;
        let note = Note::new(format!("{other}: {}", column.explained())).add_author_prefix(false);
        sheet.insert_note(0, at, &note)?;
        if let Some(rule) = allowed(kind, column, &mut list_at)? {
            sheet.add_data_validation(1, at, PREPARED_ROWS, at, &rule)?;
        }
        for row in 0..example_rows(kind) {
            // The few columns are empty: what is measured one way only once agrees with itself.
            if column.need != Need::Rare {
                let text = example(kind, column, row);
                write_example(sheet, row + 1, at, column.cell, text, &format)?;
            }
        }
    }
    explain(book.add_worksheet(), &columns, &bold)?;
    book.save_to_buffer()
}

/// A workbook that was made at no time, so that the same content gives the same bytes.
pub(crate) fn new_book() -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    Ok(book)
}

fn format_of(cell: Cell) -> Format {
    match cell {
        Cell::Time => Format::new().set_num_format("yyyy-mm-dd hh:mm"),
        Cell::Day => Format::new().set_num_format("yyyy-mm-dd"),
        // As text, a long number keeps its digits and a code its zeros.
        cell if is_text(cell) => Format::new().set_num_format("@"),
        _ => Format::new(),
    }
}

fn width_of(column: &Column) -> u32 {
    let longest = column.name.len().max(column.example.len().min(32));
    u32::try_from(longest + 3).unwrap_or(16)
}

/// What a program lets a clerk type into a column.
fn allowed(
    kind: &Kind,
    column: &Column,
    list_at: &mut u16,
) -> Result<Option<DataValidation>, XlsxError> {
    let rule = DataValidation::new();
    let rule = match column.cell {
        _ if column.name == EVENT.name => rule.allow_list_strings(&[kind.event])?,
        cell if names_of(cell).is_some() => {
            let names = names_of(cell).unwrap_or_default();
            let letters = crate::fault::letters(u32::from(*list_at));
            *list_at += 1;
            let chars: usize = names.iter().map(|name| name.len() + 1).sum();
            if chars <= SHORT_LIST_CHARS_MAX {
                rule.allow_list_strings(&names)?
            } else {
                let last = names.len() + 1;
                let range = format!("={EXPLAINING}!${letters}$2:${letters}${last}");
                rule.allow_list_formula(Formula::new(range))
            }
        }
        Cell::Kilograms => rule.allow_decimal_number(DataValidationRule::GreaterThanOrEqualTo(0.0)),
        Cell::Percent => rule.allow_decimal_number(DataValidationRule::Between(0.0, 100.0)),
        Cell::Number(_) => rule.allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0)),
        _ => return Ok(None),
    };
    Ok(Some(rule.ignore_blank(true)))
}

fn names_of(cell: Cell) -> Option<Vec<String>> {
    match cell {
        Cell::One(choice) => Some((choice.names)()),
        Cell::Product => Some((columns::lists::PRODUCT.names)()),
        Cell::Flag => Some((columns::lists::YES_OR_NO.names)()),
        _ => None,
    }
}

fn write_example(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    cell: Cell,
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    let number = text.parse::<f64>().ok().filter(|_| !is_text(cell));
    if text.is_empty() {
    } else if let Some(number) = number {
        sheet.write_number_with_format(row, at, number, format)?;
    } else if matches!(cell, Cell::Time | Cell::Day) {
        let date = ExcelDateTime::parse_from_str(text)?;
        sheet.write_datetime_with_format(row, at, &date, format)?;
    } else {
        sheet.write_string_with_format(row, at, text, format)?;
    }
    Ok(())
}

/// The sheet that explains, with the lists on its right.
fn explain(sheet: &mut Worksheet, columns: &[Column], bold: &Format) -> Result<(), XlsxError> {
    sheet.set_name(EXPLAINING)?.set_freeze_panes(1, 0)?;
    let headings = ["column", "列", "filled in", "unit", "example", "meaning"];
    for (at, heading) in (0_u16..).zip(headings) {
        sheet.write_string_with_format(0, at, heading, bold)?;
        sheet.set_column_width(at, if at == 5 { 70 } else { 20 })?;
    }
    let mut list_at = LISTS_FROM;
    for (row, column) in (1_u32..).zip(columns) {
        let filled_in = match column.need {
            Need::Must => "always",
            Need::May | Need::Rare => "where it applies",
        };
        let unit = match column.cell {
            Cell::Kilograms => "kg",
            Cell::Percent => "%",
            Cell::Time => "date and time",
            Cell::Day => "date",
            Cell::Number(_) => "whole number",
            _ => "text",
        };
        let meaning = column.explained();
        let words = [
            column.name,
            column.chinese,
            filled_in,
            unit,
            column.example,
            &meaning,
        ];
        for (at, word) in (0_u16..).zip(words) {
            sheet.write_string(row, at, word)?;
        }
        if let Some(names) = names_of(column.cell) {
            sheet.write_string_with_format(0, list_at, column.name, bold)?;
            for (row, name) in (1_u32..).zip(names) {
                sheet.write_string(row, list_at, name)?;
            }
            list_at += 1;
        }
    }
    Ok(())
}
