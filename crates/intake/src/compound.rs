//! Looks at an xls before a reader of workbooks does, which sets aside as many cells as lie between the first and the last,
//! and the text of each.
//!
//! Invariant: what passes has at most the limit of cells between those of its corners, however few it fills, and of bytes of
//! text, however often its cells share one. Follows the chains of the file as the reader does, each no longer than the file.
//! Knows nothing of what a cell says.

use crate::archive::PERCENTAGES;
use crate::limits::{CELLS_MAX, TEXT_BYTES_MAX};
use crate::shared_texts;

const SIGNATURE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const DIRECTORY_BYTES: usize = 128;
/// Streams shorter than this are kept in sectors of 64 bytes.
const SMALL_BYTES: usize = 4096;
/// Numbers of sectors from here on mean an end.
const RESERVED: u32 = 0xffff_fffa;
const SHEETS_MAX: usize = 256;
/// The record that ends a sheet.
const END: usize = 0x000a;

/// Whether a file is a compound file, by how it begins.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// Counts the cells that the reader would set aside.
pub(crate) fn check(bytes: &[u8]) -> Result<(), String> {
    let damaged = || "is a damaged xls; save it as xlsx".to_owned();
    let file = Compound::open(bytes).ok_or_else(damaged)?;
    if file.has("EncryptedPackage") {
        return Err("is protected by a password; save it without one".to_owned());
    }
    let stream = ["Workbook", "Book"]
        .iter()
        .find_map(|name| file.stream(name))
        .ok_or_else(|| "holds no workbook; save the sheet as xlsx".to_owned())?;
    let sheets: Vec<usize> = records(&stream)
        .filter(|(kind, _)| *kind == 0x0085)
        .map(|(_, data)| number_at(data, 0, 4).unwrap_or(0))
        .collect();
    if sheets.len() > SHEETS_MAX {
        return Err(format!("has more than {SHEETS_MAX} sheets"));
    }
    let cells = sheets.iter().map(|start| {
        let sheet = stream.get(*start..).unwrap_or_default();
        cells_between_corners(sheet)
    });
    let cells = cells.fold(0_usize, usize::saturating_add);
    let texts = shared_texts::lengths(&stream).ok_or_else(damaged)?;
    let texts = sheets.iter().map(|start| {
        let sheet = stream.get(*start..).unwrap_or_default();
        shared_bytes(sheet, &texts)
    });
    if texts.fold(0_usize, usize::saturating_add) > TEXT_BYTES_MAX {
        return Err(format!(
            "has more than {TEXT_BYTES_MAX} bytes of text; hand it in in parts"
        ));
    }
    let looks = percentages(&stream);
    if sheets.iter().any(|start| {
        let sheet = stream.get(*start..).unwrap_or_default();
        shows_percentages(sheet, &looks)
    }) {
        return Err(PERCENTAGES.to_owned());
    }
    if cells > CELLS_MAX {
        return Err(format!(
            "spreads over {cells} cells; at most {CELLS_MAX} are read: delete what is far from the rows"
        ));
    }
    Ok(())
}

/// Records of a workbook: kind and content.
pub(crate) fn records(mut stream: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, length) = (number_at(stream, 0, 2)?, number_at(stream, 2, 2)?);
        let data = stream.get(4..4 + length)?;
        stream = stream.get(4 + length..)?;
        Some((kind, data))
    })
}

fn cells_between_corners(sheet: &[u8]) -> usize {
    let (mut rows, mut columns, mut said) = (0, 0, 0_usize);
    // The records of the next sheet come behind the end of this one.
    for (kind, data) in records(sheet).take_while(|(kind, _)| *kind != END) {
        let last = match kind {
            // Dimensions: rows are four bytes in newer files.
            0x0200 => {
                let width = if data.len() == 10 { 2 } else { 4 };
                let part = |at, width| number_at(data, at, width).unwrap_or(0);
                let rows = part(width, width).saturating_sub(part(0, width)) + 1;
                let columns = part(2 * width + 2, 2).saturating_sub(part(2 * width, 2)) + 1;
                said = said.max(rows.saturating_mul(columns));
                continue;
            }
            // Several numbers in a row; the last column is at the end.
            0x00bd => number_at(data, data.len().saturating_sub(2), 2),
            0x0006 | 0x00d6 | 0x00fd | 0x0203 | 0x0204 | 0x0205 | 0x027e => number_at(data, 2, 2),
            _ => continue,
        };
        rows = rows.max(number_at(data, 0, 2).unwrap_or(0) + 1);
        columns = columns.max(last.unwrap_or(0) + 1);
    }
    said.max(rows.saturating_mul(columns))
}

/// Bytes of text in the cells of a sheet that name one of the shared texts.
fn shared_bytes(sheet: &[u8], lengths: &[usize]) -> usize {
    let cells = records(sheet).take_while(|(kind, _)| *kind != END);
    let texts = cells.filter(|(kind, _)| *kind == 0x00fd).map(|(_, data)| {
        let text = number_at(data, 6, 4).and_then(|at| lengths.get(at));
        text.copied().unwrap_or(0)
    });
    texts.fold(0, usize::saturating_add)
}

/// Which looks of cells show a number a hundred times as large.
fn percentages(stream: &[u8]) -> Vec<bool> {
    // The two that every file has, and those that this one defines.
    let mut formats = vec![9, 10];
    for (_, data) in records(stream).filter(|(kind, _)| *kind == 0x041e) {
        let code = data.get(2..).unwrap_or_default();
        if code.contains(&b'%') {
            formats.extend(number_at(data, 0, 2));
        }
    }
    let looks = records(stream).filter(|(kind, _)| *kind == 0x00e0);
    looks
        .map(|(_, data)| number_at(data, 2, 2).is_some_and(|format| formats.contains(&format)))
        .collect()
}

/// Whether a number of a sheet has one of these looks.
fn shows_percentages(sheet: &[u8], looks: &[bool]) -> bool {
    let has = |look: Option<usize>| look.and_then(|look| looks.get(look)) == Some(&true);
    let numbers = records(sheet).take_while(|(kind, _)| *kind != END);
    numbers.into_iter().any(|(kind, data)| match kind {
        0x0006 | 0x0203 | 0x027e => has(number_at(data, 4, 2)),
        0x00bd => (4..data.len().saturating_sub(2))
            .step_by(6)
            .any(|at| has(number_at(data, at, 2))),
        _ => false,
    })
}

/// A little-endian number.
pub(crate) fn number_at(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(width)?)?.iter().rev();
    Some(bytes.fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

/// A file system in a file.
struct Compound<'a> {
    bytes: &'a [u8],
    sector_bytes: usize,
    next: Vec<u32>,
    directory: Vec<u8>,
    small: Vec<u8>,
    small_next: Vec<u32>,
}

impl<'a> Compound<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let shift = number_at(bytes, 0x1e, 2).filter(|shift| matches!(shift, 9 | 12))?;
        let mut file = Self {
            bytes,
            sector_bytes: 1 << shift,
            next: Vec::new(),
            directory: Vec::new(),
            small: Vec::new(),
            small_next: Vec::new(),
        };
        let word = |at| number_at(bytes, at, 4).and_then(|word| u32::try_from(word).ok());
        let mut tables = numbers(bytes.get(0x4c..512)?);
        let mut more = word(0x44)?;
        for _ in 0..=bytes.len() / file.sector_bytes {
            if more >= RESERVED {
                break;
            }
            tables.extend(numbers(file.sector(more)?));
            more = tables.pop()?;
        }
        for table in tables.into_iter().filter(|table| *table < RESERVED) {
            let part = numbers(file.sector(table)?);
            file.next.extend(part);
        }
        file.directory = file.chain(word(0x30)?)?;
        file.small_next = numbers(&file.chain(word(0x3c)?)?);
        let root = number_at(&file.directory, 0x74, 4)?;
        file.small = file.chain(u32::try_from(root).ok()?)?;
        Some(file)
    }

    fn sector(&self, number: u32) -> Option<&'a [u8]> {
        let start = (number as usize + 1).checked_mul(self.sector_bytes)?;
        let end = (start + self.sector_bytes).min(self.bytes.len());
        self.bytes.get(start..end)
    }

    fn chain(&self, start: u32) -> Option<Vec<u8>> {
        follow(start, &self.next, |number| self.sector(number))
    }

    fn entry(&self, name: &str) -> Option<&[u8]> {
        let is_it = |entry: &&[u8]| {
            let length = number_at(entry, 64, 2).unwrap_or(0).min(64);
            let units = entry[..length].chunks_exact(2);
            let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
            String::from_utf16_lossy(&units).eq_ignore_ascii_case(name)
        };
        self.directory.chunks_exact(DIRECTORY_BYTES).find(is_it)
    }

    fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entry = self.entry(name)?;
        let start = u32::try_from(number_at(entry, 0x74, 4)?).ok()?;
        let length = number_at(entry, 0x78, 4)?;
        let mut stream = if length < SMALL_BYTES {
            follow(start, &self.small_next, |number| {
                let start = number as usize * 64;
                self.small.get(start..(start + 64).min(self.small.len()))
            })?
        } else {
            self.chain(start)?
        };
        stream.truncate(length);
        Some(stream)
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let words = bytes.chunks_exact(4);
    words
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect()
}

/// Sectors one after the other; nothing where they go in a circle.
fn follow<'a>(
    start: u32,
    next: &[u32],
    sector: impl Fn(u32) -> Option<&'a [u8]>,
) -> Option<Vec<u8>> {
    let (mut bytes, mut number) = (Vec::new(), start);
    for _ in 0..=next.len() {
        if number >= RESERVED {
            return Some(bytes);
        }
        bytes.extend(sector(number)?);
        number = next.get(number as usize).copied().unwrap_or(u32::MAX);
    }
    None
}
