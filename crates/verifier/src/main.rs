//! `ytterby-verify`: checks what somebody was handed, alone: a copy of a log, an extract, a receipt or evidence. No network,
//! no database, no trust.
//!
//! Invariant: exit 0 good, 1 not good, 2 usage, 3 could not read or could not say. Everything that decides is in the crate
//! `verify`; this file opens, asks and prints.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use files::deliver;
use portable::{Brought, Inquiry, LogCopy, PortableFault, document, json, look, printable, text};
use seal::VerifierKey;
use verify::{Depth, Report};

/// Check every hash, link, signature and the checkpoint of a copy of a Ytterby log, or a receipt, or evidence
#[derive(Debug, Parser)]
#[command(name = "ytterby-verify", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 good, 1 not good, 2 usage, 3 could not read, or the verdict could not be written."
)]
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
    /// File in which the highest good checkpoint of each log and its keys are remembered; the log must continue them
    #[arg(long, value_name = "FILE")]
    remember: Option<PathBuf>,
    /// Policy (C2SP tlog-policy): the checkpoint must be cosigned by its quorum of witnesses; of evidence, it names the log's key
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let judged = run(&arguments).and_then(|report| {
        let text = if arguments.json {
            document(&json(&report)).map_err(|error| PortableFault::Unwritten(error.into()))?
        } else {
            text(&report)
        };
        // A verdict that nobody could read is none.
        deliver(&text).map_err(PortableFault::Unwritten)?;
        Ok(if report.is_good() { 0 } else { 1 })
    });
    match judged {
        Ok(code) => code.into(),
        Err(fault) => {
            say(&format!("error: {fault}"));
            if fault.is_usage() { 2 } else { 3 }.into()
        }
    }
}

/// What can't be said leaves the exit code as it is.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line));
}

fn run(arguments: &Arguments) -> Result<Report, PortableFault> {
    let path = &arguments.path;
    let depth = if arguments.chained {
        Depth::Chained
    } else {
        Depth::Full
    };
    let brought = Brought {
        log_key: arguments.log_key.as_ref(),
        log: arguments.log.as_deref(),
        at_least: arguments.at_least,
        remember: arguments.remember.as_deref(),
        policy: arguments.policy.as_deref(),
    };
    let inquiry = Inquiry::begin(path, None, &brought)?;
    let mut report = match inquiry.single() {
        Some(file) => {
            let copy = brought.log;
            let copy = copy.map(|log| LogCopy::read(log, depth, inquiry.trust(), file));
            inquiry.check_single(file, copy.transpose()?.as_ref())?
        }
        None => look(path, depth, inquiry.trust(), &mut |_, _| {})?,
    };
    if let Some(evidence) = inquiry.end(&mut report, None)? {
        let place = evidence.display();
        say(&format!(
            "two histories, both signed: the evidence is in {place}"
        ));
    }
    Ok(report)
}
