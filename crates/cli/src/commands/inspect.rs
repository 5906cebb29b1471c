//! `inspect` and `rebuild`: a ledger from the inside.
//!
//! Invariant: showing changes nothing; rebuilding touches only what can be rebuilt from the log.

use answers::{Question, registry, resolve};
use desk::Desk;
use domain::Registry;
use store::Entries;
use store_embedded::OpenMode;

use super::ask::{self, ALL};
use crate::args::{AsOf, Inspect};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};

/// Shows the head of the ledger, or one entry.
pub(crate) fn run(desk: &Desk<'_>, inspect: &Inspect) -> Result<Outcome, CliError> {
    match &inspect.entry {
        Some(given) => entry(desk, given)?,
        None => head(desk, inspect.json)?,
    }
    Ok(Outcome::Done)
}

fn entry(desk: &Desk<'_>, given: &str) -> Result<(), CliError> {
    let form = Form {
        json: true,
        ..Form::default()
    };
    let mut reading = ask::reading(desk, &AsOf::default(), form)?;
    let position = resolve::event(&*reading.store, given)?.position;
    ask::put(&mut reading, Question::Entry { position }, form, ALL)?;
    Ok(())
}

fn head(desk: &Desk<'_>, json: bool) -> Result<(), CliError> {
    let store = desk.open_store(OpenMode::ReadOnly)?;
    let registry = registry(&*store)?;
    let note = store.checkpoint()?.unwrap_or_default();
    let founding = registry.founding();
    let rows = [
        (
            "ledger",
            founding
                .map(|founding| founding.name.clone())
                .unwrap_or_default(),
        ),
        (
            "origin",
            founding
                .map(|founding| founding.origin.clone())
                .unwrap_or_default(),
        ),
        ("zone", registry.zone().to_string()),
        ("entries", store.size().to_string()),
        ("parties", registry.parties().count().to_string()),
        ("keys", registry.keys().count().to_string()),
        ("sites", registry.sites().count().to_string()),
        ("log key", log_keys(&registry)),
    ];
    if json {
        let mut object: serde_json::Map<_, _> = rows
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
            .collect();
        object.insert(
            "checkpoint".to_owned(),
            String::from_utf8_lossy(&note).into(),
        );
        return output::json(&object);
    }
    for (name, value) in rows {
        output::line(format!("{name:8} {value}"))?;
    }
    output::line(format!(
        "checkpoint\n{}",
        String::from_utf8_lossy(&note).trim_end()
    ))
}

/// Every key that signed checkpoints, and the position that brought it; the last one signs now.
fn log_keys(registry: &Registry) -> String {
    let shown = registry.log_keys().iter().map(|log_key| {
        let mut keys = registry.keys();
        let id = keys.find(|(_, record)| record.key == log_key.key);
        let id = id.map_or_else(|| log_key.key.to_string(), |(id, _)| id.to_string());
        format!("{id} since {}", log_key.brought_at)
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Throws the indexes away and makes them again from the log.
pub(crate) fn rebuild(desk: &Desk<'_>) -> Result<Outcome, CliError> {
    let replayed = desk.rebuild()?;
    output::line(format!("rebuilt the indexes from {replayed} entries"))?;
    Ok(Outcome::Done)
}
