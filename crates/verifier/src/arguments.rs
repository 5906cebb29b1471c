//! What `ytterby-verify` can be asked.
//!
//! Invariant: everything but what was handed over is optional, and what is not given is said not to have been checked.

use std::path::PathBuf;

use clap::Parser;
use signing::VerifierKey;

/// Check every hash, link, signature and the checkpoint of a copy of a Ytterby log, or a receipt, or evidence
#[derive(Debug, Parser)]
#[command(name = "ytterby-verify", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 good, 1 not good, 2 usage, 3 could not read, or the verdict could not be written."
)]
pub(crate) struct Arguments {
    /// tlog-tiles folder or pack (`ytterby export`), extract (`ytterby extract`), receipt (`ytterby receipt`) or evidence
    pub(crate) path: PathBuf,
    /// Check only the newest signature of each author's keys; the author's chain vouches for those before it
    #[arg(long)]
    pub(crate) chained: bool,
    /// The log's verifier key (name+hash+key), from your own notes instead of from the log
    #[arg(long, value_name = "KEY")]
    pub(crate) log_key: Option<VerifierKey>,
    /// For a receipt or evidence: folder or pack of the log, which tells whose the keys are
    #[arg(long, value_name = "COPY")]
    pub(crate) log: Option<PathBuf>,
    /// Entries that the log is known to have held; a shorter log has lost its tail
    #[arg(long, value_name = "SIZE", default_value_t = 0)]
    pub(crate) at_least: u64,
    /// File in which the highest good checkpoint of each log and its keys are remembered; the log must continue them
    #[arg(long, value_name = "FILE")]
    pub(crate) remember: Option<PathBuf>,
    /// Policy (C2SP tlog-policy): the checkpoint must be cosigned by its quorum of witnesses; of evidence, it names the log's key
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Also derive every figure from the log, and compare it with each month that was filed
    #[arg(long)]
    pub(crate) facts: bool,
    /// An answer that somebody handed over, as JSON; compared figure by figure; may be repeated
    #[arg(long = "claims", value_name = "FILE", requires = "facts")]
    pub(crate) claims: Vec<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
