//! The schemas of answers in `docs/schema`: a field may be added, and none changed or removed.
//! Invariant: what the files say is what is written; `YTTERBY_UPDATE=1` writes fields that were added, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use answers::{Answer, checks};
use serde_json::{Value, json};

use crate::country::{log, questions, reading};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema")
}

fn whole(of: &str, schema: &Value) -> Value {
    let mut schema = schema.clone();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!(format!("answer: {of}"));
    schema
}

/// Every place where `now` lacks what was promised, or says something else.
fn broken(place: &str, promised: &Value, now: &Value, found: &mut Vec<String>) {
    match (promised, now) {
        (Value::Object(promised), Value::Object(now)) => {
            for (name, of) in promised {
                let place = format!("{place}/{name}");
                match now.get(name) {
                    Some(now) => broken(&place, of, now, found),
                    None => found.push(place),
                }
            }
        }
        // Names of members that are always there: more may come.
        (Value::Array(promised), Value::Array(now)) if place.ends_with("/required") => {
            let gone = promised.iter().filter(|name| !now.contains(name));
            found.extend(gone.map(|name| format!("{place}/{name}")));
        }
        (Value::Array(promised), Value::Array(now)) if promised.len() == now.len() => {
            for (at, (promised, now)) in promised.iter().zip(now).enumerate() {
                broken(&format!("{place}/{at}"), promised, now, found);
            }
        }
        _ if promised == now => {}
        _ => found.push(place.to_owned()),
    }
}

/// The schemas of all answers, and of the document around each.
fn schemas() -> Vec<(&'static str, Value)> {
    let mut all = Answer::schemas();
    all.extend(checks::schemas());
    all.push(("document", answers::document_schema()));
    all
}

#[test]
fn no_field_of_an_answer_is_changed_or_removed() {
    for (of, schema) in schemas() {
        let file = folder().join(format!("{of}.json"));
        let now = whole(of, &schema);
        let update = std::env::var_os("YTTERBY_UPDATE").is_some();
        let kept = fs::read_to_string(&file);
        if let Ok(kept) = &kept {
            let mut found = Vec::new();
            broken(of, &serde_json::from_str(kept).unwrap(), &now, &mut found);
            assert!(found.is_empty(), "changed or removed: {}", found.join(", "));
        }
        if update {
            fs::write(&file, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
        } else {
            let kept: Value = serde_json::from_str(&kept.unwrap()).unwrap();
            assert_eq!(
                kept, now,
                "{of} has new fields: write them with YTTERBY_UPDATE=1"
            );
        }
    }
}

#[test]
fn a_changed_or_removed_field_is_seen_and_an_added_one_is_not() {
    let (_, schema) = Answer::schemas().remove(0);
    let places = |now: &Value| {
        let mut found = Vec::new();
        broken("quota", &schema, now, &mut found);
        found
    };
    let row = "/properties/rows/items/properties";
    let mut added = schema.clone();
    added.pointer_mut(row).unwrap()["new"] = json!({"type": "string"});
    assert_eq!(places(&added), [""; 0]);
    let mut changed = schema.clone();
    changed.pointer_mut(row).unwrap()["left_mg"] = json!({"type": "string"});
    assert!(!places(&changed).is_empty());
    let mut removed = schema.clone();
    removed
        .pointer_mut(row)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove("left_mg");
    assert_eq!(places(&removed), [format!("quota{row}/left_mg")]);
}

/// Where a value is not what its schema says.
fn check(place: &str, schema: &Value, value: &Value, found: &mut Vec<String>) {
    let is_of = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{place}: no type {other}"),
    };
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    if !types.is_empty() && !types.iter().any(|name| is_of(name.as_str().unwrap())) {
        found.push(format!("{place}: {value} is not {types:?}"));
    }
    for choice in ["anyOf", "oneOf"] {
        let Some(all) = schema[choice].as_array() else {
            continue;
        };
        let fits = |schema: &Value| {
            let mut found = Vec::new();
            check(place, schema, value, &mut found);
            found.is_empty()
        };
        if !all.iter().any(fits) {
            found.push(format!("{place}: {value} is none of {all:?}"));
        }
    }
    for item in value.as_array().into_iter().flatten() {
        check(&format!("{place}/-"), &schema["items"], item, found);
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            found.push(format!("{place}: no {name}"));
        }
    }
    let Some(members) = schema["properties"].as_object() else {
        return;
    };
    for (name, of) in value.as_object().into_iter().flatten() {
        match members.get(name) {
            Some(schema) => check(&format!("{place}/{name}"), schema, of, found),
            None if schema["additionalProperties"] == true => {}
            None => found.push(format!("{place}/{name} is not in the schema")),
        }
    }
}

#[test]
fn what_is_written_is_what_the_schemas_say() {
    let store = log();
    let mut here = reading(&store);
    for question in questions(&here) {
        let document = serde_json::to_value(question.document(&mut here).unwrap()).unwrap();
        let of = document["question"]["of"].as_str().unwrap();
        let mut schemas = Answer::schemas().into_iter();
        let (_, schema) = schemas.find(|(name, _)| *name == of).unwrap();
        let mut found = Vec::new();
        check(of, &schema, &document["answer"], &mut found);
        check(
            "document",
            &answers::document_schema(),
            &document,
            &mut found,
        );
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn a_verdict_and_a_head_are_in_the_same_document() {
    let store = log();
    let here = reading(&store);
    let mut report = verify::Report::default();
    report.fault(verify::FaultKind::Root, 3, "one root", "another");
    let told = answers::facts::told(&report, None, true).unwrap();
    let verdict: Value = serde_json::from_str(&told).unwrap();
    let head = serde_json::to_value(answers::Document::of_head(&here).unwrap()).unwrap();
    assert_eq!(verdict["answer"]["faults"][0]["found"], "another");
    for document in [verdict, head] {
        let of = document["question"]["of"].as_str().unwrap();
        let mut schemas = checks::schemas().into_iter();
        let (_, schema) = schemas.find(|(name, _)| *name == of).unwrap();
        let mut found = Vec::new();
        check(of, &schema, &document["answer"], &mut found);
        check(
            "document",
            &answers::document_schema(),
            &document,
            &mut found,
        );
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
