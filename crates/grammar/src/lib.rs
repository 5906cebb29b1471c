//! The command line as clap reads it: every subcommand, flag and help text.
//!
//! Invariant: parsing needs no ledger; all that can be refused here is refused here.

mod access;
mod amend;
mod by_file;
mod day;
mod form;
pub mod help;
mod keys;
mod office;
mod reports;
mod version;

pub use access::*;
pub use amend::*;
pub use by_file::*;
pub use day::*;
pub use form::*;
pub use keys::*;
pub use office::*;
pub use reports::*;

use std::path::PathBuf;

use answers::explanations::Code;
use clap::{Args, Parser, Subcommand};
use desk::keys::KeyPlace;
use domain::PartyId;
use domain::payload::SealedKind;

/// Traceability ledger for rare earths: record, replay, verify
#[derive(Debug, Parser)]
#[command(name = "ytterby", version, long_version = version::LONG, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done or valid, 1 findings or refusal, 2 usage, 3 fault.")]
pub struct Arguments {
    #[command(flatten, next_help_heading = "Options of every command")]
    pub ledger: LedgerPlace,
    #[command(subcommand)]
    pub command: Command,
}

/// Which ledger.
#[derive(Debug, Clone, Args)]
pub struct LedgerPlace {
    /// Folder of the ledger [default: YTTERBY_LEDGER, or the nearest .ytterby folder upward]
    #[arg(long = "ledger", value_name = "DIR", global = true)]
    pub folder: Option<PathBuf>,
    #[command(flatten)]
    pub access: Access,
}

/// Who signs, and when.
#[derive(Debug, Clone, Args)]
pub struct Signing {
    /// Party that signs
    #[arg(long = "as", value_name = "PARTY")]
    pub signer: PartyId,
    /// Its key file, or the pkcs11: URI of its key in a token; may be repeated, for acts that need several signatures
    /// [default: keys/PARTY.pem in the ledger's folder]
    #[arg(long = "key", value_name = "FILE|URI", value_parser = key_place())]
    pub keys: Vec<KeyPlace>,
    /// When it happened, such as 2024-03-05 or "2024-03-05 14:30" [default: now]
    #[arg(long, value_name = "TIME")]
    pub occurred: Option<String>,
    /// Write the act into this file without signing it, for several people to sign: `ytterby sign`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["keys", "out"])]
    pub prepare: Option<PathBuf>,
    /// Append nothing; write what was signed and waits into this file, for the operator: `ytterby take`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Show what would be signed and append nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
}

impl Signing {
    /// A party that signs with one key and says no more.
    pub fn by(signer: PartyId, key: Option<KeyPlace>) -> Self {
        Self {
            signer,
            keys: key.into_iter().collect(),
            occurred: None,
            prepare: None,
            out: None,
            dry_run: false,
            yes: false,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play an invented year into a new ledger and show its reports
    Demo(Demo),
    /// Found a ledger: make its keys and sign its first event
    Found(Found),
    /// Keep a verified copy of a log that is elsewhere, and work on it
    Follow(Follow),
    /// Admit events that were signed elsewhere, as the operator
    ///
    /// A signed founding founds the ledger.
    Take(Take),
    /// Check the operator's receipts against what was sent
    Receipts(ReceiptsCheck),
    /// Add a signature to an act that was prepared with --prepare
    Sign(Sign),
    /// Make, request, list, rotate, add, revoke and recover keys
    ///
    /// And object to one that an office granted to your party.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Register, amend and list parties
    #[command(subcommand)]
    Party(PartyCommand),
    /// License sites, amend licences and list them
    #[command(subcommand)]
    Site(SiteCommand),
    /// Show quota, or set indicators and allocate, move or deduct it
    Quota(QuotaArguments),
    /// Sign and append events from workbooks, CSV or JSON Lines
    ///
    /// Sheets have one set of columns for each kind of event: `ytterby template lot-mined` prints one. What was recorded before
    /// is left out and said, so a run that was cut off goes on when it is started again.
    Record(Record),
    /// Print the columns of a kind of event, or write a workbook for it
    Template(Template),
    /// Check a ledger, a copy, an extract, a receipt or evidence
    ///
    /// Every hash, link, signature and checkpoint of it.
    Verify(Verify),
    /// Write a copy of the log that anybody can check without a ledger
    ///
    /// A folder in the layout of C2SP tlog-tiles, or one file.
    Export(Export),
    /// Write all that one enterprise signed, with proof that it is all
    Extract(ExtractFile),
    /// Write the receipt of one event: the proof that it is in the log
    Receipt(ReceiptOf),
    /// Commit to every author's newest event, as the operator
    ///
    /// So that extracts prove that nothing was left out.
    Heads {
        /// Show what would be signed and append nothing
        #[arg(long)]
        dry_run: bool,
        /// Sign without asking
        #[arg(long)]
        yes: bool,
    },
    /// Ask witnesses to cosign the newest checkpoint
    Cosign(Cosign),
    /// Say when events count as acknowledged: durable or witnessed
    Acknowledge(Acknowledging),
    /// Run a witness, which cosigns checkpoints over HTTP
    ///
    /// It never cosigns two histories of one log.
    Witness(RunWitness),
    /// Show a ledger's head, keys and sizes, or one entry
    Inspect(Inspect),
    /// Rebuild the indexes from the log
    Rebuild,
    #[command(flatten)]
    Daily(Daily),
    /// Show an enterprise's flow record: every movement
    Flows(Flows),
    /// Show an enterprise's month per product, from opening to closing
    Statement(StatementReport),
    /// Show what a party holds, lot by lot
    Balance(BalanceReport),
    /// Show a site's material balance from count to count, with MUF
    Material(MaterialReport),
    /// Show where all that was created is: held, under way or gone
    ///
    /// What is left over is a difference, and has a name.
    Conservation(ConservationReport),
    /// List what looks wrong; exit 1 if any of it is unsettled
    Findings(Findings),
    /// Explain the code of a finding or an error, and what to do
    Explain {
        /// Code such as Q01 or unknown-party [default: list all codes]
        #[arg(value_parser = explained_code)]
        code: Option<Code>,
        #[command(flatten)]
        form: Form,
    },
    /// Rule on a finding: explained, confirmed or dismissed
    Rule(Rule),
    #[command(flatten)]
    Supervision(Supervision),
    #[command(flatten)]
    Amending(Amending),
    /// File a month: show its statement and sign it
    Close(Close),
    /// Show the returns of a month: filed, late, missing, mismatched
    Returns(ReturnsReport),
    /// Correct an event of your own that is wrong or did not occur
    Correct(Correct),
    /// List, show, disclose, check and erase confidential details
    #[command(subcommand)]
    Detail(DetailCommand),
    /// Write one HTML page for the nation and one for each enterprise
    Report(PagesReport),
    /// Show where a lot came from, or where it went
    Trace(Trace),
    /// List every lot downstream of a sealed lot, with its share
    Taint(TaintReport),
    /// Print what the package mark of a lot must name (GB 39176-2020)
    Label(Label),
    /// Replay the whole log and print the digest of its state
    Replay {
        #[command(flatten)]
        as_of: AsOf,
        #[command(flatten)]
        form: Form,
    },
    /// Print the completions of a shell
    Completions { shell: clap_complete::Shell },
    /// Write the man pages of all commands
    Man {
        /// Folder for them; those of an earlier run are replaced
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

fn explained_code(text: &str) -> Result<Code, String> {
    let code = text.parse();
    code.map_err(|why: String| format!("{why}; `ytterby explain` lists all"))
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Folder of the new ledger
    #[arg(value_name = "DIR", default_value = "demo-ledger")]
    pub folder: PathBuf,
    /// Another seed plays another year
    #[arg(long, default_value_t = 2024)]
    pub seed: u64,
}

#[derive(Debug, Subcommand)]
pub enum DetailCommand {
    /// List what events sealed, and whether the values are here, erased or missing
    List {
        /// Only events of this party
        #[arg(long)]
        party: Option<PartyId>,
        #[command(flatten)]
        form: Form,
    },
    /// Show the values of an event, each checked against its commitment
    Show {
        /// Position or id of the event, or the beginning of its id
        event: String,
        #[command(flatten)]
        form: Form,
    },
    /// Write values and salts of an event into a file for one reader
    Disclose {
        /// Position or id of the event, or the beginning of its id
        event: String,
        /// File to write; it must not exist
        #[arg(value_name = "FILE")]
        out: PathBuf,
        /// Only this field; may be repeated [default: all]
        #[arg(long = "field", value_name = "FIELD")]
        fields: Vec<SealedKind>,
    },
    /// Check a file that `detail disclose` wrote against this ledger
    Check {
        file: PathBuf,
        #[command(flatten)]
        form: Form,
    },
    /// Log the erasure of a value, then remove it and its salt
    Erase(Box<DetailErase>),
}

#[derive(Debug, Args)]
pub struct DetailErase {
    /// Position or id of the event, or the beginning of its id
    pub event: String,
    #[arg(long)]
    pub field: SealedKind,
    #[command(flatten)]
    pub instrument: InstrumentFlags,
    #[command(flatten)]
    pub signing: Signing,
}

/// `template`.
#[derive(Debug, clap::Args)]
pub struct Template {
    /// Kind of event, such as lot-mined [default: list all kinds]
    pub event: Option<String>,
    /// Write a workbook with lists of allowed values and a sheet that explains the columns
    #[arg(long)]
    pub xlsx: bool,
    /// Chinese headings in the workbook
    #[arg(long, requires = "xlsx")]
    pub chinese: bool,
    /// The workbook [default: EVENT.xlsx]
    #[arg(long, value_name = "FILE", requires = "xlsx")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Record {
    /// Workbooks (xlsx, xls, ods), CSV, TSV or JSON Lines; - reads standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Only say what is wrong with the files: needs no ledger and no key. With --out, one sheet comes back with its problems
    #[arg(long, conflicts_with_all = ["party", "key", "dry_run", "yes", "json", "csv"])]
    pub check: bool,
    /// Zone of times in the files
    #[arg(
        long,
        value_name = "OFFSET",
        requires = "check",
        allow_hyphen_values = true,
        default_value = "+08:00"
    )]
    pub zone: domain::Zone,
    /// Party that signs
    #[arg(long = "as", value_name = "PARTY", required_unless_present = "check")]
    pub party: Option<PartyId>,
    /// Its key file, or the pkcs11: URI of its key in a token [default: keys/PARTY.pem in the ledger's folder]
    #[arg(long = "key", value_name = "FILE|URI", value_parser = key_place())]
    pub key: Option<KeyPlace>,
    /// Append nothing; write what was signed and waits into this file, for the operator: `ytterby take`
    ///
    /// With --check: where the sheet with its problems goes.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Record rows again that are in the log or in the outbox already
    #[arg(long, conflicts_with = "check")]
    pub again: bool,
    /// Check and show everything, append nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub form: Form,
}
