//! The `evidence` folder: what proves that an author, or the log, said two things.
//!
//! Invariant: evidence is kept under a name that the same evidence has again; what is not evidence accuses nobody.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use answers::{Reading, weighed};
use books::Weighed;
use domain::Registry;
use durable::Layout;
use evidence::Evidence;
use ledger::NotAdmitted;
use portable::limits::SINGLE_BYTES_MAX;

use crate::host::Host;
use crate::refused::NotDone;

/// Writes evidence into its folder, and says where.
pub(crate) fn keep(place: &Layout, evidence: &Evidence, host: &dyn Host) -> Result<(), NotDone> {
    let folder = place.evidence();
    durable::create_folder(&folder, durable::Access::Usual)?;
    let path = folder.join(evidence.file_name());
    durable::put(&path, evidence.to_text().as_bytes())?;
    let path = path.display();
    host.note(format!("evidence: {path}"));
    host.note(format!("help: `ytterby verify {path}` says what it proves"));
    Ok(())
}

/// Keeps evidence where a refusal shows that an author signed two events for one place.
pub(crate) fn keep_two_events(
    place: &Layout,
    registry: impl FnOnce() -> Registry,
    refused: &NotAdmitted,
    host: &dyn Host,
) -> Result<(), NotDone> {
    let Some(evidence) = &refused.evidence else {
        return Ok(());
    };
    let both = [&evidence.held, &evidence.offered];
    let both = both.map(|event| (&*event.body, &*event.signatures));
    let kept = Evidence::two_refused(&registry(), both);
    let kept = kept.ok_or_else(|| NotDone::fault("a key of an admitted event is gone"))?;
    keep(place, &kept, host)
}

/// Brings the evidence of a ledger to a reading. A file raises a finding only if the evidence holds against this very log;
/// what accuses nobody is named.
///
/// # Errors
/// The folder or the log can't be read.
pub fn bring(place: &Layout, reading: &mut Reading, host: &dyn Host) -> Result<(), NotDone> {
    let (paths, brought): (Vec<_>, _) = read(place, host)?.into_iter().unzip();
    reading.evidence = brought;
    for (path, weighed) in paths.iter().zip(weighed(reading)?) {
        let path = path.display();
        match weighed {
            Weighed::Raises(_) => {}
            Weighed::AgainstTheLog => host.note(format!(
                "note: {path} proves that this log was signed with two histories: `ytterby verify {path}`"
            )),
            Weighed::Nothing(reason) => {
                host.note(format!("note: {path} proves nothing: {reason}"));
            }
        }
    }
    Ok(())
}

/// Every piece of evidence in the folder, by name; what is not evidence is named.
fn read(place: &Layout, host: &dyn Host) -> Result<Vec<(PathBuf, Evidence)>, NotDone> {
    let listed = match fs::read_dir(place.evidence()) {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut paths = Vec::new();
    for entry in listed {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut read = Vec::new();
    for path in paths {
        let parsed = files::read(&path, SINGLE_BYTES_MAX).map_err(|error| error.to_string());
        match parsed.and_then(|bytes| Evidence::parse(&bytes).map_err(|no| no.to_string())) {
            Ok(evidence) => read.push((path, evidence)),
            Err(reason) => {
                host.note(format!("note: {} proves nothing: {reason}", path.display()));
            }
        }
    }
    Ok(read)
}
