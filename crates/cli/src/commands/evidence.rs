//! The ledger's `evidence` folder: which finding each file there is worth.
//!
//! Invariant: a file raises a finding only if the evidence holds against this very log; whatever does not is named on stderr
//! and accuses nobody. Holds no rule.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use books::{Found, Weighed, weigh};
use evidence::Evidence;
use portable::limits::SINGLE_BYTES_MAX;
use projection::Finding;

use super::reports::World;
use super::verify::beside;
use crate::outcome::CliError;
use crate::output;
use crate::place;

/// All findings of a ledger: those of the books, and those that rest on the evidence folder.
pub(crate) fn all_findings(folder: &Path, world: &World) -> Result<Vec<Found>, CliError> {
    let mut all = world.books.findings(world.now()?)?;
    let raised = raised(folder, world)?;
    all.extend(raised.into_iter().map(|finding| world.books.judge(finding)));
    all.sort_by(|left, right| Finding::by_code_and_subject(&left.finding, &right.finding));
    Ok(all)
}

/// K01 for each file that holds, each pair of events once.
fn raised(folder: &Path, world: &World) -> Result<Vec<Finding>, CliError> {
    let read = read(&place::evidence(folder))?;
    if read.is_empty() {
        return Ok(Vec::new());
    }
    let events = read.iter().flat_map(|(_, evidence)| evidence.events());
    let log = beside(&*world.store, events.collect())?;
    let mut raised: Vec<Finding> = Vec::new();
    for (path, evidence) in &read {
        let path = path.display();
        match weigh(evidence, &log) {
            Weighed::Raises(finding) => raised.push(finding),
            Weighed::AgainstTheLog => output::say(format!(
                "note: {path} proves that this log was signed with two histories: `ytterby verify {path}`"
            )),
            Weighed::Nothing(reason) => {
                output::say(format!("note: {path} proves nothing: {reason}"));
            }
        }
    }
    raised.sort_by(Finding::by_code_and_subject);
    raised.dedup_by_key(|finding| finding.id);
    Ok(raised)
}

/// Every piece of evidence in a folder, by name; what is none is named on stderr.
fn read(folder: &Path) -> Result<Vec<(PathBuf, Evidence)>, CliError> {
    let listed = match fs::read_dir(folder) {
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
                output::say(format!("note: {} proves nothing: {reason}", path.display()))
            }
        }
    }
    Ok(read)
}
