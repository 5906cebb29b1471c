//! Whether an author may state a fact with these keys, at this position.
//!
//! Invariant: asks only what the log before this position says, and the day on which the node received the event; no day
//! that the author writes decides over its own authority. A suspended or delisted party may still sign: what it does then
//! is a finding, since refusing the record of a violation would hide it.

use super::{AuthorityRefusal, KeyRules, PartyRecord, Registry};
use crate::body::Body;
use crate::division::Division;
use crate::id::{KeyId, PartyId};
use crate::party::{PartyKind, Sector};
use crate::payload::{Actor, Holder, KeyGrant, Payload};
use crate::time::Moment;

impl Registry {
    /// Checks the author, its keys and its authority. `keys` are those whose signatures were found valid; `received` is when
    /// the node received the event.
    ///
    /// # Errors
    /// The first broken rule, by name.
    pub fn permit(
        &self,
        body: &Body,
        keys: &[KeyId],
        received: Moment,
        rules: &dyn KeyRules,
    ) -> Result<(), AuthorityRefusal> {
        if let Payload::LedgerFounded(founded) = &body.payload {
            return self.permit_founding(body, founded, keys, rules);
        }
        let record = self.author(body)?;
        self.permit_keys(body, keys, received, rules)?;
        self.permit_signature_count(body, record, keys, received)?;
        self.may_state(body, received, rules)
    }

    /// Checks what does not depend on who signs: the author, its kind and its authority.
    ///
    /// # Errors
    /// The first broken rule, by name.
    pub fn may_state(
        &self,
        body: &Body,
        received: Moment,
        rules: &dyn KeyRules,
    ) -> Result<(), AuthorityRefusal> {
        let record = self.author(body)?;
        self.permit_kind(body, record)?;
        self.permit_subject(body, record)?;
        self.permit_act(body, record, received, rules)
    }

    fn author(&self, body: &Body) -> Result<&PartyRecord, AuthorityRefusal> {
        if self.founding.is_none() {
            return Err(AuthorityRefusal::NotFounded);
        }
        let author = body.author;
        let record = self.parties.get(&author);
        record.ok_or(AuthorityRefusal::UnknownAuthor { author })
    }

    fn permit_founding(
        &self,
        body: &Body,
        founded: &crate::payload::LedgerFounded,
        keys: &[KeyId],
        rules: &dyn KeyRules,
    ) -> Result<(), AuthorityRefusal> {
        if self.founding.is_some() {
            return Err(AuthorityRefusal::AlreadyFounded);
        }
        if body.author != founded.authority {
            return Err(AuthorityRefusal::FoundedByAnother {
                expected: founded.authority,
                found: body.author,
            });
        }
        for grant in [&founded.authority_key, &founded.log_key] {
            self.permit_apart(founded.recovery, grant, rules)?;
        }
        let authority_key = self.permit_grant(&founded.authority, &founded.authority_key, rules)?;
        let log_key = self.permit_grant(&founded.operator, &founded.log_key, rules)?;
        if authority_key == log_key {
            return Err(AuthorityRefusal::KeyExists { key: log_key });
        }
        // It brings one key: rules that ask for more would leave nobody who could act, not even to add one.
        let needed = founded.rules.authority_signatures;
        if needed > 1 {
            return Err(AuthorityRefusal::TooFewKeysHeld { needed, held: 1 });
        }
        match keys {
            [key] if *key == authority_key => Ok(()),
            [key, ..] => Err(AuthorityRefusal::UnknownKey { key: *key }),
            [] => Err(AuthorityRefusal::TooFewSignatures {
                needed: 1,
                found: 0,
            }),
        }
    }

    fn permit_kind(&self, body: &Body, record: &PartyRecord) -> Result<(), AuthorityRefusal> {
        let regulator = matches!(record.kind, PartyKind::Regulator { .. });
        let (expected, allowed) = match body.payload.actor() {
            Actor::Regulator => ("a regulator", regulator),
            Actor::Operator => ("the operator", matches!(record.kind, PartyKind::Operator)),
            Actor::Enterprise => (
                "an enterprise",
                matches!(record.kind, PartyKind::Enterprise { .. }),
            ),
            Actor::Party => ("a registered party", true),
            Actor::RegulatorOrSelf => {
                let subject = match &body.payload {
                    Payload::KeyAdded(added) => Some(added.party),
                    Payload::KeyRevoked(revoked) => Some(revoked.party),
                    _ => None,
                };
                (
                    "a regulator or the party itself",
                    regulator || subject == Some(body.author),
                )
            }
        };
        if allowed {
            return Ok(());
        }
        let (event, found) = (body.payload.name(), record.kind.name());
        Err(AuthorityRefusal::WrongKindOfParty {
            event,
            author: body.author,
            expected,
            found,
        })
    }

    fn permit_act(
        &self,
        body: &Body,
        record: &PartyRecord,
        received: Moment,
        rules: &dyn KeyRules,
    ) -> Result<(), AuthorityRefusal> {
        let within = |other: Division| Self::permit_division(body.author, record.division, other);
        let over = |party: &PartyId| within(self.require(party)?.division);
        match &body.payload {
            Payload::PartyRegistered(registered) => {
                within(registered.division)?;
                self.permit_new_office(body.author, record, registered)?;
                if self.parties.contains_key(&registered.party) {
                    return Err(AuthorityRefusal::PartyExists {
                        party: registered.party,
                    });
                }
                self.permit_grant(&registered.party, &registered.key, rules)
                    .map(|_| ())
            }
            Payload::PartySuspended(act)
            | Payload::PartyReinstated(act)
            | Payload::PartyDelisted(act) => over(&act.party),
            Payload::KeyAdded(added) => self.permit_added(body, record, added, received, rules),
            Payload::KeyRevoked(revoked) => self.permit_revocation(body, record, revoked, received),
            Payload::SiteLicensed(licensed) => {
                within(licensed.division)?;
                self.require_enterprise(&licensed.site.party)
            }
            Payload::PartyAmended(amended) => self.permit_amendment(body, record, amended),
            Payload::SiteAmended(amended) => self.permit_licence(body, record, amended),
            Payload::PartySucceeded(act) => self.permit_succession(body, record, act),
            Payload::ActAnnulled(act) => self.permit_annulment(body, record, act, rules),
            Payload::IndicatorSet(_) => self.permit_national(body, record),
            Payload::ReferenceChanged(_) => self.permit_founder(body),
            Payload::RulesChanged(changed) => {
                self.permit_national(body, record)?;
                self.permit_rules(&changed.rules, received)?;
                self.permit_delay(changed, received)
            }
            Payload::QuotaAllocated(_) | Payload::QuotaMoved(_) | Payload::QuotaDeducted(_) => {
                self.permit_national(body, record)?;
                self.permit_quota(&body.payload)
            }
            Payload::InspectionRecorded(inspection) => over(&inspection.site.party),
            Payload::LotSealed(named) | Payload::LotReleased(named) => {
                named.lots.iter().try_for_each(|lot| over(&lot.creator))
            }
            Payload::PenaltyImposed(penalty) => over(&penalty.party),
            Payload::LogKeyRotated(rotated) => self.permit_log_key(body, rotated, rules),
            Payload::AuthorityRecovered(recovered) => {
                self.permit_recovery(body, recovered, received, rules)
            }
            Payload::GrantObjected(objected) => {
                self.permit_objection(body.author, objected, received)
            }
            Payload::AccessGranted(granted) => {
                within(granted.division)?;
                self.require(&granted.auditor).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Whoever holds the quota is there.
    fn permit_quota(&self, payload: &Payload) -> Result<(), AuthorityRefusal> {
        match payload {
            Payload::QuotaAllocated(allocated) => self.require_holder(&allocated.holder),
            Payload::QuotaMoved(moved) => {
                self.require_holder(&moved.from)?;
                self.require_holder(&moved.to)
            }
            Payload::QuotaDeducted(deducted) => self.require_enterprise(&deducted.party),
            _ => Ok(()),
        }
    }

    /// The party's own key is one that it committed to; an office may add any within its division.
    fn permit_added(
        &self,
        body: &Body,
        record: &PartyRecord,
        added: &crate::payload::KeyAdded,
        received: Moment,
        rules: &dyn KeyRules,
    ) -> Result<(), AuthorityRefusal> {
        let party = self.require(&added.party)?;
        if added.party == body.author {
            let commitment = rules.commitment(&added.key.key);
            self.permit_committed(&added.party, commitment, received)?;
        } else {
            Self::permit_division(body.author, record.division, party.division)?;
        }
        self.permit_grant(&added.party, &added.key, rules)
            .map(|_| ())
    }

    fn permit_revocation(
        &self,
        body: &Body,
        record: &PartyRecord,
        revoked: &crate::payload::KeyRevoked,
        received: Moment,
    ) -> Result<(), AuthorityRefusal> {
        let (party, key) = (self.require(&revoked.party)?, revoked.key);
        let record_of_key = self.owned_key(key, revoked.party)?;
        if let Some(revoked_at) = record_of_key.revoked_at {
            return Err(AuthorityRefusal::RevokedKey { key, revoked_at });
        }
        if record_of_key.is_pending(received) {
            // It signs nothing yet: without it the party holds as many keys as with it.
            return if revoked.party == body.author {
                Ok(())
            } else {
                Self::permit_division(body.author, record.division, party.division)
            };
        }
        self.permit_one_key_less(&revoked.party, received)?;
        if revoked.party != body.author {
            return Self::permit_division(body.author, record.division, party.division);
        }
        if self.valid_keys(&revoked.party, received) < 2 {
            Err(AuthorityRefusal::LastKey {
                party: revoked.party,
            })
        } else {
            Ok(())
        }
    }

    /// What decides for every party and every verdict is the founding authority's alone.
    pub(super) fn permit_founder(&self, body: &Body) -> Result<(), AuthorityRefusal> {
        let Some(founding) = self.founding.as_ref() else {
            return Err(AuthorityRefusal::NotFounded);
        };
        let (founder, author) = (founding.authority, body.author);
        if author == founder {
            return Ok(());
        }
        let event = body.payload.name();
        Err(AuthorityRefusal::NotTheFounder {
            event,
            founder,
            author,
        })
    }

    /// Quota and rules are made by the national industry and natural resources departments (Order 71 articles 4 to 6).
    fn permit_national(&self, body: &Body, record: &PartyRecord) -> Result<(), AuthorityRefusal> {
        let (event, author) = (body.payload.name(), body.author);
        if record.division != Division::NATION {
            return Err(AuthorityRefusal::NotNational {
                event,
                author,
                division: record.division,
            });
        }
        match record.kind {
            PartyKind::Regulator {
                sector: Sector::Industry | Sector::NaturalResources,
            } => Ok(()),
            PartyKind::Regulator { sector } => {
                let expected = "the departments of industry and natural resources";
                Err(AuthorityRefusal::WrongSector {
                    event,
                    author,
                    expected,
                    found: sector,
                })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn permit_grant(
        &self,
        party: &PartyId,
        grant: &KeyGrant,
        rules: &dyn KeyRules,
    ) -> Result<KeyId, AuthorityRefusal> {
        // A key is registered once: one that already signs events could never become the log key, and no other may.
        let committed = self.log_keys().last().map(|log_key| log_key.next);
        if committed == Some(rules.commitment(&grant.key)) {
            return Err(AuthorityRefusal::KeptForTheLog { party: *party });
        }
        if self.recovery == Some(rules.commitment(&grant.key)) {
            return Err(AuthorityRefusal::RecoveryNotApart);
        }
        self.permit_new_key(party, grant, rules)
    }

    pub(super) fn permit_new_key(
        &self,
        party: &PartyId,
        grant: &KeyGrant,
        rules: &dyn KeyRules,
    ) -> Result<KeyId, AuthorityRefusal> {
        let key = rules
            .key_id(&grant.key)
            .ok_or(AuthorityRefusal::BadKey { party: *party })?;
        if self.keys.contains_key(&key) {
            return Err(AuthorityRefusal::KeyExists { key });
        }
        if !rules.possession_holds(party, grant) {
            return Err(AuthorityRefusal::PossessionFails { party: *party });
        }
        Ok(key)
    }

    pub(super) fn permit_division(
        author: PartyId,
        own: Division,
        other: Division,
    ) -> Result<(), AuthorityRefusal> {
        if own.covers(other) {
            Ok(())
        } else {
            Err(AuthorityRefusal::OutsideDivision { author, own, other })
        }
    }

    pub(super) fn require(&self, party: &PartyId) -> Result<&PartyRecord, AuthorityRefusal> {
        self.parties
            .get(party)
            .ok_or(AuthorityRefusal::UnknownParty { party: *party })
    }

    pub(super) fn require_enterprise(&self, party: &PartyId) -> Result<(), AuthorityRefusal> {
        match self.require(party)?.kind {
            PartyKind::Enterprise { .. } => Ok(()),
            _ => Err(AuthorityRefusal::NotAnEnterprise { party: *party }),
        }
    }

    fn require_holder(&self, holder: &Holder) -> Result<(), AuthorityRefusal> {
        match holder {
            Holder::Party(party) => self.require_enterprise(party),
            Holder::Group(_) => Ok(()),
        }
    }
}
