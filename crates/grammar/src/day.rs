//! A working day on the command line: what is to be done, what is under way and received, what something is.
//!
//! Invariant: questions take the same `--as-of`, `--json` and `--csv` as reports. Knows no answer.

use clap::{Args, Subcommand};
use domain::{Code, Division, Note};

use crate::form::Form;
use crate::{AsOf, Signing};

#[derive(Debug, Subcommand)]
pub enum Daily {
    /// List what is to be done today, by an enterprise or in a division
    ///
    /// Returns, receipts, findings, licences that end, quota that runs out.
    Today(Today),
    /// List what is under way to an enterprise and not yet received
    Inbox(Inbox),
    /// Receive a shipment: filled in from the dispatch, line by line
    ///
    /// `ytterby inbox PARTY` lists what is under way, with the numbers of its lines.
    Receive(Box<Receive>),
    /// List shipments from both sides: sent, received, what differs
    Shipments(Shipments),
    /// List exports against the licences that they name
    Exports(Exports),
    /// Show whatever has this name: a party, lot, event, finding ...
    ///
    /// A party, site, lot, shipment, event or finding.
    Show(Show),
}

#[derive(Debug, Args)]
pub struct Today {
    /// Only what this enterprise has to see to, by id or name
    #[arg(long, conflicts_with = "division")]
    pub party: Option<String>,
    /// Only enterprises of this division
    #[arg(long)]
    pub division: Option<Division>,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Inbox {
    /// The enterprise, by id or name
    pub party: String,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Shipments {
    /// Only those that this enterprise sent or receives, by id or name
    #[arg(long)]
    pub party: Option<String>,
    /// Only those whose sender or receiver is in this division
    #[arg(long)]
    pub division: Option<Division>,
    /// Only sales without an invoice
    #[arg(long)]
    pub uninvoiced: bool,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Exports {
    /// Only those of this enterprise, by id or name
    #[arg(long)]
    pub party: Option<String>,
    /// Only those of exporters in this division
    #[arg(long)]
    pub division: Option<Division>,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Receive {
    /// Code of the shipment, or the beginning of its dispatch's id
    pub shipment: String,
    /// Site that it came to [default: that of an earlier part, or the only one]
    #[arg(long, value_name = "CODE")]
    pub site: Option<Code>,
    /// Receive every line that is not named as it was sent
    #[arg(long, conflicts_with = "part")]
    pub all: bool,
    /// What came of a line: its net mass in kilograms, and REO where it was assayed; may be repeated
    #[arg(long, value_name = "LINE=KG[,REO_KG]")]
    pub set: Vec<String>,
    /// A line that goes back; may be repeated
    #[arg(long, value_name = "LINE=REASON")]
    pub reject: Vec<String>,
    /// Why lines differ from what was sent
    #[arg(long)]
    pub reason: Option<Note>,
    /// More of it will come: what is not named stays under way
    #[arg(long)]
    pub part: bool,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
pub struct Show {
    /// A position, PARTY/LOT, PARTY/SITE, a party by id or name, or the beginning of an event's id, a finding's id or a
    /// shipment's code
    pub id: String,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}
