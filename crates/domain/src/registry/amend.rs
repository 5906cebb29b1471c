//! Acts that amend, succeed or annul: who may state them, and what they change in the registry.
//!
//! Invariant: the registry holds what was stated last; from which day it holds is for the folds, since no day that an author
//! writes decides over authority. An office is moved only from above its old and its new place.

use super::{AuthorityRefusal, KeyRules, PartyRecord, Registry};
use crate::body::Body;
use crate::division::Division;
use crate::id::EventId;
use crate::party::{Activities, PartyKind};
use crate::payload::{ActAnnulled, PartyAmended, PartySucceeded, Payload, SiteAmended};

impl Registry {
    /// A party is amended by those who could have registered it so, old and new division alike.
    pub(super) fn permit_amendment(
        &self,
        body: &Body,
        record: &PartyRecord,
        amended: &PartyAmended,
    ) -> Result<(), AuthorityRefusal> {
        let (author, party) = (body.author, amended.party);
        let subject = self.require(&party)?;
        Self::permit_division(author, record.division, subject.division)?;
        Self::permit_division(author, record.division, amended.division)?;
        let is_enterprise = matches!(subject.kind, PartyKind::Enterprise { .. });
        if is_enterprise == amended.activities.is_empty() {
            return Err(AuthorityRefusal::ActivitiesOfKind {
                party,
                kind: subject.kind.name(),
            });
        }
        let Some(founding) = self.founding.as_ref() else {
            return Err(AuthorityRefusal::NotFounded);
        };
        let is_fixed = [founding.authority, founding.operator].contains(&party);
        if is_fixed && amended.division != Division::NATION {
            let (own, other) = (Division::NATION, amended.division);
            return Err(AuthorityRefusal::OutsideDivision { author, own, other });
        }
        if author == founding.authority {
            return Ok(());
        }
        Self::permit_over(author, record, party, &subject.kind, amended.division)
    }

    /// A licence is amended that there is, by those who oversee its old and its new division.
    pub(super) fn permit_licence(
        &self,
        body: &Body,
        record: &PartyRecord,
        amended: &SiteAmended,
    ) -> Result<(), AuthorityRefusal> {
        self.require_enterprise(&amended.site.party)?;
        let licences = self.licences(&amended.site).iter();
        let licence = licences
            .rev()
            .find(|held| held.activity == amended.activity && held.number == amended.licence);
        let licence = licence.ok_or_else(|| AuthorityRefusal::UnknownLicence {
            site: amended.site,
            licence: amended.licence.to_string(),
        })?;
        Self::permit_division(body.author, record.division, licence.division)?;
        Self::permit_division(body.author, record.division, amended.division)
    }

    /// Both enterprises are the author's to oversee, and neither was taken over before.
    pub(super) fn permit_succession(
        &self,
        body: &Body,
        record: &PartyRecord,
        act: &PartySucceeded,
    ) -> Result<(), AuthorityRefusal> {
        for party in [act.party, act.successor] {
            self.require_enterprise(&party)?;
            let subject = self.require(&party)?;
            Self::permit_division(body.author, record.division, subject.division)?;
            if let Some(successor) = subject.successor {
                return Err(AuthorityRefusal::SucceededAlready { party, successor });
            }
        }
        Ok(())
    }

    /// An act is taken back by its author, by an office above it in its sector, or by the founding authority: one that the
    /// log holds, and once. Its id is the hash of the bytes, so they name no author but the one who stated it.
    pub(super) fn permit_annulment(
        &self,
        body: &Body,
        record: &PartyRecord,
        act: &ActAnnulled,
        rules: &dyn KeyRules,
    ) -> Result<(), AuthorityRefusal> {
        let Some(founding) = self.founding.as_ref() else {
            return Err(AuthorityRefusal::NotFounded);
        };
        let annulled = rules.event(&act.annulled);
        let (id, annulled) = annulled.ok_or(AuthorityRefusal::UnknownAct)?;
        match self.acts.get(&id) {
            None => return Err(AuthorityRefusal::UnknownAct),
            Some(Some(position)) => {
                let position = *position;
                return Err(AuthorityRefusal::AnnulledAlready { id, position });
            }
            Some(None) => {}
        }
        if [annulled.author, founding.authority].contains(&body.author) {
            return Ok(());
        }
        let subject = self.require(&annulled.author)?;
        if annulled.author == founding.authority {
            let (party, founder) = (annulled.author, founding.authority);
            return Err(AuthorityRefusal::KeptForTheFounder { party, founder });
        }
        Self::permit_over(
            body.author,
            record,
            annulled.author,
            &subject.kind,
            subject.division,
        )
    }

    pub(super) fn amend_party(&mut self, amended: &PartyAmended) {
        let Some(record) = self.parties.get_mut(&amended.party) else {
            return;
        };
        record.names = amended.names.clone();
        record.division = amended.division;
        record.group = amended.group;
        if let PartyKind::Enterprise { activities } = &mut record.kind
            && let Ok(amended) = Activities::new(amended.activities.to_vec())
        {
            *activities = amended;
        }
    }

    pub(super) fn amend_site(&mut self, amended: &SiteAmended) {
        let licences = self.sites.entry(amended.site).or_default().iter_mut();
        let licence = licences
            .rev()
            .find(|held| held.activity == amended.activity && held.number == amended.licence);
        if let Some(licence) = licence {
            licence.capacity = amended.capacity_mg;
            licence.division = amended.division;
            licence.from = amended.from;
            licence.until = amended.until;
        }
    }

    pub(super) fn succeed(&mut self, id: EventId, act: &PartySucceeded) {
        if let Some(record) = self.parties.get_mut(&act.party) {
            record.successor = Some(act.successor);
            self.successions.insert(act.party, id);
        }
    }

    /// Of what can be annulled, successions and reference data alone change the registry, and only the very act that it holds
    /// ends a succession.
    pub(super) fn annul(&mut self, position: u64, act: &ActAnnulled, rules: &dyn KeyRules) {
        let Some((id, annulled)) = rules.event(&act.annulled) else {
            return;
        };
        self.reference.annul(position, &id);
        // An extract may hold the annulment and not the act.
        if let Some(annulled_at) = self.acts.get_mut(&id) {
            *annulled_at = Some(position);
        }
        let Payload::PartySucceeded(act) = &annulled.payload else {
            return;
        };
        if self.successions.get(&act.party) != Some(&id) {
            return;
        }
        self.successions.remove(&act.party);
        if let Some(record) = self.parties.get_mut(&act.party) {
            record.successor = None;
        }
    }
}
