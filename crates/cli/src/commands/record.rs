//! `record`: files of events are checked, shown, consented to, signed and appended.
//!
//! Invariant: all files are read and every row is good before anything is signed, and a detail is in the vault before its
//! commitment is appended.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use desk::{Desk, Intent, NotDone, Recorded, Session, Sorted};
use domain::{Moment, PartyId, Zone};
use grammar::{Form, Record};
use intake::{Draft, SheetFault};

use super::act::outcome;
use super::preview::{consent, show_preview};
use crate::limits::RECORD_BYTES_MAX;
use crate::outcome::{CliError, Outcome};
use crate::output;

/// Records files of events.
pub(crate) fn run(desk: &Desk<'_>, record: &Record) -> Result<Outcome, CliError> {
    let Some(party) = record.party else {
        return Err(CliError::usage("say who signs: --as PARTY"));
    };
    let session = Session::open_to(desk, record.out.as_deref())?;
    let drafts = read_all(&record.files, session.registry().zone()).map_err(|faults| {
        say_faults(&faults);
        let count = faults.len();
        CliError::refused(format!(
            "{count} problems; nothing was signed and nothing appended"
        ))
    })?;
    summary(&drafts);
    let (now, count) = (desk.host.now(), drafts.len());
    let drafts = if record.again {
        drafts
    } else {
        fresh(&session, party, drafts, now)?
    };
    if drafts.is_empty() {
        output::say(match count {
            0 => "there are no rows",
            _ => "nothing is left to record",
        });
        return Ok(Outcome::Done);
    }
    let (fresh, known) = (drafts.len(), count - drafts.len());
    let batch = session.number(party, seal(desk, drafts, now, record.dry_run)?, now)?;
    let weighs = show_preview(&session.preview(&batch)?);
    if record.dry_run {
        output::say("dry run: nothing was signed");
        return Ok(Outcome::found_if(weighs));
    }
    let keys = session.signers(party, record.key.as_slice())?;
    consent(&batch.question(), record.yes)?;
    // Each line is written when its event is acknowledged, so whoever reads the lines knows what is safe.
    let mut lines = Lines::of(record.form);
    let committed = session.commit(batch, &keys, &mut |event| {
        desk.host.result(lines.next(event))
    })?;
    session.close()?;
    let before = match known {
        0 => String::new(),
        known => format!(", {known} were recorded before"),
    };
    output::say(format!(
        "{fresh} of {count} rows signed and handed in{before}"
    ));
    Ok(outcome(committed))
}

/// The rows that were not recorded before; the others are said.
fn fresh(
    session: &Session<'_>,
    party: PartyId,
    drafts: Vec<Draft>,
    now: Moment,
) -> Result<Vec<Draft>, NotDone> {
    let Sorted { fresh, known } = session.sort(party, drafts, now)?;
    known.iter().take(KNOWN_SHOWN_MAX).for_each(output::say);
    let more = known.len().saturating_sub(KNOWN_SHOWN_MAX);
    if more > 0 {
        output::say(format!("and {more} rows more that were recorded before"));
    }
    if !known.is_empty() {
        let count = known.len();
        output::say(format!(
            "{count} rows are left out; --again records them all the same"
        ));
    }
    Ok(fresh)
}

/// The lines of what is recorded; those of CSV begin with their heading.
struct Lines {
    form: Form,
    is_begun: bool,
}

impl Lines {
    const fn of(form: Form) -> Self {
        let is_begun = false;
        Self { form, is_begun }
    }

    fn next(&mut self, event: &Recorded) -> String {
        let heading = match self.form.csv && !self.is_begun {
            true => "position,event\n",
            false => "",
        };
        self.is_begun = true;
        format!("{heading}{}", line(event, self.form))
    }
}

fn line(event: &Recorded, form: Form) -> String {
    let (position, id) = (event.position, event.id);
    let known = || position.map_or_else(String::new, |position| position.to_string());
    match (form.json, form.csv) {
        (true, _) => serde_json::json!({ "position": position, "event": id }).to_string(),
        (false, true) => format!("{},{id}", known()),
        (false, false) => format!("{:>10}  {id}", known()),
    }
}

/// Salts the details of drafts and puts their commitments into the events; a dry run shows the values on the way.
fn seal(
    desk: &Desk<'_>,
    drafts: Vec<Draft>,
    now: Moment,
    dry_run: bool,
) -> Result<Vec<Intent>, NotDone> {
    let mut sealed = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let draft = Intent::of_row(draft, now, desk.host)?;
        if dry_run {
            draft.plain_words().for_each(output::say);
        }
        sealed.push(draft);
    }
    Ok(sealed)
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

/// Rows that were recorded before and are shown one by one.
const KNOWN_SHOWN_MAX: usize = 20;
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
