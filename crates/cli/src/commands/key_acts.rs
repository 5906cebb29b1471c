//! `key rotate`, `rotate-log`, `add`, `revoke`, `object` and `recover`: what becomes of keys after they are registered.
//!
//! Invariant: nothing is signed and no file is written before it was shown and consented to. Holds no rule.

use std::path::PathBuf;

use desk::keys::PartyFiles;
use desk::recovery::{Recovery, Wanted};
use desk::{Batch, Desk, KeyRefused, LogKeyRotation, NotDone, Rotation, Session};
use desk::{named_key, objection, requests};
use domain::payload::KeyRevoked;
use domain::{PartyId, Payload};
use grammar::{KeyAct, KeyObject, KeyRecover, KeyRotate, LogKeyRotate, Signing};

use super::act::{act, commit, look, outcome, say_recorded, show};
use super::preview::{consent, show_preview};
use crate::outcome::{CliError, Outcome};
use crate::output;

const DRY_RUN: &str = "dry run: nothing was signed and no file was changed";

/// Runs the command.
pub(crate) fn run(desk: &Desk<'_>, command: KeyAct) -> Result<Outcome, CliError> {
    match command {
        KeyAct::Rotate(command) => rotate(desk, &command),
        KeyAct::RotateLog(command) => rotate_log(desk, &command),
        KeyAct::Object(object) => self::object(desk, &object),
        KeyAct::Recover(recover) => self::recover(desk, &recover),
        KeyAct::Add {
            party,
            request: Some(file),
            signing,
            ..
        } => act(desk, &signing, |session| {
            requests::key_added(session, party, &file)
        }),
        KeyAct::Add {
            party,
            from,
            signing,
            ..
        } => add(desk, party, from, &signing),
        KeyAct::Revoke {
            party,
            key,
            reason,
            signing,
        } => act(desk, &signing, |session| {
            let key = named_key(&session.registry(), party, &key)?;
            Ok::<_, NotDone>(Payload::KeyRevoked(KeyRevoked { party, key, reason }))
        }),
    }
}

fn add(
    desk: &Desk<'_>,
    party: PartyId,
    from: Option<PathBuf>,
    signing: &Signing,
) -> Result<Outcome, CliError> {
    let signer = signing.signer;
    if signer != party {
        return Err(NotDone::from(KeyRefused::NotItsOwn { party, signer }).into());
    }
    let from = from.unwrap_or_else(|| desk.place.keys());
    let files = PartyFiles::of(&from, party.as_str());
    let outcome = act(desk, signing, |session| {
        requests::own_key_added(session, party, &files)
    })?;
    if !signing.dry_run {
        let (key, next) = (files.current.display(), files.next.display());
        output::say(format!("{key}: signs for {party} from now on"));
        output::say(format!("{next}: next key: keep it elsewhere, offline"));
    }
    Ok(outcome)
}

fn rotate(desk: &Desk<'_>, command: &KeyRotate) -> Result<Outcome, CliError> {
    let token = command.token.as_ref().filter(|_| !command.dry_run);
    let rotation = Rotation::plan(desk, command.party, token)?;
    show(rotation.batch());
    let weighs = show_preview(&rotation.preview()?);
    if rotation.is_resumed() {
        output::say("a rotation was cut off: this finishes it");
    }
    if command.dry_run {
        output::say(DRY_RUN);
        return Ok(Outcome::found_if(weighs));
    }
    let others = rotation.more_keys(&command.more_keys)?;
    if !rotation.batch().events().is_empty() {
        consent(&question(rotation.batch()), command.yes)?;
    }
    let committed = rotation.carry_out(others, command.plain, &mut say_recorded(desk))?;
    Ok(outcome(committed))
}

/// The two events of a rotation are one act to whoever signs it.
fn question(batch: &Batch) -> String {
    format!("Sign this as {}?", batch.author())
}

fn rotate_log(desk: &Desk<'_>, command: &LogKeyRotate) -> Result<Outcome, CliError> {
    let planned = match LogKeyRotation::plan(desk)? {
        LogKeyRotation::Planned(planned) => planned,
        LogKeyRotation::Logged(cut_off) => {
            output::say("a rotation was cut off: this finishes it");
            if command.dry_run {
                output::say("dry run: no file was changed");
            } else {
                cut_off.finish()?;
            }
            return Ok(Outcome::Done);
        }
    };
    show(planned.batch());
    let weighs = show_preview(&planned.preview()?);
    if command.dry_run {
        output::say(DRY_RUN);
        return Ok(Outcome::found_if(weighs));
    }
    let signers = planned.signers(&command.keys)?;
    consent(&planned.batch().question(), command.yes)?;
    let (committed, key) = planned.carry_out(&signers, command.plain, &mut say_recorded(desk))?;
    if let Some(key) = key {
        output::line(format!("verifier key: {key}"))?;
        output::say(
            "give it to every auditor and witness, by the way in which they got the old one",
        );
    }
    Ok(outcome(committed))
}

fn object(desk: &Desk<'_>, object: &KeyObject) -> Result<Outcome, CliError> {
    let session = Session::open_to(desk, object.out.as_deref())?;
    let (party, now) = (object.party, desk.host.now());
    let granted = named_key(&session.registry(), party, &object.granted)?;
    let signing = Signing {
        prepare: object.prepare.clone(),
        dry_run: object.dry_run,
        yes: object.yes,
        ..Signing::by(party, None)
    };
    if object.prepare.is_some() {
        let batch = objection::to_prepare(&session, party, granted, now)?;
        let outcome = look(&session, &signing, &batch)?;
        return Ok(outcome.unwrap_or(Outcome::Done));
    }
    let (batch, key) = objection::with_key(&session, party, granted, object.key.as_ref(), now)?;
    if let Some(outcome) = look(&session, &signing, &batch)? {
        return Ok(outcome);
    }
    consent(&batch.question(), object.yes)?;
    commit(session, batch, &[key])
}

fn recover(desk: &Desk<'_>, recover: &KeyRecover) -> Result<Outcome, CliError> {
    let wanted = Wanted {
        authority: recover.party,
        reason: &recover.reason,
        recovery: recover.recovery.as_ref(),
        requests: &recover.requests,
        out: recover.out.as_deref(),
    };
    let planned = match Recovery::plan(desk, &wanted)? {
        Recovery::Planned(planned) => planned,
        Recovery::Logged(cut_off) => {
            output::say("a recovery was cut off: this finishes it");
            if recover.dry_run {
                output::say("dry run: no file was changed");
            } else {
                cut_off.finish()?;
            }
            return Ok(Outcome::Done);
        }
    };
    show(planned.batch());
    let weighs = show_preview(&planned.preview()?);
    if recover.dry_run {
        output::say("dry run: nothing was signed");
        return Ok(Outcome::found_if(weighs));
    }
    consent(&planned.batch().question(), recover.yes)?;
    let place = recover.recovery.as_ref();
    let committed = planned.carry_out(recover.plain, place, &mut say_recorded(desk))?;
    Ok(outcome(committed))
}
