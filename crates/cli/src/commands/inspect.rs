//! `inspect` and `rebuild`: a ledger from the inside.
//!
//! Invariant: showing changes nothing; rebuilding touches only what can be rebuilt from the log.

use answers::{Document, LogHead, Question, resolve};
use desk::Desk;
use grammar::{AsOf, Form, Inspect};

use super::ask::{self, ALL};
use crate::outcome::{CliError, Outcome};
use crate::output;

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
    let form = Form {
        json,
        ..Form::default()
    };
    let reading = ask::reading(desk, &AsOf::default(), form)?;
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
pub(crate) fn rebuild(desk: &Desk<'_>) -> Result<Outcome, CliError> {
    let replayed = desk.rebuild()?;
    output::line(format!("rebuilt the indexes from {replayed} entries"))?;
    Ok(Outcome::Done)
}
