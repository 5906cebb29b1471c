//! The outbox: events that were signed here and wait to be taken by the operator, in one file of the folder.
//!
//! Invariant: a signed event is in the file before anybody is told of it, and is dropped only when a verified copy of the
//! log holds it. Each continues the log and the ones before it, so nobody signs two events for one place because something
//! was not sent yet. Knows no keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use author::{Author, AuthorState};
use domain::{EventId, Moment, PartyId, Registry, Seen};
use ledger::{ledger_id, seen};
use portable::limits::SIGNED_EVENTS_MAX;
use portable::{HandedEvent, PortableFault, SignedEvents};
use store::Entries;
use wire::Entry;

use crate::outcome::CliError;
use crate::place;
use answers::{LogOnly, NoAnswer, feed};

/// The file and what is in it.
pub(crate) struct Outbox {
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
    pub(crate) fn open(folder: &Path, origin: &str) -> Result<Self, CliError> {
        let path = place::outbox(folder);
        let signed = match SignedEvents::read(&path) {
            Ok(signed) => signed,
            Err(PortableFault::File(fault)) if fault.is_missing() => SignedEvents {
                origin: origin.to_owned(),
                events: Vec::new(),
            },
            Err(fault) => return Err(fault.into()),
        };
        if signed.origin != origin {
            let (path, other) = (path.display(), &signed.origin);
            return Err(CliError::refused(format!(
                "{path} holds events for the log {other:?}, and this is {origin:?}"
            ))
            .help("work on each log in a folder of its own"));
        }
        Ok(Self { path, signed })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn events(&self) -> &[HandedEvent] {
        &self.signed.events
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
    pub(crate) fn add(&mut self, events: Vec<HandedEvent>) -> Result<(), CliError> {
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
            let path = self.path.display();
            return Err(CliError::refused(format!(
                "{count} events would wait in {path}, which holds at most {SIGNED_EVENTS_MAX}; none of these was kept"
            ))
            .help("have the operator take what waits, and follow a newer copy"));
        }
        self.save()
    }

    fn save(&self) -> Result<(), CliError> {
        Ok(durable::put(&self.path, self.signed.to_text().as_bytes())?)
    }

    /// Drops what a log holds and saves what still waits.
    pub(crate) fn drop_what_is_in(&mut self, store: &dyn Entries) -> Result<(), CliError> {
        let mut chains = self.chains(store, ledger_id(store)?)?;
        let before = self.signed.events.len();
        self.signed.events = self.waiting(&mut chains)?;
        if self.signed.events.len() < before {
            self.save()?;
        }
        Ok(())
    }

    fn chains(&self, store: &dyn Entries, ledger: [u8; 32]) -> Result<Chains, CliError> {
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
    fn waiting(&self, chains: &mut Chains) -> Result<Vec<HandedEvent>, CliError> {
        let mut waiting = Vec::new();
        for event in &self.signed.events {
            if chains.held.contains(&event.id) {
                continue;
            }
            let (author, body) = (event.body.author, &event.body);
            let state = chains.authors.entry(author).or_insert(chains.start);
            if let Err(refusal) = state.head.check(body.seq, &body.prev.0) {
                let path = self.path.display();
                return Err(CliError::refused(format!(
                    "event {} in {path} does not continue what {author} has in the log: {refusal}",
                    event.id
                ))
                .help(format!(
                    "another machine of {author} may have signed; move {path} away, keep it, and record again what the log lacks"
                )));
            }
            *state = state.behind(body, &event.id);
            waiting.push(event.clone());
        }
        Ok(waiting)
    }
}

/// A log as its author sees it who has no log key: what is known of it, then what waits.
pub(crate) struct Ahead {
    pub store: LogOnly,
    pub outbox: Outbox,
    pub registry: Registry,
    ledger: [u8; 32],
    /// What is known of the log itself.
    seen: Seen,
    /// Where authors stand behind what waits.
    authors: BTreeMap<PartyId, AuthorState>,
}

impl Ahead {
    /// The log of a store, and the outbox of the folder behind it.
    pub(crate) fn of(
        folder: &Path,
        store: &dyn Entries,
        origin: &str,
        registry: impl Fn(&dyn Entries) -> Result<Registry, NoAnswer>,
    ) -> Result<Self, CliError> {
        let outbox = Outbox::open(folder, origin)?;
        let (ledger, seen) = (ledger_id(store)?, seen(store)?);
        let mut chains = outbox.chains(store, ledger)?;
        let waiting = outbox.waiting(&mut chains)?;
        let mut received = last_received(store)?;
        let mut entries = Vec::with_capacity(waiting.len());
        for event in waiting {
            // The operator takes it later than it was signed; the books want a time that never runs back.
            received = received.max(event.body.signed);
            let entry = Entry {
                received,
                body: event.bytes,
                signatures: event.signatures,
            };
            entries.push(wire::encode_entry(&entry).map_err(CliError::refused)?);
        }
        let store = LogOnly::followed_by(store, entries);
        let registry = registry(&store)?;
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
    pub(crate) fn add(&mut self, events: Vec<HandedEvent>) -> Result<(), CliError> {
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
pub(crate) fn last_received(store: &dyn Entries) -> Result<Moment, CliError> {
    let last = store.size().checked_sub(1);
    let last = last.ok_or_else(|| CliError::refused("the ledger is not founded yet"))?;
    let frame = store.frame_of(last)?;
    let entry = wire::decode_entry(frame.entry(last).unwrap_or_default());
    Ok(entry.map_err(CliError::fault)?.received)
}
