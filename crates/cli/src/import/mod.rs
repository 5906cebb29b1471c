//! Files become events: JSON Lines of any payload, or CSV with one column set per kind of event.
//!
//! Invariant: a file with one bad row gives no event at all, and every bad row is named with file, row, column, value and
//! what would be right.

mod csv_sheet;
mod plain;
mod sheets;

use std::fs;
use std::io::Read;
use std::path::Path;

use details::Plain;
use domain::{Moment, Payload, Zone};

pub(crate) use csv_sheet::template;
pub(crate) use plain::take_own;
pub(crate) use sheets::SHEETS;

/// An event as a file states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// `None` means now.
    pub occurred: Option<Moment>,
    pub payload: Payload,
    /// Confidential details, not salted yet.
    pub details: Plain,
    /// File and row, for messages.
    pub place: String,
}

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRow {
    pub place: String,
    pub column: Option<String>,
    pub value: Option<String>,
    pub why: String,
}

impl std::fmt::Display for BadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.place)?;
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        if let Some(value) = &self.value {
            write!(f, ", value {value:?}")?;
        }
        write!(f, ": {}", self.why)
    }
}

/// Reads a file; `-` is standard input as JSON Lines.
pub(crate) fn read(path: &Path, zone: Zone) -> Result<Vec<Draft>, Vec<BadRow>> {
    let name = path.display().to_string();
    let whole = |why: String| {
        vec![BadRow {
            place: name.clone(),
            column: None,
            value: None,
            why,
        }]
    };
    let mut bytes = Vec::new();
    let taken = match name.as_str() {
        "-" => std::io::stdin().read_to_end(&mut bytes).map(|_| ()),
        _ => fs::read(path).map(|read| bytes = read),
    };
    taken.map_err(|error| whole(format!("can't be read: {error}")))?;
    // Spreadsheets write a byte order mark; it belongs to the file, not to its first column.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let text = std::str::from_utf8(text)
        .map_err(|_| whole("is not UTF-8; save it as UTF-8".to_owned()))?;
    if path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
    {
        csv_sheet::read(&name, text, zone)
    } else {
        read_lines(&name, text, zone)
    }
}

fn read_lines(name: &str, text: &str, zone: Zone) -> Result<Vec<Draft>, Vec<BadRow>> {
    let (mut drafts, mut bad) = (Vec::new(), Vec::new());
    for (number, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let place = format!("{name}, row {}", number + 1);
        match read_line(line, &place, zone) {
            Ok(draft) => drafts.push(draft),
            Err((column, why)) => bad.push(BadRow {
                place,
                column,
                value: None,
                why,
            }),
        }
    }
    if bad.is_empty() { Ok(drafts) } else { Err(bad) }
}

fn read_line(line: &str, place: &str, zone: Zone) -> Result<Draft, (Option<String>, String)> {
    let mut value: serde_json::Value =
        serde_json::from_str(line).map_err(|error| (None, error.to_string()))?;
    let occurred = value
        .as_object_mut()
        .and_then(|object| object.remove("occurred"));
    let occurred = match occurred {
        None => None,
        Some(serde_json::Value::String(text)) => {
            let moment = zone
                .moment_of(&text)
                .map_err(|form| (Some("occurred".to_owned()), form.to_string()))?;
            Some(moment)
        }
        Some(_) => {
            return Err((
                Some("occurred".to_owned()),
                "write it as a text, such as \"2024-03-05\"".to_owned(),
            ));
        }
    };
    let details = value.as_object_mut().map(plain::take).transpose();
    let details = details.map_err(|(column, why)| (Some(column), why))?;
    let payload: Payload =
        serde_json::from_value(value).map_err(|error| (None, error.to_string()))?;
    payload.check().map_err(|form| (None, form.to_string()))?;
    Ok(Draft {
        occurred,
        payload,
        details: details.unwrap_or_default(),
        place: place.to_owned(),
    })
}
