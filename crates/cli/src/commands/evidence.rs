//! The ledger's `evidence` folder: which finding each file there is worth.
//!
//! Invariant: a file raises a finding only if the evidence holds against this very log; whatever does not is named on stderr
//! and accuses nobody. Holds no rule.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use answers::{Reading, weighed};
use books::Weighed;
use evidence::Evidence;
use portable::limits::SINGLE_BYTES_MAX;

use crate::outcome::CliError;
use crate::output;
use crate::place;

/// Brings the evidence of a ledger to a reading; what accuses nobody is named on stderr.
pub(crate) fn bring(folder: &Path, reading: &mut Reading) -> Result<(), CliError> {
    let (paths, brought): (Vec<_>, _) = read(&place::evidence(folder))?.into_iter().unzip();
    reading.evidence = brought;
    for (path, weighed) in paths.iter().zip(weighed(reading)?) {
        let path = path.display();
        match weighed {
            Weighed::Raises(_) => {}
            Weighed::AgainstTheLog => output::say(format!(
                "note: {path} proves that this log was signed with two histories: `ytterby verify {path}`"
            )),
            Weighed::Nothing(reason) => {
                output::say(format!("note: {path} proves nothing: {reason}"));
            }
        }
    }
    Ok(())
}

/// Every piece of evidence in a folder, by name; what is not evidence is named on stderr.
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
