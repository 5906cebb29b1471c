//! One of several people adds a signature to an act that was prepared.
//!
//! Invariant: what is signed is shown from its own bytes, never from words with them; an act whose number another event of its
//! author has taken is not signed. The act waits in the outbox of everybody who signed it, so none of them signs another one
//! under its number.

use std::path::{Path, PathBuf};

use domain::{Bytes64, KeyId, PartyId};
use portable::{HandedEvent, SignedEvents};
use signing::{PublicKey, Signature, verify_event};
use store::Entries;

use crate::batch::words;
use crate::desk::Desk;
use crate::keys::{Key, KeyPlace, id_of};
use crate::outbox::Ahead;
use crate::refused::{EventRefused, KeyRefused, NotDone};

/// An act that was prepared, as it is in its file.
#[derive(Debug)]
pub struct PreparedAct {
    path: PathBuf,
    origin: String,
    event: HandedEvent,
    ahead: Ahead,
    /// It waits in the outbox here already.
    waits: bool,
}

impl PreparedAct {
    /// Reads the act in a file.
    ///
    /// # Errors
    /// The file does not hold one act for this ledger that follows what its author has signed.
    pub fn read(desk: &Desk<'_>, file: &Path) -> Result<Self, NotDone> {
        let path = file.display().to_string();
        let SignedEvents {
            origin: named,
            mut events,
        } = SignedEvents::read(file)?;
        let (count, event) = (events.len(), events.pop());
        let Some(mut event) = event.filter(|_| count == 1) else {
            return Err(EventRefused::NotOneAct { path, count }.into());
        };
        let store = desk.read_store()?;
        let origin = crate::desk::origin_of(&*store)?;
        for_this_ledger(path, &named, &origin, &event, &*store)?;
        let ahead = Ahead::of(&desk.place, &*store)?;
        drop_junk(desk, &ahead, &mut event);
        let mut waiting = ahead.outbox.events().iter();
        let waits = waiting.any(|known| known.id == event.id);
        if !waits {
            continues(&ahead, &event)?;
        }
        Ok(Self {
            path: file.to_owned(),
            origin,
            event,
            ahead,
            waits,
        })
    }

    /// Whose act it is.
    pub const fn author(&self) -> PartyId {
        self.event.body.author
    }

    /// The act in a sentence, and then what it states.
    pub fn words(&self) -> [String; 2] {
        let body = &self.event.body;
        let names = self.ahead.registry.party(&body.author);
        let names = names.map(|party| &party.names);
        let names = names.map_or_else(String::new, |names| format!(" ({} {})", names.zh, names.en));
        let (author, what, seq) = (body.author, body.payload.name(), body.seq);
        let sentence = format!(
            "{author}{names} would state: {what}, its event number {seq}, signed {}",
            body.signed
        );
        [sentence, words(&body.payload, body.occurred)]
    }

    /// What is asked of whoever signs.
    pub fn question(&self) -> String {
        format!("Sign this as {}?", self.author())
    }

    /// The key that was named, or that of the author's key file here.
    ///
    /// # Errors
    /// It can't be opened, or is not a valid key of the author.
    pub fn key(&self, desk: &Desk<'_>, named: Option<&KeyPlace>) -> Result<Key, NotDone> {
        let party = self.author();
        let key = desk.key(party, named)?;
        let (id, now) = (id_of(&*key), desk.host.now());
        let record = self.ahead.registry.key(&id);
        if record.is_none_or(|record| record.party != party || !record.is_valid(now)) {
            return Err(KeyRefused::NotValid { key: id, party }.into());
        }
        Ok(key)
    }

    /// Signs the act and writes it back: how many signatures it has then.
    ///
    /// # Errors
    /// The key did not sign, or a file can't be written.
    pub fn sign(mut self, key: &Key) -> Result<usize, NotDone> {
        let signature = signing::sign_event(&**key, &self.event.bytes)?;
        let id = id_of(&**key);
        // A signature by the same key that somebody put there counts for nothing.
        self.event.signatures.retain(|(known, _)| *known != id);
        self.event.take_signatures(&[(id, Bytes64(signature.0))]);
        let count = self.event.signatures.len();
        let events = vec![self.event];
        if self.waits {
            self.ahead.outbox.add(events.clone())?;
        } else {
            self.ahead.add(events.clone())?;
        }
        let origin = self.origin;
        let text = SignedEvents { origin, events }.to_text();
        durable::put(&self.path, text.as_bytes())?;
        Ok(count)
    }
}

/// Signatures that are not of a key of the author, or do not hold, would have the whole act refused; anybody can put one into
/// a file.
fn drop_junk(desk: &Desk<'_>, ahead: &Ahead, event: &mut HandedEvent) {
    let party = event.body.author;
    let holds = |(id, signature): &(KeyId, Bytes64)| {
        let record = ahead.registry.key(id);
        let record = record.filter(|record| record.party == party);
        let key = record.and_then(|record| PublicKey::from_bytes(&record.key.0).ok());
        let signature = Signature(signature.0);
        key.is_some_and(|key| verify_event(&key, &event.bytes, &signature).is_ok())
    };
    let (good, junk): (Vec<_>, Vec<_>) = event.signatures.iter().partition(|one| holds(one));
    for (id, _) in junk {
        desk.host.note(format!(
            "note: a signature by {id} is left out: it does not hold, or that is not a key of {party} as far as the log is known here; if it is one, follow a newer copy and have it sign again"
        ));
    }
    event.signatures = good;
}

fn for_this_ledger(
    path: String,
    named: &str,
    origin: &str,
    event: &HandedEvent,
    store: &dyn Entries,
) -> Result<(), NotDone> {
    let origin = origin.to_owned();
    if named != origin {
        let other = named.to_owned();
        return Err(EventRefused::ActForAnotherLog {
            path,
            other,
            origin,
        }
        .into());
    }
    if event.body.ledger.0 != ledger::ledger_id(store)? {
        return Err(EventRefused::ActForAnotherLedger { path, origin }.into());
    }
    Ok(())
}

fn continues(ahead: &Ahead, event: &HandedEvent) -> Result<(), EventRefused> {
    let author = event.body.author;
    let head = ahead.author(author).state.head;
    let follows = head.check(event.body.seq, &event.body.prev.0);
    follows.map_err(|refusal| {
        let why = refusal.to_string();
        EventRefused::DoesNotFollow { author, why }
    })
}
