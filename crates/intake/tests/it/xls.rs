//! A small xls: one sheet of texts, numbers and dates in a compound file, as old programs write it.
//! Invariant: written from the published layout (MS-XLS, MS-CFB), not from what reads it. Knows no events.

use crate::make::{Table, Value};

/// Look of a cell without one, and that of a date.
const PLAIN: u16 = 0;
const DATE: u16 = 1;
/// The built-in format of a date with a time.
const DATE_TIME_FORMAT: u16 = 22;

pub(crate) fn write(table: &Table) -> Vec<u8> {
    let mut sheet = record(0x0809, &begin(0x10));
    for (row, cells) in (0_u16..).zip(table) {
        for (column, value) in (0_u16..).zip(cells) {
            sheet.extend(cell(row, column, value));
        }
    }
    sheet.extend(record(0x000a, &[]));
    book(&sheet, DATE_TIME_FORMAT)
}

/// A workbook of one sheet with these records; its second look has this format.
pub(crate) fn book(sheet: &[u8], format: u16) -> Vec<u8> {
    book_of(&[sheet], &[], format)
}

/// A workbook of sheets with these records, and of records that they share.
pub(crate) fn book_of(sheets: &[&[u8]], shared: &[u8], format: u16) -> Vec<u8> {
    let looks = [look(0), look(format)].concat();
    let globals = |starts: &[usize]| {
        let mut bytes = [record(0x0809, &begin(0x05)), looks.clone()].concat();
        for (number, start) in (1..).zip(starts) {
            let mut bound = u32::try_from(*start).unwrap().to_le_bytes().to_vec();
            bound.extend([0, 0, 6, 0]);
            bound.extend(format!("Sheet{number}").bytes());
            bytes.extend(record(0x0085, &bound));
        }
        [&bytes[..], shared, &record(0x000a, &[])].concat()
    };
    let mut start = globals(&vec![0; sheets.len()]).len();
    let mut starts = Vec::new();
    for sheet in sheets {
        starts.push(start);
        start += sheet.len();
    }
    let mut stream = globals(&starts);
    stream.extend(sheets.concat());
    compound(stream)
}

pub(crate) fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(data);
    bytes
}

fn begin(kind: u16) -> Vec<u8> {
    let mut data = 0x0600_u16.to_le_bytes().to_vec();
    data.extend(kind.to_le_bytes());
    data.resize(16, 0);
    data
}

fn look(format: u16) -> Vec<u8> {
    let mut data = vec![0, 0];
    data.extend(format.to_le_bytes());
    data.resize(20, 0);
    record(0x00e0, &data)
}

/// A number with a look.
pub(crate) fn number(row: u16, column: u16, look: u16, number: f64) -> Vec<u8> {
    let mut data = [row, column, look].map(u16::to_le_bytes).concat();
    data.extend(number.to_le_bytes());
    record(0x0203, &data)
}

fn cell(row: u16, column: u16, value: &Value) -> Vec<u8> {
    match value {
        Value::Nothing => Vec::new(),
        Value::Number(value) => number(row, column, PLAIN, *value),
        Value::Date(date) => number(row, column, DATE, serial(date)),
        Value::Text(text) => {
            let units: Vec<u16> = text.encode_utf16().collect();
            let mut data = [row, column, PLAIN].map(u16::to_le_bytes).concat();
            data.extend(u16::try_from(units.len()).unwrap().to_le_bytes());
            data.push(1);
            data.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
            record(0x0204, &data)
        }
    }
}

/// Days since the end of 1899, with the hour as a fraction.
#[expect(
    clippy::float_arithmetic,
    reason = "the layout keeps dates as fractions of days"
)]
fn serial(date: &str) -> f64 {
    let number = |range: std::ops::Range<usize>| date[range].parse::<i64>().unwrap();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    // Days from a March on, so that a leap day is the last of its year.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let minutes = number(11..13) * 60 + number(14..16);
    (days - 693_899) as f64 + minutes as f64 / 1440.0
}

/// A compound file with one stream, `Workbook`.
fn compound(mut stream: Vec<u8>) -> Vec<u8> {
    const SECTOR: usize = 512;
    const END: u32 = 0xffff_fffe;
    const FREE: u32 = 0xffff_ffff;
    // Shorter streams would be kept elsewhere; zeros after the end are records without meaning.
    stream.resize(stream.len().max(4096).next_multiple_of(SECTOR), 0);
    let sectors = stream.len() / SECTOR;
    let tables = (sectors + 2).div_ceil(127).max(1);
    let mut next: Vec<u32> = (1..=u32::try_from(sectors).unwrap()).collect();
    *next.last_mut().unwrap() = END;
    next.push(END);
    next.extend(std::iter::repeat_n(0xffff_fffd, tables));
    next.resize(tables * 128, FREE);

    let number = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    let mut header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    header.resize(24, 0);
    header.extend([0x3e, 0, 3, 0, 0xfe, 0xff, 9, 0, 6, 0]);
    header.resize(44, 0);
    header.extend(number(tables));
    header.extend(number(sectors));
    header.extend([0; 4]);
    header.extend(number(4096));
    header.extend(END.to_le_bytes());
    header.extend([0; 4]);
    header.extend(END.to_le_bytes());
    header.extend([0; 4]);
    (0..tables).for_each(|table| header.extend(number(sectors + 1 + table)));
    header.resize(SECTOR, 0xff);

    let mut directory = entry("Root Entry", 5, END, 0);
    directory.extend(entry("Workbook", 2, 0, stream.len()));
    directory.resize(SECTOR, 0);
    let next: Vec<u8> = next.iter().flat_map(|next| next.to_le_bytes()).collect();
    [header, stream, directory, next].concat()
}

fn entry(name: &str, kind: u8, start: u32, length: usize) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let named = u16::try_from(entry.len() + 2).unwrap();
    entry.resize(64, 0);
    entry.extend(named.to_le_bytes());
    entry.extend([kind, 1]);
    entry.extend([0xff; 12]);
    entry.resize(116, 0);
    entry.extend(start.to_le_bytes());
    entry.extend(u32::try_from(length).unwrap().to_le_bytes());
    entry.resize(128, 0);
    entry
}
