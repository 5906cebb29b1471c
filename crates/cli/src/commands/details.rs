//! `detail`: what events sealed, held against the vault, shown, disclosed, checked, erased.
//!
//! Invariant: an erasure is in the log before the value leaves the vault. Knows no file format.

use std::path::Path;

use desk::sealed::{self, Erasure, SealedEvents};
use desk::{Desk, Intent, Session};
use details::Standing;
use domain::PartyId;
use domain::payload::SealedKind;

use super::act::{occurred, state};
use crate::args::{DetailCommand, DetailErase};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};

/// Lists, shows, discloses, checks or erases.
pub(crate) fn run(desk: &Desk<'_>, command: &DetailCommand) -> Result<Outcome, CliError> {
    match command {
        DetailCommand::List { party, form } => list(desk, *party, *form),
        DetailCommand::Show { event, form } => show(desk, event, *form),
        DetailCommand::Disclose { event, out, fields } => disclose(desk, event, out, fields),
        DetailCommand::Check { file, form } => check(desk, file, *form),
        DetailCommand::Erase(erase) => self::erase(desk, erase),
    }
}

/// Every sealed field and where its value is.
fn list(desk: &Desk<'_>, party: Option<PartyId>, form: Form) -> Result<Outcome, CliError> {
    let all = SealedEvents::read(desk, &*desk.read_store()?)?;
    let (mut rows, mut weighs) = (Vec::new(), false);
    for sealed in all
        .iter()
        .filter(|sealed| party.is_none_or(|party| party == sealed.author))
    {
        for (field, standing) in all.standings(sealed, desk) {
            weighs |= standing.weighs();
            rows.push(vec![
                sealed.position.to_string(),
                sealed.event.id.to_string(),
                sealed.author.to_string(),
                sealed.name.to_owned(),
                field.to_string(),
                standing.word(),
            ]);
        }
    }
    let names = ["#position", "id", "party", "event", "field", "value"];
    output::table(form, &names, &rows)?;
    for path in all.orphans().map_err(CliError::fault)? {
        output::say(format!("note: no event uses {}", path.display()));
    }
    Ok(Outcome::found_if(weighs))
}

/// The values of one event.
fn show(desk: &Desk<'_>, named: &str, form: Form) -> Result<Outcome, CliError> {
    let all = SealedEvents::read(desk, &*desk.read_store()?)?;
    let sealed = all.find(named).map_err(not_found)?;
    let standings = all.standings(sealed, desk);
    let rows: Vec<_> = standings
        .iter()
        .map(|(field, standing)| {
            let value = match standing {
                Standing::Here(detail) => detail.value.to_string(),
                _ => "-".to_owned(),
            };
            vec![field.to_string(), standing.word(), value]
        })
        .collect();
    output::table(form, &["field", "state", "value"], &rows)?;
    let weighs = standings.iter().any(|(_, standing)| standing.weighs());
    Ok(Outcome::found_if(weighs))
}

fn not_found(refused: answers::Refused) -> CliError {
    CliError::from(refused).help("`ytterby detail list` shows the events that sealed something")
}

/// Writes values and salts for one reader.
fn disclose(
    desk: &Desk<'_>,
    named: &str,
    out: &Path,
    fields: &[SealedKind],
) -> Result<Outcome, CliError> {
    let (position, count) = sealed::disclose(desk, named, out, fields)?;
    output::line(format!(
        "{count} details of event {position} in {}",
        out.display()
    ))?;
    output::say(
        "note: whoever has this file can read and prove them; an erasure does not reach it",
    );
    Ok(Outcome::Done)
}

/// Checks a disclosure against the log.
fn check(desk: &Desk<'_>, file: &Path, form: Form) -> Result<Outcome, CliError> {
    let opened = sealed::check(desk, file)?;
    let details = opened.details.iter();
    let rows: Vec<_> = details
        .map(|detail| vec![detail.field.to_string(), detail.value.to_string()])
        .collect();
    output::table(form, &["field", "value"], &rows)?;
    let sealed = &opened.sealed;
    output::say(format!(
        "good: {} sealed this in event {} ({})",
        sealed.author, sealed.position, sealed.name
    ));
    for detail in &opened.details {
        if let Some(at) = sealed.event.erased.get(&detail.field) {
            output::say(format!(
                "note: the erasure of the {} was logged at position {at}",
                detail.field
            ));
        }
    }
    Ok(Outcome::Done)
}

/// Logs an erasure, then removes value and salt; one that was logged already is finished.
fn erase(desk: &Desk<'_>, erase: &DetailErase) -> Result<Outcome, CliError> {
    let (signing, field) = (&erase.signing, erase.field);
    // By file, the value would leave the disk before its erasure is in the log.
    if signing.out.is_some() || signing.prepare.is_some() {
        return Err(CliError::usage(
            "an erasure is logged at once: without --out and --prepare",
        ));
    }
    let session = Session::open_to(desk, None)?;
    let erasure = Erasure::plan(&session, signing.signer, &erase.event, field)?;
    let outcome = match erasure.logged_at() {
        Some(at) => {
            output::say(format!("the erasure was logged at position {at} already"));
            session.close()?;
            Outcome::Done
        }
        None => {
            let now = desk.host.now();
            let occurred = occurred(&session, signing, now)?;
            let payload = erasure.payload(erase.instrument.read()?);
            state(session, signing, Intent::of(occurred, payload), now)?
        }
    };
    if signing.dry_run {
        return Ok(outcome);
    }
    let (position, was_here) = erasure.finish().map_err(CliError::fault)?;
    let what = if was_here { "is erased" } else { "was not" };
    output::line(format!("{field} of event {position} {what} here"))?;
    Ok(outcome)
}
