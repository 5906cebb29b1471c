//! Confidential details as a clerk states them: the member `details` of a JSON line, the columns `detail:NAME` of a sheet.
//!
//! Invariant: what is wrong is named by field and never by value, because messages end up in the logs of terminals. Salts
//! nothing.

use details::{Plain, SEALING_EVENTS};
use domain::payload::SealedKind;
use serde_json::{Map, Value, json};

/// Member of a JSON line that holds details.
const MEMBER: &str = "details";
const SEALED: &str = "sealed";

/// Details stand only with an event that has a place for their commitments.
pub(crate) fn check_event(event: &str) -> Result<(), String> {
    if SEALING_EVENTS.contains(&event) {
        return Ok(());
    }
    Err(format!(
        "{event} seals no details; these events do: {}; and a correction does in its replacement, which is one of them",
        SEALING_EVENTS.join(", ")
    ))
}

/// Keeps the value of one detail.
pub(crate) fn keep(plain: &mut Plain, field: SealedKind, value: &str) -> Result<(), String> {
    let value = value.parse();
    let value = value.map_err(|form: domain::FormError| form.to_string())?;
    plain.insert(field, value);
    Ok(())
}

/// The field with this name.
pub(crate) fn field(name: &str) -> Result<SealedKind, String> {
    name.parse()
        .map_err(|form: domain::FormError| form.to_string())
}

/// Takes the details out of a JSON line, so that the rest of it is a payload that seals nothing yet. Those of a correction
/// stand in its replacement, as they would in the event that it replaces.
pub(crate) fn take(object: &mut Map<String, Value>) -> Result<Plain, (String, String)> {
    let event = object.get("event").and_then(Value::as_str);
    let is_correction = event == Some("event-corrected") && !object.contains_key(MEMBER);
    match object.get_mut("replacement") {
        Some(Value::Object(replacement)) if is_correction => {
            take_own(replacement).map_err(|(column, why)| (format!("replacement.{column}"), why))
        }
        _ => take_own(object),
    }
}

/// The details of a payload that is not a correction.
///
/// # Errors
/// The member that is wrong, and why.
pub fn take_own(object: &mut Map<String, Value>) -> Result<Plain, (String, String)> {
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
        field(name)
            .and_then(|field| keep(&mut plain, field, value))
            .map_err(|why| (column(), why))?;
    }
    Ok(plain)
}
