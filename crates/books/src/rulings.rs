//! What regulators ruled on findings, and what each ruling rested on.
//!
//! Invariant: a ruling holds for the evidence that its author could see; when that changes, the finding is open again.
//! Knows no rule by which a finding arises.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use chain::{Context, digest};
use domain::payload::{Payload, Ruling};
use domain::{Bytes32, EventId, Moment, PartyId};
use projection::{Amount, Book, Cells, Fact, FigureValue, Finding, Fold, Movement};
use serde::Serialize;

/// A ruling on a finding.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Ruled {
    pub event: EventId,
    pub by: PartyId,
    pub occurred: Moment,
    pub ruling: Ruling,
    pub note: String,
    /// Digest of the evidence as it was; nothing if the finding did not exist then.
    pub seen: Option<Bytes32>,
}

/// Rulings by the id of the finding, in log order: the newest holds, and the one before it where that was annulled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Rulings(pub(crate) BTreeMap<Bytes32, Vec<Ruled>>);

impl Fold for Rulings {
    const NAME: &'static str = "rulings";
    const VERSION: u32 = 3;
    type Cell = ();

    fn apply(&mut self, _: &Book, fact: &Fact<'_>, _: &[Movement], _: &mut dyn FnMut((), Amount)) {
        let Payload::FindingRuled(act) = fact.payload else {
            return;
        };
        if fact.sign < 0 {
            if let Some(ruled) = self.0.get_mut(&act.finding) {
                ruled.retain(|ruled| ruled.event != fact.stated_by);
            }
            return;
        }
        let ruled = Ruled {
            event: fact.stated_by,
            by: fact.author,
            occurred: fact.occurred,
            ruling: act.ruling,
            note: act.note.to_string(),
            seen: None,
        };
        self.0.entry(act.finding).or_default().push(ruled);
    }

    fn findings(&self, _: &Cells<()>, _: &Book, _: Moment) -> Vec<Finding> {
        Vec::new()
    }

    fn encode(&self) -> Vec<u8> {
        wire::state::to_bytes(self)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        wire::state::from_bytes(bytes)
    }
}

/// Where a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nobody has ruled on it.
    Open,
    /// It was ruled on, and its evidence has changed since.
    OpenAgain,
    Explained,
    Confirmed,
    Dismissed,
}

impl State {
    /// The permanent name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::OpenAgain => "open-again",
            Self::Explained => "explained",
            Self::Confirmed => "confirmed",
            Self::Dismissed => "dismissed",
        }
    }

    /// Whether somebody has still to look at it: explained and dismissed findings are settled.
    pub const fn is_unsettled(self) -> bool {
        !matches!(self, Self::Explained | Self::Dismissed)
    }
}

/// A finding and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgedFinding {
    #[serde(flatten)]
    pub finding: Finding,
    pub state: State,
    /// The event of the newest ruling.
    pub ruled_by: Option<EventId>,
    /// Its note.
    pub note: Option<String>,
}

impl Rulings {
    pub(crate) fn judge(&self, finding: Finding) -> JudgedFinding {
        let seen = Some(evidence_digest(&finding));
        self.judged(finding, |ruled| ruled.seen == seen)
    }

    /// As [`Self::judge`], of a finding that no projection raises: what was seen of it is in no replay.
    pub(crate) fn judge_of_file(&self, finding: Finding) -> JudgedFinding {
        self.judged(finding, |_| true)
    }

    fn judged(&self, finding: Finding, holds: impl FnOnce(&Ruled) -> bool) -> JudgedFinding {
        let ruled = self.0.get(&finding.id).and_then(|ruled| ruled.last());
        let state = ruled.map_or(State::Open, |ruled| {
            if !holds(ruled) {
                return State::OpenAgain;
            }
            match ruled.ruling {
                Ruling::Explained => State::Explained,
                Ruling::Confirmed => State::Confirmed,
                Ruling::Dismissed => State::Dismissed,
            }
        });
        JudgedFinding {
            state,
            ruled_by: ruled.map(|ruled| ruled.event),
            note: ruled.map(|ruled| ruled.note.clone()),
            finding,
        }
    }
}

/// Severity, events and masses; not counts, since days under way grow by themselves.
pub(crate) fn evidence_digest(finding: &Finding) -> Bytes32 {
    let mut bytes = vec![finding.severity as u8];
    for event in &finding.evidence {
        bytes.extend_from_slice(&event.0);
    }
    for figure in &finding.figures {
        if let FigureValue::Mg(mg) = figure.value {
            bytes.extend_from_slice(figure.name.as_bytes());
            bytes.extend_from_slice(&mg.to_le_bytes());
        }
    }
    Bytes32(digest(Context::FindingEvidence, &[&bytes]))
}
