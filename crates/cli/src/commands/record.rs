//! `record`: files of events are checked, shown, consented to, signed and appended.
//!
//! Invariant: all files are read and every row is good before anything is signed.

use std::collections::BTreeMap;
use std::path::Path;

use ledger::Clock;

use super::act::consent;
use super::findings::show_preview;
use crate::args::Record;
use crate::clock::SystemClock;
use crate::import::{self, Draft, SHEETS};
use crate::keys::Access;
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
    Ok(Outcome::Done)
}

/// Records files of events.
pub(crate) fn run(folder: &Path, record: &Record, access: &Access) -> Result<Outcome, CliError> {
    let Some(party) = record.party else {
        return Err(CliError::usage("say who signs: --as PARTY"));
    };
    let session = Session::open(folder, access)?;
    let zone = session.ledger.registry().zone();
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
    let events: Vec<_> = drafts
        .into_iter()
        .map(|draft| (draft.occurred.unwrap_or(now), draft.payload))
        .collect();
    let weighs = show_preview(&session.preview(party, &events, now)?);
    if record.dry_run {
        output::say("dry run: nothing was signed");
        return Ok(if weighs {
            Outcome::Found
        } else {
            Outcome::Done
        });
    }
    let mut signer = session.party(party, record.key_file.as_deref(), access)?;
    consent(
        &format!("Sign and append {} events as {party}?", events.len()),
        record.yes,
    )?;
    if record.form.csv {
        output::line("position,event")?;
    }
    // Each line is written when its event is durable, so whoever reads the lines knows what is safe.
    session.append(&mut signer, events, now, &mut |event| {
        let (position, id) = (event.position, event.id);
        match (record.form.json, record.form.csv) {
            (true, _) => output::line(serde_json::json!({ "position": position, "event": id })),
            (false, true) => output::line(format!("{position},{id}")),
            (false, false) => output::line(format!("{position:>10}  {id}")),
        }
    })?;
    session.close()?;
    Ok(Outcome::Done)
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
