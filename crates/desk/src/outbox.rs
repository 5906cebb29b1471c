//! The outbox: events that were signed here and wait to be taken by the operator, in one file of the folder.
//!
//! Invariant: a signed event is in the file before anybody is told of it, and is dropped only when a verified copy of the
//! log holds it. Each continues the log and the ones before it, so nobody signs two events for one place because something
//! was not sent yet. Knows no keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use answers::{LogOnly, feed};
use author::{Author, AuthorState};
use domain::{EventId, Moment, PartyId, Registry, Seen};
use durable::Layout;
use ledger::{ledger_id, seen};
use portable::limits::SIGNED_EVENTS_MAX;
use portable::{HandedEvent, PortableFault, SignedEvents};
use store::Entries;
use wire::Entry;

use crate::desk::origin_of;
use crate::refused::{EventRefused, NotDone};

/// The file and what is in it.
#[derive(Debug)]
pub struct Outbox {
    path: PathBuf,
    signed: SignedEvents,
}

/// Where the chains of a log end, and which events of some authors it holds.
struct Chains {
    start: AuthorState,
    authors: BTreeMap<PartyId, AuthorState>,
    held: BTreeSet<EventId>,
}

impl Outbox {
    /// Reads it; empty if there is none.
    ///
    /// # Errors
    /// It can't be read, or is of another log.
    pub fn open(place: &Layout, origin: &str) -> Result<Self, NotDone> {
        let path = place.outbox();
        let signed = match SignedEvents::read(&path) {
            Ok(signed) => signed,
            Err(PortableFault::File(fault)) if fault.is_missing() => SignedEvents {
                origin: origin.to_owned(),
                events: Vec::new(),
            },
            Err(fault) => return Err(fault.into()),
        };
        if signed.origin != origin {
            let (path, other) = (path.display().to_string(), signed.origin);
            let origin = origin.to_owned();
            return Err(EventRefused::OutboxOfAnother {
                path,
                other,
                origin,
            }
            .into());
        }
        Ok(Self { path, signed })
    }

    /// The file, to be shown.
    pub(crate) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// What is in it, in the order of signing.
    pub fn events(&self) -> &[HandedEvent] {
        &self.signed.events
    }

    /// What one author signed from this number of its events on.
    pub(crate) fn from(&self, author: PartyId, seq: u64) -> Vec<HandedEvent> {
        let waits = |event: &&HandedEvent| event.body.author == author && event.body.seq >= seq;
        self.events().iter().filter(waits).cloned().collect()
    }

    /// Puts these events of an author in the place of all of its that are here, in one step.
    pub(crate) fn replace(
        &mut self,
        author: PartyId,
        events: Vec<HandedEvent>,
    ) -> Result<(), NotDone> {
        self.signed
            .events
            .retain(|event| event.body.author != author);
        self.signed.events.extend(events);
        self.save()
    }

    /// Events of one author, as they are sent.
    pub(crate) fn of(&self, author: PartyId) -> SignedEvents {
        let events = self.signed.events.iter();
        let events = events.filter(|event| event.body.author == author);
        SignedEvents {
            origin: self.signed.origin.clone(),
            events: events.cloned().collect(),
        }
    }

    /// Adds events; of one that waits already, the signatures that it lacks.
    pub(crate) fn add(&mut self, events: Vec<HandedEvent>) -> Result<(), NotDone> {
        let known = self.signed.events.iter().map(|event| event.id);
        let known: BTreeMap<_, _> = known.zip(0_usize..).collect();
        for event in events {
            let place = known.get(&event.id);
            match place.and_then(|at| self.signed.events.get_mut(*at)) {
                Some(known) => known.take_signatures(&event.signatures),
                None => self.signed.events.push(event),
            }
        }
        let count = self.signed.events.len();
        if count > SIGNED_EVENTS_MAX {
            let (path, most) = (self.shown(), SIGNED_EVENTS_MAX);
            return Err(EventRefused::OutboxFull { count, path, most }.into());
        }
        self.save()
    }

    fn save(&self) -> Result<(), NotDone> {
        Ok(durable::put(&self.path, self.signed.to_text().as_bytes())?)
    }

    /// Drops events that are in the log, and saves what still waits.
    pub(crate) fn drop_these(&mut self, taken: &BTreeSet<EventId>) -> Result<(), NotDone> {
        let before = self.signed.events.len();
        self.signed
            .events
            .retain(|event| !taken.contains(&event.id));
        if self.signed.events.len() < before {
            self.save()?;
        }
        Ok(())
    }

    /// Drops what a log holds and saves what still waits.
    pub(crate) fn drop_what_is_in(&mut self, store: &dyn Entries) -> Result<(), NotDone> {
        let mut chains = self.chains(store, ledger_id(store)?)?;
        let before = self.signed.events.len();
        self.signed.events = self.waiting(&mut chains)?;
        if self.signed.events.len() < before {
            self.save()?;
        }
        Ok(())
    }

    fn chains(&self, store: &dyn Entries, ledger: [u8; 32]) -> Result<Chains, NotDone> {
        let start = AuthorState::start(ledger);
        let authors = self.signed.events.iter().map(|event| event.body.author);
        let authors: BTreeSet<_> = authors.collect();
        let (mut known, mut held) = (BTreeMap::new(), BTreeSet::new());
        feed(store, 0, store.size(), &mut |event| {
            let state = known.entry(event.body.author).or_insert(start);
            *state = state.behind(&event.body, &event.id);
            if authors.contains(&event.body.author) {
                held.insert(event.id);
            }
        })?;
        Ok(Chains {
            start,
            authors: known,
            held,
        })
    }

    /// What the log does not hold, in the order of signing; the heads are then behind it.
    fn waiting(&self, chains: &mut Chains) -> Result<Vec<HandedEvent>, NotDone> {
        let mut waiting = Vec::new();
        for event in &self.signed.events {
            if chains.held.contains(&event.id) {
                continue;
            }
            let (author, body) = (event.body.author, &event.body);
            let state = chains.authors.entry(author).or_insert(chains.start);
            if let Err(refusal) = state.head.check(body.seq, &body.prev.0) {
                return Err(EventRefused::OutboxForked {
                    event: event.id,
                    path: self.shown(),
                    author,
                    why: refusal.to_string(),
                }
                .into());
            }
            *state = state.behind(body, &event.id);
            waiting.push(event.clone());
        }
        Ok(waiting)
    }
}

/// A log as its author sees it who has no log key: what is known of it, then what waits.
#[derive(Debug)]
pub(crate) struct Ahead {
    pub(crate) store: LogOnly,
    pub(crate) outbox: Outbox,
    pub(crate) registry: Registry,
    ledger: [u8; 32],
    /// What is known of the log itself.
    seen: Seen,
    /// Where authors stand behind what waits.
    authors: BTreeMap<PartyId, AuthorState>,
}

impl Ahead {
    /// The log of a store, and the outbox of the folder behind it.
    pub(crate) fn of(place: &Layout, store: &dyn Entries) -> Result<Self, NotDone> {
        let outbox = Outbox::open(place, &origin_of(store)?)?;
        let (ledger, seen) = (ledger_id(store)?, seen(store)?);
        let mut chains = outbox.chains(store, ledger)?;
        let waiting = outbox.waiting(&mut chains)?;
        let mut received = last_received(store)?;
        let mut registry = ledger::registry(store)?;
        let rules = verify::SealKeys { ledger };
        let mut entries = Vec::with_capacity(waiting.len());
        for (position, event) in (store.size()..).zip(waiting) {
            // The operator takes it later than it was signed; the books want a time that never runs back.
            received = received.max(event.body.signed);
            registry.apply(position, received, event.id, &event.body, &rules);
            let entry = Entry {
                received,
                body: event.bytes,
                signatures: event.signatures,
            };
            entries.push(wire::encode_entry(&entry)?);
        }
        let store = LogOnly::followed_by(store, entries);
        Ok(Self {
            store,
            outbox,
            registry,
            ledger,
            seen,
            authors: chains.authors,
        })
    }

    /// A party as it may go on behind what waits.
    pub(crate) fn author(&self, party: PartyId) -> Author {
        let mut author = Author::new(party, self.ledger);
        author.state = self.authors.get(&party).copied().unwrap_or(author.state);
        author.seen = self.seen;
        author
    }

    /// The ledger's id.
    pub(crate) const fn ledger(&self) -> [u8; 32] {
        self.ledger
    }

    /// Keeps signed events of one author in the outbox; the registry and the chain stand behind them then.
    pub(crate) fn add(&mut self, events: Vec<HandedEvent>) -> Result<(), NotDone> {
        self.outbox.add(events.clone())?;
        let ledger = self.ledger;
        let rules = verify::SealKeys { ledger };
        for (position, event) in (self.store.size()..).zip(events) {
            let start = AuthorState::start(ledger);
            let state = self.authors.entry(event.body.author).or_insert(start);
            *state = state.behind(&event.body, &event.id);
            let received = event.body.signed;
            self.registry
                .apply(position, received, event.id, &event.body, &rules);
        }
        Ok(())
    }
}

/// When the last entry was received.
pub(crate) fn last_received(store: &dyn Entries) -> Result<Moment, NotDone> {
    let last = store.size().checked_sub(1);
    received(store, last.ok_or(answers::Refused::NotFounded)?)
}

/// The first entry that was received then or later: times of receipt never run back.
pub(crate) fn first_received(store: &dyn Entries, then: Moment) -> Result<u64, NotDone> {
    let (mut first, mut end) = (0, store.size());
    while first < end {
        let middle = first + (end - first) / 2;
        if received(store, middle)? < then {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    Ok(first)
}

fn received(store: &dyn Entries, position: u64) -> Result<Moment, NotDone> {
    let frame = store.frame_of(position)?;
    let entry = wire::decode_entry(frame.entry(position).unwrap_or_default());
    Ok(entry.map_err(NotDone::fault)?.received)
}
