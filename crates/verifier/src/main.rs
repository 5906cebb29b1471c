//! `ytterby-verify`: checks what somebody was handed, alone: a copy of a log, an extract, a receipt or evidence. No network,
//! no database, no trust.
//!
//! Invariant: exit 0 good, 1 not good, 2 usage, 3 could not read or could not say. Everything that decides is in the crate
//! `verify`, and for figures in `answers`; this file opens, asks and prints.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use answers::facts::{self, Claim, Facts, NotAClaim};
use answers::limits::CLAIM_BYTES_MAX;
use answers::{LogOnly, NoAnswer};
use clap::Parser;
use files::deliver;
use portable::{
    Brought, Inquiry, LogCopy, PortableFault, Reader, document, json, kind_of, look, printable,
    text,
};
use seal::VerifierKey;
use store::Entries;
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
    /// Also derive every figure from the log, and compare it with each month that was filed
    #[arg(long)]
    facts: bool,
    /// An answer that somebody handed over, as JSON; compared figure by figure; may be repeated
    #[arg(long = "claims", value_name = "FILE", requires = "facts")]
    claims: Vec<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

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
    let Checked { report, facts } = checked;
    let text = if arguments.json {
        let mut whole = json(report);
        if let Some(facts) = facts {
            whole["facts"] = facts.json();
        }
        document(&whole).map_err(|error| PortableFault::Unwritten(error.into()))?
    } else {
        let lines = facts.iter().flat_map(Facts::lines);
        let lines: String = lines.map(|line| line + "\n").collect();
        text(report) + &lines
    };
    // A verdict that nobody could read is not a verdict.
    deliver(&text).map_err(PortableFault::Unwritten)?;
    let is_good = report.is_good() && facts.as_ref().is_none_or(Facts::are_good);
    Ok(if is_good { 0 } else { 1 })
}

/// What can't be said leaves the exit code as it is.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line));
}

fn run(arguments: &Arguments) -> Result<Checked, Failed> {
    let path = &arguments.path;
    let claims = read_claims(&arguments.claims)?;
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
    let facts = arguments
        .facts
        .then(|| check_facts(arguments, &report, &claims));
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
fn check_facts(arguments: &Arguments, report: &Report, claims: &[Claim]) -> Result<Facts, Failed> {
    let path = &arguments.path;
    let kind = kind_of(path)?;
    if let Some(why) = facts::why_not(kind, report) {
        return Ok(Facts::not_checked(why));
    }
    let log: Arc<dyn Entries> = Arc::new(LogOnly::of_copy(Reader::open(path)?, report.size));
    Facts::check(&log, report, claims, &mut |_| {}).map_err(Failed::Underived)
}
