//! Workbooks become grids: xlsx, xls and ods. Values that formulas left behind are values; macros are not looked at.
//!
//! Invariant: nothing is read of a file that `archive` or `compound` did not pass, and never more cells than the limit. A
//! sheet that is hidden is read like any other. Knows no columns.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataType, Ods, Range, Reader, SheetType, Style, Xls, Xlsx};

use crate::archive::{self, Packed};
use crate::compound;
use crate::grid::{Grid, Line, Raw};
use crate::limits::{CELLS_MAX, COLUMNS_MAX, ROWS_MAX, TEXT_BYTES_MAX};

/// How packed workbooks begin.
const PACKED: &[u8] = b"PK\x03\x04";

/// Whether this is a workbook, by how it begins.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(PACKED) || compound::is_one(bytes)
}

/// Every sheet that has a cell.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Grid>, String> {
    let reads = || {
        if compound::is_one(bytes) {
            compound::check(bytes)?;
            return read_xls(bytes);
        }
        match archive::check(bytes)? {
            Packed::Xlsx => read_xlsx(bytes),
            Packed::Ods => read_ods(bytes),
        }
    };
    // The readers are of others, and a hostile file may find a bug of theirs: it costs this file and not the program.
    catch_unwind(AssertUnwindSafe(reads))
        .unwrap_or_else(|_| Err("can't be read as a workbook; save it as xlsx again".to_owned()))
}

fn broken(error: impl std::fmt::Display) -> String {
    format!("can't be read as a workbook: {error}")
}

/// Collects the cells of one sheet in the order in which they come, under the limits of the whole file.
#[derive(Default)]
struct Filling {
    cells: Vec<(u32, u32, Raw)>,
    cells_before: usize,
    text_bytes: usize,
}

impl Filling {
    fn add(&mut self, row: u32, column: u32, raw: Option<Raw>) -> Result<(), String> {
        let Some(raw) = raw else {
            return Ok(());
        };
        if row >= ROWS_MAX || column >= COLUMNS_MAX {
            return Err(format!(
                "has a cell in row {} of column {}; at most {ROWS_MAX} rows of {COLUMNS_MAX} columns are read",
                row.saturating_add(1),
                column.saturating_add(1)
            ));
        }
        if let Raw::Text(text) = &raw {
            self.text_bytes += text.len();
        }
        self.cells.push((row, column, raw));
        if self.cells_before + self.cells.len() > CELLS_MAX || self.text_bytes > TEXT_BYTES_MAX {
            return Err(format!(
                "has more than {CELLS_MAX} cells or {TEXT_BYTES_MAX} bytes of text; hand it in in parts"
            ));
        }
        Ok(())
    }

    fn add_all(&mut self, range: &Range<Data>) -> Result<(), String> {
        let (first_row, first_column) = range.start().unwrap_or_default();
        for (row, column, value) in range.used_cells() {
            let place = |first: u32, more: usize| {
                first.saturating_add(u32::try_from(more).unwrap_or(u32::MAX))
            };
            self.add(
                place(first_row, row),
                place(first_column, column),
                raw(value),
            )?;
        }
        Ok(())
    }

    /// The sheet, and room for the next one.
    fn finish(&mut self, name: &str) -> Result<Grid, String> {
        self.cells_before += self.cells.len();
        let mut cells = std::mem::take(&mut self.cells);
        cells.sort_by_key(|(row, column, _)| (*row, *column));
        let mut lines: Vec<Line> = Vec::new();
        for (row, column, raw) in cells {
            let number = row + 1;
            if lines.last().is_none_or(|line| line.number != number) {
                let cells = Vec::new();
                lines.push(Line { number, cells });
            }
            let Some(line) = lines.last_mut() else {
                continue;
            };
            if line.cells.last().is_some_and(|(at, _)| *at == column) {
                return Err(format!("has two cells in one place of row {number}"));
            }
            line.cells.push((column, raw));
        }
        Ok(Grid {
            name: Some(name.to_owned()),
            lines,
            comma_groups: true,
        })
    }
}

fn read_xlsx(bytes: &[u8]) -> Result<Vec<Grid>, String> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|error: calamine::XlsxError| broken(error))?;
    let (mut filling, mut grids) = (Filling::default(), Vec::new());
    for name in worksheets(&book) {
        let mut cells = book.worksheet_cells_reader(&name).map_err(broken)?;
        let shown: Vec<Shown> = cells.styles().iter().map(Shown::of).collect();
        while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(broken)? {
            let (row, column) = cell.get_position();
            let raw = raw(cell.get_value());
            let shown = shown.get(style).copied().unwrap_or_default();
            filling.add(row, column, raw.map(|raw| shown.apply(raw)))?;
        }
        grids.push(filling.finish(&name)?);
    }
    Ok(with_cells(grids))
}

fn read_xls(bytes: &[u8]) -> Result<Vec<Grid>, String> {
    let book: Xls<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|error: calamine::XlsError| broken(error))?;
    ranges(book)
}

fn read_ods(bytes: &[u8]) -> Result<Vec<Grid>, String> {
    let book: Ods<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|error: calamine::OdsError| broken(error))?;
    ranges(book)
}

fn ranges<'a, B>(mut book: B) -> Result<Vec<Grid>, String>
where
    B: Reader<Cursor<&'a [u8]>>,
    B::Error: std::fmt::Display,
{
    let (mut filling, mut grids) = (Filling::default(), Vec::new());
    for name in worksheets(&book) {
        filling.add_all(&book.worksheet_range(&name).map_err(broken)?)?;
        grids.push(filling.finish(&name)?);
    }
    Ok(with_cells(grids))
}

/// Charts and macro sheets hold no rows.
fn worksheets<R: std::io::Read + std::io::Seek, B: Reader<R>>(book: &B) -> Vec<String> {
    let sheets = book.sheets_metadata().iter();
    let sheets = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet);
    sheets.map(|sheet| sheet.name.clone()).collect()
}

fn with_cells(mut grids: Vec<Grid>) -> Vec<Grid> {
    grids.retain(|grid| !grid.lines.is_empty());
    grids
}

/// How a number is shown, where that says more than the number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    AsItIs,
    Percent,
    /// With zeros before it, in so many digits.
    Digits(usize),
}

impl Shown {
    fn of(style: &Style) -> Self {
        let code = style
            .number_format
            .as_ref()
            .map(|format| format.format_code.as_str());
        let code = code.unwrap_or_default();
        // A sign in quotes is only written behind the number; any other multiplies it by a hundred.
        if code
            .split('"')
            .step_by(2)
            .any(|part| part.replace("\\%", "").contains('%'))
        {
            Self::Percent
        } else if code.len() > 1 && code.bytes().all(|byte| byte == b'0') {
            Self::Digits(code.len())
        } else {
            Self::AsItIs
        }
    }

    fn apply(self, raw: Raw) -> Raw {
        match (self, raw) {
            (Self::Percent, Raw::Number(number)) => Raw::Share(number),
            (Self::Digits(width), Raw::Number(number))
                if number.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Raw::Number(format!("{number:0>width$}"))
            }
            (_, raw) => raw,
        }
    }
}

/// What a cell holds; nothing if it is blank.
fn raw(value: &impl DataType) -> Option<Raw> {
    if let Some(text) = value.get_string() {
        return Raw::typed(text);
    }
    if let Some(flag) = value.get_bool() {
        return Some(Raw::Flag(flag));
    }
    if let Some(number) = value.get_int() {
        return Some(Raw::Number(number.to_string()));
    }
    if let Some(number) = value.get_float() {
        return Some(Raw::Number(fifteen_digits(number)));
    }
    if let Some(error) = value.get_error() {
        return Some(Raw::Error(error.to_string()));
    }
    if let Some(text) = value
        .get_datetime_iso()
        .or_else(|| value.get_duration_iso())
    {
        return Raw::typed(text);
    }
    let date = value.get_datetime()?;
    if date.is_duration() {
        return Some(Raw::Number(fifteen_digits(date.as_f64())));
    }
    let (year, month, day, hour, minute, second, milli) = date.to_ymd_hms_milli();
    Some(Raw::Date(format!(
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{milli:03}"
    )))
}

/// A number as its program shows it: fifteen digits, since the rest is noise of its arithmetic. A whole number with more
/// has lost digits, and is written with an exponent.
fn fifteen_digits(number: f64) -> String {
    let scientific = format!("{number:.14e}");
    let parts = scientific
        .split_once('e')
        .and_then(|(mantissa, exponent)| Some((mantissa, exponent.parse::<i32>().ok()?)));
    let Some((mantissa, exponent)) = parts else {
        return scientific;
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => ("-", mantissa),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    match usize::try_from(exponent) {
        Ok(whole) if whole < 15 => {
            let (whole, part) = digits.split_at(whole + 1);
            let part = part.trim_end_matches('0');
            let point = if part.is_empty() { "" } else { "." };
            format!("{sign}{whole}{point}{part}")
        }
        Err(_) if exponent > -15 => {
            let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
            let digits = digits.trim_end_matches('0');
            format!("{sign}0.{zeros}{digits}")
        }
        _ if digits.bytes().all(|digit| digit == b'0') => "0".to_owned(),
        _ => format!("{number:E}"),
    }
}

#[cfg(test)]
mod tests {
    use super::fifteen_digits;

    #[test]
    fn numbers_have_the_digits_that_their_program_shows() {
        for (number, shown) in [
            (0.0, "0"),
            (25000.0, "25000"),
            (12500.5, "12500.5"),
            (0.1 + 0.2, "0.3"),
            (24_999.999_999_999_996, "25000"),
            (-0.25, "-0.25"),
            (0.000_001, "0.000001"),
            (123_456_789_012_345.0, "123456789012345"),
            (1_234_567_890_123_456.0, "1.234567890123456E15"),
            (9.1e17, "9.1E17"),
            (1e-20, "1E-20"),
        ] {
            assert_eq!(fifteen_digits(number), shown);
        }
    }
}
