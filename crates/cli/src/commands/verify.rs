//! `verify` and `export`: the auditor's question over a ledger, a copy or a single file, and the copy itself.
//!
//! Invariant: opens the ledger for reading only, changes nothing in it, and needs no key of the ledger's owner.

use std::path::Path;
use std::time::{Duration, Instant};

use domain::EventId;
use evidence::Beside;
use portable::{
    Judged, Kind, LogCopy, PortableFault, Single, contradiction, keep_contradiction, kind_of, look,
    note_of, recall, remember, write_folder, write_pack,
};
use store::Store;
use store_embedded::{EmbeddedStore, OpenMode, Opened, Options};
use verify::{Depth, Report, Trust};

use super::extract::levels;
use super::facts::{self, Facts};
use super::witness;
use crate::args::{Export, Verify};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::session::open_store;

/// Verifies whatever lies there.
pub(crate) fn run(verify: &Verify) -> Result<Outcome, CliError> {
    let kind = kind_of(&verify.path).map_err(CliError::usage)?;
    let depth = if verify.chained {
        Depth::Chained
    } else {
        Depth::Full
    };
    let judged = match &verify.policy {
        Some(file) => Some(judged(verify, file, kind)?),
        None => None,
    };
    let named = judged.as_ref().map(|judged| judged.key().clone());
    let claims = facts::read(&verify.claims)?;
    let single = Single::read(&verify.path, verify.log.as_deref())?;
    let memory = verify.remember.as_deref();
    let mut known = memory.map(recall).transpose()?.unwrap_or_default();
    // A log copy beside a receipt may be older than what is judged.
    let judges_log = judged.as_ref().filter(|_| single.is_none());
    known.extend(judges_log.and_then(Judged::known));
    let trust = Trust {
        log_key: verify.log_key.clone().or(named),
        size_at_least: verify.at_least,
        known,
    };
    let started = Instant::now();
    let mut report = match &single {
        Some(file) => check_single(verify, file, depth, &trust)?,
        None => check(verify, kind, depth, &trust)?,
    };
    if let Some(judged) = judged {
        judged.judge(&mut report);
    }
    // A single file is no look at the log: nothing of it is remembered.
    if let (Some(memory), None) = (memory, &single) {
        recollect(verify, kind, memory, &report, &trust)?;
    }
    let took = started.elapsed();
    let facts = match verify.facts {
        true => Some(facts::check(
            &verify.path,
            kind,
            &report,
            &claims,
            form_of(verify),
        )?),
        false => None,
    };
    if verify.json {
        let mut document = portable::json(&report);
        if let Some(facts) = &facts {
            document["facts"] = facts.json();
        }
        output::json(&document)?;
    } else {
        output::line(portable::text(&report).trim_end())?;
        for line in facts.iter().flat_map(Facts::lines) {
            output::line(line)?;
        }
        if single.is_none() {
            say_rate(report.size, took);
        }
    }
    let facts_good = facts.as_ref().is_none_or(Facts::are_good);
    Ok(Outcome::found_if(!report.is_good() || !facts_good))
}

fn say_rate(entries: u64, took: Duration) {
    let rate = u128::from(entries) * 1_000_000 / took.as_micros().max(1);
    let took = took.as_millis();
    output::say(format!("took {took} ms, {rate} entries a second"));
}

/// The policy, and the cosigned checkpoint that it is asked of.
fn judged(verify: &Verify, file: &Path, kind: Kind) -> Result<Judged, CliError> {
    let note = if kind == Kind::Ledger {
        witness::witnessed_in(&verify.path)?
    } else {
        let note = note_of(&verify.path)?;
        note.ok_or_else(|| CliError::usage("evidence lies under no checkpoint to be witnessed"))?
    };
    Ok(Judged::read(file, note, verify.log_key.as_ref())?)
}

/// A receipt or evidence, beside a ledger or a copy if there is one.
fn check_single(
    verify: &Verify,
    file: &Single,
    depth: Depth,
    trust: &Trust,
) -> Result<Report, CliError> {
    let copy = match &verify.log {
        Some(path) if kind_of(path).map_err(CliError::usage)? == Kind::Ledger => {
            let (store, _) = open_ledger(path)?;
            let mut trust = trust.clone();
            trust.known.extend(file.must_continue(store.size()));
            let report = ledger::verify_store(&store, depth, &trust, &mut |_| {});
            let beside = beside(&store, file.events())?;
            Some(LogCopy { report, beside })
        }
        Some(path) => Some(LogCopy::read(path, depth, trust, file)?),
        None => None,
    };
    Ok(file
        .check(trust.log_key.as_ref(), copy.as_ref())
        .map_err(PortableFault::from)?)
}

/// What a store says of these events, and who held which key.
pub(crate) fn beside(store: &dyn Store, events: Vec<EventId>) -> Result<Beside, CliError> {
    let mut beside = Beside::of(events);
    for frame in store.frames(0)? {
        frame?.entries().for_each(|(_, entry)| beside.take(entry));
    }
    Ok(beside)
}

/// Remembers what was good, and keeps evidence of what contradicts it.
fn recollect(
    verify: &Verify,
    kind: Kind,
    memory: &Path,
    report: &Report,
    trust: &Trust,
) -> Result<(), CliError> {
    let evidence = if kind == Kind::Ledger {
        let (store, _) = open_ledger(&verify.path)?;
        let note = store.checkpoint()?.unwrap_or_default();
        remember(memory, report, Some(&note))?;
        if report.is_good() || store.size() == 0 {
            return Ok(());
        }
        let keys = witness::log_keys(&store)?.trusting(trust.log_key.as_ref());
        keep_contradiction(memory, &note, &keys, &levels(&store)?)?
    } else {
        remember(memory, report, note_of(&verify.path)?.as_deref())?;
        contradiction(memory, &verify.path, report, trust.log_key.as_ref())?
    };
    if let Some(path) = evidence {
        let path = path.display();
        output::say(format!(
            "two histories, both signed: the evidence is in {path}"
        ));
    }
    Ok(())
}

fn form_of(verify: &Verify) -> Form {
    Form {
        json: verify.json,
        ..Form::default()
    }
}

fn check(verify: &Verify, kind: Kind, depth: Depth, trust: &Trust) -> Result<Report, CliError> {
    let form = form_of(verify);
    if kind == Kind::Ledger {
        return check_ledger(&verify.path, form, depth, trust);
    }
    let bar = output::progress(u64::MAX, "verifying", form);
    let report = look(&verify.path, depth, trust, &mut |done, size| {
        bar.set_length(size);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    Ok(report)
}

fn open_ledger(path: &Path) -> Result<(EmbeddedStore, Opened), CliError> {
    let options = Options {
        accept_loss: false,
        mode: OpenMode::ReadOnly,
        ..Options::default()
    };
    EmbeddedStore::open(path, options).map_err(refused_to_open)
}

fn check_ledger(path: &Path, form: Form, depth: Depth, trust: &Trust) -> Result<Report, CliError> {
    let (store, opened) = open_ledger(path)?;
    let bar = output::progress(store.size(), "verifying", form);
    let mut report = ledger::verify_store(&store, depth, trust, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    if opened.torn_bytes > 0 {
        let note = format!(
            "{} bytes after the last whole group: it was never committed",
            opened.torn_bytes
        );
        report.not_checked.insert(0, note);
    }
    Ok(report)
}

/// A store that refuses to open a damaged log has found what the auditor looks for.
fn refused_to_open(fault: store::StoreFault) -> CliError {
    use store::StoreFault as Fault;
    match fault {
        Fault::InUse { .. } | Fault::Io { .. } => fault.into(),
        damage => CliError::refused(format!("the store refuses to open: {damage}")),
    }
}

/// Writes a copy of the log that needs no ledger: a tlog-tiles folder or a pack.
pub(crate) fn export(folder: &Path, export: &Export) -> Result<Outcome, CliError> {
    let store = open_store(folder, OpenMode::ReadOnly, false)?;
    let checkpoint = store.checkpoint()?;
    let checkpoint = checkpoint.ok_or_else(|| CliError::refused("the ledger is empty"))?;
    let checkpoint = witness::witnessed_note(folder, &checkpoint).unwrap_or(checkpoint);
    let bar = output::progress(store.size(), "exporting", Form::default());
    let mut entries = store.frames(0)?.flat_map(|frame| match frame {
        Ok(frame) => {
            let entries: Vec<_> = frame
                .entries()
                .map(|(_, entry)| Ok(entry.to_vec()))
                .collect();
            bar.inc(entries.len() as u64);
            entries
        }
        Err(fault) => vec![Err(PortableFault::Log(fault.to_string()))],
    });
    if let Some(pack) = &export.pack {
        let size = write_pack(pack, &mut entries, &checkpoint)?;
        bar.finish_and_clear();
        output::line(format!("{size} entries in {}", pack.display()))?;
        return Ok(Outcome::Done);
    }
    let Some(out) = &export.out else {
        return Err(CliError::usage("say where to: a folder, or --pack FILE"));
    };
    let keys = witness::log_keys(&*store)?;
    let key = keys
        .current()
        .ok_or_else(|| CliError::refused("the ledger is not founded yet"))?;
    let done = write_folder(out, &mut entries, &checkpoint, key)?;
    bar.finish_and_clear();
    output::line(format!(
        "{} entries in {}, {} of them new, {} files written",
        done.size,
        out.display(),
        done.size - done.before,
        done.files
    ))?;
    output::line(format!("log key {key}"))?;
    Ok(Outcome::Done)
}
