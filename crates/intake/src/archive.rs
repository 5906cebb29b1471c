//! Looks at a packed workbook before a reader of workbooks does, which takes what it is told for true.
//!
//! Invariant: what passes unpacks to less than the limit, promises no more texts than it has, and expands to no more cells
//! than the limit. Knows nothing of what a sheet says.

use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::limits::{CELLS_MAX, COLUMNS_MAX, PARTS_MAX, UNPACKED_BYTES_MAX};

/// What kind of workbook is packed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packed {
    Xlsx,
    Ods,
}

/// Unpacks every part under one limit, and tells the kind.
pub(crate) fn check(bytes: &[u8]) -> Result<Packed, String> {
    let broken = |error: zip::result::ZipError| format!("is not a whole workbook: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > PARTS_MAX {
        return Err(format!(
            "has {} parts; a workbook of at most {PARTS_MAX} is read",
            archive.len()
        ));
    }
    let (mut kind, mut left) = (None, UNPACKED_BYTES_MAX);
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(broken)?;
        let name = part.name().map_err(broken)?.to_ascii_lowercase();
        let mut unpacked = Vec::new();
        part.take(left + 1)
            .read_to_end(&mut unpacked)
            .map_err(|error| format!("is damaged in its part {name:?}: {error}"))?;
        left = left
            .checked_sub(unpacked.len() as u64)
            .ok_or_else(|| format!("unpacks to more than {UNPACKED_BYTES_MAX} bytes"))?;
        if name == "content.xml" {
            kind = Some(Packed::Ods);
            check_repeats(&unpacked)?;
        } else if name == "xl/workbook.xml" {
            kind = Some(Packed::Xlsx);
        } else if name.starts_with("xl/") && name.ends_with("workbook.bin") {
            return Err("is a binary workbook (xlsb); save it as xlsx".to_owned());
        }
        if is_xml(&name) {
            check_promise(&name, &unpacked)?;
        }
    }
    kind.ok_or_else(|| "is an archive and not a workbook; save the sheet as xlsx".to_owned())
}

fn is_xml(name: &str) -> bool {
    [".xml", ".rels"].iter().any(|end| name.ends_with(end))
}

/// A reader sets memory aside for as many texts as a workbook says it has.
fn check_promise(name: &str, xml: &[u8]) -> Result<(), String> {
    // In two bytes a character, what is looked for here would not be seen.
    if xml.contains(&0) {
        return Err(format!(
            "holds zero bytes in its part {name:?}; save it as xlsx again"
        ));
    }
    const COUNT: &[u8] = b"uniqueCount";
    for place in memchr_all(xml, COUNT) {
        let rest = xml.get(place + COUNT.len()..).unwrap_or_default();
        let digits = rest
            .iter()
            .skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'"' | b'\''));
        let digits = digits.take_while(|byte| byte.is_ascii_digit());
        let promised = digits.fold(0_u64, |number, digit| {
            number
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        });
        if promised > xml.len() as u64 {
            return Err(format!(
                "says that it has {promised} texts, and its part {name:?} has {} bytes",
                xml.len()
            ));
        }
    }
    Ok(())
}

fn memchr_all<'a>(xml: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    xml.windows(word.len())
        .enumerate()
        .filter_map(move |(place, window)| (window == word).then_some(place))
}

/// Counts the cells that a reader of ods makes of cells and rows that are said once and meant often.
fn check_repeats(xml: &[u8]) -> Result<(), String> {
    let mut reader = Reader::from_reader(xml);
    let (mut cells, mut blank_rows, mut width) = (0_u64, 0_u64, 0_u64);
    let (mut row_times, mut row_width, mut pending) = (1_u64, 0_u64, 0_u64);
    loop {
        let event = reader
            .read_event()
            .map_err(|error| format!("is damaged in its part \"content.xml\": {error}"))?;
        let (start, is_closed) = match &event {
            Event::Eof => return Ok(()),
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(end) if end.name().as_ref() == "table:table-row" => {
                if row_width == 0 {
                    blank_rows = blank_rows.saturating_add(row_times);
                    continue;
                }
                width = width.max(row_width);
                let rows = blank_rows.saturating_add(row_times);
                cells = cells.saturating_add(rows.saturating_mul(width));
                blank_rows = 0;
                if width > u64::from(COLUMNS_MAX) || cells > CELLS_MAX as u64 {
                    return Err(format!(
                        "has {cells} cells in {width} columns; at most {CELLS_MAX} in {COLUMNS_MAX} are read"
                    ));
                }
                continue;
            }
            _ => continue,
        };
        match start.name().as_ref() {
            "table:table-row" => {
                row_times = times(start, "table:number-rows-repeated");
                (row_width, pending) = (0, 0);
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let repeated = times(start, "table:number-columns-repeated");
                // Blanks count once something stands to their right.
                if is_closed
                    && start
                        .attributes()
                        .flatten()
                        .all(|a| is_blank(a.key.as_ref()))
                {
                    pending = pending.saturating_add(repeated);
                } else {
                    row_width = row_width.saturating_add(pending).saturating_add(repeated);
                    pending = 0;
                }
            }
            _ => {}
        }
    }
}

/// Whether an attribute gives a cell no value.
fn is_blank(name: &str) -> bool {
    !name.starts_with("office:") && name != "table:formula"
}

fn times(start: &BytesStart<'_>, name: &str) -> u64 {
    let found = start
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.as_ref() == name);
    let number = found.and_then(|attribute| attribute.value.trim().parse().ok());
    number.unwrap_or(1)
}
