//! What an admitted act changes in the registry.
//!
//! Invariant: runs only on bodies that [`Registry::permit`] let pass at the same position; then it can't fail.

use super::{
    DatedRules, Founding, KeyRecord, KeyRules, Licence, LogKey, PartyRecord, Registry,
    StandingState,
};
use crate::body::Body;
use crate::division::Division;
use crate::id::PartyId;
use crate::party::{Names, PartyKind, Sector};
use crate::payload::{KeyGrant, LedgerFounded, Payload};
use crate::time::Day;

impl Registry {
    /// Whether an event of this kind changes the registry at all; most events of enterprises do not.
    pub const fn concerns(payload: &Payload) -> bool {
        matches!(
            payload,
            Payload::LedgerFounded(_)
                | Payload::PartyRegistered(_)
                | Payload::PartySuspended(_)
                | Payload::PartyReinstated(_)
                | Payload::PartyDelisted(_)
                | Payload::KeyAdded(_)
                | Payload::KeyRevoked(_)
                | Payload::SiteLicensed(_)
                | Payload::RulesChanged(_)
                | Payload::LogKeyRotated(_)
        )
    }

    /// Applies a permitted body that was admitted at `position`.
    pub fn apply(&mut self, position: u64, body: &Body, rules: &dyn KeyRules) {
        match &body.payload {
            Payload::LedgerFounded(founded) => self.found(position, body, founded, rules),
            Payload::PartyRegistered(registered) => {
                let record = PartyRecord {
                    names: registered.names.clone(),
                    kind: registered.kind.clone(),
                    division: registered.division,
                    group: registered.group,
                    standing: StandingState::Active,
                    registered_at: position,
                    next_key: registered.key.next,
                };
                self.parties.insert(registered.party, record);
                self.add_key(position, registered.party, &registered.key, rules);
            }
            Payload::PartySuspended(act) => self.set_standing(&act.party, StandingState::Suspended),
            Payload::PartyReinstated(act) => self.set_standing(&act.party, StandingState::Active),
            Payload::PartyDelisted(act) => self.set_standing(&act.party, StandingState::Delisted),
            Payload::KeyAdded(added) => self.add_key(position, added.party, &added.key, rules),
            Payload::KeyRevoked(revoked) => {
                if let Some(key) = self.keys.get_mut(&revoked.key) {
                    key.revoked_at = Some(position);
                }
            }
            Payload::SiteLicensed(licensed) => {
                self.sites.entry(licensed.site).or_default().push(Licence {
                    activity: licensed.activity,
                    capacity: licensed.capacity_mg,
                    division: licensed.division,
                    from: licensed.from,
                    until: licensed.until,
                });
            }
            Payload::RulesChanged(changed) => {
                self.set_rules(changed.effective, changed.rules.clone())
            }
            Payload::LogKeyRotated(rotated) => self.rotate_log_key(position, rotated, rules),
            _ => {}
        }
    }

    fn found(&mut self, position: u64, body: &Body, founded: &LedgerFounded, rules: &dyn KeyRules) {
        self.founding = Some(Founding {
            name: founded.name.to_string(),
            origin: founded.origin.to_string(),
            zone: founded.zone,
            authority: founded.authority,
            operator: founded.operator,
        });
        self.log_keys = vec![LogKey::of(position, &founded.log_key)];
        let mut enter = |party: PartyId, names: &Names, kind, grant: &KeyGrant| {
            let record = PartyRecord {
                names: names.clone(),
                kind,
                division: Division::NATION,
                group: None,
                standing: StandingState::Active,
                registered_at: position,
                next_key: grant.next,
            };
            self.parties.insert(party, record);
            self.add_key(position, party, grant, rules);
        };
        let authority = PartyKind::Regulator {
            sector: Sector::Industry,
        };
        enter(
            founded.authority,
            &founded.authority_names,
            authority,
            &founded.authority_key,
        );
        enter(
            founded.operator,
            &founded.operator_names,
            PartyKind::Operator,
            &founded.log_key,
        );
        let effective = founded.zone.day_of(body.occurred);
        self.set_rules(effective, founded.rules.clone());
    }

    pub(super) fn add_key(
        &mut self,
        position: u64,
        party: PartyId,
        grant: &KeyGrant,
        rules: &dyn KeyRules,
    ) {
        let Some(key) = rules.key_id(&grant.key) else {
            return;
        };
        let record = KeyRecord {
            party,
            key: grant.key,
            added_at: position,
            revoked_at: None,
        };
        self.keys.insert(key, record);
        if let Some(party) = self.parties.get_mut(&party) {
            party.next_key = grant.next;
        }
    }

    fn set_standing(&mut self, party: &PartyId, standing: StandingState) {
        if let Some(record) = self.parties.get_mut(party) {
            record.standing = standing;
        }
    }

    fn set_rules(&mut self, effective: Day, rules: crate::rules::RuleSet) {
        let place = self
            .rules
            .partition_point(|dated| dated.effective <= effective);
        self.rules.insert(place, DatedRules { effective, rules });
    }
}
