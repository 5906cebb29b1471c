//! `record`: files of events are checked, shown, consented to, signed and appended.
//!
//! Invariant: all files are read and every row is good before anything is signed, and a detail is in the vault before its
//! commitment is appended.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use author::Author;
use details::{Details, Plain, Vault};
use domain::{Moment, Payload, Zone};
use intake::{Draft, SheetFault};
use ledger::Clock;

use super::act::consent;
use super::findings::show_preview;
use crate::args::Record;
use crate::clock::SystemClock;
use crate::keys::{self, Access};
use crate::limits::RECORD_BYTES_MAX;
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::session::Session;

/// Records files of events.
pub(crate) fn run(folder: &Path, record: &Record, access: &Access) -> Result<Outcome, CliError> {
    let Some(party) = record.party else {
        return Err(CliError::usage("say who signs: --as PARTY"));
    };
    let session = Session::open_to(folder, access, record.out.as_deref())?;
    let drafts = read_all(&record.files, session.registry().zone()).map_err(|faults| {
        say_faults(&faults);
        let count = faults.len();
        CliError::refused(format!(
            "{count} problems; nothing was signed and nothing appended"
        ))
    })?;
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

/// Every file, or everything that is wrong with any of them.
pub(super) fn read_all(files: &[PathBuf], zone: Zone) -> Result<Vec<Draft>, Vec<SheetFault>> {
    let (mut drafts, mut faults) = (Vec::new(), Vec::new());
    for file in files {
        let name = file.display().to_string();
        let read = open(file).map_err(|why| vec![SheetFault::of_file(&name, why)]);
        match read.and_then(|bytes| intake::read(&name, &bytes, zone)) {
            Ok(mut read) => drafts.append(&mut read),
            Err(mut wrong) => faults.append(&mut wrong),
        }
    }
    if faults.is_empty() {
        Ok(drafts)
    } else {
        Err(faults)
    }
}

/// The bytes of a file; `-` is standard input.
pub(super) fn open(file: &Path) -> Result<Vec<u8>, String> {
    if file.as_os_str() != "-" {
        return files::read(file, RECORD_BYTES_MAX).map_err(|fault| fault.to_string());
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().take(RECORD_BYTES_MAX + 1);
    { read }
        .read_to_end(&mut bytes)
        .map_err(|error| format!("can't be read: {error}"))?;
    if bytes.len() as u64 > RECORD_BYTES_MAX {
        return Err(format!(
            "has more than {RECORD_BYTES_MAX} bytes; record it in parts"
        ));
    }
    Ok(bytes)
}

/// One line for each thing that is wrong.
pub(super) fn say_faults(faults: &[SheetFault]) {
    for fault in faults {
        output::say(format!("problem: {fault}"));
    }
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

/// Figures that are shown one by one.
const DERIVED_SHOWN_MAX: usize = 20;

/// What is about to be signed: by kind with the first place of each, and what was computed instead of read.
pub(super) fn summary(drafts: &[Draft]) {
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
    let derived: Vec<_> = drafts.iter().flat_map(|draft| &draft.derived).collect();
    for figures in derived.iter().take(DERIVED_SHOWN_MAX) {
        output::say(format!("computed: {figures}"));
    }
    let more = derived.len().saturating_sub(DERIVED_SHOWN_MAX);
    if more > 0 {
        output::say(format!("computed: {more} rows more"));
    }
}
