//! Acts of office on the command line that change what an earlier act said.
//!
//! Invariant: what is not given stays as the register has it, and the act says it all in full. Knows no rule.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::payload::ReferenceTable;
use domain::{Activity, Code, Day, Division, Mass, PartyId, Payload, SiteId};

use crate::form::Form;
use crate::{InstrumentFlags, Signing};

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)))]
pub struct PartyAmend {
    /// The party
    pub party: PartyId,
    /// Its names, as ZH=EN
    #[arg(long, value_name = "ZH=EN", group = "change")]
    pub names: Option<String>,
    /// GB/T 2260 code of its domicile or area
    #[arg(long, group = "change")]
    pub division: Option<Division>,
    /// All activities of the enterprise
    #[arg(long, value_delimiter = ',', group = "change")]
    pub activities: Vec<Activity>,
    /// Group that the enterprise belongs to
    #[arg(long, group = "change")]
    pub group: Option<Code>,
    /// It belongs to no group any more
    #[arg(long, group = "change", conflicts_with = "group")]
    pub no_group: bool,
    /// First day on which this holds in the books
    #[arg(long)]
    pub from: Day,
    #[command(flatten)]
    pub instrument: InstrumentFlags,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
pub struct PartySucceed {
    /// The enterprise that is no more
    pub party: PartyId,
    /// The enterprise that takes over its sites, stock and quota
    pub successor: PartyId,
    /// First day on which they are the successor's
    #[arg(long)]
    pub from: Day,
    #[command(flatten)]
    pub instrument: InstrumentFlags,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)))]
pub struct SiteAmend {
    /// The site, as PARTY/CODE
    pub site: SiteId,
    /// Activity of the licence
    #[arg(long)]
    pub activity: Activity,
    /// Number of the licence
    #[arg(long)]
    pub licence: String,
    /// GB/T 2260 code of the place
    #[arg(long, group = "change")]
    pub division: Option<Division>,
    /// REO it may produce in a year, such as 5000t
    #[arg(long, group = "change")]
    pub capacity: Option<Mass>,
    /// First day on which this holds; the days before stay as they were
    #[arg(long)]
    pub from: Day,
    /// Last day of validity; an early one ends the licence
    #[arg(long, group = "change")]
    pub until: Option<Day>,
    #[command(flatten)]
    pub instrument: InstrumentFlags,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Subcommand)]
pub enum Amending {
    /// List acts of office, or annul one
    #[command(subcommand)]
    Act(ActCommand),
    /// Set rows of dated reference data
    #[command(subcommand)]
    Reference(ReferenceCommand),
}

#[derive(Debug, Subcommand)]
pub enum ActCommand {
    /// List acts of office: what was stated about whom, on which instrument, and what became of it
    List(ActList),
    /// Take back an act of office; it stays in the log
    Annul(ActAnnul),
}

#[derive(Debug, Args)]
pub struct ActList {
    /// Only acts about this party
    #[arg(long, value_name = "PARTY")]
    pub about: Option<String>,
    /// Only acts of this party
    #[arg(long, value_name = "PARTY")]
    pub by: Option<String>,
    /// Only acts of this name, such as penalty-imposed; may be repeated
    #[arg(long = "event", value_name = "EVENT", value_parser = act_name)]
    pub events: Vec<&'static str>,
    #[command(flatten)]
    pub form: Form,
}

/// A name that is not of the table would find nothing, which reads like an answer.
fn act_name(text: &str) -> Result<&'static str, String> {
    let acts = Payload::TABLE.iter().filter(|(number, _)| *number < 32);
    let mut names = acts.map(|(_, name)| *name);
    let known = names.clone().collect::<Vec<_>>().join(", ");
    let found = names.find(|name| *name == text);
    found.ok_or_else(|| format!("there is no act of that name; there are {known}"))
}

#[derive(Debug, Args)]
pub struct ActAnnul {
    /// Position or id of the act
    pub event: String,
    /// Why
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub instrument: InstrumentFlags,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Subcommand)]
pub enum ReferenceCommand {
    /// Set rows of a table from a file of JSON: a list of {"key", "value", "from", "until", "suspensions"}
    Set(ReferenceSet),
}

#[derive(Debug, Args)]
pub struct ReferenceSet {
    /// ore-products, grade-bounds, hs-codes, control-codes, divisions or countries
    pub table: ReferenceTable,
    /// The file
    pub file: PathBuf,
    #[command(flatten)]
    pub instrument: InstrumentFlags,
    #[command(flatten)]
    pub signing: Signing,
}
