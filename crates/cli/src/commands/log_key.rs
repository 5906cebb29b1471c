//! `key rotate-log`: the operator's log key, which signs the checkpoints, is replaced by its next one.
//!
//! Invariant: as of every rotation, the coming next key is on disk before the event names its hash, and a rotation that was
//! cut off anywhere is finished by running it again. Holds no rule; the registry decides.

use std::path::Path;

use author::log_key_rotation;
use domain::{Bytes32, Payload, Registry};
use ledger::Clock;
use seal::{Signer, key_commitment};
use store_embedded::OpenMode;

use super::act::{consent, say_recorded, show};
use super::findings::show_preview;
use super::key_files::{Files, Fresh, Held, Ids, id_of};
use crate::args::LogKeyRotate;
use crate::clock::SystemClock;
use crate::keys::{Access, Key};
use crate::outcome::{CliError, Outcome};
use crate::session::{Session, founding, open_store};
use crate::{output, place};

/// The name of the log key's files.
pub(crate) const NAME: &str = "operator";

/// Whether the log has taken the rotation to the key that lies ready, as far as the files tell.
fn is_logged(registry: &Registry, files: &Files, held: &Held) -> Result<bool, CliError> {
    let newest = registry
        .log_keys()
        .last()
        .ok_or_else(|| CliError::refused("the ledger is not founded yet"))?;
    let is_newest = |key: &Option<Key>| {
        let key = key.as_ref();
        key.is_some_and(|key| *key.public().as_bytes() == newest.key.0)
    };
    let may_follow = |key: &Option<Key>| {
        let key = key.as_ref();
        key.is_some_and(|key| Bytes32(key_commitment(key.public().as_bytes())) == newest.next)
    };
    if is_newest(&held.current) && may_follow(&held.next) {
        return Ok(false);
    }
    // After it was logged the files move one by one: the next key to the current one, then the fresh one to the next.
    let is_moved = is_newest(&held.current) && held.next.is_none();
    if may_follow(&held.fresh) && (is_newest(&held.next) || is_moved) {
        return Ok(true);
    }
    Err(if is_newest(&held.current) {
        CliError::refused(format!(
            "{} holds no key that can follow the log key",
            files.next.display()
        ))
        .help("bring the file of the next key back from where you keep it; no other key can follow")
    } else {
        CliError::refused("no key file here holds the log key, so it can't be handed over")
            .help("bring operator.pem back from a copy; a log key that is lost can't be replaced")
    })
}

fn payload(
    registry: &Registry,
    ledger: &[u8; 32],
    current: &dyn Signer,
    new: &dyn Signer,
    fresh: &dyn Signer,
) -> Result<Payload, CliError> {
    let founding = founding(registry)?;
    let next = fresh.public().as_bytes();
    let rotated = log_key_rotation(current, new, next, ledger, &founding.operator);
    Ok(Payload::LogKeyRotated(Box::new(
        rotated.map_err(CliError::fault)?,
    )))
}

/// Opens the ledger with the log key that signs now, and with the one that is to follow at hand.
pub(crate) fn rotate(
    folder: &Path,
    command: &LogKeyRotate,
    access: &Access,
) -> Result<Outcome, CliError> {
    let files = Files::of(&place::keys(folder), NAME);
    // The open store keeps every other writer out, another rotation among them.
    let store = open_store(folder, OpenMode::ReadWrite, access.accept_loss)?;
    let registry = answers::registry(&*store)?;
    let mut held = Held::open(&files, access)?;
    let is_logged = is_logged(&registry, &files, &held)?;
    let fresh = Fresh::get(
        held.fresh.take(),
        None,
        &registry,
        held.next.as_ref(),
        access,
    )?;
    let ids = Ids {
        current: held.current.as_deref().map(id_of),
        next: held.next.as_deref().map(id_of),
        fresh: id_of(fresh.key()),
    };
    if is_logged {
        output::say("a rotation was cut off: this finishes it");
        if command.dry_run {
            output::say("dry run: no file was changed");
            return Ok(Outcome::Done);
        }
        files.settle(&registry, &ids)?;
        return Ok(Outcome::Done);
    }
    let (Some(current), Some(next)) = (held.current, held.next) else {
        return Err(CliError::fault("the log key or its next key is not there"));
    };
    let authority = founding(&registry)?.authority;
    let rotated = payload(
        &registry,
        &ledger::ledger_id(&*store)?,
        &*current,
        &*next,
        fresh.key(),
    )?;
    let now = SystemClock.now();
    show(&rotated, now)?;
    let session = Session::rotating(folder, store, current, next, access)?;
    let events = vec![(now, rotated)];
    let weighs = show_preview(&session.preview(authority, &events, now)?);
    if command.dry_run {
        output::say("dry run: nothing was signed and no file was changed");
        return Ok(Outcome::found_if(weighs));
    }
    let (mut party, others) = session.signers(authority, &command.keys, access)?;
    consent(&format!("Sign this as {authority}?"), command.yes)?;
    files.write_fresh(&fresh, command.plain, access)?;
    let outcome = session.append_signed_by(&mut party, &others, events, now, &mut say_recorded)?;
    let registry = session.registry();
    files.settle(&registry, &ids)?;
    session.close()?;
    if let Some(key) = verify::log_keys(&registry).current() {
        output::line(format!("verifier key: {key}"))?;
        output::say(
            "give it to every auditor and witness, by the way in which they got the old one",
        );
    }
    Ok(outcome)
}
