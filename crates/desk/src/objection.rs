//! A party does not want a key that an office granted to it, and says so before the key takes effect.
//!
//! Invariant: a party whose keys were all revoked can still object, with the next key that it kept. Holds no rule; the
//! registry decides.

use domain::payload::GrantObjected;
use domain::{Bytes32, KeyId, Moment, PartyId, Payload, Registry};
use signing::key_commitment;

use crate::batch::{Batch, Intent};
use crate::keys::{self, Key, KeyPlace, PartyFiles, id_of};
use crate::refused::{KeyRefused, NotDone};
use crate::session::Session;

/// The objection for several people to sign: whoever signs it later has a valid key, since one that is not registered would
/// have to be shown in it.
///
/// # Errors
/// It is not well formed.
pub fn to_prepare(
    session: &Session<'_>,
    party: PartyId,
    granted: KeyId,
    now: Moment,
) -> Result<Batch, NotDone> {
    session.number(party, [draft(granted, None, now)], now)
}

/// The objection, and the key that signs it: the one that was named; else the current one, or the next one if the current one
/// does not sign any more.
///
/// # Errors
/// No key here can object.
pub fn with_key(
    session: &Session<'_>,
    party: PartyId,
    granted: KeyId,
    named: Option<&KeyPlace>,
    now: Moment,
) -> Result<(Batch, Key), NotDone> {
    let fitting = Fitting {
        registry: &session.registry(),
        party,
        received: session.received(now)?,
    };
    let (key, committed) = fitting.key(session, named)?;
    let batch = session.number(party, [draft(granted, committed, now)], now)?;
    Ok((batch, key))
}

const fn draft(key: KeyId, committed: Option<Bytes32>, now: Moment) -> Intent {
    Intent::of(
        now,
        Payload::GrantObjected(GrantObjected { key, committed }),
    )
}

/// Which of its keys a party can object with.
struct Fitting<'a> {
    registry: &'a Registry,
    party: PartyId,
    received: Moment,
}

/// A key, and its public bytes where the event has to show them because only its hash is known.
type Fit = (Key, Option<Bytes32>);

impl Fitting<'_> {
    fn key(&self, session: &Session<'_>, named: Option<&KeyPlace>) -> Result<Fit, NotDone> {
        let (party, host) = (self.party, session.desk.host);
        if let Some(place) = named {
            let key = keys::open_at(place, host)?;
            return self.fit(key).ok_or_else(|| self.refused(place.to_string()));
        }
        let files = PartyFiles::of(&session.desk.place.keys(), party.as_str());
        for file in [&files.current, &files.next] {
            if !file.exists() {
                continue;
            }
            if let Some((key, committed)) = self.fit(keys::open(file, host)?) {
                if committed.is_some() {
                    let file = file.display();
                    host.note(format!(
                        "note: {party} has no valid key here, so its next key signs: {file}"
                    ));
                }
                return Ok((key, committed));
            }
        }
        Err(self.refused(files.folder.display().to_string()))
    }

    fn fit(&self, key: Key) -> Option<Fit> {
        let public = *key.public().as_bytes();
        // A key that is registered is judged as that: revoked, it is not the next one of anything any more.
        if let Some(record) = self.registry.key(&id_of(&*key)) {
            let signs = record.party == self.party && record.is_valid(self.received);
            return signs.then_some((key, None));
        }
        let commitment = Bytes32(key_commitment(&public));
        let mut commitments = self.registry.commitments(&self.party, self.received);
        commitments
            .any(|next| next == commitment)
            .then_some((key, Some(Bytes32(public))))
    }

    fn refused(&self, place: String) -> NotDone {
        let party = self.party;
        KeyRefused::NoneToObject { place, party }.into()
    }
}
