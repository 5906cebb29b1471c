//! The keys of a party: which may sign what is received now, which may follow, and what becomes of a grant that is disputed.
//!
//! Invariant: a key that an office grants to a party that is registered already signs nothing before the days have passed in
//! which the party may object; until then it replaces nothing, not even what the party had committed to. So revoking first
//! and granting then takes nobody over. Knows nothing of curves.

use super::{AuthorityRefusal, KeyRecord, KeyRules, PartyRecord, Registry};
use crate::body::Body;
use crate::id::{Bytes32, KeyId, PartyId};
use crate::payload::{AuthorityRecovered, GrantObjected, KeyGrant, Payload, RulesChanged};
use crate::time::{DAY_MS, Moment};

impl KeyRecord {
    /// Whether it has not taken effect yet.
    pub fn is_pending(&self, received: Moment) -> bool {
        !self.void && self.from.is_some_and(|from| received < from)
    }

    /// Whether it may sign what is received now.
    pub fn is_valid(&self, received: Moment) -> bool {
        self.revoked_at.is_none() && !self.is_pending(received)
    }
}

impl Registry {
    /// Every key that a party ever got.
    pub fn keys_of(&self, party: &PartyId) -> impl Iterator<Item = (KeyId, &KeyRecord)> {
        let ids = self.parties.get(party).map_or(&[][..], |party| &party.keys);
        ids.iter().filter_map(|id| Some((*id, self.keys.get(id)?)))
    }

    /// Hashes of the keys that may follow the party's own.
    pub fn commitments(&self, party: &PartyId, received: Moment) -> impl Iterator<Item = Bytes32> {
        let own = self.keys_of(party);
        own.filter(move |(_, key)| !key.void && !key.is_pending(received))
            .map(|(_, key)| key.next)
    }

    /// Keys of a party that may sign what is received now.
    pub(super) fn valid_keys(&self, party: &PartyId, received: Moment) -> usize {
        let own = self.keys_of(party);
        own.filter(|(_, key)| key.is_valid(received)).count()
    }

    /// Whether these keys may sign the event: registered ones of its author, or the one that the event itself shows, where
    /// the author committed to it before.
    pub(super) fn permit_keys(
        &self,
        body: &Body,
        keys: &[KeyId],
        received: Moment,
        rules: &dyn KeyRules,
    ) -> Result<(), AuthorityRefusal> {
        let author = body.author;
        let shown = body.payload.shown_key().filter(|key| {
            // One that is registered is judged as that: committed to once, it may have been revoked since.
            let id = rules.key_id(key);
            keys.len() == 1
                && keys.first().copied() == id
                && id.is_none_or(|id| !self.keys.contains_key(&id))
        });
        let commitment = shown.map(|key| rules.commitment(key));
        match (&body.payload, commitment) {
            (Payload::AuthorityRecovered(_), _) if commitment != self.recovery => {
                Err(AuthorityRefusal::NotTheRecoveryKey)
            }
            (Payload::AuthorityRecovered(_), _) => Ok(()),
            (Payload::GrantObjected(_), Some(commitment)) => {
                self.permit_committed(&author, commitment, received)
            }
            // With a key at hand that signs, it has to: the next key alone, if it is stolen, must not rotate.
            (Payload::KeyAdded(added), Some(commitment))
                if added.party == author && self.valid_keys(&author, received) == 0 =>
            {
                self.permit_committed(&author, commitment, received)
            }
            _ => self.permit_registered(author, keys, received),
        }
    }

    fn permit_registered(
        &self,
        author: PartyId,
        keys: &[KeyId],
        received: Moment,
    ) -> Result<(), AuthorityRefusal> {
        keys.iter()
            .try_for_each(|key| self.permit_key(*key, author, received))
    }

    pub(super) fn permit_key(
        &self,
        key: KeyId,
        author: PartyId,
        received: Moment,
    ) -> Result<(), AuthorityRefusal> {
        let record = self.owned_key(key, author)?;
        match record {
            KeyRecord {
                revoked_at: Some(revoked_at),
                ..
            } => Err(AuthorityRefusal::RevokedKey {
                key,
                revoked_at: *revoked_at,
            }),
            KeyRecord {
                from: Some(from), ..
            } if record.is_pending(received) => {
                Err(AuthorityRefusal::PendingKey { key, from: *from })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn owned_key(
        &self,
        key: KeyId,
        author: PartyId,
    ) -> Result<&KeyRecord, AuthorityRefusal> {
        let record = self.keys.get(&key);
        let record = record.ok_or(AuthorityRefusal::UnknownKey { key })?;
        if record.party == author {
            return Ok(record);
        }
        Err(AuthorityRefusal::ForeignKey {
            key,
            owner: record.party,
            author,
        })
    }

    /// Whether a key with this hash may follow the party's own.
    pub(super) fn permit_committed(
        &self,
        party: &PartyId,
        commitment: Bytes32,
        received: Moment,
    ) -> Result<(), AuthorityRefusal> {
        if self
            .commitments(party, received)
            .any(|next| next == commitment)
        {
            Ok(())
        } else {
            Err(AuthorityRefusal::NotTheCommittedKey { party: *party })
        }
    }

    /// The founding authority takes new keys, enough of them to act.
    pub(super) fn permit_recovery(
        &self,
        body: &Body,
        recovered: &AuthorityRecovered,
        received: Moment,
        rules: &dyn KeyRules,
    ) -> Result<(), AuthorityRefusal> {
        self.permit_founder(body)?;
        let founder = body.author;
        if self.recovery != Some(rules.commitment(&recovered.recovery)) {
            return Err(AuthorityRefusal::NotTheRecoveryKey);
        }
        let needed = self.signatures_ahead(received);
        let held = recovered.keys.len();
        if held < usize::from(needed) {
            return Err(AuthorityRefusal::TooFewKeysHeld { needed, held });
        }
        for grant in recovered.keys.iter() {
            self.permit_apart(recovered.next, grant, rules)?;
            self.permit_grant(&founder, grant, rules)?;
        }
        // What the authority gives up may be a thief's by now, the keys that were to follow it too.
        let given_up = self.keys_of(&founder);
        let mut known = given_up.flat_map(|(_, key)| [key.next, rules.commitment(&key.key)]);
        if self.recovery == Some(recovered.next) || known.any(|hash| hash == recovered.next) {
            return Err(AuthorityRefusal::RecoveryNotApart);
        }
        Ok(())
    }

    /// The recovery key is kept for that alone: it is neither granted nor the next of a granted one.
    pub(super) fn permit_apart(
        &self,
        recovery: Bytes32,
        grant: &KeyGrant,
        rules: &dyn KeyRules,
    ) -> Result<(), AuthorityRefusal> {
        if [grant.next, rules.commitment(&grant.key)].contains(&recovery) {
            return Err(AuthorityRefusal::RecoveryNotApart);
        }
        Ok(())
    }

    /// A grant is objected to by the party that it is for, before it takes effect.
    pub(super) fn permit_objection(
        &self,
        author: PartyId,
        objected: &GrantObjected,
        received: Moment,
    ) -> Result<(), AuthorityRefusal> {
        let key = objected.key;
        let record = self.owned_key(key, author)?;
        if record.is_pending(received) && record.revoked_at.is_none() {
            Ok(())
        } else {
            Err(AuthorityRefusal::NotPending { key })
        }
    }

    /// Enters a key. One that an office grants to a party that is there already takes effect later.
    pub(super) fn add_key(
        &mut self,
        position: u64,
        party: PartyId,
        grant: &KeyGrant,
        from: Option<Moment>,
        rules: &dyn KeyRules,
    ) {
        let Some(key) = rules.key_id(&grant.key) else {
            return;
        };
        let record = KeyRecord {
            party,
            key: grant.key,
            next: grant.next,
            added_at: position,
            from,
            revoked_at: None,
            void: false,
        };
        self.keys.insert(key, record);
        if let Some(party) = self.parties.get_mut(&party) {
            party.keys.push(key);
        }
    }

    /// Rules that shorten the time to object are announced for as long as it lasts now: with the key of one office, a thief
    /// could else end it today and take a party over before anybody has looked.
    pub(super) fn permit_delay(
        &self,
        changed: &RulesChanged,
        received: Moment,
    ) -> Result<(), AuthorityRefusal> {
        let in_force = self.rules_at(received);
        let days = in_force.map_or(0, |rules| rules.grant_delay_days);
        let last = self.zone().day_of(self.effective(received));
        if changed.rules.grant_delay_days < days && changed.effective <= last {
            let first = last.next();
            return Err(AuthorityRefusal::NoticeTooShort { days, first });
        }
        Ok(())
    }

    /// When a key takes effect that is granted now.
    pub(super) fn effective(&self, received: Moment) -> Moment {
        let days = self
            .rules_at(received)
            .map_or(0, |rules| rules.grant_delay_days);
        received.plus_ms(i64::from(days) * DAY_MS)
    }

    /// A key signs nothing any more; one that had not taken effect never was the party's.
    pub(super) fn end_key(&mut self, position: u64, key: &KeyId, received: Moment) {
        if let Some(record) = self.keys.get_mut(key) {
            record.void = record.is_pending(received);
            record.revoked_at = Some(position);
        }
    }

    pub(super) fn recover(
        &mut self,
        position: u64,
        party: PartyId,
        recovered: &AuthorityRecovered,
        rules: &dyn KeyRules,
    ) {
        let own: Vec<KeyId> = self
            .parties
            .get(&party)
            .map_or_else(Vec::new, |party: &PartyRecord| party.keys.clone());
        for key in own {
            if let Some(record) = self.keys.get_mut(&key) {
                record.revoked_at.get_or_insert(position);
                // A thief of all keys may hold the next ones too.
                record.void = true;
            }
        }
        for grant in recovered.keys.iter() {
            self.add_key(position, party, grant, None, rules);
        }
        self.recovery = Some(recovered.next);
    }
}
