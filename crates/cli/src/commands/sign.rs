//! `sign`: one of several people adds a signature to an act that was prepared.
//!
//! Invariant: what is signed is shown from its own bytes, never from words beside them; an act whose number another event of its
//! author has taken is not signed. The act waits in the outbox of everybody who signed it, so none of them signs another one
//! under its number.

use std::path::Path;

use answers::registry as registry_of;
use domain::{Bytes64, KeyId, Registry};
use ledger::Clock;
use portable::{HandedEvent, SignedEvents};
use store::Entries;

use super::act::{consent, show};
use crate::args::Sign;
use crate::clock::SystemClock;
use crate::keys::{self, Access};
use crate::outbox::Ahead;
use crate::outcome::{CliError, Outcome};
use crate::session::{founding, read_store};
use crate::{output, place};

/// Signs the act in a file and writes it back.
pub(crate) fn run(folder: &Path, sign: &Sign, access: &Access) -> Result<Outcome, CliError> {
    let path = sign.file.display();
    let mut file = SignedEvents::read(&sign.file)?;
    let (file_origin, events) = (file.origin.clone(), file.events.as_mut_slice());
    let [event] = events else {
        let count = events.len();
        return Err(CliError::refused(format!(
            "{path} holds {count} events, and an act is one"
        )));
    };
    let store = read_store(folder)?;
    let origin = founding(&registry_of(&*store)?)?.origin.to_string();
    for_this_ledger(&sign.file, &file_origin, &origin, event, &*store)?;
    let mut ahead = Ahead::of(folder, &*store, &origin, registry_of)?;
    let waits = ahead
        .outbox
        .events()
        .iter()
        .any(|known| known.id == event.id);
    if !waits {
        continues(&ahead, event)?;
    }
    say_what(&ahead.registry, event);
    show(&event.body.payload, event.body.occurred)?;
    let author = event.body.author;
    let key = match &sign.key {
        Some(place) => keys::open_at(place, access)?,
        None => keys::open(&place::keys(folder).join(format!("{author}.pem")), access)?,
    };
    let (id, now) = (KeyId(key.public().id().0), SystemClock.now());
    if ahead
        .registry
        .key(&id)
        .is_none_or(|record| record.party != author || !record.is_valid(now))
    {
        return Err(
            CliError::refused(format!("key {id} is not a valid key of {author}"))
                .help("`ytterby key list` shows the keys; --key FILE names another"),
        );
    }
    if sign.dry_run {
        output::say("dry run: nothing was signed");
        return Ok(Outcome::Done);
    }
    consent(&format!("Sign this as {author}?"), sign.yes)?;
    let signature = seal::sign_event(&*key, &event.bytes);
    let signature = Bytes64(signature.map_err(CliError::fault)?.0);
    // A signature by the same key that somebody put there counts for nothing.
    event.signatures.retain(|(known, _)| *known != id);
    event.take_signatures(&[(id, signature)]);
    let count = event.signatures.len();
    if waits {
        ahead.outbox.add(vec![event.clone()])?;
    } else {
        ahead.add(vec![event.clone()])?;
    }
    durable::put(&sign.file, file.to_text().as_bytes())?;
    output::line(format!("{path} bears {count} signatures"))?;
    output::say(
        "when it bears as many as the rules ask for, the operator takes it: `ytterby take`",
    );
    Ok(Outcome::Done)
}

fn for_this_ledger(
    path: &Path,
    named: &str,
    origin: &str,
    event: &HandedEvent,
    store: &dyn Entries,
) -> Result<(), CliError> {
    let path = path.display();
    if named != origin {
        return Err(CliError::refused(format!(
            "{path} is for the log {named:?}, and this is {origin:?}"
        )));
    }
    if event.body.ledger.0 != ledger::ledger_id(store)? {
        return Err(CliError::refused(format!(
            "{path} is for another ledger of the name {origin:?}"
        )));
    }
    Ok(())
}

fn continues(ahead: &Ahead, event: &HandedEvent) -> Result<(), CliError> {
    let head = ahead.author(event.body.author).state.head;
    head.check(event.body.seq, &event.body.prev.0).map_err(|refusal| {
        let author = event.body.author;
        CliError::refused(format!("the act does not follow what {author} has signed so far: {refusal}"))
            .help("if it is in the log, it needs no signature; else follow a newer copy, or prepare it again")
    })
}

/// The act in a sentence.
fn say_what(registry: &Registry, event: &HandedEvent) {
    let body = &event.body;
    let names = registry.party(&body.author).map(|party| &party.names);
    let names = names.map_or_else(String::new, |names| format!(" ({} {})", names.zh, names.en));
    let (author, what, seq) = (body.author, body.payload.name(), body.seq);
    output::say(format!(
        "{author}{names} would state: {what}, its event number {seq}, signed {}",
        body.signed
    ));
}
