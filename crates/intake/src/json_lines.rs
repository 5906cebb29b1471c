//! JSON Lines: one event of any kind a line.
//!
//! Invariant: a line means the same to every reader of JSON, and what is wrong is named by row and member. Knows no sheets.

use domain::text::check_visible;
use domain::{FormError, Payload, Term, Zone};
use serde_json::{Map, Value};

use crate::columns::{self, KEY};
use crate::draft::Draft;
use crate::fault::{SheetFault, place};
use crate::plain;

/// Reads one event a line.
pub(crate) fn read(name: &str, text: &str, zone: Zone) -> Result<Vec<Draft>, Vec<SheetFault>> {
    let (mut drafts, mut bad) = (Vec::new(), Vec::new());
    for (number, line) in (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty())
    {
        match read_line(line, &place(name, None, number), zone) {
            Ok(draft) => drafts.push(draft),
            Err((column, why)) => bad.push(SheetFault {
                row: Some(number),
                column,
                ..SheetFault::of_file(name, why)
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
///
/// # Errors
/// The member that is not a time, and why.
pub fn spell_times(
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

/// Takes what the event is known by out of a line of a kind that has sheets; acts of office have keys of another meaning.
fn take_key(object: &mut Map<String, Value>) -> Result<Option<Term>, String> {
    let event = object.get("event").and_then(Value::as_str);
    if event.and_then(columns::kind).is_none() {
        return Ok(None);
    }
    match object.remove(KEY.name) {
        None => Ok(None),
        Some(Value::String(key)) => {
            let key = key.parse().map_err(|form: FormError| form.to_string());
            key.map(Some)
        }
        Some(_) => Err("write it as a text, such as \"WB-2024-000123\"".to_owned()),
    }
}

fn read_line(line: &str, place: &str, zone: Zone) -> Result<Draft, (Option<String>, String)> {
    let mut value: Value =
        domain::json::read(line.as_bytes()).map_err(|error| (None, error.to_string()))?;
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
    let key = value.as_object_mut().map(take_key).transpose();
    let key = key
        .map_err(|why| (Some(KEY.name.to_owned()), why))?
        .flatten();
    let details = value.as_object_mut().map(plain::take).transpose();
    let details = details.map_err(|(column, why)| (Some(column), why))?;
    let payload: Payload =
        serde_json::from_value(value).map_err(|error| (None, error.to_string()))?;
    payload.check().map_err(|form| (None, form.to_string()))?;
    Ok(Draft {
        occurred,
        payload,
        key,
        details: details.unwrap_or_default(),
        derived: Vec::new(),
        place: place.to_owned(),
    })
}
