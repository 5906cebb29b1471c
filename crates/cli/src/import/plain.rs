//! Confidential details as a clerk states them: the member `details` of a JSON line, the columns `detail:NAME` of a sheet.
//!
//! Invariant: what is wrong is named by field and never by value, because messages end up in the logs of terminals. Salts
//! nothing.

use details::{Plain, SEALING_EVENTS};
use domain::payload::SealedKind;
use serde_json::{Map, Value, json};

use super::BadRow;

/// Member of a JSON line that holds details.
const MEMBER: &str = "details";
/// How the name of a column of details begins.
pub(super) const PREFIX: &str = "detail:";
const SEALED: &str = "sealed";

/// Details stand only beside an event that has a place for their commitments.
fn check_event(event: &str) -> Result<(), String> {
    if SEALING_EVENTS.contains(&event) {
        return Ok(());
    }
    Err(format!(
        "{event} seals no details; these events do: {}; and a correction does in its replacement, which is one of them",
        SEALING_EVENTS.join(", ")
    ))
}

/// The name and the value of one detail.
pub(super) fn read(plain: &mut Plain, name: &str, value: &str) -> Result<(), String> {
    let field = name_of(name)?;
    let value = value.parse();
    let value = value.map_err(|form: domain::FormError| form.to_string())?;
    plain.insert(field, value);
    Ok(())
}

/// The field with this name.
fn name_of(name: &str) -> Result<SealedKind, String> {
    name.parse()
        .map_err(|form: domain::FormError| form.to_string())
}

/// Takes the details out of a JSON line, so that the rest of it is a payload that seals nothing yet. Those of a correction
/// stand in its replacement, as they would in the event that it replaces.
pub(super) fn take(object: &mut Map<String, Value>) -> Result<Plain, (String, String)> {
    let event = object.get("event").and_then(Value::as_str);
    let is_correction = event == Some("event-corrected") && !object.contains_key(MEMBER);
    match object.get_mut("replacement") {
        Some(Value::Object(replacement)) if is_correction => {
            take_own(replacement).map_err(|(column, why)| (format!("replacement.{column}"), why))
        }
        _ => take_own(object),
    }
}

/// The details of a payload that is no correction.
pub(crate) fn take_own(object: &mut Map<String, Value>) -> Result<Plain, (String, String)> {
    let whole = |why: String| (MEMBER.to_owned(), why);
    let mut plain = Plain::new();
    let Some(details) = object.remove(MEMBER) else {
        return Ok(plain);
    };
    let event = object.get("event").and_then(Value::as_str);
    check_event(event.unwrap_or_default()).map_err(whole)?;
    if *object.entry(SEALED).or_insert_with(|| json!([])) != json!([]) {
        return Err(whole(
            "give details in plain or commitments in `sealed`, not both".to_owned(),
        ));
    }
    let Value::Object(details) = details else {
        return Err(whole(
            r#"write them as an object, such as {"price": "12000 CNY/t"}"#.to_owned(),
        ));
    };
    for (name, value) in &details {
        let column = || format!("{MEMBER}.{name}");
        let Value::String(value) = value else {
            return Err((column(), "write it as a text".to_owned()));
        };
        read(&mut plain, name, value).map_err(|why| (column(), why))?;
    }
    Ok(plain)
}

/// Columns of details are known by their prefix; whatever is wrong with one is wrong in row 1.
pub(super) fn check_columns(
    file: &str,
    event: &str,
    headers: &csv::StringRecord,
) -> Result<(), BadRow> {
    let mut seen = Vec::new();
    for header in headers
        .iter()
        .map(|header| header.trim_matches([' ', '\t']))
    {
        let Some(field) = header.strip_prefix(PREFIX) else {
            continue;
        };
        let checked = check_event(event)
            .and_then(|()| name_of(field))
            .and_then(|field| match seen.contains(&field) {
                true => Err("stands twice".to_owned()),
                false => Ok(field),
            });
        seen.push(checked.map_err(|why| BadRow {
            place: format!("{file}, row 1"),
            column: Some(header.to_owned()),
            value: None,
            why,
        })?);
    }
    Ok(())
}
