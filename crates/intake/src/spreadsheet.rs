//! Reports as CSV, for spreadsheets that run what looks like a formula.
//!
//! Invariant: a cell that a spreadsheet would run begins with an apostrophe, which makes it a text; a plain number and the
//! dash of an absent value stay as they are. Every CSV of reports goes through here. Knows nothing of what a column means.

use std::io::Write;

/// Writes a header and rows.
///
/// # Errors
/// The output can't be written.
pub fn write<'a>(
    out: impl Write,
    header: impl Iterator<Item = &'a str>,
    rows: &[Vec<String>],
) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row.iter().map(|text| cell(text)))?;
    }
    Ok(writer.flush()?)
}

/// A text as a cell.
fn cell(text: &str) -> String {
    if runs(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Whether a spreadsheet may run it: what decides is the first character that is neither a space nor a quote, in the
/// widths of either typewriter.
fn runs(text: &str) -> bool {
    if text == "-" || is_number(text) {
        return false;
    }
    if text.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let shown = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"'));
    shown.starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}

/// Digits with a sign before them and a point between them at most.
fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    match unsigned.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(unsigned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_a_text() {
        for text in [
            "=HYPERLINK(\"http://x.example\",\"1\")",
            "+1+1",
            "-1+1",
            "-2.5e3",
            "--1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            " =1",
            "\u{3000}=1",
            "\"=1",
            "'=1",
            "' \"@x",
            "＝1",
            "-cmd|' /C calc'!A0",
            "-.5",
            "+5",
        ] {
            assert_eq!(cell(text), format!("'{text}"), "{text:?}");
        }
    }

    #[test]
    fn numbers_dashes_and_names_stay_as_they_are() {
        for text in [
            "-273.7",
            "-0",
            "12",
            "0.5",
            "-",
            "",
            "M-1",
            "包头",
            "a=b",
            "2024-03-05",
            "'t Hooft",
            "\"x\"",
        ] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn a_cell_is_quoted_for_csv_after_it_is_made_a_text() {
        let mut out = Vec::new();
        let rows = [vec!["=A(\"1\",2)".to_owned(), "-273.7".to_owned()]];
        write(&mut out, ["name", "left"].into_iter(), &rows).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "name,left\n\"'=A(\"\"1\"\",2)\",-273.7\n");
    }
}
