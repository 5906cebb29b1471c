//! Reports and the enterprise's own acts of the month on the command line.
//!
//! Invariant: every report takes the same `--as-of`, `--json` and `--csv`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use desk::keys::KeyPlace;
use domain::{Division, PartyId};

use crate::access::key_place;
use crate::form::Form;
use crate::{QuotaCommand, Signing};

/// As of when a report is given.
#[derive(Debug, Clone, Default, Args)]
pub struct AsOf {
    /// Only what was known then: a position, or a time such as 2024-03-31
    #[arg(long, value_name = "POSITION|TIME")]
    pub as_of: Option<String>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct QuotaArguments {
    #[command(subcommand)]
    pub command: Option<QuotaCommand>,
    #[command(flatten)]
    pub report: QuotaReport,
}

#[derive(Debug, Default, Args)]
pub struct QuotaReport {
    /// Year [default: the newest year for which quota was set or allocated]
    #[arg(long)]
    pub year: Option<u16>,
    /// Only this enterprise, group, or `nation`
    #[arg(long, value_name = "HOLDER")]
    pub holder: Option<String>,
    /// Only enterprises of this division: a county sees its county
    #[arg(long)]
    pub division: Option<Division>,
    /// List the events that each figure is the sum of
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct StatementReport {
    /// The enterprise, by id or name
    pub party: String,
    /// The month, as YYYY-MM
    #[arg(long)]
    pub month: domain::Month,
    /// Put every movement into the month in which it happened, whenever it became known
    #[arg(long, conflicts_with = "explain")]
    pub as_known: bool,
    /// List the events that each figure is the sum of
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Flows {
    /// The enterprise, by id or name
    pub party: String,
    /// The month, as YYYY-MM [default: all]
    #[arg(long)]
    pub month: Option<domain::Month>,
    /// Only what was received since then and changes what was known: corrections, and events of closed months
    #[arg(long, value_name = "TIME")]
    pub changes_since: Option<String>,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct BalanceReport {
    /// The party, by id or name
    pub party: String,
    /// Only this site, by its code
    #[arg(long)]
    pub site: Option<domain::Code>,
    /// List the events that each figure is the sum of
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct MaterialReport {
    /// The site, as PARTY/CODE: the material balance area
    pub site: String,
    /// Only this element instead of all
    #[arg(long)]
    pub element: Option<domain::Element>,
    /// List the movements that each period is the sum of
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct ConservationReport {
    /// Only this element, by the compositions that are known now
    #[arg(long, conflicts_with = "explain")]
    pub element: Option<domain::Element>,
    /// List the events that each term is the sum of
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Default, Args)]
pub struct Findings {
    /// Show this one in full, by the beginning of its id
    #[arg(value_name = "FINDING")]
    pub finding: Option<String>,
    /// Only about this party, by id or name
    #[arg(long)]
    pub party: Option<String>,
    /// Only this code, such as Q01
    #[arg(long)]
    pub code: Option<answers::FindingCode>,
    /// Only this severity
    #[arg(long)]
    pub severity: Option<answers::Severity>,
    /// Only parties of this division: a county sees its county
    #[arg(long)]
    pub division: Option<Division>,
    /// Also findings that a regulator explained or dismissed
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// Folder of a ledger, tlog-tiles folder, pack, extract, receipt, or evidence
    pub path: PathBuf,
    /// Check only the newest signature of each author's keys; the chain vouches for those before it
    #[arg(long)]
    pub chained: bool,
    /// The log's verifier key (name+hash+key), from your own notes instead of from the log
    #[arg(long, value_name = "KEY")]
    pub log_key: Option<signing::VerifierKey>,
    /// For a receipt or evidence: ledger, folder or pack of the log, which tells whose the keys are
    #[arg(long, value_name = "COPY")]
    pub log: Option<PathBuf>,
    /// Entries that the log is known to have held; a shorter log has lost its tail
    #[arg(long, value_name = "SIZE", default_value_t = 0)]
    pub at_least: u64,
    /// File in which the highest good checkpoint of each log and its keys are remembered; the log must continue them
    #[arg(long, value_name = "FILE")]
    pub remember: Option<PathBuf>,
    /// Policy (C2SP tlog-policy): the checkpoint must be cosigned by its quorum of witnesses; of evidence, it names the log's key
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Also derive every figure from the log, and compare it with each month that was filed
    #[arg(long)]
    pub facts: bool,
    /// A report that somebody handed over, as JSON; compared figure by figure; may be repeated
    #[arg(long = "claims", value_name = "FILE", requires = "facts")]
    pub claims: Vec<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Cosign {
    /// Policy (C2SP tlog-policy) that names the witnesses, their addresses and the quorum [default: the ledger's own, as
    /// `ytterby acknowledge` keeps it]
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Seconds that one request may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub timeout: u64,
    #[command(flatten)]
    pub form: Form,
}

/// When an event counts as acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// As soon as it is durable.
    Durable,
    /// Once the quorum of the policy has cosigned a checkpoint that covers it.
    Witnessed,
}

#[derive(Debug, Args)]
pub struct Acknowledging {
    /// From now on acknowledge events when they are this [default: show which]
    #[arg(value_enum)]
    pub when: Option<When>,
    /// Policy (C2SP tlog-policy) that names the witnesses, their addresses and the quorum; the ledger keeps a copy
    #[arg(long, value_name = "FILE", required_if_eq("when", "witnessed"))]
    pub policy: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RunWitness {
    /// Folder in which it keeps the newest checkpoints, and evidence
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Name it cosigns under, best its address, such as witness.example/north
    #[arg(long)]
    pub name: String,
    /// Its key file, or the pkcs11: URI of its key in a token, used for nothing else: `ytterby key new` makes one
    #[arg(long = "key", value_name = "FILE|URI", value_parser = key_place())]
    pub key: KeyPlace,
    /// Verifier key of a log that it cosigns for; may be repeated, also with the keys of one log, the oldest first
    #[arg(long = "log", value_name = "KEY", required = true)]
    pub logs: Vec<signing::VerifierKey>,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7117")]
    pub listen: std::net::SocketAddr,
    /// Be a mirror of one log: cosign only what this copy of it holds and the verifier finds good. DIR follows the log
    /// (`ytterby follow`), or is a copy as `ytterby export` writes it; both may grow while the witness runs
    #[arg(long, value_name = "DIR")]
    pub mirror: Option<PathBuf>,
    /// Connections that it holds at once
    #[arg(long, value_name = "COUNT", default_value = "256")]
    pub connections: NonZeroUsize,
    /// Connections by one address, or one IPv6 network; behind a proxy, which is one address, as many as in all
    #[arg(long, value_name = "COUNT", default_value = "16")]
    pub by_address: NonZeroUsize,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// One entry to show: its position, its id, or the beginning of its id
    #[arg(long, value_name = "EVENT")]
    pub entry: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ReceiptOf {
    /// Position or id of the event, or the beginning of its id
    #[arg(value_name = "EVENT")]
    pub event: String,
    /// File to write; one of this name is replaced [default: print it]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Close {
    /// The enterprise that files; it signs
    pub party: PartyId,
    /// The month, as YYYY-MM
    #[arg(long)]
    pub month: domain::Month,
    /// Its key file, or the pkcs11: URI of its key in a token [default: keys/PARTY.pem in the ledger's folder]
    #[arg(long = "key", value_name = "FILE|URI", value_parser = key_place())]
    pub key: Option<KeyPlace>,
    /// Append nothing; write what was signed and waits into this file, for the operator: `ytterby take`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Show the statement and sign nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct ReturnsReport {
    /// The month, as YYYY-MM
    #[arg(long)]
    pub month: domain::Month,
    /// Only parties of this division: a county sees its county
    #[arg(long)]
    pub division: Option<Division>,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Correct {
    /// Position or id of the event
    pub event: String,
    /// Why it is corrected
    #[arg(long)]
    pub reason: String,
    /// JSON file with what is right; without it and --set the event did not occur
    #[arg(long, value_name = "FILE")]
    pub replacement: Option<PathBuf>,
    /// One field that is right otherwise, such as quantity.net_kg=24990; may be repeated
    #[arg(long, value_name = "FIELD=VALUE", conflicts_with = "replacement")]
    pub set: Vec<String>,
    /// Position of the correction that stands in its place and is wrong too
    #[arg(long, value_name = "POSITION")]
    pub instead_of: Option<u64>,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
pub struct Trace {
    /// The lot, as PARTY/CODE
    pub lot: String,
    /// Where it went, instead of where it came from
    #[arg(long)]
    pub forward: bool,
    /// Steps to follow
    #[arg(long, default_value_t = 32)]
    pub depth: u32,
    /// Weigh sources by this element instead of all REO
    #[arg(long, conflicts_with = "forward")]
    pub element: Option<domain::Element>,
    /// Print Graphviz text
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    pub dot: bool,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct TaintReport {
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Label {
    /// The lot, as PARTY/CODE
    pub lot: String,
    #[command(flatten)]
    pub as_of: AsOf,
}

#[derive(Debug, Args)]
pub struct Export {
    /// Folder for the tiles, or an earlier export of this log, which is brought up to date
    #[arg(
        value_name = "DIR",
        conflicts_with = "pack",
        required_unless_present = "pack"
    )]
    pub out: Option<PathBuf>,
    /// Write one file instead, in place of one of this name: the same log gives the same bytes
    #[arg(long, value_name = "FILE")]
    pub pack: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ExtractFile {
    /// The enterprise
    pub party: PartyId,
    /// The file; one of this name is replaced
    #[arg(value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct PagesReport {
    /// The month, as YYYY-MM
    #[arg(long)]
    pub month: domain::Month,
    /// Folder for the pages; those of an earlier run are replaced
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub as_of: AsOf,
}
