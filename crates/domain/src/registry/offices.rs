//! Who is over whom among the offices, and how many of its keys an office needs for an act.
//!
//! Invariant: nobody but itself touches the founding authority; nobody but the founding authority touches the operator; a
//! regulator is touched by the founding authority and by those above it in its own sector, so that no office makes its own
//! equal or takes over its neighbour. How many signatures are asked depends on the day of receipt, which the node states,
//! and never on a day that the author writes. Knows nothing of curves.

use super::{AuthorityRefusal, PartyRecord, Registry};
use crate::body::Body;
use crate::division::Division;
use crate::id::{KeyId, PartyId};
use crate::party::PartyKind;
use crate::payload::{PartyRegistered, Payload};
use crate::rules::RuleSet;
use crate::time::Moment;

impl Registry {
    /// Whether the author may touch the party that an act is about: its standing and its keys.
    pub(super) fn permit_subject(
        &self,
        body: &Body,
        author: &PartyRecord,
    ) -> Result<(), AuthorityRefusal> {
        // Its own keys a party touches by rules of their own; its own standing, such as a reinstatement, is not its business.
        let (party, is_own) = match &body.payload {
            Payload::KeyAdded(added) => (added.party, added.party == body.author),
            Payload::KeyRevoked(revoked) => (revoked.party, revoked.party == body.author),
            Payload::PartySuspended(act)
            | Payload::PartyReinstated(act)
            | Payload::PartyDelisted(act) => (act.party, false),
            Payload::PartyAmended(act) => (act.party, false),
            _ => return Ok(()),
        };
        let Some(founding) = self.founding.as_ref() else {
            return Err(AuthorityRefusal::NotFounded);
        };
        if body.author == founding.authority || is_own {
            return Ok(());
        }
        if [founding.authority, founding.operator].contains(&party) {
            let founder = founding.authority;
            return Err(AuthorityRefusal::KeptForTheFounder { party, founder });
        }
        let is_office =
            |subject: &&PartyRecord| matches!(subject.kind, PartyKind::Regulator { .. });
        let Some(subject) = self.parties.get(&party).filter(is_office) else {
            return Ok(());
        };
        // First whether it lies in the author's division at all: the plainer reason.
        Self::permit_division(body.author, author.division, subject.division)?;
        Self::permit_over(body.author, author, party, &subject.kind, subject.division)
    }

    /// A ledger has the one operator that its founding names; a regulator is registered from above.
    pub(super) fn permit_new_office(
        &self,
        author: PartyId,
        record: &PartyRecord,
        registered: &PartyRegistered,
    ) -> Result<(), AuthorityRefusal> {
        let Some(founding) = self.founding.as_ref() else {
            return Err(AuthorityRefusal::NotFounded);
        };
        let party = registered.party;
        if registered.kind == PartyKind::Operator {
            let operator = founding.operator;
            return Err(AuthorityRefusal::SecondOperator { party, operator });
        }
        if author == founding.authority {
            return Ok(());
        }
        Self::permit_over(author, record, party, &registered.kind, registered.division)
    }

    pub(super) fn permit_over(
        author: PartyId,
        above: &PartyRecord,
        party: PartyId,
        kind: &PartyKind,
        division: Division,
    ) -> Result<(), AuthorityRefusal> {
        let PartyKind::Regulator { sector } = kind else {
            return Ok(());
        };
        let of_its_sector =
            matches!(above.kind, PartyKind::Regulator { sector: own } if own == *sector);
        let is_above = above.division.covers(division) && above.division != division;
        if of_its_sector && is_above {
            return Ok(());
        }
        Err(AuthorityRefusal::NotOverRegulators { author, party })
    }

    /// k of n, where the rules ask it of the national level.
    pub(super) fn permit_signature_count(
        &self,
        body: &Body,
        record: &PartyRecord,
        keys: &[KeyId],
        received: Moment,
    ) -> Result<(), AuthorityRefusal> {
        let is_national = matches!(record.kind, PartyKind::Regulator { .. })
            && record.division == Division::NATION;
        let needed = match &body.payload {
            _ if !is_national => 1,
            // The recovery key stands for all of them; an objection only keeps things as they are.
            Payload::AuthorityRecovered(_) | Payload::GrantObjected(_) => 1,
            // A number that was decided on can't be taken back by fewer before its day comes.
            Payload::RulesChanged(_) => self.signatures_ahead(received),
            _ => self.signatures_needed(received),
        };
        if keys.len() < usize::from(needed) {
            return Err(AuthorityRefusal::TooFewSignatures {
                needed,
                found: keys.len(),
            });
        }
        Ok(())
    }

    /// Rules ask for no more signatures than the founding authority has keys for, or it could never act again.
    pub(super) fn permit_rules(
        &self,
        rules: &RuleSet,
        received: Moment,
    ) -> Result<(), AuthorityRefusal> {
        let Some(founding) = self.founding.as_ref() else {
            return Err(AuthorityRefusal::NotFounded);
        };
        let (needed, held) = (
            rules.authority_signatures,
            self.valid_keys(&founding.authority, received),
        );
        if held < usize::from(needed) {
            return Err(AuthorityRefusal::TooFewKeysHeld { needed, held });
        }
        Ok(())
    }

    /// The founding authority keeps as many keys as its acts need, now and by rules that are decided on.
    pub(super) fn permit_one_key_less(
        &self,
        party: &PartyId,
        received: Moment,
    ) -> Result<(), AuthorityRefusal> {
        let founder = self.founding.as_ref().map(|founding| founding.authority);
        let needed = self.signatures_ahead(received);
        let left = self.valid_keys(party, received).saturating_sub(1);
        if founder == Some(*party) && left < usize::from(needed) {
            return Err(AuthorityRefusal::TooFewKeysLeft { needed, left });
        }
        Ok(())
    }

    /// Signatures that an act of the national level needs on the day of receipt.
    fn signatures_needed(&self, received: Moment) -> u8 {
        let rules = self.rules_on(self.zone().day_of(received));
        rules.map_or(1, |rules| rules.authority_signatures)
    }

    /// As [`Self::signatures_needed`], and not fewer than any rules ask that are decided on for a later day.
    pub(super) fn signatures_ahead(&self, received: Moment) -> u8 {
        let today = self.zone().day_of(received);
        let later = self.rules.iter().filter(|dated| dated.effective > today);
        later
            .map(|dated| dated.rules.authority_signatures)
            .fold(self.signatures_needed(received), u8::max)
    }
}
