//! What travels by file, on the command line: founding, key requests, copies, signed events, receipts.
//!
//! Invariant: no flag names another party's private key.

use std::path::PathBuf;

use clap::Args;
use desk::keys::KeyPlace;
use domain::{Activity, Division, PartyId, Sector};
use signing::VerifierKey;
use token::TokenUri;

use crate::access::key_place;
use crate::form::Form;

#[derive(Debug, Args)]
pub struct Found {
    /// Folder to found it in; without --local, the authority's folder with its keys
    #[arg(value_name = "DIR", default_value = ".ytterby")]
    pub folder: PathBuf,
    /// For a trial on one machine: make the keys of authority and operator here, and found the ledger at once
    #[arg(long, conflicts_with_all = ["request", "out"])]
    pub local: bool,
    /// Request for the log key, as the operator made it with `ytterby key request --log`
    #[arg(long, value_name = "FILE", required_unless_present = "local")]
    pub request: Option<PathBuf>,
    /// File for the signed founding, which the operator takes
    #[arg(long, value_name = "FILE", required_unless_present = "local")]
    pub out: Option<PathBuf>,
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
    /// Make the authority's key in a token, at this pkcs11: URI
    #[arg(long, value_name = "URI", requires = "local")]
    pub authority_token: Option<TokenUri>,
    /// Make the log key in a token, at this pkcs11: URI
    #[arg(long, value_name = "URI", requires = "local")]
    pub operator_token: Option<TokenUri>,
    /// Write key files without passphrase (mode 0600 still)
    #[arg(long)]
    pub plain_keys: bool,
    /// Sign the founding without asking
    #[arg(long)]
    pub yes: bool,
}

/// What is said of a party besides its key.
#[derive(Debug, Args)]
pub struct PartyFacts {
    /// Its names, as ZH=EN
    #[arg(long, value_name = "ZH=EN")]
    pub names: Option<String>,
    /// GB/T 2260 code of its domicile or area
    #[arg(long)]
    pub division: Option<Division>,
    /// Activities of an enterprise
    #[arg(long, value_delimiter = ',', conflicts_with_all = ["sector", "auditor"])]
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
}

#[derive(Debug, Args)]
pub struct KeyRequested {
    /// Party whose key it is
    pub party: PartyId,
    /// File to write; one of this name is replaced
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Folder with its key files [default: keys in the ledger's folder]
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// Name of the log that the key is for, where no ledger or copy is here yet
    #[arg(long)]
    pub origin: Option<String>,
    /// Ask for the operator's log key, operator.pem, for a founding
    #[arg(long)]
    pub log: bool,
    #[command(flatten)]
    pub facts: PartyFacts,
}

#[derive(Debug, Args)]
pub struct Follow {
    /// The pack that the operator exported
    #[arg(value_name = "PACK")]
    pub pack: PathBuf,
    /// The log's key, from your own notes; needed for the first copy
    #[arg(long, value_name = "KEY")]
    pub log_key: Option<VerifierKey>,
}

#[derive(Debug, Args)]
pub struct Take {
    /// Files of signed events, of any authors
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// File for the receipts of what is in the log
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ReceiptsCheck {
    /// The receipts
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Signed events that were sent; may be repeated [default: what waits in the folder]
    #[arg(long, value_name = "FILE")]
    pub sent: Vec<PathBuf>,
    /// The log's key, from your own notes [default: as remembered since `ytterby follow`]
    #[arg(long, value_name = "KEY")]
    pub log_key: Option<VerifierKey>,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Sign {
    /// The act, as --prepare wrote it or another one signed it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Key file, or the pkcs11: URI of a key in a token [default: keys/PARTY.pem in the ledger's folder]
    #[arg(long, value_name = "FILE|URI", value_parser = key_place())]
    pub key: Option<KeyPlace>,
    /// Show what would be signed and sign nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
}
