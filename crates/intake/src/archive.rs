//! Looks at a packed workbook before a reader of workbooks does, which takes what it is told for true.
//!
//! Invariant: what passes unpacks to less than the limit, promises no more texts than it has, and expands to no more cells
//! than the limit. Knows nothing of what a sheet says.

use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use crate::limits::{CELLS_MAX, COLUMNS_MAX, PARTS_MAX, TEXT_BYTES_MAX, UNPACKED_BYTES_MAX};

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
    if !name.ends_with("sharedstrings.xml") {
        return Ok(());
    }
    const COUNT: &[u8] = b"uniqueCount";
    for place in places_of(xml, COUNT) {
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

fn places_of<'a>(xml: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    xml.windows(word.len())
        .enumerate()
        .filter_map(move |(place, window)| (window == word).then_some(place))
}

/// Counts the cells that a reader of ods makes of cells and rows that are said once and meant often.
fn check_repeats(xml: &[u8]) -> Result<(), String> {
    let mut reader = Reader::from_reader(xml);
    let mut counted = Repeats::default();
    loop {
        let event = reader
            .read_event()
            .map_err(|error| format!("is damaged in its part \"content.xml\": {error}"))?;
        match event {
            Event::Eof => return Ok(()),
            Event::Start(start) => counted.begin(&start, false)?,
            Event::Empty(start) => counted.begin(&start, true)?,
            Event::Text(text) => counted.add_text(text.len() as u64),
            // An entity is at least one character.
            Event::GeneralRef(name) => counted.add_text(name.len() as u64 + 1),
            Event::End(end) if end.name().as_ref() == "table:table-row" => counted.end_row()?,
            _ => {}
        }
    }
}

/// What an ods comes to when nothing is said only once.
#[derive(Debug, Default)]
struct Repeats {
    cells: u64,
    text: u64,
    width: u64,
    blank_rows: u64,
    row_times: u64,
    row_width: u64,
    row_text: u64,
    /// Blanks count once something stands to their right.
    row_blanks: u64,
    cell_times: u64,
}

impl Repeats {
    /// Text of a cell, which is there as often as the cell is.
    fn add_text(&mut self, bytes: u64) {
        let text = self.cell_times.saturating_mul(bytes);
        self.row_text = self.row_text.saturating_add(text);
    }

    fn begin(&mut self, start: &BytesStart<'_>, is_closed: bool) -> Result<(), String> {
        match start.name().as_ref() {
            "table:table-row" => {
                self.row_times = times(start, "table:number-rows-repeated")?;
                (self.row_width, self.row_text, self.row_blanks) = (0, 0, 0);
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let attributes = || start.attributes().flatten();
                let is_percentage = attributes().any(|attribute| {
                    attribute.key.as_ref() == "office:value-type"
                        && attribute.value.as_ref() == "percentage"
                });
                // The reader gives the number without saying that it is shown a hundred times as large.
                if is_percentage {
                    return Err(PERCENTAGES.to_owned());
                }
                self.cell_times = times(start, "table:number-columns-repeated")?.min(MANY);
                // The reader takes values and formulas from the attributes, and copies them with the cell.
                let values = attributes().filter(|found| !is_blank(found.key.as_ref()));
                self.add_text(values.map(|found| found.value.len() as u64).sum());
                if is_closed && attributes().all(|attribute| is_blank(attribute.key.as_ref())) {
                    self.row_blanks = self.row_blanks.saturating_add(self.cell_times);
                } else {
                    self.row_width = self
                        .row_width
                        .saturating_add(self.row_blanks)
                        .saturating_add(self.cell_times);
                    self.row_blanks = 0;
                }
                if self.row_width > u64::from(COLUMNS_MAX) {
                    return Err(format!(
                        "has a row of {} columns; at most {COLUMNS_MAX} are read",
                        self.row_width
                    ));
                }
            }
            // Blanks, as many as it says.
            "text:s" => self.add_text(times(start, "text:c")?),
            _ => {}
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), String> {
        if self.row_width == 0 {
            self.blank_rows = self.blank_rows.saturating_add(self.row_times);
            return Ok(());
        }
        self.width = self.width.max(self.row_width);
        let rows = self.blank_rows.saturating_add(self.row_times);
        self.cells = self.cells.saturating_add(rows.saturating_mul(self.width));
        let text = self.row_text.saturating_mul(self.row_times);
        self.text = self.text.saturating_add(text);
        self.blank_rows = 0;
        if self.cells > CELLS_MAX as u64 || self.text > TEXT_BYTES_MAX as u64 {
            return Err(format!(
                "comes to {} cells and {} bytes of text; at most {CELLS_MAX} and {TEXT_BYTES_MAX} are read",
                self.cells, self.text
            ));
        }
        Ok(())
    }
}

/// More than any table has, and little enough to be multiplied.
const MANY: u64 = 1 << 24;
/// What a number means that is shown as a percentage can't be told in these files.
pub(crate) const PERCENTAGES: &str = "has numbers formatted as percentages, which are told apart in xlsx only; save it as xlsx, or format them as numbers";

/// Whether an attribute gives a cell no value.
fn is_blank(name: &str) -> bool {
    !name.starts_with("office:") && name != "table:formula"
}

/// How often something is meant. The reader knows more spellings of a number than digits, so no other is let through.
fn times(start: &BytesStart<'_>, name: &str) -> Result<u64, String> {
    let mut attributes = start.attributes().flatten();
    let Some(found) = attributes.find(|attribute| attribute.key.as_ref() == name) else {
        return Ok(1);
    };
    let is_digits =
        !found.value.is_empty() && found.value.bytes().all(|byte| byte.is_ascii_digit());
    let number = found.value.parse().ok().filter(|_| is_digits);
    number.ok_or_else(|| format!("says {name}={:?}, which is not a number", found.value))
}
