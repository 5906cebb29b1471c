//! Text with separators becomes a grid: commas, semicolons or tabs, any line ends.
//!
//! Invariant: a row has the number that a spreadsheet shows, blank rows and line breaks inside quotes counted as it does.
//! Knows no columns.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};

use crate::grid::{Grid, Line, Raw};

/// Rows with their numbers, blank ones too, and the separator.
pub(crate) struct Records {
    pub rows: Vec<(u32, StringRecord)>,
    pub separator: u8,
}

/// Reads the grid of a text.
pub(crate) fn read(text: &str) -> Result<Grid, String> {
    let records = records(text)?;
    let line = |(number, record): &(u32, StringRecord)| {
        let cells = (0..).zip(record.iter());
        let cells: Vec<_> = cells
            .filter_map(|(column, text)| Some((column, Raw::typed(text)?)))
            .collect();
        (!cells.is_empty()).then_some(Line {
            number: *number,
            cells,
        })
    };
    Ok(Grid {
        name: None,
        lines: records.rows.iter().filter_map(line).collect(),
        comma_groups: records.separator != b';',
    })
}

/// Splits a text into rows.
pub(crate) fn records(text: &str) -> Result<Records, String> {
    let text = with_newlines(text);
    // Excel writes and reads a line that names the separator, and does not count it as a row.
    let (named, text) = match text.split_once('\n') {
        Some((line, rest)) => match line.trim_end().as_bytes() {
            [b's', b'e', b'p', b'=', separator] => (Some(*separator), rest),
            _ => (None, &*text),
        },
        None => (None, &*text),
    };
    let separator = named.unwrap_or_else(|| separator_of(text));
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    // The reader passes blank lines over: what a row took of the text, but the line breaks inside its quotes, are rows.
    let (mut row, mut line) = (0, 1);
    let mut record = StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| error.to_string())?
    {
        let breaks: usize = record.iter().map(|cell| cell.matches('\n').count()).sum();
        let end = reader.position().line();
        let taken = end.saturating_sub(line).saturating_sub(breaks as u64);
        row += u32::try_from(taken).unwrap_or(u32::MAX);
        line = end;
        rows.push((row, record.clone()));
    }
    Ok(Records { rows, separator })
}

/// One kind of line end, after the last row too: spreadsheets of the Mac write a single CR.
fn with_newlines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') || !text.ends_with('\n') {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        (text + "\n").into()
    } else {
        text.into()
    }
}

/// What separates the headings: whichever there is most of, outside quotes. A comma where there is nothing.
fn separator_of(text: &str) -> u8 {
    let headings = text.lines().find(|line| !line.trim().is_empty());
    let count = |separator: char| {
        let parts = headings.unwrap_or_default().split('"').step_by(2);
        parts.map(|part| part.matches(separator).count()).sum()
    };
    let counts: [usize; 3] = [',', ';', '\t'].map(count);
    match counts {
        [comma, semicolon, tab] if semicolon > comma && semicolon >= tab => b';',
        [comma, _, tab] if tab > comma => b'\t',
        _ => b',',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u32, String)> {
        let lines = read(text).unwrap().lines;
        let first = |line: Line| (line.number, line.cells[0].1.to_string());
        lines.into_iter().map(first).collect()
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_counts_them() {
        let text = "event,b\n\n\nx,1\n,,\n\"a\nb\",2\n\ny,3\n\n";
        let expected = [(1, "event"), (4, "x"), (6, "a\nb"), (8, "y")];
        let expected = expected.map(|(row, text)| (row, text.to_owned()));
        assert_eq!(rows(text), expected);
        assert_eq!(rows(&text.replace('\n', "\r\n")), expected);
        assert_eq!(rows(&text.replace('\n', "\r")), expected);
    }

    #[test]
    fn separators_are_seen_in_the_headings() {
        for (text, separator) in [
            ("event,no\n1;2;3", b','),
            ("event;no\n1,2,3,4", b';'),
            ("event\tno;x\tb\n", b'\t'),
            ("\"a;b;c;d\",no,x\n", b','),
            ("sep=;\nevent\n", b';'),
        ] {
            assert_eq!(records(text).unwrap().separator, separator, "{text}");
        }
        assert_eq!(rows("sep=;\nevent;b\nx;1\n")[1], (2, "x".to_owned()));
    }
}
