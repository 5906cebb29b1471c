//! Why an act is refused for want of authority: a closed list, worded for the one who signed.
//!
//! Invariant: each refusal names one broken rule and what to do next. Knows nothing of bytes and signatures.

use thiserror::Error;

use crate::division::Division;
use crate::id::{EventId, KeyId, PartyId, SiteId};
use crate::party::Sector;
use crate::time::{Day, Moment};

/// The author may not state this fact, or not with these signatures.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthorityRefusal {
    #[error("the ledger is not founded yet; its first event founds it")]
    NotFounded,
    #[error("the ledger is founded already; found another one under another origin")]
    AlreadyFounded,
    #[error(
        "the founding event must be signed by the authority it names, {expected}, not by {found}"
    )]
    FoundedByAnother { expected: PartyId, found: PartyId },
    #[error("author {author} is not registered; a regulator registers parties")]
    UnknownAuthor { author: PartyId },
    #[error("key {key} is not registered; register it first")]
    UnknownKey { key: KeyId },
    #[error("key {key} belongs to {owner}, not to {author}")]
    ForeignKey {
        key: KeyId,
        owner: PartyId,
        author: PartyId,
    },
    #[error("key {key} was revoked at position {revoked_at}; sign with a current key")]
    RevokedKey { key: KeyId, revoked_at: u64 },
    #[error(
        "key {key} was granted by an office and takes effect on {from}; until then the party may object, and nothing is signed with it"
    )]
    PendingKey { key: KeyId, from: Moment },
    #[error(
        "key {key} is not waiting to take effect; a key that signs already is revoked instead: `key-revoked`"
    )]
    NotPending { key: KeyId },
    #[error(
        "the key is not the recovery key that the founding, or the last recovery, committed to; no other replaces the authority's keys"
    )]
    NotTheRecoveryKey,
    #[error(
        "the recovery key has to stand apart: a key that signs, or that is to follow one, can't recover anything once that one is stolen; make a new one and keep it offline"
    )]
    RecoveryNotApart,
    #[error(
        "an act of the authority needs {needed} signatures of different keys, this one has {found}"
    )]
    TooFewSignatures { needed: u8, found: usize },
    #[error("{event} is stated by {expected}; {author} is {found}")]
    WrongKindOfParty {
        event: &'static str,
        author: PartyId,
        expected: &'static str,
        found: &'static str,
    },
    #[error("{event} is for {expected}; {author} is of the {found} department")]
    WrongSector {
        event: &'static str,
        author: PartyId,
        expected: &'static str,
        found: Sector,
    },
    #[error("{event} is for the national level; {author} oversees division {division}")]
    NotNational {
        event: &'static str,
        author: PartyId,
        division: Division,
    },
    #[error("{author} oversees division {own} and may not act in division {other}")]
    OutsideDivision {
        author: PartyId,
        own: Division,
        other: Division,
    },
    #[error(
        "the keys and the standing of {party} are touched by itself or by the authority that founded the ledger, {founder}, and by nobody else"
    )]
    KeptForTheFounder { party: PartyId, founder: PartyId },
    #[error(
        "{party} would be a second operator; a ledger has the one that its founding names, {operator}"
    )]
    SecondOperator { party: PartyId, operator: PartyId },
    #[error(
        "{party} is a regulator: the founding authority, or a department of its sector whose division lies above its own, decides over it; {author} is neither"
    )]
    NotOverRegulators { author: PartyId, party: PartyId },
    #[error(
        "the rules would ask {needed} signatures of an authority that holds {held} valid keys; add its keys first"
    )]
    TooFewKeysHeld { needed: u8, held: usize },
    #[error(
        "the authority would hold {left} valid keys while its acts need {needed} signatures, now or by rules decided on; add a key first, or lower the number"
    )]
    TooFewKeysLeft { needed: u8, left: usize },
    #[error(
        "the rules would shorten the {days} days within which a party can object to a key; let them hold from {first} or later, so that every party learns of it in time"
    )]
    NoticeTooShort { days: u16, first: Day },
    #[error("party {party} is not registered; register it first")]
    UnknownParty { party: PartyId },
    #[error("party {party} is registered already")]
    PartyExists { party: PartyId },
    #[error("{party} is not an enterprise; only enterprises are licensed and hold quota")]
    NotAnEnterprise { party: PartyId },
    #[error(
        "{party} is {kind}: an enterprise has one activity or more, and nobody else has any; state all that it has"
    )]
    ActivitiesOfKind { party: PartyId, kind: &'static str },
    #[error(
        "{site} has no licence {licence} for that activity; name the one that is to be amended, or license it: `site-licensed`"
    )]
    UnknownLicence { site: SiteId, licence: String },
    #[error(
        "{successor} took over from {party} already; annul that first, if it was wrong: `act-annulled`"
    )]
    SucceededAlready { party: PartyId, successor: PartyId },
    #[error(
        "what is to be annulled is not an act that this log holds; give the bytes of the act as they stand in the log"
    )]
    UnknownAct,
    #[error("the act {id} was annulled at position {position} already; nothing is left to annul")]
    AnnulledAlready { id: EventId, position: u64 },
    #[error(
        "the public key granted to {party} is not a canonical, torsion-free Ed25519 key; make another"
    )]
    BadKey { party: PartyId },
    #[error(
        "the proof that {party} holds the granted key is wrong; make it with that key, for this ledger and party"
    )]
    PossessionFails { party: PartyId },
    #[error("key {key} is registered already; a key is registered once")]
    KeyExists { key: KeyId },
    #[error(
        "the new key of {party} is not the one whose hash was committed; a regulator can grant another key"
    )]
    NotTheCommittedKey { party: PartyId },
    #[error(
        "the last active key of {party} can't be revoked by the party itself; add the next key first"
    )]
    LastKey { party: PartyId },
    #[error(
        "{event} is stated by the authority that founded the ledger, {founder}, and by nobody else; {author} is not it"
    )]
    NotTheFounder {
        event: &'static str,
        founder: PartyId,
        author: PartyId,
    },
    #[error(
        "the new log key is not the one whose hash was committed; use the key of the operator's next key file, no other can follow"
    )]
    NotTheCommittedLogKey,
    #[error(
        "the key granted to {party} is the one that is to follow the log key; grant another one, this one only a log-key-rotated may bring"
    )]
    KeptForTheLog { party: PartyId },
    #[error(
        "the handover to the new log key is not signed by the current one; sign it with that key, for this ledger"
    )]
    HandoverFails,
}

impl AuthorityRefusal {
    /// The stable name of the broken rule.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFounded => "not-founded",
            Self::AlreadyFounded => "already-founded",
            Self::FoundedByAnother { .. } => "founded-by-another",
            Self::UnknownAuthor { .. } => "unknown-author",
            Self::UnknownKey { .. } => "unknown-key",
            Self::ForeignKey { .. } => "foreign-key",
            Self::RevokedKey { .. } => "revoked-key",
            Self::PendingKey { .. } => "pending-key",
            Self::NotPending { .. } => "not-pending",
            Self::NotTheRecoveryKey => "not-the-recovery-key",
            Self::RecoveryNotApart => "recovery-not-apart",
            Self::TooFewSignatures { .. } => "too-few-signatures",
            Self::WrongKindOfParty { .. } => "wrong-kind-of-party",
            Self::WrongSector { .. } => "wrong-sector",
            Self::NotNational { .. } => "not-national",
            Self::OutsideDivision { .. } => "outside-division",
            Self::KeptForTheFounder { .. } => "kept-for-the-founder",
            Self::SecondOperator { .. } => "second-operator",
            Self::NotOverRegulators { .. } => "not-over-regulators",
            Self::TooFewKeysHeld { .. } => "too-few-keys-held",
            Self::TooFewKeysLeft { .. } => "too-few-keys-left",
            Self::NoticeTooShort { .. } => "notice-too-short",
            Self::UnknownParty { .. } => "unknown-party",
            Self::PartyExists { .. } => "party-exists",
            Self::NotAnEnterprise { .. } => "not-an-enterprise",
            Self::ActivitiesOfKind { .. } => "activities-of-kind",
            Self::UnknownLicence { .. } => "unknown-licence",
            Self::SucceededAlready { .. } => "succeeded-already",
            Self::UnknownAct => "unknown-act",
            Self::AnnulledAlready { .. } => "annulled-already",
            Self::BadKey { .. } => "bad-key",
            Self::PossessionFails { .. } => "possession-fails",
            Self::KeyExists { .. } => "key-exists",
            Self::NotTheCommittedKey { .. } => "not-the-committed-key",
            Self::LastKey { .. } => "last-key",
            Self::NotTheFounder { .. } => "not-the-founder",
            Self::NotTheCommittedLogKey => "not-the-committed-log-key",
            Self::KeptForTheLog { .. } => "kept-for-the-log",
            Self::HandoverFails => "handover-fails",
        }
    }
}
