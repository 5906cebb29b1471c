//! A payload with some of its fields set to what was typed, and what that changes.
//!
//! Invariant: a field that was not named stays as it is, and one that could be several is refused; masses may be typed in
//! kilograms, as they are shown. Knows no rule; what comes of it is read like any payload.

use std::collections::{BTreeMap, BTreeSet};

use domain::quantity::decimal;
use domain::{Mass, Payload};
use serde_json::Value;

use crate::refused::{EventRefused, NotDone};

const MG_PER_KG: u64 = 1_000_000;

/// A field of which something else is stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Its name, with those of what it is in.
    pub field: String,
    /// What was stated, if it was.
    pub was: Option<String>,
    /// What is to be stated, if it is.
    pub becomes: Option<String>,
}

impl std::fmt::Display for FieldChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let (was, becomes) = (shown(&self.was), shown(&self.becomes));
        write!(f, "{}: {was} becomes {becomes}", self.field)
    }
}

/// Every field in which a payload differs from what was stated, if anything was.
pub(crate) fn changes(was: Option<&Payload>, becomes: &Payload) -> Vec<FieldChange> {
    let leaves = |payload: Option<&Payload>| {
        let value = payload.and_then(|payload| serde_json::to_value(payload).ok());
        let mut leaves = BTreeMap::new();
        if let Some(value) = &value {
            walk(value, String::new(), &mut leaves);
        }
        let stated = leaves.into_iter().filter(|(_, value)| !value.is_null());
        stated.map(|(field, value)| shown(field, value)).collect()
    };
    let (was, becomes): (BTreeMap<_, _>, BTreeMap<_, _>) = (leaves(was), leaves(Some(becomes)));
    let fields: BTreeSet<&String> = was.keys().chain(becomes.keys()).collect();
    let differ = fields
        .into_iter()
        .filter(|field| was.get(*field) != becomes.get(*field));
    differ
        .map(|field| FieldChange {
            field: field.clone(),
            was: was.get(field).cloned(),
            becomes: becomes.get(field).cloned(),
        })
        .collect()
}

/// Sets fields that were typed as `FIELD=VALUE`.
pub(crate) fn set(payload: &Payload, typed: &[String]) -> Result<Value, NotDone> {
    let mut value = serde_json::to_value(payload).map_err(NotDone::fault)?;
    for one in typed {
        let wrong = |why: String| EventRefused::BadField {
            given: one.clone(),
            why,
        };
        let (field, text) = one
            .split_once('=')
            .ok_or_else(|| wrong("it is not written as FIELD=VALUE".to_owned()))?;
        set_one(&mut value, field.trim(), text.trim()).map_err(wrong)?;
    }
    Ok(value)
}

fn set_one(value: &mut Value, field: &str, text: &str) -> Result<(), String> {
    let in_mg = field.strip_suffix("_kg").map(|name| format!("{name}_mg"));
    let name = in_mg.as_deref().unwrap_or(field);
    let mut leaves = BTreeMap::new();
    walk(value, String::new(), &mut leaves);
    let is_it = |path: &&String| *path == name || path.ends_with(&format!(".{name}"));
    let found: Vec<String> = leaves.keys().filter(is_it).cloned().collect();
    let path = match found.as_slice() {
        [] => name.to_owned(),
        [one] => one.clone(),
        // A name in full is meant even where longer ones end in it.
        several if several.iter().any(|path| path == name) => name.to_owned(),
        several => return Err(format!("it could be {}", several.join(", "))),
    };
    if matches!(path.as_str(), "event" | "sealed") || path.starts_with("sealed.") {
        return Err("it can't be set so; give the whole event with --replacement".to_owned());
    }
    let set = match leaves.get(&path) {
        _ if text == "null" => Value::Null,
        _ if in_mg.is_some() => {
            let mass = Mass::parse_in(text, MG_PER_KG).map_err(|form| form.to_string())?;
            mass.mg().into()
        }
        Some(Value::String(_)) => text.into(),
        Some(Value::Number(_)) => {
            let number: u64 = text
                .parse()
                .map_err(|_| "write a whole number".to_owned())?;
            number.into()
        }
        Some(Value::Bool(_)) => match text {
            "true" => true.into(),
            "false" => false.into(),
            _ => return Err("write true or false".to_owned()),
        },
        _ => domain::json::read_whole(text.as_bytes()).unwrap_or_else(|_| text.into()),
    };
    *place(value, &path).ok_or_else(|| no_place(&leaves))? = set;
    Ok(())
}

fn no_place(leaves: &BTreeMap<String, Value>) -> String {
    let known: Vec<_> = leaves.keys().map(String::as_str).collect();
    format!("there is no such field; there are {}", known.join(", "))
}

/// Where a field is, or would be in an object that is there.
fn place<'a>(mut value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    let (within, last) = path.rsplit_once('.').unwrap_or(("", path));
    for step in within.split('.').filter(|step| !step.is_empty()) {
        value = match value {
            Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?)?,
            Value::Object(members) => members.get_mut(step)?,
            _ => return None,
        };
    }
    match value {
        Value::Object(members) => Some(members.entry(last).or_insert(Value::Null)),
        _ => None,
    }
}

/// Every value that holds no others, by its path.
fn walk(value: &Value, path: String, leaves: &mut BTreeMap<String, Value>) {
    let below = |name: &str| match path.as_str() {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                walk(value, below(name), leaves);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (number, value) in items.iter().enumerate() {
                walk(value, below(&number.to_string()), leaves);
            }
        }
        value => {
            leaves.insert(path, value.clone());
        }
    }
}

/// A field as people read it: masses in kilograms.
fn shown(field: String, value: Value) -> (String, String) {
    match (field.strip_suffix("_mg"), &value) {
        (Some(name), Value::Number(mg)) => {
            let mg = mg.as_u64().unwrap_or(0);
            (format!("{name}_kg"), decimal(mg.into(), MG_PER_KG))
        }
        (_, Value::String(text)) => (field, text.clone()),
        _ => {
            let text = value.to_string();
            (field, text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dispatch() -> Payload {
        serde_json::from_value(serde_json::json!({
            "event": "shipment-dispatched", "shipment": "S-1", "site": "PIT", "to": "end-user", "title": "sale",
            "lines": [
                {"lot": "91150000MA0000004E/L-1", "packages": 1, "quantity": {"net_mg": 2_000_000, "reo_mg": 1, "basis": "measured"}},
                {"lot": "91150000MA0000004E/L-2", "packages": 1, "quantity": {"net_mg": 2_000_000, "reo_mg": 1, "basis": "measured"}},
            ],
            "invoices": [], "carrier": "", "sealed": [],
        }))
        .unwrap()
    }

    fn changed(typed: &[&str]) -> Result<Vec<String>, String> {
        let typed: Vec<_> = typed.iter().map(ToString::to_string).collect();
        let set = set(&dispatch(), &typed).map_err(|refused| refused.to_string())?;
        let becomes: Payload = serde_json::from_value(set).map_err(|error| error.to_string())?;
        let changes = changes(Some(&dispatch()), &becomes);
        Ok(changes.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_field_is_set_by_its_name_or_its_path_and_nothing_else_changes() {
        for (typed, change) in [
            ("shipment=S-2", "shipment: S-1 becomes S-2"),
            ("site = YARD", "site: PIT becomes YARD"),
            (
                "lines.1.quantity.net_kg=1.5",
                "lines.1.quantity.net_kg: 2 becomes 1.5",
            ),
            (
                "lines.0.quantity.reo_mg=2",
                "lines.0.quantity.reo_kg: 0.000001 becomes 0.000002",
            ),
            (
                "lines.0.quantity.method=WB-1",
                "lines.0.quantity.method: nothing becomes WB-1",
            ),
        ] {
            assert_eq!(changed(&[typed]).unwrap(), [change]);
        }
        let both = changed(&["shipment=S-2", "site=YARD"]).unwrap();
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn what_could_be_several_or_is_nothing_is_refused() {
        for (typed, why) in [
            (
                "net_kg=1",
                "lines.0.quantity.net_mg, lines.1.quantity.net_mg",
            ),
            ("lines.7.packages=1", "there is no such field"),
            ("lines.0.packages=one", "a whole number"),
            ("colour=red", "unknown"),
            ("event=lot-mined", "--replacement"),
            ("shipment", "FIELD=VALUE"),
        ] {
            let refused = changed(&[typed]).unwrap_err();
            assert!(refused.contains(why), "{typed}: {refused}");
        }
    }
}
