//! `record`: files of events are checked, shown, consented to, signed and appended.
//!
//! Invariant: all files are read and every row is good before anything is signed, and a detail is in the vault before its
//! commitment is appended.

use std::collections::BTreeMap;
use std::path::Path;

use author::Author;
use details::{Details, Plain, Vault};
use domain::payload::SealedKind;
use domain::{Moment, Payload};
use ledger::Clock;

use super::act::consent;
use super::findings::show_preview;
use crate::args::Record;
use crate::clock::SystemClock;
use crate::import::{self, Draft, SHEETS};
use crate::keys::{self, Access};
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::session::Session;

/// Prints a column set.
pub(crate) fn template(event: &str) -> Result<Outcome, CliError> {
    let Some((text, sheet)) = import::template(event) else {
        let known: Vec<_> = SHEETS.iter().map(|sheet| sheet.event).collect();
        return Err(
            CliError::usage(format!("no CSV column set for {event:?}")).help(format!(
                "there is one for each of: {}; others are recorded as JSON Lines",
                known.join(", ")
            )),
        );
    };
    output::line(text.trim_end())?;
    for column in sheet.head.iter().chain(sheet.line) {
        output::say(format!("{:20} {}", column.name, column.meaning));
    }
    for column in sheet.more_head().iter().chain(&sheet.more_line()) {
        let (name, meaning) = (column.name, column.meaning);
        output::say(format!("{name:20} may be added: {meaning}"));
    }
    if details::SEALING_EVENTS.contains(&event) {
        let names: Vec<_> = SealedKind::ALL.iter().map(|field| field.name()).collect();
        output::say(format!(
            "{:20} may be added: confidential, stays beside the log; NAME is one of {}",
            "detail:NAME",
            names.join(", ")
        ));
    }
    Ok(Outcome::Done)
}

/// Records files of events.
pub(crate) fn run(folder: &Path, record: &Record, access: &Access) -> Result<Outcome, CliError> {
    let Some(party) = record.party else {
        return Err(CliError::usage("say who signs: --as PARTY"));
    };
    let session = Session::open_to(folder, access, record.out.as_deref())?;
    let zone = session.registry().zone();
    let (mut drafts, mut bad) = (Vec::new(), Vec::new());
    for file in &record.files {
        match import::read(file, zone) {
            Ok(mut read) => drafts.append(&mut read),
            Err(mut rows) => bad.append(&mut rows),
        }
    }
    if !bad.is_empty() {
        for row in &bad {
            output::say(format!("bad row: {row}"));
        }
        let count = bad.len();
        return Err(CliError::refused(format!(
            "{count} bad rows; nothing was signed and nothing appended"
        )));
    }
    summary(&drafts);
    if drafts.is_empty() {
        return Ok(Outcome::Done);
    }
    let now = SystemClock.now();
    let Sealing { events, details } = seal(drafts, now, record.dry_run)?;
    let weighs = show_preview(&session.preview(party, &events, now)?);
    if record.dry_run {
        output::say("dry run: nothing was signed");
        return Ok(Outcome::found_if(weighs));
    }
    let mut signer = session.party(party, record.key.as_ref(), access)?;
    consent(
        &format!("Sign and append {} events as {party}?", events.len()),
        record.yes,
    )?;
    keep(folder, signer.author, &events, now, &details)?;
    if record.form.csv {
        output::line("position,event")?;
    }
    // Each line is written when its event is acknowledged, so whoever reads the lines knows what is safe.
    let outcome = session.append(&mut signer, events, now, &mut |event| {
        let (position, id) = (event.position, event.id);
        match (record.form.json, record.form.csv) {
            (true, _) => output::line(serde_json::json!({ "position": position, "event": id })),
            (false, true) => output::line(format!("{},{id}", known(position))),
            (false, false) => output::line(format!("{:>10}  {id}", known(position))),
        }
    })?;
    session.close()?;
    Ok(outcome)
}

/// A position, or nothing while the event waits to be taken.
fn known(position: Option<u64>) -> String {
    position.map_or_else(String::new, |position| position.to_string())
}

/// Events with their commitments, and the details that open them, one place for one.
struct Sealing {
    events: Vec<(Moment, Payload)>,
    details: Vec<Option<Details>>,
}

/// Salts the details of drafts and puts their commitments into the events; a dry run shows the values on the way.
fn seal(drafts: Vec<Draft>, now: Moment, dry_run: bool) -> Result<Sealing, CliError> {
    let mut sealing = Sealing {
        events: Vec::with_capacity(drafts.len()),
        details: Vec::with_capacity(drafts.len()),
    };
    for mut draft in drafts {
        let details = seal_one(&mut draft.payload, &draft.details, &draft.place, dry_run)?;
        sealing
            .events
            .push((draft.occurred.unwrap_or(now), draft.payload));
        sealing.details.push(details);
    }
    Ok(sealing)
}

/// Salts details and puts their commitments into the event that is to seal them.
pub(crate) fn seal_one(
    payload: &mut Payload,
    plain: &Plain,
    place: &str,
    dry_run: bool,
) -> Result<Option<Details>, CliError> {
    let salts = plain.keys().map(|_| keys::random());
    let salts: Vec<[u8; 32]> = salts.collect::<Result<_, _>>()?;
    let details = Details::salted(plain, &salts);
    if let Some(details) = &details {
        details::seal(payload, details)
            .map_err(|fault| CliError::refused(format!("{place}: {fault}")))?;
    }
    if dry_run {
        for (field, value) in plain {
            output::say(format!("{place}: {field} would be sealed: {value}"));
        }
    }
    Ok(details)
}

/// Keeps details under the ids that their events get when `author` signs all of these events in this order.
pub(crate) fn keep(
    folder: &Path,
    mut author: Author,
    events: &[(Moment, Payload)],
    now: Moment,
    details: &[Option<Details>],
) -> Result<(), CliError> {
    let vault = Vault::in_ledger(folder);
    for ((occurred, payload), details) in events.iter().zip(details) {
        let body = author.body(*occurred, now.max(*occurred), payload.clone());
        let id = wire::event_id(&wire::encode_body(&body).map_err(CliError::refused)?);
        author.follow(&body, &id);
        if let Some(details) = details {
            vault.keep(&id, details).map_err(CliError::fault)?;
        }
    }
    Ok(())
}

/// What is about to be signed, by kind, with the first place each stands.
fn summary(drafts: &[Draft]) {
    let mut kinds: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for draft in drafts {
        kinds
            .entry(draft.payload.name())
            .or_insert((0, &draft.place))
            .0 += 1;
    }
    for (kind, (count, place)) in kinds {
        output::say(format!("{count:6} {kind} (first: {place})"));
    }
}
