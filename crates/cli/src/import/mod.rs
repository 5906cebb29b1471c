//! Files become events: JSON Lines of any payload, or CSV with one column set per kind of event.
//!
//! Invariant: a file with one bad row gives no event at all, and every bad row is named with file, row, column, value and
//! what would be right.

mod cells;
mod csv_sheet;
mod more_columns;
mod papers;
mod plain;
mod sheets;

use std::io::Read;
use std::path::Path;

use details::Plain;
use domain::text::check_visible;
use domain::{FormError, Moment, Payload, Zone};
use serde_json::{Map, Value};

use crate::limits::RECORD_BYTES_MAX;

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
    if name == "-" {
        let read = std::io::stdin().take(RECORD_BYTES_MAX + 1);
        let taken = { read }.read_to_end(&mut bytes);
        taken.map_err(|error| whole(format!("can't be read: {error}")))?;
        if bytes.len() as u64 > RECORD_BYTES_MAX {
            return Err(whole(format!(
                "has more than {RECORD_BYTES_MAX} bytes; record it in parts"
            )));
        }
    } else {
        bytes = files::read(path, RECORD_BYTES_MAX).map_err(|fault| whole(fault.to_string()))?;
    }
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

/// The first text with a character that nobody sees, by the names that lead to it: the form rules would name the character
/// and not the text.
fn hidden(value: &Value, member: &str) -> Option<(String, FormError)> {
    let below = |name: &str, value: &Value| match member {
        "" => hidden(value, name),
        member => hidden(value, &format!("{member}.{name}")),
    };
    match value {
        Value::String(text) => Some((member.to_owned(), check_visible(text).err()?)),
        Value::Array(items) => (1_usize..)
            .zip(items)
            .find_map(|(number, item)| below(&number.to_string(), item)),
        Value::Object(members) => members.iter().find_map(|(name, value)| below(name, value)),
        _ => None,
    }
}

/// Members of a line that are moments, in whichever payload.
const TIMES: [&str; 3] = ["occurred", "as_of", "shows"];

/// Spells out the moments of a line, and those of what a correction states instead: a file may give a day or a local time.
pub(crate) fn spell_times(
    object: &mut Map<String, Value>,
    within: &str,
    zone: Zone,
) -> Result<(), (String, String)> {
    for name in TIMES {
        let Some(value) = object.get_mut(name) else {
            continue;
        };
        let column = format!("{within}{name}");
        let Value::String(text) = value else {
            let why = "write it as a text, such as \"2024-03-05\"".to_owned();
            return Err((column, why));
        };
        let moment = zone.moment_of(text);
        *text = moment
            .map_err(|form| (column, form.to_string()))?
            .to_string();
    }
    match object.get_mut("replacement") {
        Some(Value::Object(replacement)) => spell_times(replacement, "replacement.", zone),
        _ => Ok(()),
    }
}

fn read_line(line: &str, place: &str, zone: Zone) -> Result<Draft, (Option<String>, String)> {
    let mut value: Value = serde_json::from_str(line).map_err(|error| (None, error.to_string()))?;
    if let Some((member, form)) = hidden(&value, "") {
        return Err((Some(member), form.to_string()));
    }
    let mut occurred = None;
    if let Some(object) = value.as_object_mut() {
        spell_times(object, "", zone).map_err(|(column, why)| (Some(column), why))?;
        // Spelled in full by now.
        occurred = object
            .remove("occurred")
            .and_then(|text| text.as_str()?.parse().ok());
    }
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
