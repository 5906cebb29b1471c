//! Why an event can't stand at its place: a closed list, worded for whoever sent it.
//!
//! Invariant: each refusal names one broken rule, what was found and what to do next. Knows no state of a log.

use chain::{Hash, LinkRefusal};
use domain::registry::AuthorityRefusal;
use domain::{Bytes32, EventId, KeyId, Moment, PartyId};
use thiserror::Error;

/// An event can't stand at this place of the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AdmissionRefusal {
    #[error("the bytes are not a canonical event: {0}")]
    Form(wire::Refusal),
    #[error(
        "it is signed for another ledger: {found} instead of {expected}; a ledger that is founded again, under whatever name, \
         takes no events of the old one"
    )]
    AnotherLedger { expected: Bytes32, found: Bytes32 },
    #[error("the signature of key {key} is wrong: sign the very bytes")]
    Signature { key: KeyId },
    #[error("{0}")]
    Authority(AuthorityRefusal),
    #[error(
        "the event does not continue its author's chain: {0}; fetch the author's last event and sign again"
    )]
    Link(LinkRefusal),
    #[error(
        "it is of {signed}, more than a day after it was received, {received}: mend its date, or the clock of the machine that signs, and sign it again"
    )]
    AheadOfReceipt { signed: Moment, received: Moment },
    #[error(
        "it is signed at {signed}, before its author's last event, {last}: the clock of the machine that signs has been set \
         back; mend it and sign again, at {last} or later"
    )]
    SignedBeforeLast { last: Moment, signed: Moment },
    #[error(
        "its author had seen {seen} entries, but it would stand at position {position}: it is of another log, or this one lost \
         its end"
    )]
    SeenAhead { seen: u64, position: u64 },
    #[error(
        "its author had seen {found} entries, and {before} when it signed its last event: sign it again with what is known \
         of the log by now"
    )]
    SeenLess { before: u64, found: u64 },
    #[error(
        "its author had seen root {found} at size {size}, where this log has {expected}: what stood before was changed or \
         dropped since, or the author vouches for another log"
    )]
    SeenOtherwise {
        size: u64,
        expected: Hash,
        found: Hash,
    },
    #[error("the root of the log at size {size} can't be told: rebuild the indexes of this ledger")]
    SeenUnknown { size: u64 },
    #[error(
        "the commitment to every author's newest event is not what the log holds: {found} instead of {expected}; commit to the log as it is"
    )]
    FalseHeads { expected: String, found: String },
    #[error(
        "the clock of this node shows {now}, before the last entry, {last}: set it right, or, if that entry came with a wrong \
         clock, let the operator confirm it: `--clock-is-right REASON`"
    )]
    ClockBehind { now: Moment, last: Moment },
    #[error(
        "the clock of this node shows {now}, more than {days} days after the last entry, {last}: set it right, or let the \
         operator confirm it: `--clock-is-right REASON`"
    )]
    ClockAhead {
        now: Moment,
        last: Moment,
        days: u16,
    },
    #[error(
        "the founding names another log key than the one that this node signs with; found it with the node's key"
    )]
    AnotherLogKey,
    #[error(
        "this node does not hold the log key that the rotation brings; open the ledger with that key at hand, then submit it again"
    )]
    NextLogKeyNotHeld,
    #[error(
        "{author} signed two events as number {seq}: {held} is in the log, {offered} was offered; both are kept as evidence"
    )]
    Equivocation {
        author: PartyId,
        seq: u64,
        held: EventId,
        offered: EventId,
    },
}

impl AdmissionRefusal {
    /// The stable name of the broken rule.
    pub fn code(&self) -> String {
        match self {
            Self::Form(refusal) => refusal.code().to_owned(),
            Self::AnotherLedger { .. } => "another-ledger".to_owned(),
            Self::Signature { .. } => "signature".to_owned(),
            Self::Authority(refusal) => refusal.code().to_owned(),
            Self::Link(_) => "author-chain".to_owned(),
            Self::AheadOfReceipt { .. } => "ahead-of-receipt".to_owned(),
            Self::SignedBeforeLast { .. } => "signed-before-last".to_owned(),
            Self::SeenAhead { .. } => "seen-ahead".to_owned(),
            Self::SeenLess { .. } => "seen-less".to_owned(),
            Self::SeenOtherwise { .. } => "seen-otherwise".to_owned(),
            Self::SeenUnknown { .. } => "seen-unknown".to_owned(),
            Self::FalseHeads { .. } => "false-heads".to_owned(),
            Self::ClockBehind { .. } => "clock-behind".to_owned(),
            Self::ClockAhead { .. } => "clock-ahead".to_owned(),
            Self::AnotherLogKey => "another-log-key".to_owned(),
            Self::NextLogKeyNotHeld => "next-log-key-not-held".to_owned(),
            Self::Equivocation { .. } => "equivocation".to_owned(),
        }
    }
}
