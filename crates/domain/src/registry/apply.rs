//! What an admitted act changes in the registry.
//!
//! Invariant: runs only on bodies that [`Registry::permit`] let pass at the same position; then it can't fail.

use super::{
    ClockSeen, DatedRules, Founding, KeyRules, Licence, LogKey, PartyRecord, Registry,
    StandingState,
};
use crate::body::Body;
use crate::division::Division;
use crate::id::{EventId, PartyId};
use crate::party::{Names, PartyKind, Sector};
use crate::payload::{KeyGrant, LedgerFounded, Payload, check_annullable};
use crate::time::{Day, Moment};

impl Registry {
    /// Whether an event of this kind changes the registry at all; those of enterprises, which are most, do not.
    pub const fn concerns(payload: &Payload) -> bool {
        payload.is_act() && !matches!(payload, Payload::HeadsCommitted(_))
    }

    /// Applies a permitted body with this id that was admitted at `position` and received at `received`.
    pub fn apply(
        &mut self,
        position: u64,
        received: Moment,
        id: EventId,
        body: &Body,
        rules: &dyn KeyRules,
    ) {
        self.note_act(id, &body.payload);
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
                    keys: Vec::new(),
                    successor: None,
                };
                self.parties.insert(registered.party, record);
                self.add_key(position, registered.party, &registered.key, None, rules);
            }
            Payload::PartySuspended(act) => self.set_standing(&act.party, StandingState::Suspended),
            Payload::PartyReinstated(act) => self.set_standing(&act.party, StandingState::Active),
            Payload::PartyDelisted(act) => self.set_standing(&act.party, StandingState::Delisted),
            Payload::KeyAdded(added) => {
                let is_own = added.party == body.author;
                let from = (!is_own).then(|| self.effective(received));
                self.add_key(position, added.party, &added.key, from, rules);
            }
            Payload::KeyRevoked(revoked) => self.end_key(position, &revoked.key, received),
            Payload::GrantObjected(objected) => self.end_key(position, &objected.key, received),
            Payload::AuthorityRecovered(recovered) => {
                self.recover(position, body.author, recovered, rules);
            }
            Payload::ClockConfirmed(confirmed) => {
                let shown = confirmed.shows;
                self.clock = Some(ClockSeen { shown, received });
            }
            Payload::SiteLicensed(licensed) => {
                self.sites.entry(licensed.site).or_default().push(Licence {
                    number: licensed.licence.clone(),
                    activity: licensed.activity,
                    capacity: licensed.capacity_mg,
                    division: licensed.division,
                    from: licensed.from,
                    until: licensed.until,
                });
            }
            Payload::PartyAmended(amended) => self.amend_party(amended),
            Payload::SiteAmended(amended) => self.amend_site(amended),
            Payload::PartySucceeded(act) => self.succeed(id, act),
            Payload::ReferenceChanged(act) => self.reference.change(position, id, act),
            Payload::ActAnnulled(annulled) => self.annul(position, annulled, rules),
            Payload::RulesChanged(changed) => {
                self.set_rules(changed.effective, changed.rules.clone())
            }
            Payload::LogKeyRotated(rotated) => self.rotate_log_key(position, rotated, rules),
            _ => {}
        }
    }

    /// Notes that the log holds an act, so that it may be annulled; of what can't be, nothing is kept.
    pub fn note_act(&mut self, id: EventId, payload: &Payload) {
        if check_annullable(payload.number()).is_ok() {
            self.acts.insert(id, None);
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
        self.recovery = Some(founded.recovery);
        let mut enter = |party: PartyId, names: &Names, kind, grant: &KeyGrant| {
            let record = PartyRecord {
                names: names.clone(),
                kind,
                division: Division::NATION,
                group: None,
                standing: StandingState::Active,
                registered_at: position,
                keys: Vec::new(),
                successor: None,
            };
            self.parties.insert(party, record);
            self.add_key(position, party, grant, None, rules);
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
