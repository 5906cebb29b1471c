//! `key rotate`, `key add`, `key revoke`: what becomes of keys after they are registered.
//!
//! Invariant: a key is on disk before an event names it, no file is overwritten, and a rotation that was cut off anywhere is
//! finished by running it again. Holds no rule; the registry decides.

use std::path::Path;

use author::grant;
use domain::payload::{KeyAdded, KeyRevoked, RevocationReason};
use domain::registry::AuthorityRefusal;
use domain::{KeyId, Moment, PartyId, Payload, Registry};
use ledger::Clock;
use seal::Signer;

use super::act::{act, consent, say_recorded, show};
use super::findings::show_preview;
use super::key_files::{Files, Fresh, Held, Ids, id_of};
use super::{key_object, key_recover, requests};
use crate::args::{KeyAct, KeyRotate, Signing};
use crate::clock::SystemClock;
use crate::keys::{self, Access, Key};
use crate::outcome::{CliError, Outcome};
use crate::session::{Party, Session, founding, more_keys};
use crate::{output, place};

/// Runs the command.
pub(crate) fn run(command: KeyAct, folder: &Path, access: &Access) -> Result<Outcome, CliError> {
    match command {
        KeyAct::Rotate(command) => rotate(folder, &command, access),
        KeyAct::RotateLog(command) => super::log_key::rotate(folder, &command, access),
        KeyAct::Object(object) => key_object::run(folder, &object, access),
        KeyAct::Recover(recover) => key_recover::run(folder, &recover, access),
        KeyAct::Add {
            party,
            request: Some(file),
            signing,
            ..
        } => act(folder, &signing, access, |session| {
            requests::key_added(&file, party, session)
        }),
        KeyAct::Add {
            party,
            from,
            signing,
            ..
        } => {
            let from = from.unwrap_or_else(|| place::keys(folder));
            add(folder, party, &from, &signing, access)
        }
        KeyAct::Revoke {
            party,
            key,
            reason,
            signing,
        } => act(folder, &signing, access, |session| {
            let key = named_key(&session.registry(), party, &key)?;
            Ok(Payload::KeyRevoked(KeyRevoked { party, key, reason }))
        }),
    }
}

fn add(
    folder: &Path,
    party: PartyId,
    from: &Path,
    signing: &Signing,
    access: &Access,
) -> Result<Outcome, CliError> {
    if signing.signer != party {
        return Err(CliError::usage(format!(
            "the key files of {party} are its own, and {} signs",
            signing.signer
        ))
        .help("give --request FILE, as the party made it with `ytterby key request`"));
    }
    let files = Files::of(from, party.as_str());
    let outcome = act(folder, signing, access, |session| {
        let key = keys::open(&files.current, access)?;
        let next = keys::open(&files.next, access)?;
        key_added(&session.id()?, party, &*key, &*next)
    })?;
    if !signing.dry_run {
        let (key, next) = (files.current.display(), files.next.display());
        output::say(format!("{key}: signs for {party} from now on"));
        output::say(format!("{next}: next key: keep it elsewhere, offline"));
    }
    Ok(outcome)
}

fn key_added(
    ledger: &[u8; 32],
    party: PartyId,
    key: &dyn Signer,
    next: &dyn Signer,
) -> Result<Payload, CliError> {
    let key = grant(key, next.public().as_bytes(), ledger, &party);
    Ok(Payload::KeyAdded(Box::new(KeyAdded {
        party,
        key: key.map_err(CliError::fault)?,
    })))
}

/// A rule of the registry that is known to refuse before anything is signed.
fn refused(refusal: &AuthorityRefusal) -> CliError {
    CliError::refused(format!("{refusal} [{}]", refusal.code()))
}

/// The one key of a party whose id begins so.
pub(super) fn named_key(
    registry: &Registry,
    party: PartyId,
    text: &str,
) -> Result<KeyId, CliError> {
    let wanted = text.to_ascii_lowercase();
    if !(8..=16).contains(&wanted.len()) || !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(CliError::usage(format!(
            "{text:?} is not a key id: write its 16 hexadecimal digits, or at least the first 8"
        )));
    }
    let mut fitting = registry
        .keys()
        .filter(|(id, record)| record.party == party && id.to_string().starts_with(&wanted));
    match (fitting.next(), fitting.next()) {
        (Some((key, _)), None) => Ok(*key),
        (first, _) => {
            let count = first.map_or("no key", |_| "several keys");
            let why = format!("{party} has {count} beginning with {wanted}");
            Err(CliError::refused(why).help("give all 16 digits, as `ytterby key list` has them"))
        }
    }
}

/// What the registry knows of the key in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    NoFile,
    Unknown,
    Valid,
    Revoked,
}

fn standing(registry: &Registry, party: PartyId, key: Option<&Key>) -> Standing {
    let Some(key) = key else {
        return Standing::NoFile;
    };
    match registry.key(&id_of(&**key)) {
        Some(record) if record.party != party => Standing::Unknown,
        Some(record) if record.revoked_at.is_some() => Standing::Revoked,
        Some(_) => Standing::Valid,
        None => Standing::Unknown,
    }
}

/// How far a rotation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    NothingLogged,
    NextKeyAdded,
    OldKeyRevoked,
}

fn stage(
    registry: &Registry,
    party: PartyId,
    files: &Files,
    held: &Held,
    now: Moment,
) -> Result<Stage, CliError> {
    if registry.party(&party).is_none() {
        return Err(CliError::refused(format!("{party} is not registered here"))
            .help("a regulator registers parties: `ytterby party add`"));
    }
    let committed = |key: &Key| {
        let commitment = seal::key_commitment(key.public().as_bytes());
        let mut commitments = registry.commitments(&party, now);
        commitments.any(|committed| committed.0 == commitment)
    };
    let own = registry.keys_of(&party);
    let newest = own
        .max_by_key(|(_, record)| record.added_at)
        .map(|(id, _)| id);
    let current = standing(registry, party, held.current.as_ref());
    let next = standing(registry, party, held.next.as_ref());
    let taken = held.fresh.as_ref().is_some_and(committed);
    let refusal = match (current, next) {
        (Standing::Valid, Standing::Unknown) if held.next.as_ref().is_some_and(committed) => {
            return Ok(Stage::NothingLogged);
        }
        (Standing::Valid, Standing::Valid) if taken => return Ok(Stage::NextKeyAdded),
        (Standing::Revoked | Standing::NoFile, Standing::Valid) if taken => {
            return Ok(Stage::OldKeyRevoked);
        }
        // Only the last rename is missing: the current file holds the newest key already.
        (Standing::Valid, Standing::NoFile)
            if taken && held.current.as_deref().map(id_of) == newest =>
        {
            return Ok(Stage::OldKeyRevoked);
        }
        (Standing::Valid, Standing::Unknown) => {
            refused(&AuthorityRefusal::NotTheCommittedKey { party })
        }
        (Standing::Valid, _) => {
            let why = format!("{} holds no key that can follow", files.next.display());
            return Err(CliError::refused(why)
                .help("bring the file of the next key back from where you keep it"));
        }
        _ => CliError::refused(format!(
            "{} holds no valid key of {party}, so it can't sign",
            files.current.display()
        )),
    };
    Err(refusal.help(format!(
        "a regulator grants other keys: `ytterby key new {party} --out DIR` and `ytterby key request {party} --keys DIR --out FILE` here, then `ytterby key add {party} --request FILE --as REGULATOR` there"
    )))
}

/// What the log still lacks.
fn planned(
    ledger: &[u8; 32],
    party: PartyId,
    stage: Stage,
    held: &Held,
    fresh: &dyn Signer,
) -> Result<Vec<Payload>, CliError> {
    let mut payloads = Vec::new();
    if let (Stage::NothingLogged, Some(next)) = (stage, &held.next) {
        payloads.push(key_added(ledger, party, &**next, fresh)?);
    }
    if let (Stage::NothingLogged | Stage::NextKeyAdded, Some(old)) = (stage, &held.current) {
        let (key, reason) = (id_of(&**old), RevocationReason::Superseded);
        payloads.push(Payload::KeyRevoked(KeyRevoked { party, key, reason }));
    }
    Ok(payloads)
}

fn rotate(folder: &Path, command: &KeyRotate, access: &Access) -> Result<Outcome, CliError> {
    // The open session keeps every other writer out, another rotation among them.
    let session = Session::open_to(folder, access, None)?;
    let registry = session.registry();
    let founding = founding(&registry)?;
    let party = command.party;
    if party == founding.operator {
        return Err(CliError::refused(format!(
            "{party} is the operator: its key signs the checkpoints"
        ))
        .help("`ytterby key rotate-log` replaces it"));
    }
    let files = Files::of(&place::keys(folder), party.as_str());
    let mut held = Held::open(&files, access)?;
    let now = SystemClock.now();
    let stage = stage(&registry, party, &files, &held, now)?;
    let (fresh, token) = (held.fresh.take(), command.token.as_ref());
    let token = token.filter(|_| !command.dry_run);
    let fresh = Fresh::get(fresh, token, &registry, held.next.as_ref(), access)?;
    let ids = Ids {
        current: held.current.as_deref().map(id_of),
        next: held.next.as_deref().map(id_of),
        fresh: id_of(fresh.key()),
    };
    let payloads = planned(&session.id()?, party, stage, &held, fresh.key())?;
    for payload in &payloads {
        show(payload, now)?;
    }
    let events: Vec<_> = payloads.into_iter().map(|payload| (now, payload)).collect();
    let weighs = !events.is_empty() && show_preview(&session.preview(party, &events, now)?);
    if stage != Stage::NothingLogged {
        output::say("a rotation was cut off: this finishes it");
    }
    if command.dry_run {
        output::say("dry run: nothing was signed and no file was changed");
        return Ok(Outcome::found_if(weighs));
    }
    let mut outcome = Outcome::Done;
    if let (Some(old), Some(mut next), false) = (held.current, held.next, events.is_empty()) {
        let others = more_keys(&*old, &command.more_keys, access)?;
        consent(&format!("Sign this as {party}?"), command.yes)?;
        files.write_fresh(&fresh, command.plain, access)?;
        let author = session.author(party)?;
        let mut signer = Party { author, key: old };
        for event in events {
            // The new key revokes the old one: the old is given up only once the new has shown that it signs.
            if matches!(event.1, Payload::KeyRevoked(_)) {
                std::mem::swap(&mut signer.key, &mut next);
            }
            let event = vec![event];
            outcome =
                session.append_signed_by(&mut signer, &others, event, now, &mut say_recorded)?;
        }
    }
    files.settle(&session.registry(), &ids)?;
    session.close()?;
    Ok(outcome)
}
