//! `detail`: what events sealed, held against the vault, shown, disclosed, checked, erased.
//!
//! Invariant: an erasure is in the log before the value leaves the vault. Knows no file format.

use std::path::Path;

use answers::checks::{Check, DisclosedValue, DisclosureChecked, OneSealedField, SealedFields};
use answers::{Document, Reading};
use desk::sealed::{self, Erasure, Sealed, SealedEvents};
use desk::{Desk, Intent, Session};
use details::{Detail, Standing};
use domain::PartyId;
use domain::payload::SealedKind;
use grammar::{AsOf, DetailCommand, DetailErase, Form};

use super::act::{occurred, state};
use super::ask;
use crate::outcome::{CliError, Outcome};
use crate::output;

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

/// A field as it is shown; its value only where one event is asked about.
fn one(reading: &Reading, of: &Sealed, field: SealedKind, standing: &Standing) -> OneSealedField {
    let (erased_at, value) = match standing {
        Standing::Erased(position) => (Some(*position), None),
        Standing::Here(detail) => (None, Some(detail.value.to_string())),
        _ => (None, None),
    };
    OneSealedField {
        position: of.position,
        event: of.event.id,
        party: of.author,
        party_name: answers::party_name(reading, &of.author),
        kind: of.name,
        field: field.name(),
        state: standing.word(),
        erased_at,
        value,
    }
}

/// Every sealed field and where its value is.
fn list(desk: &Desk<'_>, party: Option<PartyId>, form: Form) -> Result<Outcome, CliError> {
    let reading = ask::reading(desk, &AsOf::default(), form)?;
    let all = SealedEvents::read(desk, &*reading.store)?;
    let (mut fields, mut weighs) = (Vec::new(), false);
    let wanted = |sealed: &&Sealed| party.is_none_or(|party| party == sealed.author);
    for sealed in all.iter().filter(wanted) {
        for (field, standing) in all.standings(sealed, desk) {
            weighs |= standing.weighs();
            fields.push(OneSealedField {
                value: None,
                ..one(&reading, sealed, field, &standing)
            });
        }
    }
    if form.json {
        let answer = SealedFields { fields };
        let question = Check::Details { party };
        output::json(&Document::of_reading(&reading, question, answer)?)?;
    } else {
        let row = |one: &OneSealedField| {
            vec![
                one.position.to_string(),
                one.event.to_string(),
                one.party.to_string(),
                one.party_name.clone().unwrap_or_else(|| "-".to_owned()),
                one.kind.to_owned(),
                one.field.to_owned(),
                one.state.clone(),
            ]
        };
        let names = [
            "#position",
            "id",
            "party",
            "name",
            "event",
            "field",
            "value",
        ];
        let rows: Vec<_> = fields.iter().map(row).collect();
        output::table(form, &names, &rows)?;
    }
    for path in all.orphans().map_err(CliError::fault)? {
        output::say(format!("note: no event uses {}", path.display()));
    }
    Ok(Outcome::found_if(weighs))
}

/// The values of one event.
fn show(desk: &Desk<'_>, named: &str, form: Form) -> Result<Outcome, CliError> {
    let reading = ask::reading(desk, &AsOf::default(), form)?;
    let all = SealedEvents::read(desk, &*reading.store)?;
    let sealed = all.find(named).map_err(not_found)?;
    let standings = all.standings(sealed, desk);
    let fields = standings.iter();
    let fields = fields.map(|(field, standing)| one(&reading, sealed, *field, standing));
    let fields: Vec<_> = fields.collect();
    if form.json {
        let answer = SealedFields { fields };
        let question = Check::DetailsOf {
            event: sealed.event.id,
        };
        output::json(&Document::of_reading(&reading, question, answer)?)?;
    } else {
        let row = |one: &OneSealedField| {
            let value = one.value.clone().unwrap_or_else(|| "-".to_owned());
            vec![one.field.to_owned(), one.state.clone(), value]
        };
        let rows: Vec<_> = fields.iter().map(row).collect();
        output::table(form, &["field", "state", "value"], &rows)?;
    }
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
    let sealed = &opened.sealed;
    let value = |detail: &Detail| DisclosedValue {
        field: detail.field.name(),
        value: detail.value.to_string(),
        erased_at: sealed.event.erased.get(&detail.field).copied(),
    };
    let values: Vec<_> = opened.details.iter().map(value).collect();
    if form.json {
        let reading = ask::reading(desk, &AsOf::default(), form)?;
        let answer = DisclosureChecked {
            event: sealed.event.id,
            position: sealed.position,
            author: sealed.author,
            author_name: answers::party_name(&reading, &sealed.author),
            kind: sealed.name,
            values,
        };
        let document = Document::of_reading(&reading, Check::Disclosure {}, answer)?;
        output::json(&document)?;
    } else {
        let row = |one: &DisclosedValue| vec![one.field.to_owned(), one.value.clone()];
        let rows: Vec<_> = values.iter().map(row).collect();
        output::table(form, &["field", "value"], &rows)?;
    }
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
