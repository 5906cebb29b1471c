//! `inspect` and `rebuild`: a ledger from the inside.
//!
//! Invariant: showing changes nothing; rebuilding touches only what can be rebuilt from the log.

use std::path::Path;

use answers::{Question, registry, resolve};
use domain::Registry;
use store::Entries;
use store_embedded::{EmbeddedStore, OpenMode};

use super::ask::{self, ALL};
use crate::args::{AsOf, Inspect};
use crate::keys::Access;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::session::{Session, open_store};

/// Shows the head of the ledger, or one entry.
pub(crate) fn run(folder: &Path, inspect: &Inspect) -> Result<Outcome, CliError> {
    match &inspect.entry {
        Some(given) => entry(folder, given)?,
        None => head(folder, inspect.json)?,
    }
    Ok(Outcome::Done)
}

fn entry(folder: &Path, given: &str) -> Result<(), CliError> {
    let form = Form {
        json: true,
        ..Form::default()
    };
    let mut reading = ask::reading(folder, &AsOf::default(), form)?;
    let position = resolve::event(&*reading.store, given)?.position;
    ask::put(&mut reading, Question::Entry { position }, form, ALL)?;
    Ok(())
}

fn head(folder: &Path, json: bool) -> Result<(), CliError> {
    let store = open_store(folder, OpenMode::ReadOnly, false)?;
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

/// Throws the indexes away and rebuilds them from the log.
pub(crate) fn rebuild(folder: &Path, access: &Access) -> Result<Outcome, CliError> {
    EmbeddedStore::discard_index(folder)?;
    let session = Session::open(folder, access)?;
    let replayed = session.ledger()?.status().replayed_on_open;
    session.close()?;
    output::line(format!("rebuilt the indexes from {replayed} entries"))?;
    Ok(Outcome::Done)
}
