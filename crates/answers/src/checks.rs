//! Questions that more than a log answers: a copy that was handed over, witnesses, receipts. And what came of them, in the
//! same document as every other answer.
//!
//! Invariant: whoever prints such a document prints these types, so that the schemas in `docs/schema` are what programs get.
//! Knows no file and no network: what was found out is handed in.

use std::collections::BTreeMap;

use domain::{Bytes32, EventId, Month, PartyId};
use serde::Serialize;
use serde_json::Value;
use verify::Report;

use crate::head::{LogHead, head};
use crate::question::{Document, FORMAT};
use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::schema::{Schema, answers};

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "of", content = "arguments", rename_all = "kebab-case")]
pub enum Check {
    /// Whether a log, a copy or a single file is good.
    Verify {},
    /// Which witnesses cosign the newest checkpoint.
    Cosign {},
    /// Whether receipts prove what was sent.
    Receipts {},
    /// What events sealed, and where the values are.
    Details { party: Option<PartyId> },
    /// The values that one event sealed.
    DetailsOf { event: EventId },
    /// Whether values that somebody disclosed are what an event sealed.
    Disclosure {},
    /// The name, the size, the keys and the newest checkpoint of a log.
    Head {},
    /// What codes mean.
    Codes {},
}

answers! {
    /// A verdict, and what it rests on. The document's size and root are what was read.
    pub struct Verdict {
        pub verdict: &'static str,
        pub groups: u64,
        pub authors: u64,
        pub event_signatures: u64,
        pub checkpoint_signatures: u64,
        /// What a single file proves by itself.
        pub proven: Vec<String>,
        /// What should be looked into although it breaks no rule.
        pub notices: Vec<String>,
        pub not_checked: Vec<String>,
        /// Faults in all, listed or not.
        pub fault_count: u64,
        pub fault_counts: Vec<FaultCount>,
        pub faults: Vec<OneFault>,
        /// Where figures were derived, too.
        pub facts: Option<FactsChecked>,
    }

    /// How many faults of a kind there are.
    pub struct FaultCount {
        pub kind: &'static str,
        pub count: u64,
    }

    /// One broken rule at one place.
    pub struct OneFault {
        pub kind: &'static str,
        pub position: u64,
        pub expected: String,
        pub found: String,
    }

    /// What came of deriving figures and comparing them.
    pub struct FactsChecked {
        /// `as claimed`, `not all checked`, `not checked` or `differences`.
        pub facts: &'static str,
        pub months_closed: u64,
        pub state_digest: Option<Bytes32>,
        /// Digest of each part of the state.
        pub parts: BTreeMap<String, Bytes32>,
        pub claims_checked: Vec<String>,
        pub not_checked: Vec<String>,
        pub difference_count: u64,
        pub differences: Vec<FalseFact>,
    }

    /// A figure that was claimed and is not what the log gives.
    pub struct FalseFact {
        /// The file, or the event.
        pub about: String,
        pub place: String,
        pub claimed: String,
        pub computed: String,
        /// Of a filed month.
        pub filing: Option<FiledMonth>,
    }

    /// The event that filed a month.
    pub struct FiledMonth {
        pub position: u64,
        pub party: PartyId,
        pub month: Month,
    }

    /// What witnesses answered. The document's size is that of the checkpoint.
    pub struct Cosignatures {
        /// Whether the quorum of the policy is met.
        pub is_met: bool,
        pub witnesses: Vec<WitnessAnswer>,
    }

    /// One witness.
    pub struct WitnessAnswer {
        pub witness: String,
        pub cosigned_at: Option<String>,
        /// Why it did not.
        pub fault: Option<String>,
    }

    /// What receipts prove.
    pub struct ReceiptsChecked {
        pub events: Vec<EventSent>,
    }

    /// One event that was sent.
    pub struct EventSent {
        pub event: EventId,
        pub author: PartyId,
        pub seq: u64,
        /// Where it is in the log, if that is proven.
        pub position: Option<u64>,
        /// Why it is not.
        pub fault: Option<String>,
    }

    /// What events sealed.
    pub struct SealedFields {
        pub fields: Vec<OneSealedField>,
    }

    /// One sealed field.
    pub struct OneSealedField {
        pub position: u64,
        pub event: EventId,
        pub party: PartyId,
        pub party_name: Option<String>,
        pub kind: &'static str,
        pub field: &'static str,
        /// Where the value is, in a few words: `here`, `erased at 9`, `missing` ...
        pub state: String,
        pub erased_at: Option<u64>,
        /// The value, where one event is asked about and it is here.
        pub value: Option<String>,
    }

    /// Values that match their commitments.
    pub struct DisclosureChecked {
        pub event: EventId,
        pub position: u64,
        pub author: PartyId,
        pub author_name: Option<String>,
        pub kind: &'static str,
        pub values: Vec<DisclosedValue>,
    }

    /// One disclosed value.
    pub struct DisclosedValue {
        pub field: &'static str,
        pub value: String,
        /// Where its erasure is in the log.
        pub erased_at: Option<u64>,
    }
}

impl Verdict {
    /// Of a report.
    pub fn of(report: &Report, facts: Option<FactsChecked>) -> Self {
        let counts = report.counts.iter().map(|(kind, count)| FaultCount {
            kind: kind.name(),
            count: *count,
        });
        let faults = report.faults.iter().map(|fault| OneFault {
            kind: fault.kind.name(),
            position: fault.position,
            expected: fault.expected.clone(),
            found: fault.computed.clone(),
        });
        Self {
            verdict: report.verdict.name(),
            groups: report.groups,
            authors: report.authors,
            event_signatures: report.event_signatures,
            checkpoint_signatures: report.checkpoint_signatures,
            proven: report.proven.clone(),
            notices: report.notices.clone(),
            not_checked: report.not_checked.clone(),
            fault_count: report.fault_count,
            fault_counts: counts.collect(),
            faults: faults.collect(),
            facts,
        }
    }
}

impl<A> Document<A, Check> {
    /// A document of a log of this name, size and root; of what is not about a log, none of them.
    pub fn of_check(
        (origin, size, root): (&str, u64, Option<String>),
        question: Check,
        answer: A,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            origin: origin.to_owned(),
            size,
            root,
            question,
            answer,
        }
    }
}

impl<A> Document<A, Check> {
    /// A document of the log that is read.
    ///
    /// # Errors
    /// It is not founded, or can't be read.
    pub fn of_reading(reading: &Reading, question: Check, answer: A) -> Result<Self, NoAnswer> {
        let origin = reading.founding()?.origin.clone();
        let root = reading.root()?.map(|root| root.to_string());
        let of = (&*origin, reading.size(), root);
        Ok(Self::of_check(of, question, answer))
    }
}

impl Document<LogHead, Check> {
    /// The head of the log that is read.
    ///
    /// # Errors
    /// It is not founded, or can't be read.
    pub fn of_head(reading: &Reading) -> Result<Self, NoAnswer> {
        Self::of_reading(reading, Check::Head {}, head(reading)?)
    }
}

/// The schema of each answer, by the name of its question.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("verify", Verdict::schema()),
        ("cosign", Cosignatures::schema()),
        ("receipts", ReceiptsChecked::schema()),
        ("details", SealedFields::schema()),
        ("details-of", SealedFields::schema()),
        ("disclosure", DisclosureChecked::schema()),
        ("head", LogHead::schema()),
        ("codes", crate::explanations::Codes::schema()),
    ]
}
