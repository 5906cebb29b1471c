//! `ytterby-verify`: checks what somebody was handed, alone: a copy of a log, an extract, a receipt or evidence. No network,
//! no database, no trust.
//!
//! Invariant: exit 0 good, 1 not good, 2 usage, 3 could not read. Everything that decides is in the crate `verify`; this
//! file opens, asks and prints.
#![expect(clippy::print_stdout, reason = "the report is the data")]
#![expect(clippy::print_stderr, reason = "stderr is where the program talks")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use portable::{
    Judged, LogCopy, PortableFault, Single, contradiction, json, look, note_of, recall, remember,
    text,
};
use seal::VerifierKey;
use verify::{Depth, Report, Trust};

/// Check every hash, link, signature and the checkpoint of a copy of a Ytterby log, or a receipt, or evidence
#[derive(Debug, Parser)]
#[command(name = "ytterby-verify", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 good, 1 not good, 2 usage, 3 could not read.")]
struct Arguments {
    /// tlog-tiles folder or pack (`ytterby export`), extract (`ytterby extract`), receipt (`ytterby receipt`) or evidence
    path: PathBuf,
    /// Check only the newest signature of each author's keys; the author's chain vouches for those before it
    #[arg(long)]
    chained: bool,
    /// The log's verifier key (name+hash+key), from your own notes instead of from the log
    #[arg(long, value_name = "KEY")]
    log_key: Option<VerifierKey>,
    /// For a receipt or evidence: folder or pack of the log, which tells whose the keys are
    #[arg(long, value_name = "COPY")]
    log: Option<PathBuf>,
    /// Entries that the log is known to have held; a shorter log has lost its tail
    #[arg(long, value_name = "SIZE", default_value_t = 0)]
    at_least: u64,
    /// File in which the highest good checkpoint of each log is remembered; the log must continue it
    #[arg(long, value_name = "FILE")]
    remember: Option<PathBuf>,
    /// Policy (C2SP tlog-policy): the checkpoint must be cosigned by its quorum of witnesses
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(report) => {
            if arguments.json {
                println!("{:#}", json(&report));
            } else {
                print!("{}", text(&report));
            }
            if report.is_good() { 0 } else { 1 }.into()
        }
        Err(fault) => {
            eprintln!("error: {fault}");
            if fault.is_usage() { 2 } else { 3 }.into()
        }
    }
}

fn run(arguments: &Arguments) -> Result<Report, PortableFault> {
    let path = &arguments.path;
    let depth = if arguments.chained {
        Depth::Chained
    } else {
        Depth::Full
    };
    let judged = match &arguments.policy {
        Some(file) => {
            let note = note_of(path)?.ok_or_else(|| PortableFault::Asked {
                path: path.clone(),
                what: "evidence lies under no checkpoint",
            })?;
            Some(Judged::read(file, note, arguments.log_key.as_ref())?)
        }
        None => None,
    };
    let single = Single::read(path, arguments.log.as_deref())?;
    let memory = arguments.remember.as_deref();
    let mut known = memory.map(recall).transpose()?.unwrap_or_default();
    // A log copy beside a receipt may be older than what is judged.
    let judges_log = judged.as_ref().filter(|_| single.is_none());
    known.extend(judges_log.and_then(Judged::known));
    let named = judged.as_ref().map(|judged| judged.key().clone());
    let trust = Trust {
        log_key: arguments.log_key.clone().or(named),
        size_at_least: arguments.at_least,
        known,
    };
    let mut report = match &single {
        Some(file) => {
            let copy = arguments.log.as_deref();
            let copy = copy.map(|log| LogCopy::read(log, depth, &trust, file));
            file.check(trust.log_key.as_ref(), copy.transpose()?.as_ref())?
        }
        None => look(path, depth, &trust, &mut |_, _| {})?,
    };
    if let Some(judged) = judged {
        judged.judge(&mut report);
    }
    // A single file is no look at the log: nothing of it is remembered.
    if let (Some(memory), None) = (memory, single) {
        remember(memory, &report, note_of(path)?.as_deref())?;
        let contradiction = contradiction(memory, path, &report, trust.log_key.as_ref())?;
        if let Some(evidence) = contradiction {
            let place = evidence.display();
            eprintln!("two histories, both signed: the evidence is in {place}");
        }
    }
    Ok(report)
}
