//! The questions of a working day on the command line: what is to be done, what is under way, what something is.
//!
//! Invariant: they take the same `--as-of`, `--json` and `--csv` as reports. Knows no answer.

use clap::{Args, Subcommand};
use domain::Division;

use crate::AsOf;
use crate::form::Form;

#[derive(Debug, Subcommand)]
pub enum Daily {
    /// List what is to be done today, by an enterprise or in a division
    ///
    /// Returns, receipts, findings, licences that end, quota that runs out.
    Today(Today),
    /// List what is under way to an enterprise and not yet received
    Inbox(Inbox),
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
pub struct Show {
    /// A position, PARTY/LOT, PARTY/SITE, a party by id or name, or the beginning of an event's id, a finding's id or a
    /// shipment's code
    pub id: String,
    #[command(flatten)]
    pub as_of: AsOf,
    #[command(flatten)]
    pub form: Form,
}
