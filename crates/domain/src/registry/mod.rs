//! The registry: who may sign what, by log position. A pure fold over the log; admission asks it, nothing else does.
//!
//! Invariant: a key's validity is a range of positions, and of times of receipt, which stand in the log; never of times that an
//! author writes. So replay always gives the same answer.
//! Knows nothing of hashes and curves: [`KeyRules`] answers for them.

mod amend;
mod apply;
mod keys;
mod log_keys;
mod offices;
mod permit;
mod refusal;
#[cfg(test)]
mod tests;

pub use log_keys::LogKey;
pub use refusal::AuthorityRefusal;

use std::collections::BTreeMap;

use crate::body::Body;
use crate::division::Division;
use crate::id::{Bytes32, Code, EventId, KeyId, PartyId, SiteId};
use crate::party::{Activity, Names, PartyKind};
use crate::payload::{KeyGrant, LogKeyRotated};
use crate::quantity::Mass;
use crate::reference::Reference;
use crate::rules::RuleSet;
use crate::text::Term;
use crate::time::{Day, Moment, Month, Zone};

/// What the registry needs of cryptography.
pub trait KeyRules {
    /// The short name of a public key, or `None` if the key is not canonical, of small order or has a torsion part.
    fn key_id(&self, key: &Bytes32) -> Option<KeyId>;
    /// The commitment to a key that will follow.
    fn commitment(&self, key: &Bytes32) -> Bytes32;
    /// Whether the grant's possession signature is valid for this log and party.
    fn possession_holds(&self, party: &PartyId, grant: &KeyGrant) -> bool;
    /// Whether the log key that is replaced signed the handover to the new one, for this log.
    fn handover_holds(&self, replaced: &Bytes32, rotated: &LogKeyRotated) -> bool;
    /// The event that these canonical bytes are, with its id; nothing for others.
    fn event(&self, bytes: &[u8]) -> Option<(EventId, Body)>;
}

/// Where a party stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandingState {
    Active,
    Suspended,
    Delisted,
}

impl StandingState {
    /// The state in a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Delisted => "delisted",
        }
    }
}

/// A registered party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyRecord {
    pub names: Names,
    pub kind: PartyKind,
    pub division: Division,
    pub group: Option<Code>,
    pub standing: StandingState,
    /// Position of the registration.
    pub registered_at: u64,
    /// Every key that it ever got, in that order.
    pub keys: Vec<KeyId>,
    /// The enterprise that took over from it.
    pub successor: Option<PartyId>,
}

/// A key and the positions at which it may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRecord {
    pub party: PartyId,
    pub key: Bytes32,
    /// Commitment to the key that may follow it.
    pub next: Bytes32,
    /// The event at this position brought the key; later ones may be signed by it.
    pub added_at: u64,
    /// Granted by an office to a party that was registered already: it signs only what is received from then on.
    pub from: Option<Moment>,
    /// The event at this position revoked it; later ones may not be signed by it.
    pub revoked_at: Option<u64>,
    /// It was revoked, or objected to, before it took effect, or given up in a recovery: what it commits to follows nothing.
    pub void: bool,
}

/// One licence of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// As printed on it.
    pub number: Term,
    pub activity: Activity,
    pub capacity: Mass,
    pub division: Division,
    pub from: Day,
    pub until: Day,
}

/// A rule set and the day from which it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedRules {
    pub effective: Day,
    pub rules: RuleSet,
}

/// The operator confirmed its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockSeen {
    /// What the clock showed.
    pub shown: Moment,
    /// When the confirmation was received: later than the clock showed, if receipts ran ahead before.
    pub received: Moment,
}

/// Names of the ledger itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founding {
    pub name: String,
    pub origin: String,
    pub zone: Zone,
    pub authority: PartyId,
    /// Its log key signs the checkpoints: [`Registry::log_keys`].
    pub operator: PartyId,
}

/// The fold: parties, keys, sites and rules as they stand after some position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry {
    founding: Option<Founding>,
    parties: BTreeMap<PartyId, PartyRecord>,
    /// Acts that may be annulled, by id, each with the position at which it was.
    acts: BTreeMap<EventId, Option<u64>>,
    /// The act by which a party was taken over.
    successions: BTreeMap<PartyId, EventId>,
    keys: BTreeMap<KeyId, KeyRecord>,
    /// By position.
    log_keys: Vec<LogKey>,
    /// Commitment to the key that may replace all keys of the founding authority.
    recovery: Option<Bytes32>,
    clock: Option<ClockSeen>,
    sites: BTreeMap<SiteId, Vec<Licence>>,
    /// By effective day; the newest act wins among equals.
    rules: Vec<DatedRules>,
    /// Admission asks it nothing.
    reference: Reference,
}

impl Registry {
    /// A ledger before its first event.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names of the ledger, once founded.
    pub fn founding(&self) -> Option<&Founding> {
        self.founding.as_ref()
    }

    /// The ledger's zone; China's before the founding.
    pub fn zone(&self) -> Zone {
        self.founding
            .as_ref()
            .map_or(Zone::CHINA, |founding| founding.zone)
    }

    /// A registered party.
    pub fn party(&self, party: &PartyId) -> Option<&PartyRecord> {
        self.parties.get(party)
    }

    /// Every registered party, by id.
    pub fn parties(&self) -> impl Iterator<Item = (&PartyId, &PartyRecord)> {
        self.parties.iter()
    }

    /// A key that was ever registered.
    pub fn key(&self, key: &KeyId) -> Option<&KeyRecord> {
        self.keys.get(key)
    }

    /// Every key ever registered, by key id.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, &KeyRecord)> {
        self.keys.iter()
    }

    /// The newest confirmation of the node's clock.
    pub fn clock(&self) -> Option<ClockSeen> {
        self.clock
    }

    /// Position of the event that took back an act, if one did.
    pub fn annulled_at(&self, act: &EventId) -> Option<u64> {
        self.acts.get(act).copied().flatten()
    }

    /// Licences of a site; empty if it has none.
    pub fn licences(&self, site: &SiteId) -> &[Licence] {
        self.sites.get(site).map_or(&[], Vec::as_slice)
    }

    /// Every licensed site, by id.
    pub fn sites(&self) -> impl Iterator<Item = (&SiteId, &[Licence])> {
        self.sites
            .iter()
            .map(|(site, licences)| (site, licences.as_slice()))
    }

    /// The tables of reference data, as they were changed by now.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The rules of a day: an old event is judged by the rules of its day. Before the first rules' day, the first.
    pub fn rules_on(&self, day: Day) -> Option<&RuleSet> {
        let newest = self.rules.iter().rev().find(|dated| dated.effective <= day);
        newest
            .or_else(|| self.rules.first())
            .map(|dated| &dated.rules)
    }

    /// The rules of the day of a moment in the ledger's zone.
    pub fn rules_at(&self, moment: Moment) -> Option<&RuleSet> {
        match self.rules.as_slice() {
            // Nearly always; and a civil date costs more than everything else here.
            [only] => Some(&only.rules),
            _ => self.rules_on(self.zone().day_of(moment)),
        }
    }

    /// The moment from which a return of this month is late, by the rules of its due day.
    pub fn return_cut_off(&self, month: Month) -> Option<Moment> {
        let rules = self.rules_on(month.next().first_day())?;
        let due = month.next().day(rules.return_due_day);
        let cut_off = if rules.return_due_day_included {
            due.next()
        } else {
            due
        };
        Some(self.zone().start_of(cut_off))
    }
}
