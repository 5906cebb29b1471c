//! `key object`: a party does not want a key that an office granted to it, and says so before the key takes effect.
//!
//! Invariant: a party whose keys were all revoked can still object, with the next key that it kept. Holds no rule; the
//! registry decides.

use std::path::Path;

use domain::payload::GrantObjected;
use domain::{Bytes32, Moment, PartyId, Payload, Registry};
use ledger::Clock;
use seal::key_commitment;

use super::act::{consent, look, say_recorded};
use super::key_acts::named_key;
use super::key_files::{Files, id_of};
use crate::args::{KeyObject, Signing};
use crate::clock::SystemClock;
use crate::keys::{self, Access, Key, KeyPlace};
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::place;
use crate::session::{Party, Session};

/// Objects to a grant.
pub(crate) fn run(folder: &Path, object: &KeyObject, access: &Access) -> Result<Outcome, CliError> {
    let session = Session::open_to(folder, access, object.out.as_deref())?;
    let (registry, now) = (session.registry(), SystemClock.now());
    let party = object.party;
    let granted = named_key(&registry, party, &object.granted)?;
    let signing = Signing {
        signer: party,
        keys: Vec::new(),
        occurred: None,
        prepare: object.prepare.clone(),
        out: object.out.clone(),
        dry_run: object.dry_run,
        yes: object.yes,
    };
    let objection = |committed| {
        let objected = GrantObjected {
            key: granted,
            committed,
        };
        (now, Payload::GrantObjected(objected))
    };
    if object.prepare.is_some() {
        // Whoever signs it later has a valid key: one that is not registered would have to be shown in it.
        let outcome = look(&session, &signing, &objection(None), now)?;
        return Ok(outcome.unwrap_or(Outcome::Done));
    }
    let fitting = Fitting {
        registry: &registry,
        party,
        received: session.received(now)?,
    };
    let (key, committed) = fitting.key(folder, object.key.as_ref(), access)?;
    let event = objection(committed);
    if let Some(outcome) = look(&session, &signing, &event, now)? {
        return Ok(outcome);
    }
    consent(&format!("Sign this as {party}?"), object.yes)?;
    let author = session.author(party)?;
    let mut signer = Party { author, key };
    let outcome = session.append(&mut signer, vec![event], now, &mut say_recorded)?;
    session.close()?;
    Ok(outcome)
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
    /// The key that was named; else the current one, or the next one if the current one does not sign any more.
    fn key(
        &self,
        folder: &Path,
        named: Option<&KeyPlace>,
        access: &Access,
    ) -> Result<Fit, CliError> {
        let party = self.party;
        if let Some(place) = named {
            let key = keys::open_at(place, access)?;
            return self
                .fit(key)
                .ok_or_else(|| self.refused(&place.to_string()));
        }
        let files = Files::of(&place::keys(folder), party.as_str());
        for file in [&files.current, &files.next] {
            if !file.exists() {
                continue;
            }
            if let Some((key, committed)) = self.fit(keys::open(file, access)?) {
                if committed.is_some() {
                    let file = file.display();
                    output::say(format!(
                        "note: {party} has no valid key here, so its next key signs: {file}"
                    ));
                }
                return Ok((key, committed));
            }
        }
        Err(self.refused(&files.folder.display().to_string()))
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

    fn refused(&self, place: &str) -> CliError {
        let party = self.party;
        CliError::refused(format!(
            "{place} holds neither a valid key of {party} nor the next one of any of its keys"
        ))
        .help("bring the file of the next key back from where you keep it, and name it: --key FILE")
    }
}
