//! `verify` and `export`: the auditor's question over a ledger or a copy, and the copy itself.
//!
//! Invariant: opens the ledger for reading only, changes nothing in it, and needs no key of the ledger's owner.

use std::path::Path;
use std::time::Instant;

use ::witness::policy::Policy;
use portable::{Kind, PortableFault, kind_of, look, recall, remember, write_folder, write_pack};
use seal::{Checkpoint, VerifierKey, open_checkpoint, peek_unverified};
use store::Store;
use store_embedded::{EmbeddedStore, OpenMode, Options};
use verify::{Depth, Known, Report, Trust};

use super::facts::{self, Facts};
use super::witness;
use crate::args::{Export, Verify};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::session::open_store;

/// Verifies a ledger, a tlog-tiles folder or a pack.
pub(crate) fn run(verify: &Verify) -> Result<Outcome, CliError> {
    let kind = kind_of(&verify.path).map_err(CliError::usage)?;
    let depth = if verify.chained {
        Depth::Chained
    } else {
        Depth::Full
    };
    let judged = match &verify.policy {
        Some(file) => Some(Judged::read(verify, file, kind)?),
        None => None,
    };
    let claims = facts::read(&verify.claims)?;
    let named = judged.as_ref().map(|judged| judged.key.clone());
    let memory = verify.remember.as_deref();
    let mut known = memory.map(recall).transpose()?.unwrap_or_default();
    known.extend(judged.as_ref().and_then(Judged::known));
    let trust = Trust {
        log_key: verify.log_key.clone().or(named),
        size_at_least: verify.at_least,
        known,
    };
    let started = Instant::now();
    let mut report = check(verify, kind, depth, &trust)?;
    if let Some(judged) = judged {
        witness::judge(&mut report, &judged.note, &judged.key, &judged.policy);
    }
    if let Some(memory) = memory {
        remember(memory, &report)?;
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
        let rate = u128::from(report.size) * 1_000_000 / took.as_micros().max(1);
        let took = took.as_millis();
        output::say(format!("took {took} ms, {rate} entries a second"));
    }
    let facts_good = facts.as_ref().is_none_or(Facts::are_good);
    Ok(if report.is_good() && facts_good {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// A policy, and the cosigned checkpoint that it is asked of.
struct Judged {
    policy: Policy,
    note: Vec<u8>,
    key: VerifierKey,
}

impl Judged {
    fn read(verify: &Verify, file: &Path, kind: Kind) -> Result<Self, CliError> {
        let policy = witness::policy(file)?;
        let note = witness::note_of(&verify.path, kind == Kind::Ledger)?;
        // A policy may name several logs: the one that the checkpoint says it is of.
        let origin = peek_unverified(&note).map(|seen| seen.origin);
        let of_origin = |key: &&VerifierKey| origin.as_deref().is_ok_and(|o| o == key.name());
        let named = policy.logs().iter().find(of_origin).cloned();
        let key = verify.log_key.clone().or(named).ok_or_else(|| {
            CliError::usage("the policy does not name this log")
                .help("give the log's key with --log-key")
        })?;
        Ok(Self { policy, note, key })
    }

    /// A ledger may have grown since its witnesses signed: what they signed must be the beginning of it.
    fn known(&self) -> Option<Known> {
        let signed = open_checkpoint(&self.note, &self.key).ok()?;
        let Checkpoint { origin, size, root } = signed.checkpoint().clone();
        Some(Known { origin, size, root })
    }
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

fn check_ledger(path: &Path, form: Form, depth: Depth, trust: &Trust) -> Result<Report, CliError> {
    let options = Options {
        accept_loss: false,
        mode: OpenMode::ReadOnly,
        ..Options::default()
    };
    let (store, opened) = EmbeddedStore::open(path, options).map_err(refused_to_open)?;
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
    let key = witness::log_key(&*store)?;
    let done = write_folder(out, &mut entries, &checkpoint, &key)?;
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
