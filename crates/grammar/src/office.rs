//! Acts of office on the command line: parties, sites, quota, seals, inspections, penalties, rules, rulings.
//!
//! Invariant: a flag means the same in every act: the instrument, its day, who signs.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::form::FormError;
use domain::payload::{BatchBasis, Instrument, Ruling};
use domain::{Activity, Day, Division, LotId, Mass, PartyId, SiteId, Track};

use crate::form::Form;
use crate::{AsOf, PartyAmend, PartyFacts, PartySucceed, Signing, SiteAmend};

/// The document that an act rests on.
#[derive(Debug, Clone, Args)]
pub struct InstrumentFlags {
    /// Number of the instrument
    #[arg(long = "instrument", value_name = "NUMBER")]
    pub number: String,
    /// Day of the instrument
    #[arg(long)]
    pub issued: Day,
}

impl InstrumentFlags {
    /// The instrument that the flags name.
    ///
    /// # Errors
    /// The number is not a term.
    pub fn read(&self) -> Result<Instrument, FormError> {
        Ok(Instrument {
            number: self.number.parse()?,
            issued: self.issued,
        })
    }
}

#[derive(Debug, Subcommand)]
pub enum PartyCommand {
    /// Register a party by its key request
    Add(Box<PartyAdd>),
    /// List registered parties
    List {
        #[command(flatten)]
        form: Form,
    },
    /// Restate what the register says of a party: names, division, group, activities
    Amend(Box<PartyAmend>),
    /// State that one enterprise took over from another
    Succeed(PartySucceed),
    /// Suspend a party
    Suspend(StandingAct),
    /// Reinstate a suspended party
    Reinstate(StandingAct),
    /// Strike a party from the register for good
    Delist(StandingAct),
}

#[derive(Debug, Args)]
pub struct PartyAdd {
    /// Unified social credit code or LEI
    pub party: PartyId,
    /// The request that the party made with `ytterby key request`; what it says is taken unless a flag says otherwise
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "local",
        conflicts_with = "local"
    )]
    pub request: Option<PathBuf>,
    /// For a trial on one machine: take its key files from keys in the ledger's folder, as `ytterby key new` made them
    #[arg(long)]
    pub local: bool,
    #[command(flatten)]
    pub facts: PartyFacts,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// License a site for an activity
    Add(Box<SiteAdd>),
    /// Restate a licence, or end it
    Amend(Box<SiteAmend>),
    /// List licensed sites
    List {
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Debug, Args)]
pub struct SiteAdd {
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

#[derive(Debug, Subcommand)]
pub enum QuotaCommand {
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
pub struct Batch {
    #[arg(long)]
    pub year: u16,
    /// MiningRock, MiningIon or Separation
    #[arg(long)]
    pub track: Track,
    /// Amount of REO, such as 124860t
    #[arg(long)]
    pub amount: Mass,
    #[command(flatten)]
    pub instrument: InstrumentFlags,
}

#[derive(Debug, Args)]
pub struct QuotaSet {
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
pub struct QuotaAllocate {
    /// Party or group that holds it
    pub holder: String,
    #[command(flatten)]
    pub set: QuotaSet,
}

#[derive(Debug, Args)]
pub struct QuotaMove {
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
pub struct QuotaDeduct {
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

#[derive(Debug, Subcommand)]
pub enum Supervision {
    /// Seal lots, so that none of them may be moved
    Seal(LotsAct),
    /// Release sealed lots
    Release(LotsAct),
    /// Record an inspection on site, with what was counted
    Inspection(InspectionAct),
    /// Impose a penalty; its event id is what `quota deduct` asks for
    Penalise(PenaltyAct),
    /// Show the rules of a day, or change them from a day on
    #[command(subcommand)]
    Rules(RulesCommand),
}

#[derive(Debug, Args)]
pub struct StandingAct {
    /// The party
    pub party: PartyId,
    #[command(flatten)]
    pub instrument: InstrumentFlags,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
pub struct LotsAct {
    /// Lots, as PARTY/CODE
    #[arg(required = true)]
    pub lots: Vec<LotId>,
    #[command(flatten)]
    pub instrument: InstrumentFlags,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
pub struct InspectionAct {
    /// The site, as PARTY/CODE
    pub site: SiteId,
    /// An inspector; at least two (Order 785 article 19)
    #[arg(long = "inspector", value_name = "NAME", required = true)]
    pub inspectors: Vec<String>,
    /// What was counted of a lot, as PARTY/CODE=NET_KG,REO_KG
    #[arg(long = "counted", value_name = "LOT=NET_KG,REO_KG")]
    pub counted: Vec<String>,
    /// What else was seen
    #[arg(long, default_value = "")]
    pub note: String,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
pub struct PenaltyAct {
    /// The party
    pub party: PartyId,
    /// Article of law, such as "Order 785 article 21"
    #[arg(long)]
    pub article: String,
    /// Fine in yuan, such as 1000000 or 52000.50
    #[arg(long)]
    pub fine: String,
    #[command(flatten)]
    pub instrument: InstrumentFlags,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Args)]
pub struct Rule {
    /// Id of the finding, or its beginning
    pub finding: String,
    /// explained, confirmed or dismissed
    #[arg(long)]
    pub ruling: Ruling,
    /// Why
    #[arg(long, default_value = "")]
    pub note: String,
    #[command(flatten)]
    pub signing: Signing,
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Print the rules of a day as JSON
    Show {
        /// The day [default: the last dated rules, also if they are not in force yet]
        #[arg(long)]
        on: Option<Day>,
        #[command(flatten)]
        as_of: AsOf,
    },
    /// Put other rules into force, from a file that `rules show` printed and you changed
    Change {
        /// The file
        file: PathBuf,
        /// First day on which they hold
        #[arg(long)]
        effective: Day,
        #[command(flatten)]
        signing: Signing,
    },
}
