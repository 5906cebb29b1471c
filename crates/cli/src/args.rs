//! The command line as clap reads it: every subcommand, flag and help text.
//!
//! Invariant: parsing needs no ledger; all that can be refused here is refused here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::payload::BatchBasis;
use domain::{Activity, Day, Division, Mass, PartyId, Sector, SiteId, Track};

use crate::keys::Access;
use crate::output::Form;
use crate::place::LEDGER_VARIABLE;

/// Traceability ledger for rare earths: record, replay, verify
#[derive(Debug, Parser)]
#[command(name = "ytterby", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done or valid, 1 findings or refusal, 2 usage, 3 fault.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub ledger: LedgerPlace,
    #[command(subcommand)]
    pub command: Command,
}

/// Which ledger.
#[derive(Debug, Clone, Args)]
pub(crate) struct LedgerPlace {
    /// Folder of the ledger [default: the nearest .ytterby folder upward]
    #[arg(long = "ledger", value_name = "DIR", env = LEDGER_VARIABLE, global = true)]
    pub folder: Option<PathBuf>,
    #[command(flatten)]
    pub access: Access,
}

/// Who signs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Signing {
    /// Party that signs
    #[arg(long = "as", value_name = "PARTY")]
    pub signer: PartyId,
    /// Its key file [default: keys/PARTY.pem in the ledger's folder]
    #[arg(long = "key", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// When it happened, such as 2024-03-05 or "2024-03-05 14:30" [default: now]
    #[arg(long, value_name = "TIME")]
    pub occurred: Option<String>,
    /// Show what would be signed and append nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play a national year with planted offences into a new ledger, then show the reports
    Demo(Demo),
    /// Found a ledger: make its keys and sign its first event
    Found(Found),
    /// Make key files
    #[command(subcommand)]
    Key(KeyCommand),
    /// Register and list parties
    #[command(subcommand)]
    Party(PartyCommand),
    /// License and list sites
    #[command(subcommand)]
    Site(SiteCommand),
    /// Show quota, or set indicators and allocate, move or deduct it
    Quota(QuotaArguments),
    /// Sign and append events from JSON Lines or CSV files
    Record(Record),
    /// Check every hash, link, signature and checkpoint of a ledger
    Verify(Verify),
    /// Show a ledger's head, keys and sizes, or one entry
    Inspect(Inspect),
    /// Make the indexes anew from the log
    Rebuild,
    /// Show an enterprise's flow record: every movement
    Flows(Flows),
    /// Show an enterprise's month, per product, with opening and closing balance
    Statement(StatementReport),
    /// Show what a party holds, lot by lot
    Balance(BalanceReport),
    /// List what looks wrong; exit 1 if anything does
    Findings(Findings),
    /// Replay the whole log and print the digest of the state it gives
    Replay {
        #[command(flatten)]
        as_of: AsOf,
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder of the new ledger
    #[arg(value_name = "DIR", default_value = "demo-ledger")]
    pub folder: PathBuf,
    /// Another seed plays another year
    #[arg(long, default_value_t = 2024)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Found {
    /// Folder to found it in
    #[arg(value_name = "DIR", default_value = ".ytterby")]
    pub folder: PathBuf,
    /// Name of the ledger
    #[arg(long)]
    pub name: String,
    /// Name of the log in checkpoints, such as ledger.example/rare-earths
    #[arg(long)]
    pub origin: String,
    /// Party that is the authority
    #[arg(long)]
    pub authority: PartyId,
    /// Names of the authority, as ZH=EN
    #[arg(long, value_name = "ZH=EN")]
    pub authority_names: String,
    /// Party that runs the node
    #[arg(long)]
    pub operator: PartyId,
    /// Names of the operator, as ZH=EN
    #[arg(long, value_name = "ZH=EN")]
    pub operator_names: String,
    /// Write key files without passphrase (mode 0600 still)
    #[arg(long)]
    pub plain_keys: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key and the key that may follow it
    New {
        /// Party they are for; the files are PARTY.pem and PARTY.next.pem
        party: PartyId,
        /// Folder for them [default: keys in the ledger's folder]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Write them without passphrase (mode 0600 still)
        #[arg(long)]
        plain: bool,
    },
    /// List every registered key with its party and the positions it is valid for
    List {
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PartyCommand {
    /// Register a party with the key files that `ytterby key new` made for it
    Add(Box<PartyAdd>),
    /// List registered parties
    List {
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PartyAdd {
    /// Unified social credit code or LEI
    pub party: PartyId,
    /// Its names, as ZH=EN
    #[arg(long, value_name = "ZH=EN")]
    pub names: String,
    /// GB/T 2260 code of its domicile or area
    #[arg(long)]
    pub division: Division,
    /// Activities of an enterprise
    #[arg(long, value_delimiter = ',', conflicts_with_all = ["sector", "auditor"], required_unless_present_any = ["sector", "auditor"])]
    pub activities: Vec<Activity>,
    /// Department of a regulator
    #[arg(long, conflicts_with = "auditor")]
    pub sector: Option<Sector>,
    /// It is an auditor
    #[arg(long)]
    pub auditor: bool,
    /// Group that the enterprise belongs to
    #[arg(long)]
    pub group: Option<domain::Code>,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SiteCommand {
    /// License a site for an activity
    Add(SiteAdd),
    /// List licensed sites
    List {
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SiteAdd {
    /// The site, as PARTY/CODE
    pub site: SiteId,
    #[arg(long)]
    pub activity: Activity,
    /// Number of the licence
    #[arg(long)]
    pub licence: String,
    /// GB/T 2260 code of the place
    #[arg(long)]
    pub division: Division,
    /// REO it may produce in a year, such as 5000t
    #[arg(long)]
    pub capacity: Mass,
    /// First day of validity
    #[arg(long)]
    pub from: Day,
    /// Last day of validity
    #[arg(long)]
    pub until: Day,
    #[command(flatten)]
    pub signing: Signing,
}

/// As of when a report is given.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AsOf {
    /// Only what was known then: a position, or a time such as 2024-03-31
    #[arg(long, value_name = "POSITION|TIME")]
    pub as_of: Option<String>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct QuotaArguments {
    #[command(subcommand)]
    pub command: Option<QuotaCommand>,
    #[command(flatten)]
    pub report: QuotaReport,
}

#[derive(Debug, Default, Args)]
pub(crate) struct QuotaReport {
    /// Year [default: the year of the newest event]
    #[arg(long)]
    pub year: Option<u16>,
    /// Only this enterprise, group, or `nation`
    #[arg(long, value_name = "HOLDER")]
    pub holder: Option<String>,
    /// List the events that each figure is the sum of
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub(crate) struct StatementReport {
    /// The enterprise
    pub party: PartyId,
    /// The month, as YYYY-MM
    #[arg(long)]
    pub month: domain::Month,
    /// List the events that each figure is the sum of
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub(crate) struct Flows {
    /// The enterprise
    pub party: PartyId,
    /// The month, as YYYY-MM [default: all]
    #[arg(long)]
    pub month: Option<domain::Month>,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub(crate) struct BalanceReport {
    /// The party
    pub party: PartyId,
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

#[derive(Debug, Default, Args)]
pub(crate) struct Findings {
    /// Only about this party
    #[arg(long)]
    pub party: Option<PartyId>,
    /// Only this code, such as Q01
    #[arg(long)]
    pub code: Option<projection::FindingCode>,
    /// Only this severity
    #[arg(long, value_parser = ["info", "warning", "violation"])]
    pub severity: Option<String>,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuotaCommand {
    /// Set a national indicator
    Set(QuotaSet),
    /// Allocate quota to an enterprise or a group
    Allocate(QuotaAllocate),
    /// Move quota between holders
    Move(QuotaMove),
    /// Deduct quota after a penalty
    Deduct(QuotaDeduct),
}

/// A batch of one year's quota.
#[derive(Debug, Clone, Args)]
pub(crate) struct Batch {
    #[arg(long)]
    pub year: u16,
    /// MiningRock, MiningIon or Separation
    #[arg(long)]
    pub track: Track,
    /// Amount of REO, such as 124860t
    #[arg(long)]
    pub amount: Mass,
    /// Number of the instrument
    #[arg(long)]
    pub instrument: String,
    /// Day of the instrument
    #[arg(long)]
    pub issued: Day,
}

#[derive(Debug, Args)]
pub(crate) struct QuotaSet {
    #[command(flatten)]
    pub batch: Batch,
    /// Number of the batch in its year
    #[arg(long, default_value_t = 1)]
    pub batch_number: u8,
    /// Whether the amount adds to earlier batches or includes them
    #[arg(long, default_value = "incremental")]
    pub basis: BatchBasis,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
pub(crate) struct QuotaAllocate {
    /// Party or group that holds it
    pub holder: String,
    #[command(flatten)]
    pub set: QuotaSet,
}

#[derive(Debug, Args)]
pub(crate) struct QuotaMove {
    /// Party or group that gives
    #[arg(long)]
    pub from: String,
    /// Party or group that gets
    #[arg(long)]
    pub to: String,
    #[command(flatten)]
    pub batch: Batch,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
pub(crate) struct QuotaDeduct {
    /// Party whose quota is cut
    pub party: PartyId,
    #[arg(long)]
    pub year: u16,
    #[arg(long)]
    pub track: Track,
    /// Amount of REO; the law gives no formula
    #[arg(long)]
    pub amount: Mass,
    /// Id of the event that imposed the penalty
    #[arg(long)]
    pub penalty: domain::EventId,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
#[command(
    after_help = "CSV has one column set per kind of event: `ytterby record --template lot-mined` prints one."
)]
pub(crate) struct Record {
    /// JSON Lines or CSV files; - reads standard input as JSON Lines
    #[arg(required_unless_present = "template")]
    pub files: Vec<PathBuf>,
    /// Print the CSV columns for a kind of event, with an example row
    #[arg(long, value_name = "EVENT", conflicts_with = "files")]
    pub template: Option<String>,
    /// Party that signs
    #[arg(
        long = "as",
        value_name = "PARTY",
        required_unless_present = "template"
    )]
    pub party: Option<PartyId>,
    /// Its key file [default: keys/PARTY.pem in the ledger's folder]
    #[arg(long = "key", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Check and show everything, append nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Folder of the ledger
    pub path: PathBuf,
    /// Check only the newest signature of each author's keys; the chain vouches for those before it
    #[arg(long)]
    pub chained: bool,
    /// The log's verifier key (name+hash+key), from your own notes instead of from the log
    #[arg(long, value_name = "KEY")]
    pub log_key: Option<String>,
    /// Entries that the log is known to have held; a shorter log has lost its tail
    #[arg(long, value_name = "SIZE", default_value_t = 0)]
    pub at_least: u64,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Position of one entry to show
    #[arg(long, value_name = "POSITION")]
    pub entry: Option<u64>,
    /// Print its receipt (tlog-proof) instead
    #[arg(long, requires = "entry")]
    pub receipt: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}
