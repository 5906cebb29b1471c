//! `found` and `key new`: keys are made, a ledger begins.
//!
//! Invariant: key files are written before anything is signed with them, and nothing existing is overwritten.

use std::path::Path;
use std::sync::Arc;

use author::{Author, grant};
use domain::payload::{KeyGrant, LedgerFounded};
use domain::{Bytes32, Names, Payload, RuleSet, Zone};
use ledger::Clock;
use portable::{HandedEvent, SignedEvents};
use seal::{Signer, VerifierKey};
use store_embedded::EmbeddedStore;
use token::TokenUri;

use super::act::{consent, show};
use super::key_files::Files;
use super::log_key;
use super::requests::{self, Of};
use crate::args::{Found, KeyNew};
use crate::clock::SystemClock;
use crate::keys::{self, Access, Key};
use crate::outcome::{CliError, Outcome};
use crate::session::{Party, Session};
use crate::{output, place};

/// Reads names given as `ZH=EN`.
pub(crate) fn names(text: &str) -> Result<Names, CliError> {
    let wrong = || {
        CliError::usage(format!(
            "{text:?} is not a pair of names; write ZH=EN, such as 某矿业=Some Mining"
        ))
    };
    let (zh, en) = text.split_once('=').ok_or_else(wrong)?;
    Ok(Names {
        zh: zh.trim().parse()?,
        en: en.trim().parse()?,
    })
}

/// Makes a party's key and the one that may follow it.
pub(crate) fn new_keys(new: &KeyNew, folder: &Path, access: &Access) -> Result<Outcome, CliError> {
    let party = new.party;
    let name = if new.log {
        log_key::NAME
    } else {
        party.as_str()
    };
    let (file, next_file) = (
        folder.join(format!("{name}.pem")),
        folder.join(format!("{name}.next.pem")),
    );
    let key = keys::make(&file, new.token.as_ref(), new.plain, access)?;
    let next = keys::make(&next_file, new.next_token.as_ref(), new.plain, access)?;
    output::line(format!("key {} in {}", keys::show(&*key), file.display()))?;
    tell_token(&*key, new.token.as_ref())?;
    let advice = match new.next_token {
        Some(_) => "",
        None => ": keep it elsewhere, offline",
    };
    output::line(format!(
        "next key {} in {}{advice}",
        keys::show(&*next),
        next_file.display()
    ))?;
    tell_token(&*next, new.next_token.as_ref())?;
    Ok(Outcome::Done)
}

/// Where a key in a token is, and its public key, which nothing else shows before it is registered.
fn tell_token(key: &dyn Signer, token: Option<&TokenUri>) -> Result<(), CliError> {
    let Some(uri) = token else { return Ok(()) };
    let public = domain::id::to_hex(key.public().as_bytes());
    output::line(format!("  public key {public}"))?;
    output::line(format!("  made in the token, which keeps it: {uri}"))
}

/// Founds a ledger: at once for a trial, else by a file for the operator.
pub(crate) fn run(found: &Found, access: &Access) -> Result<Outcome, CliError> {
    let folder = &found.folder;
    if folder.join("log").exists() {
        return Err(CliError::refused(format!(
            "{} holds a ledger already",
            folder.display()
        )));
    }
    match (&found.request, &found.out) {
        (Some(request), Some(out)) => by_request(found, request, out, access),
        _ => local(found, access),
    }
}

/// The keys of authority and operator in one folder, for a trial.
fn local(found: &Found, access: &Access) -> Result<Outcome, CliError> {
    let folder = &found.folder;
    let key_folder = place::keys(folder);
    let make = |name: &str, token: Option<&TokenUri>| -> Result<Key, CliError> {
        let file = key_folder.join(format!("{name}.pem"));
        keys::make(&file, token, found.plain_keys, access)
    };
    let authority = found.authority.to_string();
    let authority_key = make(&authority, found.authority_token.as_ref())?;
    let authority_next = make(&format!("{authority}.next"), None)?;
    let recovery = make(&format!("{authority}.recovery"), None)?;
    let log_key = make(log_key::NAME, found.operator_token.as_ref())?;
    let log_next = make(&format!("{}.next", log_key::NAME), None)?;
    let origin = found.origin.as_str();
    let unfounded = chain::origin_hash(origin);
    let grant_of = |key: &dyn Signer, next: &dyn Signer, party| {
        grant(key, next.public().as_bytes(), &unfounded, party).map_err(CliError::fault)
    };
    let authority_grant = grant_of(&*authority_key, &*authority_next, &found.authority)?;
    let log_grant = grant_of(&*log_key, &*log_next, &found.operator)?;
    let founding = founding_of(found, authority_grant, log_grant, &*recovery)?;
    let verifier = VerifierKey::new(origin, log_key.public().clone()).map_err(CliError::usage)?;
    let store = Arc::new(EmbeddedStore::create(folder)?);
    let session = Session::on(folder, store, log_key, Arc::new(SystemClock))?;
    let mut authority = Party {
        author: Author::founder(found.authority, origin),
        key: authority_key,
    };
    let now = SystemClock.now();
    session.append(&mut authority, vec![(now, founding)], now, &mut |_| Ok(()))?;
    session.close()?;
    output::line(format!("founded {} in {}", found.origin, folder.display()))?;
    output::line(format!("verifier key: {verifier}"))?;
    output::say(
        "give the verifier key to every auditor: with it they need trust nobody who hands them a copy",
    );
    output::say(
        "note: AUTHORITY.recovery.pem may replace all keys of the authority: keep it elsewhere, offline",
    );
    output::say(
        "note: this is for trial: whoever holds this folder is authority and operator at once; docs/guide/by-file.md founds a ledger on two machines",
    );
    Ok(Outcome::Done)
}

/// The authority signs the founding with the log key that the operator asked for.
fn by_request(
    found: &Found,
    request: &Path,
    out: &Path,
    access: &Access,
) -> Result<Outcome, CliError> {
    let origin = found.origin.as_str();
    let of = Of::founding(origin);
    let log_key = requests::read(request, found.operator, &of)?.key;
    let files = Files::of(&place::keys(&found.folder), found.authority.as_str());
    let authority = requests::local_grant(&files, &of.ledger, found.authority, access)?;
    let file = place::keys(&found.folder).join(format!("{}.recovery.pem", found.authority));
    let recovery = keys::make(&file, None, found.plain_keys, access)?;
    let founding = founding_of(found, authority, log_key, &*recovery)?;
    founding.check()?;
    let now = SystemClock.now();
    show(&founding, now)?;
    consent(&format!("Sign this as {}?", found.authority), found.yes)?;
    let key = keys::open(&files.current, access)?;
    let event = Author::founder(found.authority, origin).sign(&*key, now, now, founding)?;
    let event = HandedEvent::of(event.body, event.signatures).map_err(CliError::fault)?;
    let founding = SignedEvents {
        origin: origin.to_owned(),
        events: vec![event],
    };
    durable::put(out, founding.to_text().as_bytes())?;
    let out = out.display();
    output::line(format!("founding of {origin} in {out}"))?;
    output::say(format!(
        "note: {} may replace all keys of the authority: keep it elsewhere, offline",
        file.display()
    ));
    output::say(format!(
        "send it to the operator, who runs `ytterby take {out}`"
    ));
    Ok(Outcome::Done)
}

fn founding_of(
    found: &Found,
    authority: KeyGrant,
    log: KeyGrant,
    recovery: &dyn Signer,
) -> Result<Payload, CliError> {
    Ok(Payload::LedgerFounded(Box::new(LedgerFounded {
        name: found.name.parse()?,
        origin: found.origin.parse()?,
        zone: Zone::CHINA,
        authority: found.authority,
        authority_names: names(&found.authority_names)?,
        authority_key: authority,
        operator: found.operator,
        operator_names: names(&found.operator_names)?,
        log_key: log,
        recovery: Bytes32(seal::key_commitment(recovery.public().as_bytes())),
        rules: RuleSet::customary(),
    })))
}
