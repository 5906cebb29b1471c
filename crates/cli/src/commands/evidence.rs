//! The ledger's `evidence` folder: which finding each file there is worth.
//!
//! Invariant: a file raises a finding only if the evidence holds against this very log; whatever does not is named on stderr
//! and accuses nobody. Holds no rule.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use books::Found;
use domain::EventId;
use evidence::{Beside, Evidence, Reader, TwoEvents, check_evidence};
use projection::{Figure, Finding, FindingCode, Subject};
use verify::Verdict;

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
    let reader = Reader {
        log_key: None,
        log: Some(&log),
    };
    let mut raised: Vec<Finding> = Vec::new();
    for (path, evidence) in &read {
        let report = check_evidence(evidence, &reader);
        let path = path.display();
        match evidence {
            _ if report.verdict != Verdict::Equivocation => {
                let fault = report.faults.first().map(ToString::to_string);
                let fault = fault.unwrap_or_default();
                output::say(format!("note: {path} proves nothing: {fault}"));
            }
            Evidence::TwoEvents(two) => raised.extend(finding(two, &log)),
            Evidence::TwoHistories(_) => output::say(format!(
                "note: {path} proves that this log was signed with two histories: `ytterby verify {path}`"
            )),
        }
    }
    raised.sort_by(Finding::by_code_and_subject);
    raised.dedup_by_key(|finding| finding.id);
    Ok(raised)
}

/// The finding's id is made of the event that is not in the log, so that each such event is ruled on by itself.
fn finding(two: &TwoEvents, log: &Beside) -> Option<Finding> {
    let mut ids: Vec<EventId> = two.events.iter().filter_map(|event| event.id()).collect();
    ids.sort_by_key(|id| log.position(id).is_some());
    let body = domain::id::from_hex(&two.events[0].body)?;
    let body = wire::decode_body(&body).ok()?;
    let mut figures = vec![Figure::count("seq", count(body.seq))];
    if let Some(held) = ids.iter().find_map(|id| log.position(id)) {
        figures.push(Figure::count("stands at position", count(held)));
    }
    let subject = Subject::party(body.author);
    Some(Finding::new(FindingCode::K01, subject, figures, ids))
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
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
        let parsed = fs::read(&path).map_err(|error| error.to_string());
        match parsed.and_then(|bytes| Evidence::parse(&bytes).map_err(|no| no.to_string())) {
            Ok(evidence) => read.push((path, evidence)),
            Err(reason) => {
                output::say(format!("note: {} proves nothing: {reason}", path.display()))
            }
        }
    }
    Ok(read)
}
