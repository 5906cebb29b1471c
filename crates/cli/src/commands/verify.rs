//! `verify`: the auditor's question over a ledger, a copy or a single file.
//!
//! Invariant: opens a ledger for reading only, changes nothing in it, and needs no key of the ledger's owner. What is asked, and
//! in which order, is in `portable`; this file opens and prints.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use answers::LogOnly;
use answers::facts::{self, Claim, Facts, NotAClaim};
use answers::limits::CLAIM_BYTES_MAX;
use desk::OpenLedger;
use durable::Layout;
use grammar::{Form, Verify};
use portable::{Brought, CopyReader, Handed, Inquiry, Kind, PortableFault, kind_of};
use store::Entries;
use verify::{Depth, Report};

use crate::outcome::{CliError, Outcome};
use crate::output;

/// Verifies whatever is there.
pub(crate) fn run(verify: &Verify) -> Result<Outcome, CliError> {
    let kind = kind_of(&verify.path).map_err(CliError::usage)?;
    let depth = if verify.chained {
        Depth::Chained
    } else {
        Depth::Full
    };
    let claims = read_claims(&verify.claims)?;
    let ledger = ledger_at(&verify.path)?;
    let beside = verify.log.as_deref().map(ledger_at).transpose()?.flatten();
    let handed = match &ledger {
        Some(ledger) if verify.policy.is_some() => {
            let note = desk::witnessed(&Layout::of(&verify.path))?;
            ledger.handed(&verify.path, Some(note))?
        }
        ledger => open(&verify.path, ledger.as_ref())?,
    };
    let log = verify.log.as_deref();
    let log = log.map(|path| open(path, beside.as_ref())).transpose()?;
    let brought = Brought {
        log_key: verify.log_key.as_ref(),
        log,
        at_least: verify.at_least,
        remember: verify.remember.as_deref(),
        policy: verify.policy.as_deref(),
    };
    let inquiry = Inquiry::begin(handed, brought)?;
    let started = Instant::now();
    let bar = output::progress(u64::MAX, "verifying", form_of(verify));
    let outcome = inquiry.run(depth, &mut |done, size| {
        bar.set_length(size);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let took = started.elapsed();
    if let Some(note) = outcome.note() {
        output::say(note);
    }
    let report = outcome.report;
    let facts = verify
        .facts
        .then(|| check_facts(verify, kind, ledger.as_ref(), &report, &claims));
    let facts = facts.transpose()?;
    let text = facts::told(&report, facts.as_ref(), verify.json).map_err(CliError::fault)?;
    // A verdict that nobody could read is not a verdict, also where the reader of a pipe is gone.
    files::deliver(&text).map_err(PortableFault::Unwritten)?;
    if !verify.json && !matches!(kind, Kind::Evidence | Kind::Receipt) {
        let rate = u128::from(report.size) * 1_000_000 / took.as_micros().max(1);
        let took = took.as_millis();
        output::say(format!("took {took} ms, {rate} entries a second"));
    }
    let is_good = facts::are_good(&report, facts.as_ref());
    Ok(Outcome::found_if(!is_good))
}

/// The ledger at this path, if one is there.
fn ledger_at(path: &Path) -> Result<Option<OpenLedger>, CliError> {
    let is_ledger = kind_of(path).map_err(CliError::usage)? == Kind::Ledger;
    Ok(is_ledger.then(|| OpenLedger::open(path)).transpose()?)
}

/// What is at this path: the ledger that was opened there, or what is opened now.
fn open<'a>(path: &Path, ledger: Option<&'a OpenLedger>) -> Result<Handed<'a>, CliError> {
    match ledger {
        Some(ledger) => Ok(ledger.handed(path, None)?),
        None => Ok(Handed::open(path)?),
    }
}

/// Reads answers that were handed over, before anything else is done.
fn read_claims(files: &[PathBuf]) -> Result<Vec<Claim>, CliError> {
    let read = |path: &PathBuf| {
        let bytes = files::read(path, CLAIM_BYTES_MAX)?;
        let claim = Claim::read(&path.display().to_string(), &bytes);
        claim.map_err(|not| CliError::refused(not).help(NotAClaim::HELP))
    };
    files.iter().map(read).collect()
}

/// Derives every figure from the log that was verified, as far as it was verified.
fn check_facts(
    verify: &Verify,
    kind: Kind,
    ledger: Option<&OpenLedger>,
    report: &Report,
    claims: &[Claim],
) -> Result<Facts, CliError> {
    if let Some(why) = facts::why_not(kind, report) {
        return Ok(Facts::not_checked(why));
    }
    let log: Arc<dyn Entries> = Arc::new(match ledger {
        Some(ledger) => LogOnly::of(ledger.store(), report.size),
        None => LogOnly::of_copy(CopyReader::open(&verify.path)?, report.size),
    });
    let bar = output::progress(log.size(), "deriving", form_of(verify));
    let facts = Facts::check(&log, report, claims, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    Ok(facts?)
}

fn form_of(verify: &Verify) -> Form {
    Form {
        json: verify.json,
        ..Form::default()
    }
}
