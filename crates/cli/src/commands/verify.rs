//! `verify` and `export`: the auditor's question over a ledger, a copy or a single file, and the copy itself.
//!
//! Invariant: opens the ledger for reading only, changes nothing in it, and needs no key of the ledger's owner.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use answers::facts::{self, Claim, Facts, NotAClaim};
use answers::limits::CLAIM_BYTES_MAX;
use answers::{LogOnly, log_facts};
use desk::{Desk, LogRefused, NotDone};
use durable::Layout;
use portable::{
    Brought, Entered, EveryEntry, Inquiry, Kind, LogCopy, PortableFault, Reader, Single, kind_of,
    look, write_folder, write_pack,
};
use store::Entries;
use store_embedded::{EmbeddedStore, OpenMode, Opened, Options};
use verify::{Depth, Report, Trust};

use crate::args::{Export, Verify};
use crate::limits::SEGMENT_BYTES_MAX;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::terminal::Terminal;

/// Verifies whatever lies there.
pub(crate) fn run(verify: &Verify, host: &Terminal) -> Result<Outcome, CliError> {
    let kind = kind_of(&verify.path).map_err(CliError::usage)?;
    let depth = if verify.chained {
        Depth::Chained
    } else {
        Depth::Full
    };
    let claims = read_claims(&verify.claims)?;
    let opened = match kind {
        Kind::Ledger => Some(open_ledger(&verify.path)?),
        _ => None,
    };
    let note = match &opened {
        Some(_) if verify.policy.is_some() => Some(desk::witnessed(&Layout::of(&verify.path))?),
        Some((store, _)) => store.checkpoint()?,
        None => None,
    };
    let brought = Brought {
        log_key: verify.log_key.as_ref(),
        log: verify.log.as_deref(),
        at_least: verify.at_least,
        remember: verify.remember.as_deref(),
        policy: verify.policy.as_deref(),
    };
    let inquiry = Inquiry::begin(&verify.path, note, &brought)?;
    let is_single = inquiry.single().is_some();
    let started = Instant::now();
    let mut report = match (inquiry.single(), &opened) {
        (Some(file), _) => {
            let copy = log_beside(verify.log.as_deref(), file, depth, inquiry.trust())?;
            inquiry.check_single(file, copy.as_ref())?
        }
        (None, Some(opened)) => check_ledger(opened, form_of(verify), depth, inquiry.trust()),
        (None, None) => check_copy(verify, depth, inquiry.trust())?,
    };
    let took = started.elapsed();
    let entries = opened.as_ref().map(|(store, _)| entries_of(store));
    let every = entries.as_ref().map(|every| every as &EveryEntry<'_>);
    if let Some(path) = inquiry.end(&mut report, every)? {
        let path = path.display();
        output::say(format!(
            "two histories, both signed: the evidence is in {path}"
        ));
    }
    let facts = verify
        .facts
        .then(|| check_facts(verify, host, kind, &report, &claims));
    let facts = facts.transpose()?;
    tell(verify, &report, facts.as_ref())?;
    if !verify.json && !is_single {
        say_rate(report.size, took);
    }
    let facts_good = facts.as_ref().is_none_or(Facts::are_good);
    Ok(Outcome::found_if(!report.is_good() || !facts_good))
}

/// Prints the verdict. One that nobody could read is none: then this fails, also where the reader of a pipe is gone.
fn tell(verify: &Verify, report: &Report, facts: Option<&Facts>) -> Result<(), CliError> {
    let text = if verify.json {
        let mut document = portable::json(report);
        if let Some(facts) = facts {
            document["facts"] = facts.json();
        }
        portable::document(&document).map_err(CliError::fault)?
    } else {
        let facts = facts.into_iter().flat_map(Facts::lines);
        let lines: String = facts.map(|line| line + "\n").collect();
        portable::text(report) + &lines
    };
    files::deliver(&text).map_err(|error| PortableFault::Unwritten(error).into())
}

fn say_rate(entries: u64, took: Duration) {
    let rate = u128::from(entries) * 1_000_000 / took.as_micros().max(1);
    let took = took.as_millis();
    output::say(format!("took {took} ms, {rate} entries a second"));
}

/// The log beside a single file, a ledger or a copy.
fn log_beside(
    log: Option<&Path>,
    file: &Single,
    depth: Depth,
    trust: &Trust,
) -> Result<Option<LogCopy>, CliError> {
    Ok(match log {
        Some(path) if kind_of(path).map_err(CliError::usage)? == Kind::Ledger => {
            let (store, _) = open_ledger(path)?;
            let mut trust = trust.clone();
            trust.known.extend(file.must_continue(store.size()));
            let report = ledger::verify_store(&store, depth, &trust, &mut |_| {});
            let beside = log_facts(&store, file.events())?;
            Some(LogCopy { report, beside })
        }
        Some(path) => Some(LogCopy::read(path, depth, trust, file)?),
        None => None,
    })
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
    host: &Terminal,
    kind: Kind,
    report: &Report,
    claims: &[Claim],
) -> Result<Facts, CliError> {
    if let Some(why) = facts::why_not(kind, report) {
        return Ok(Facts::not_checked(why));
    }
    let log: Arc<dyn Entries> = Arc::new(match kind {
        Kind::Ledger => {
            let store = host.desk_on(&verify.path).open_store(OpenMode::ReadOnly)?;
            LogOnly::of(&*store, report.size)
        }
        _ => LogOnly::of_copy(Reader::open(&verify.path)?, report.size),
    });
    let bar = output::progress(log.size(), "deriving", form_of(verify));
    let facts = Facts::check(&log, report, claims, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    Ok(facts?)
}

/// The entries of a ledger, to be gone through once more.
fn entries_of(store: &EmbeddedStore) -> impl Fn(&mut Entered<'_>) -> Result<(), PortableFault> {
    let log = |fault: store::StoreFault| PortableFault::Log(fault.to_string());
    move |take| {
        for frame in store.frames(0).map_err(log)? {
            let frame = frame.map_err(log)?;
            frame
                .entries()
                .for_each(|(position, entry)| take(position, entry));
        }
        Ok(())
    }
}

fn form_of(verify: &Verify) -> Form {
    Form {
        json: verify.json,
        ..Form::default()
    }
}

fn check_copy(verify: &Verify, depth: Depth, trust: &Trust) -> Result<Report, CliError> {
    let bar = output::progress(u64::MAX, "verifying", form_of(verify));
    let report = look(&verify.path, depth, trust, &mut |done, size| {
        bar.set_length(size);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    Ok(report)
}

/// Opens a ledger that may be a stranger's: the store opens its files by itself, so they are looked at before.
fn open_ledger(path: &Path) -> Result<(EmbeddedStore, Opened), CliError> {
    files::Folder::open(path)?.check_below(&[
        ("lock", u64::MAX),
        ("log", SEGMENT_BYTES_MAX),
        ("index", u64::MAX),
    ])?;
    let options = Options {
        accept_loss: false,
        mode: OpenMode::ReadOnly,
        ..Options::default()
    };
    EmbeddedStore::open(path, options).map_err(refused_to_open)
}

fn check_ledger(
    (store, opened): &(EmbeddedStore, Opened),
    form: Form,
    depth: Depth,
    trust: &Trust,
) -> Report {
    let bar = output::progress(store.size(), "verifying", form);
    let mut report = ledger::verify_store(store, depth, trust, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    if opened.torn_bytes > 0 {
        let note = format!(
            "{} bytes after the last whole group: it was never committed",
            opened.torn_bytes
        );
        report.not_checked.insert(0, note);
    }
    report
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
pub(crate) fn export(desk: &Desk<'_>, export: &Export) -> Result<Outcome, CliError> {
    let store = desk.open_store(OpenMode::ReadOnly)?;
    let checkpoint = store.checkpoint()?;
    let checkpoint = checkpoint.ok_or_else(|| NotDone::from(LogRefused::Empty))?;
    let checkpoint = desk::witnessed_note(&desk.place, &checkpoint).unwrap_or(checkpoint);
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
    let keys = desk::log_keys(&*store)?;
    let key = keys.current().ok_or(answers::Refused::NotFounded)?;
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
