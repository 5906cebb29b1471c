//! What a plan is: parties, steps in log order, and what was planted.
//!
//! Invariant: a step's place is its position in the log, so whatever refers to an earlier event names its place; event
//! ids exist only once the player has signed. Knows no keys but their seeds.

use domain::limits::LINES_MAX;
use domain::payload::{Completion, CorrectionCause, DocumentAttached, ReceiptLine, Replacement};
use domain::{Code, Division, List, Mass, Moment, Month, Names, PartyId, PartyKind};
use domain::{Payload, Term, Track};
use serde::Serialize;

/// A year, ready to be signed.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub origin: String,
    /// The authority first, then the operator.
    pub parties: Vec<Party>,
    pub steps: Vec<PlannedStep>,
    pub plants: Vec<Plant>,
}

/// A party of the demo, with the seeds of its keys. They protect nothing: whoever has the demo's seed has them.
#[derive(Debug, Clone)]
pub struct Party {
    pub id: PartyId,
    pub names: Names,
    pub kind: PartyKind,
    pub division: Division,
    pub group: Option<Code>,
    /// Seed of its Ed25519 key; the operator's signs checkpoints.
    pub key_seed: [u8; 32],
    /// Seed of the key to which its registration commits.
    pub next_key_seed: [u8; 32],
}

impl Plan {
    /// Seed of the key that may replace all keys of the founding authority.
    pub fn recovery_seed(&self) -> [u8; 32] {
        let seeds = self.parties.first().map(|founder| founder.next_key_seed);
        // The complement: no other seed of the plan is made from it.
        seeds.unwrap_or_default().map(|byte| !byte)
    }
}

impl Party {
    /// Whether the party files months.
    pub fn is_enterprise(&self) -> bool {
        matches!(self.kind, PartyKind::Enterprise { .. })
    }
}

/// One event to be.
#[derive(Debug, Clone)]
pub struct PlannedStep {
    /// Place in [`Plan::parties`].
    pub author: usize,
    pub occurred: Moment,
    /// When the node receives it; strictly increasing.
    pub received: Moment,
    pub act: PlannedFact,
}

/// What is stated. `usize` fields are places in [`Plan::steps`], before this one, unless they say otherwise.
#[derive(Debug, Clone)]
pub enum PlannedFact {
    /// The founding of the ledger with this name, by the first party, with the second as operator.
    Found(Term),
    /// Registration of the party at this place in [`Plan::parties`].
    Register(usize),
    /// Complete as it is.
    State(Box<Payload>),
    Receive {
        dispatch: usize,
        site: Code,
        lines: List<ReceiptLine, 1, LINES_MAX>,
        completion: Completion,
    },
    Withdraw {
        dispatch: usize,
        reason: Term,
    },
    Deduct {
        party: PartyId,
        year: u16,
        track: Track,
        amount: Mass,
        penalty: usize,
    },
    /// `document.about` is replaced by the id of the step.
    Attach {
        about: usize,
        document: Box<DocumentAttached>,
    },
    Correct {
        step: usize,
        cause: CorrectionCause,
        reason: Term,
        replacement: Option<Box<Replacement>>,
    },
    /// The player finds the first and last seq of the month and asks the caller for the statement.
    Close {
        month: Month,
    },
}

/// An offence that was planted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plant {
    /// Code of the finding that must name it.
    pub code: &'static str,
    pub party: PartyId,
    /// The month it belongs to; of a return, the month that the return is about.
    pub month: Month,
    pub note: &'static str,
    /// Position in the log of the event that shows it. For a missing return: the act that stands there in its place,
    /// the return of the month after.
    pub position: usize,
}

/// The plan of this seed.
pub fn plan(seed: u64) -> Plan {
    crate::planner::Planner::new(seed).year()
}
