//! `inspect` and `rebuild`: a ledger from the inside.
//!
//! Invariant: showing changes nothing; rebuilding touches only what can be rebuilt from the log.

use std::path::Path;

use answers::{Document, LogHead, Question, resolve};
use store_embedded::EmbeddedStore;

use super::ask::{self, ALL};
use crate::args::{AsOf, Inspect};
use crate::keys::Access;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::session::Session;

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
    let form = Form {
        json,
        ..Form::default()
    };
    let reading = ask::reading(folder, &AsOf::default(), form)?;
    let document = Document::of_head(&reading)?;
    if json {
        return output::json(&document);
    }
    let head = document.answer;
    let zone = reading.registry()?.zone();
    let rows = [
        ("ledger", head.name.clone()),
        ("origin", document.origin),
        ("founded", zone.show(head.founded)),
        ("zone", head.zone.clone()),
        ("entries", document.size.to_string()),
        ("parties", head.parties.to_string()),
        ("keys", head.keys.to_string()),
        ("sites", head.sites.to_string()),
        ("log key", log_keys(&head)),
    ];
    for (name, value) in rows {
        output::line(format!("{name:8} {value}"))?;
    }
    let note = head.checkpoint.unwrap_or_default();
    output::line(format!("checkpoint\n{}", note.trim_end()))
}

/// Every key that signed checkpoints, and the position that brought it; the last one signs now.
fn log_keys(head: &LogHead) -> String {
    let shown = head.log_keys.iter().map(|log_key| {
        let key = log_key.key.clone();
        let key = key.unwrap_or_else(|| log_key.public_key.to_string());
        format!("{key} since {}", log_key.since)
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
