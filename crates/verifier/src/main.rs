//! `ytterby-verify`: checks what somebody was handed, alone: a copy of a log, an extract, a receipt or evidence. No network,
//! no database, no trust.
//!
//! Invariant: exit 0 good, 1 not good or a claim that is not one, 2 usage, 3 could not read or could not say. Everything that
//! decides is in the crate `verify`, and for figures in `answers`; this file opens, asks and prints.

mod arguments;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use answers::facts::{self, Claim, Facts, NotAClaim};
use answers::limits::CLAIM_BYTES_MAX;
use answers::{LogOnly, NoAnswer};
use clap::Parser;
use files::deliver;
use portable::{Brought, CopyReader, Handed, Inquiry, Kind, PortableFault, printable};
use store::Entries;
use verify::{Depth, Report};

use crate::arguments::Arguments;

/// What became of it: the report on the log, and what was derived from it where that was asked for.
struct Checked {
    report: Report,
    facts: Option<Facts>,
}

/// Why there is no report.
enum Failed {
    Unread(PortableFault),
    NotAClaim(NotAClaim),
    Underived(NoAnswer),
}

impl From<PortableFault> for Failed {
    fn from(fault: PortableFault) -> Self {
        Self::Unread(fault)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).and_then(|checked| tell(&arguments, &checked)) {
        Ok(code) => code.into(),
        Err(Failed::Unread(fault)) => {
            say(&format!("error: {fault}"));
            if fault.is_usage() { 2 } else { 3 }.into()
        }
        Err(Failed::NotAClaim(not)) => {
            say(&format!("error: {not}"));
            say(&format!("help: {}", NotAClaim::HELP));
            1.into()
        }
        Err(Failed::Underived(none)) => {
            say(&format!("error[{}]: {none}", none.code().name()));
            3.into()
        }
    }
}

/// Prints what was found, and gives the exit code.
fn tell(arguments: &Arguments, checked: &Checked) -> Result<u8, Failed> {
    let (report, facts) = (&checked.report, checked.facts.as_ref());
    let text = facts::told(report, facts, arguments.json);
    let text = text.map_err(|error| PortableFault::Unwritten(error.into()))?;
    // A verdict that nobody could read is not a verdict.
    deliver(&text).map_err(PortableFault::Unwritten)?;
    let is_good = facts::are_good(report, facts);
    Ok(if is_good { 0 } else { 1 })
}

/// What can't be said leaves the exit code as it is.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line));
}

fn run(arguments: &Arguments) -> Result<Checked, Failed> {
    let claims = read_claims(&arguments.claims)?;
    let depth = if arguments.chained {
        Depth::Chained
    } else {
        Depth::Full
    };
    let handed = Handed::open(&arguments.path)?;
    let kind = handed.kind();
    let log = arguments.log.as_deref().map(Handed::open).transpose()?;
    let brought = Brought {
        log_key: arguments.log_key.as_ref(),
        log,
        at_least: arguments.at_least,
        remember: arguments.remember.as_deref(),
        policy: arguments.policy.as_deref(),
    };
    let outcome = Inquiry::begin(handed, brought)?.run(depth, &mut |_, _| {})?;
    if let Some(note) = outcome.note() {
        say(&note);
    }
    let report = outcome.report;
    let facts = arguments
        .facts
        .then(|| check_facts(&arguments.path, kind, &report, &claims));
    let facts = facts.transpose()?;
    Ok(Checked { report, facts })
}

/// Reads answers that were handed over, before anything else is done.
fn read_claims(paths: &[PathBuf]) -> Result<Vec<Claim>, Failed> {
    let read = |path: &PathBuf| {
        let bytes = files::read(path, CLAIM_BYTES_MAX).map_err(PortableFault::File)?;
        Claim::read(&path.display().to_string(), &bytes).map_err(Failed::NotAClaim)
    };
    paths.iter().map(read).collect()
}

/// Derives every figure from the log that was verified, as far as it was verified.
fn check_facts(
    path: &Path,
    kind: Kind,
    report: &Report,
    claims: &[Claim],
) -> Result<Facts, Failed> {
    if let Some(why) = facts::why_not(kind, report) {
        return Ok(Facts::not_checked(why));
    }
    let log: Arc<dyn Entries> = Arc::new(LogOnly::of_copy(CopyReader::open(path)?, report.size));
    Facts::check(&log, report, claims, &mut |_| {}).map_err(Failed::Underived)
}
