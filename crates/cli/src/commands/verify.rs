//! `verify`: the auditor's question, answered with the verdict, what was checked and what was not.
//!
//! Invariant: opens the ledger for reading only, changes nothing, and needs no key of the ledger's owner.

use std::time::Instant;

use seal::VerifierKey;
use store::Store;
use store_embedded::{EmbeddedStore, OpenMode, Options};
use verify::{Depth, Report, Trust};

use crate::args::Verify;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};

/// Verifies a ledger folder.
pub(crate) fn run(verify: &Verify) -> Result<Outcome, CliError> {
    let log_key = verify
        .log_key
        .as_deref()
        .map(str::parse::<VerifierKey>)
        .transpose();
    let log_key = log_key.map_err(|refusal| CliError::usage(format!("--log-key: {refusal}")))?;
    if !verify.path.join("log").is_dir() {
        return Err(CliError::usage(format!(
            "{} holds no ledger: it has no log folder",
            verify.path.display()
        )));
    }
    let options = Options {
        accept_loss: false,
        mode: OpenMode::ReadOnly,
        ..Options::default()
    };
    let (store, opened) = EmbeddedStore::open(&verify.path, options).map_err(refused_to_open)?;
    let depth = if verify.chained {
        Depth::Chained
    } else {
        Depth::Full
    };
    let form = Form {
        json: verify.json,
        ..Form::default()
    };
    let bar = output::progress(store.size(), "verifying", form);
    let trust = Trust {
        log_key,
        size_at_least: verify.at_least,
        ..Trust::default()
    };
    let started = Instant::now();
    let mut report =
        ledger::verify_store(&store, depth, &trust, &mut |done| bar.set_position(done));
    let seconds = started.elapsed();
    bar.finish_and_clear();
    if opened.torn_bytes > 0 {
        let note = format!(
            "{} bytes after the last whole group: it was never committed",
            opened.torn_bytes
        );
        report.not_checked.insert(0, note);
    }
    if verify.json {
        print_json(&report)?
    } else {
        print(&report, seconds)?
    }
    Ok(if report.is_good() {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// A store that refuses to open a damaged log has found what the auditor looks for.
fn refused_to_open(fault: store::StoreFault) -> CliError {
    use store::StoreFault as Fault;
    match fault {
        Fault::InUse { .. } | Fault::Io { .. } => fault.into(),
        damage => CliError::refused(format!("the store refuses to open: {damage}")),
    }
}

fn print(report: &Report, took: std::time::Duration) -> Result<(), CliError> {
    output::line(format!(
        "{}: {}",
        report.verdict.name().to_uppercase(),
        report.origin.as_deref().unwrap_or("no origin")
    ))?;
    let checked = [
        format!(
            "{} entries in {} groups by {} authors",
            report.size, report.groups, report.authors
        ),
        format!(
            "{} event signatures, {} checkpoint signatures",
            report.event_signatures, report.checkpoint_signatures
        ),
        format!("root {}", report.root),
    ];
    for line in checked {
        output::line(format!("  checked      {line}"))?;
    }
    for line in &report.not_checked {
        output::line(format!("  not checked  {line}"))?;
    }
    for fault in &report.faults {
        output::line(format!("  fault        {fault}"))?;
    }
    if report.fault_count > report.faults.len() as u64 {
        output::line(format!(
            "  and {} faults more",
            report.fault_count - report.faults.len() as u64
        ))?;
    }
    let rate = u128::from(report.size) * 1_000_000 / took.as_micros().max(1);
    output::say(format!(
        "took {} ms, {rate} entries a second",
        took.as_millis()
    ));
    Ok(())
}

fn print_json(report: &Report) -> Result<(), CliError> {
    let faults: Vec<_> = report
        .faults
        .iter()
        .map(|fault| {
            let (kind, position) = (fault.kind.name(), fault.position);
            serde_json::json!({ "kind": kind, "position": position, "expected": fault.expected, "found": fault.computed })
        })
        .collect();
    output::json(&serde_json::json!({
        "verdict": report.verdict.name(),
        "origin": report.origin,
        "size": report.size,
        "root": report.root.to_string(),
        "groups": report.groups,
        "authors": report.authors,
        "event_signatures": report.event_signatures,
        "checkpoint_signatures": report.checkpoint_signatures,
        "not_checked": report.not_checked,
        "fault_count": report.fault_count,
        "faults": faults,
    }))
}
