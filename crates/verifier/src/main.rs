//! `ytterby-verify`: checks a copy of a log, alone: a tlog-tiles folder, a pack or an extract. No network, no database, no trust.
//!
//! Invariant: exit 0 good, 1 not good, 2 usage, 3 could not read. Everything that decides is in the crate `verify`; this
//! file opens, asks and prints.
#![expect(clippy::print_stdout, reason = "the report is the data")]
#![expect(clippy::print_stderr, reason = "stderr is where the program talks")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use portable::{PortableFault, json, look, recall, remember, text};
use seal::VerifierKey;
use verify::{Depth, Report, Trust};

/// Check every hash, link, signature and the checkpoint of a copy of a Ytterby log
#[derive(Debug, Parser)]
#[command(name = "ytterby-verify", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 good, 1 not good, 2 usage, 3 could not read.")]
struct Arguments {
    /// tlog-tiles folder or pack (`ytterby export`), or extract (`ytterby extract`)
    path: PathBuf,
    /// Check only the newest signature of each author's keys; the author's chain vouches for those before it
    #[arg(long)]
    chained: bool,
    /// The log's verifier key (name+hash+key), from your own notes instead of from the log
    #[arg(long, value_name = "KEY")]
    log_key: Option<VerifierKey>,
    /// Entries that the log is known to have held; a shorter log has lost its tail
    #[arg(long, value_name = "SIZE", default_value_t = 0)]
    at_least: u64,
    /// File in which the highest good checkpoint of each log is remembered; the log must continue it
    #[arg(long, value_name = "FILE")]
    remember: Option<PathBuf>,
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
            3.into()
        }
    }
}

fn run(arguments: &Arguments) -> Result<Report, PortableFault> {
    let depth = if arguments.chained {
        Depth::Chained
    } else {
        Depth::Full
    };
    let memory = arguments.remember.as_deref();
    let trust = Trust {
        log_key: arguments.log_key.clone(),
        size_at_least: arguments.at_least,
        known: memory.map(recall).transpose()?.unwrap_or_default(),
    };
    let report = look(&arguments.path, depth, &trust, &mut |_, _| {})?;
    if let Some(memory) = memory {
        remember(memory, &report)?;
    }
    Ok(report)
}
