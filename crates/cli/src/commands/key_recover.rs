//! `key recover`: the founding authority gives up all its keys and takes new ones, by the recovery key that it kept apart.
//!
//! Invariant: the new keys are on disk before the event names them, no old file is needed or overwritten, and a recovery that
//! was cut off anywhere is finished by running it again. Holds no rule; the registry decides.

use std::path::Path;

use author::grant;
use domain::payload::AuthorityRecovered;
use domain::{Bytes32, KeyId, List, PartyId, Payload, Registry};
use ledger::Clock;
use seal::{Signer, key_commitment};

use super::act::{consent, look, say_recorded};
use super::key_files::id_of;
use super::recovery_files::{Coming, NewKeys, RecoveryFiles};
use super::requests;
use crate::args::{KeyRecover, Signing};
use crate::clock::SystemClock;
use crate::keys::{self, Access, Key};
use crate::outcome::{CliError, Outcome};
use crate::session::{Party, Session};
use crate::{output, place};

/// Replaces all keys of the authority.
pub(crate) fn run(
    folder: &Path,
    recover: &KeyRecover,
    access: &Access,
) -> Result<Outcome, CliError> {
    // The open session keeps every other writer out, another recovery among them.
    let session = Session::open_to(folder, access, recover.out.as_deref())?;
    let (registry, now) = (session.registry(), SystemClock.now());
    let party = recover.party;
    let files = RecoveryFiles::of(&place::keys(folder), party.as_str());
    let coming = files.open(access)?;
    if let Some(new) = logged(&registry, party, &files, &coming, access)? {
        output::say("a recovery was cut off: this finishes it");
        if recover.dry_run {
            output::say("dry run: no file was changed");
            return Ok(Outcome::Done);
        }
        files.settle(&new)?;
        session.close()?;
        return Ok(Outcome::Done);
    }
    let recovery = match &recover.recovery {
        Some(place) => keys::open_at(place, access)?,
        None => open_recovery(&files.recovery(), access)?,
    };
    let new = NewKeys::of(coming)?;
    let recovered = recovered(&session, recover, &*recovery, &new)?;
    let event = (now, Payload::AuthorityRecovered(Box::new(recovered)));
    event.1.check()?;
    if let Some(outcome) = look(&session, &signing(recover), &event, now)? {
        return Ok(outcome);
    }
    consent(&format!("Sign this as {party}?"), recover.yes)?;
    files.write(&new, recover.plain, access)?;
    let author = session.author(party)?;
    let mut signer = Party {
        author,
        key: recovery,
    };
    let outcome = session.append(&mut signer, vec![event], now, &mut say_recorded)?;
    files.settle(&id_of(new.current.key()))?;
    if let Some(place) = &recover.recovery {
        output::line(format!(
            "{place}: the recovery key that was used, public now: it may be destroyed"
        ))?;
    }
    session.close()?;
    Ok(outcome)
}

fn open_recovery(file: &Path, access: &Access) -> Result<Key, CliError> {
    if !file.exists() {
        let file = file.display();
        return Err(
            CliError::refused(format!("the recovery key is not in {file}"))
                .help("bring its file back from where you keep it, or name it: --recovery FILE"),
        );
    }
    keys::open(file, access)
}

fn signing(recover: &KeyRecover) -> Signing {
    Signing {
        signer: recover.party,
        keys: Vec::new(),
        occurred: None,
        prepare: None,
        out: recover.out.clone(),
        dry_run: recover.dry_run,
        yes: recover.yes,
    }
}

/// The new key, if the log has taken a recovery whose files have not all got their names.
fn logged(
    registry: &Registry,
    party: PartyId,
    files: &RecoveryFiles,
    coming: &Coming,
    access: &Access,
) -> Result<Option<KeyId>, CliError> {
    if let Some(key) = &coming.current {
        let id = id_of(&**key);
        let record = registry.key(&id).filter(|record| record.party == party);
        return Ok(record.map(|_| id));
    }
    if coming.next.is_none() && coming.recovery.is_none() {
        return Ok(None);
    }
    // The new key got its name first: then the log has it, and it commits to the new next key.
    let next = match &coming.next {
        Some(key) => Bytes32(key_commitment(key.public().as_bytes())),
        None => commitment_in(&files.next(), access)?,
    };
    let id = id_of(&*keys::open(&files.current(), access)?);
    let record = registry.key(&id);
    if record.is_some_and(|record| record.party == party && record.next == next) {
        return Ok(Some(id));
    }
    let folder = files.current();
    let folder = folder.parent().unwrap_or(&folder).display();
    Err(CliError::refused(format!(
        "{folder} holds only some of the new keys of a recovery, and not the one that is to sign"
    ))
    .help(format!(
        "bring {party}.new.pem back; if there is none, move the other {party}.new files away and run this again"
    )))
}

fn commitment_in(file: &Path, access: &Access) -> Result<Bytes32, CliError> {
    let key = keys::open(file, access)?;
    Ok(Bytes32(key_commitment(key.public().as_bytes())))
}

/// The act: this machine's new key, and those that other people hold and asked for.
fn recovered(
    session: &Session,
    recover: &KeyRecover,
    recovery: &dyn Signer,
    new: &NewKeys,
) -> Result<AuthorityRecovered, CliError> {
    let next = new.next.key().public();
    let own = grant(
        new.current.key(),
        next.as_bytes(),
        &session.id()?,
        &recover.party,
    );
    let mut keys = vec![own.map_err(CliError::fault)?];
    for file in &recover.requests {
        keys.push(requests::asked(file, recover.party, session)?);
    }
    Ok(AuthorityRecovered {
        recovery: Bytes32(*recovery.public().as_bytes()),
        keys: List::new(keys)?,
        next: Bytes32(key_commitment(new.recovery.key().public().as_bytes())),
        reason: recover.reason.clone(),
    })
}
