//! Acts of office: founding, registration, standing, keys, licences, quota, inspection, sealing, penalties, rules.
//!
//! Invariant: every act names the instrument it rests on where the law knows one. Whether the author may act so is the
//! registry's question, not this file's.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::lines::{Instrument, KeyGrant, LotLine, check_distinct, check_lines};
use crate::coded::coded_enum;
use crate::division::Division;
use crate::form::FormError;
use crate::id::{Bytes32, Code, EventId, KeyId, LotId, PartyId, SiteId};
use crate::limits::{INSPECTORS_MAX, INSPECTORS_MIN, LINES_MAX, PARTIES_MAX};
use crate::list::List;
use crate::party::{Activity, Names, PartyKind};
use crate::product::Track;
use crate::quantity::Mass;
use crate::rules::RuleSet;
use crate::text::{Note, Term};
use crate::time::{Day, Month, Zone};

/// 1: the first event of every log, by the authority it names.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerFounded {
    pub name: Term,
    /// The log's name in checkpoints, such as `ledger.example/rare-earths`; no space and no plus sign.
    pub origin: Term,
    pub zone: Zone,
    pub authority: PartyId,
    pub authority_names: Names,
    pub authority_key: KeyGrant,
    pub operator: PartyId,
    pub operator_names: Names,
    pub log_key: KeyGrant,
    /// Hash of the key, kept offline, that may replace all keys of the authority.
    pub recovery: Bytes32,
    pub rules: RuleSet,
}

impl LedgerFounded {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if let Some(found) = self.origin.chars().find(|c| c.is_whitespace() || *c == '+') {
            return Err(FormError::CodeCharacter { found });
        }
        if self.authority == self.operator {
            return Err(FormError::SameHolder);
        }
        self.rules.check()
    }
}

/// 2: a party enters the register.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyRegistered {
    pub party: PartyId,
    pub names: Names,
    pub kind: PartyKind,
    /// Domicile of an enterprise; area of a regulator.
    pub division: Division,
    /// The group that the enterprise belongs to, as quota notices name it.
    pub group: Option<Code>,
    pub key: KeyGrant,
}

impl PartyRegistered {
    pub(super) fn check(&self) -> Result<(), FormError> {
        self.kind.check()
    }
}

/// 3, 4, 5: suspension, reinstatement, delisting.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    pub party: PartyId,
    pub instrument: Instrument,
}

/// 6: a key follows (by the party: the one whose hash was committed) or is granted (by a regulator).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyAdded {
    pub party: PartyId,
    pub key: KeyGrant,
}

coded_enum! {
    /// Why a key is revoked.
    RevocationReason, "reason of revocation" {
        Superseded = 1 "superseded",
        Compromised = 2 "compromised",
        Lost = 3 "lost",
        Ceased = 4 "ceased",
    }
}

/// 7: a key signs nothing after this position.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRevoked {
    pub party: PartyId,
    pub key: KeyId,
    pub reason: RevocationReason,
}

/// 8: a site is licensed for one activity.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteLicensed {
    pub site: SiteId,
    pub activity: Activity,
    pub licence: Term,
    pub division: Division,
    /// REO that the site may produce in a year.
    pub capacity_mg: Mass,
    pub from: Day,
    /// Last day of validity.
    pub until: Day,
}

impl SiteLicensed {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.until < self.from {
            let (from, until) = (self.from.to_string(), self.until.to_string());
            return Err(FormError::PeriodReversed { from, until });
        }
        Ok(())
    }
}

coded_enum! {
    /// Whether a batch adds to the earlier ones of its year or replaces their sum; notices use both wordings.
    BatchBasis, "batch basis" {
        Incremental = 1 "incremental",
        Cumulative = 2 "cumulative",
    }
}

/// 9: a national indicator.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndicatorSet {
    pub year: u16,
    pub track: Track,
    pub batch: u8,
    pub amount_mg: Mass,
    pub basis: BatchBasis,
    pub instrument: Instrument,
}

/// Who holds quota: an enterprise or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    Party(PartyId),
    Group(Code),
}

/// In bytes: tag u8 (1 party, 2 group), then the id.
impl Encode for Holder {
    fn encode<E: bincode::enc::Encoder>(
        &self,
        encoder: &mut E,
    ) -> Result<(), bincode::error::EncodeError> {
        match self {
            Self::Party(party) => (1u8, party).encode(encoder),
            Self::Group(group) => (2u8, group).encode(encoder),
        }
    }
}

impl<C> Decode<C> for Holder {
    fn decode<D: bincode::de::Decoder<Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, bincode::error::DecodeError> {
        match <u8 as Decode<C>>::decode(decoder)? {
            1 => Ok(Self::Party(Decode::decode(decoder)?)),
            2 => Ok(Self::Group(Decode::decode(decoder)?)),
            found => Err(crate::codec::refuse(&FormError::UnknownCode {
                what: "kind of quota holder",
                found,
            })),
        }
    }
}

bincode::impl_borrow_decode!(Holder);

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Party(party) => f.pad(party.as_str()),
            Self::Group(group) => f.pad(group.as_str()),
        }
    }
}

/// 10: quota is issued to an enterprise or a group.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaAllocated {
    pub holder: Holder,
    pub year: u16,
    pub track: Track,
    pub batch: u8,
    pub amount_mg: Mass,
    pub basis: BatchBasis,
    pub instrument: Instrument,
}

/// 11: quota moves between holders.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaMoved {
    pub from: Holder,
    pub to: Holder,
    pub year: u16,
    pub track: Track,
    pub amount_mg: Mass,
    pub instrument: Instrument,
}

impl QuotaMoved {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if self.from == self.to {
            Err(FormError::SameHolder)
        } else {
            check_year(self.year)
        }
    }
}

/// 12: a penalty cuts quota (Order 71 article 14); the law gives no formula, so the amount is stated.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaDeducted {
    pub party: PartyId,
    pub year: u16,
    pub track: Track,
    pub amount_mg: Mass,
    /// The event that imposed the penalty.
    pub penalty: EventId,
}

/// 13: an inspection on site by at least two inspectors (Order 785 article 19).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InspectionRecorded {
    pub site: SiteId,
    pub inspectors: List<Term, INSPECTORS_MIN, INSPECTORS_MAX>,
    pub counted: List<LotLine, 0, LINES_MAX>,
    pub note: Note,
}

impl InspectionRecorded {
    pub(super) fn check(&self) -> Result<(), FormError> {
        check_distinct(self.inspectors.iter())?;
        check_lines(&self.counted)
    }
}

/// 14, 15: lots are sealed or released (Order 785 article 18).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotsNamed {
    pub lots: List<LotId, 1, LINES_MAX>,
    pub instrument: Instrument,
}

impl LotsNamed {
    pub(super) fn check(&self) -> Result<(), FormError> {
        check_distinct(self.lots.iter())
    }
}

/// 16: an administrative penalty.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PenaltyImposed {
    pub party: PartyId,
    /// The article of law, as the decision names it.
    pub article: Term,
    /// Fine in fen (hundredths of a yuan).
    pub fine_fen: u64,
    pub instrument: Instrument,
}

coded_enum! {
    /// What a regulator holds of a finding.
    Ruling, "ruling" {
        Explained = 1 "explained",
        Confirmed = 2 "confirmed",
        Dismissed = 3 "dismissed",
    }
}

/// 17: a finding is ruled on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingRuled {
    pub finding: Bytes32,
    pub ruling: Ruling,
    pub note: Note,
}

/// 18: the rules change from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesChanged {
    pub effective: Day,
    pub rules: RuleSet,
}

impl RulesChanged {
    pub(super) fn check(&self) -> Result<(), FormError> {
        self.rules.check()
    }
}

/// 19: an auditor may see part of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessGranted {
    pub auditor: PartyId,
    pub division: Division,
    /// Sorted; empty means every party of the division.
    pub parties: List<PartyId, 0, PARTIES_MAX>,
    pub first_month: Month,
    pub last_month: Month,
    /// Last day of the grant.
    pub until: Day,
}

impl AccessGranted {
    pub(super) fn check(&self) -> Result<(), FormError> {
        if !self.parties.is_sorted_by(|a, b| a < b) {
            return Err(FormError::ListOrder { what: "parties" });
        }
        if self.last_month < self.first_month {
            let (from, until) = (self.first_month.to_string(), self.last_month.to_string());
            return Err(FormError::PeriodReversed { from, until });
        }
        Ok(())
    }
}

/// 20: the operator commits to the last event of every author.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadsCommitted {
    /// Entries of the log that the commitment covers.
    pub covered: u64,
    /// Authors in the tree.
    pub authors: u64,
    /// RFC 6962 root over the sorted leaves (author, last seq, last id).
    pub root: Bytes32,
}

fn check_year(year: u16) -> Result<(), FormError> {
    Month::new(year, 1).map(|_| ())
}

/// Payloads whose only rule across fields is the year.
macro_rules! only_the_year {
    ($($name:ident),+) => {
        $(impl $name {
            pub(super) fn check(&self) -> Result<(), FormError> {
                check_year(self.year)
            }
        })+
    };
}

/// Payloads with no rule across fields.
macro_rules! no_rule_across_fields {
    ($($name:ident),+) => {
        $(impl $name {
            pub(super) fn check(&self) -> Result<(), FormError> {
                Ok(())
            }
        })+
    };
}

only_the_year!(IndicatorSet, QuotaAllocated, QuotaDeducted);
no_rule_across_fields!(
    Standing,
    KeyAdded,
    KeyRevoked,
    PenaltyImposed,
    FindingRuled,
    HeadsCommitted
);
