//! `found`, `key new` and `key request`: keys are made, a ledger begins, a key asks to be registered.
//!
//! Invariant: nothing existing is overwritten, and a request holds nothing secret.

use std::path::Path;

use desk::founding::{Founding, Stated, Tokens, on_one_machine};
use desk::keys::{self, PartyFiles};
use desk::requests::{self, ForLog};
use desk::{Desk, Host, office};
use domain::{List, PartyKind};
use durable::LOG_KEY;
use grammar::{Found, KeyNew, KeyRequested, PartyAdd, PartyFacts};
use signing::Signer;
use token::TokenUri;

use super::act::act;
use super::preview::consent;
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::terminal::Terminal;

/// What the names of the files of a party's keys, or of the log's, begin with.
fn name(party: &domain::PartyId, of_log: bool) -> &str {
    if of_log { LOG_KEY } else { party.as_str() }
}

/// Makes a party's key and the one that may follow it.
pub(crate) fn new_keys(new: &KeyNew, folder: &Path, host: &dyn Host) -> Result<Outcome, CliError> {
    let files = PartyFiles::of(folder, name(&new.party, new.log));
    let key = keys::make(&files.current, new.token.as_ref(), new.plain, host)?;
    let next = keys::make(&files.next, new.next_token.as_ref(), new.plain, host)?;
    let (current, following) = (files.current.display(), files.next.display());
    output::line(format!("key {} in {current}", keys::show(&*key)))?;
    tell_token(&*key, new.token.as_ref())?;
    let advice = match new.next_token {
        Some(_) => "",
        None => ": keep it elsewhere, offline",
    };
    let id = keys::show(&*next);
    output::line(format!("next key {id} in {following}{advice}"))?;
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
pub(crate) fn run(found: &Found, host: &Terminal) -> Result<Outcome, CliError> {
    let desk = host.desk_on(&found.folder);
    let stated = Stated {
        name: found.name.clone(),
        origin: found.origin.clone(),
        authority: found.authority,
        authority_names: office::names(&found.authority_names)?,
        operator: found.operator,
        operator_names: office::names(&found.operator_names)?,
    };
    match (&found.request, &found.out) {
        (Some(request), Some(out)) => by_request(found, &desk, &stated, request, out),
        _ => local(found, &desk, &stated),
    }
}

fn local(found: &Found, desk: &Desk<'_>, stated: &Stated) -> Result<Outcome, CliError> {
    let tokens = Tokens {
        authority: found.authority_token.as_ref(),
        operator: found.operator_token.as_ref(),
    };
    let verifier = on_one_machine(desk, stated, tokens, found.plain_keys)?;
    let folder = desk.folder().display();
    output::line(format!("founded {} in {folder}", stated.origin))?;
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
    desk: &Desk<'_>,
    stated: &Stated,
    request: &Path,
    out: &Path,
) -> Result<Outcome, CliError> {
    let founding = Founding::by_request(desk, stated, request)?;
    output::say(founding.words());
    consent(&founding.question(), found.yes)?;
    let recovery = founding.sign(found.plain_keys, out)?;
    let out = out.display();
    output::line(format!("founding of {} in {out}", stated.origin))?;
    output::say(format!(
        "note: {} may replace all keys of the authority: keep it elsewhere, offline",
        recovery.display()
    ));
    output::say(format!(
        "send it to the operator, who runs `ytterby take {out}`"
    ));
    Ok(Outcome::Done)
}

/// What is said of the party on the command line.
fn stated(facts: &PartyFacts) -> Result<portable::Stated, CliError> {
    let kind = match (facts.sector, facts.auditor, facts.activities.is_empty()) {
        (Some(sector), ..) => Some(PartyKind::Regulator { sector }),
        (None, true, _) => Some(PartyKind::Auditor),
        (None, false, true) => None,
        (None, false, false) => {
            let mut activities = facts.activities.clone();
            activities.sort_unstable();
            activities.dedup();
            let activities = List::new(activities)?;
            Some(PartyKind::Enterprise { activities })
        }
    };
    Ok(portable::Stated {
        names: facts.names.as_deref().map(office::names).transpose()?,
        kind,
        division: facts.division,
        group: facts.group,
    })
}

/// Writes the public file that asks for a key to be registered. Without a ledger here, folder and origin are typed.
pub(crate) fn request(asked: &KeyRequested, host: &Terminal) -> Result<Outcome, CliError> {
    let desk = match (&asked.keys, &asked.origin) {
        (Some(_), Some(_)) => None,
        _ => Some(host.desk()?),
    };
    let log = match (&asked.origin, &desk) {
        (Some(origin), _) => ForLog::founding(origin),
        (None, Some(desk)) => ForLog::known(&*desk.read_store()?)?,
        (None, None) => return Err(CliError::fault("neither a ledger nor an origin")),
    };
    let keys = asked.keys.clone().or_else(|| Some(desk?.place.keys()));
    let keys = keys.unwrap_or_default();
    let party = asked.party;
    let files = PartyFiles::of(&keys, name(&party, asked.log));
    let request = requests::make(&files, log, party, stated(&asked.facts)?, host)?;
    durable::put(&asked.out, request.to_text().as_bytes())?;
    let out = asked.out.display();
    output::line(format!("request for a key of {party} in {out}"))?;
    output::line(format!("fingerprint: {}", request.fingerprint()))?;
    output::say(
        "it holds nothing secret; read the fingerprint to whoever registers it, by telephone",
    );
    Ok(Outcome::Done)
}

/// Registers a party.
pub(crate) fn party_add(desk: &Desk<'_>, add: &PartyAdd) -> Result<Outcome, CliError> {
    act(desk, &add.signing, |session| {
        let typed = stated(&add.facts)?;
        let request = add.request.as_deref();
        let payload = requests::registration(session, add.party, request, typed);
        payload.map_err(CliError::from)
    })
}
