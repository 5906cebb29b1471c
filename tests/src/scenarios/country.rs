//! The country of a scenario: its ledger in memory, the names of its parties, the labels of its events, its books.
//!
//! Invariant: after every event the whole log verifies, and books that followed it equal books folded from nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use books::Books;
use domain::payload::ClockConfirmed;
use domain::{EventId, LotId, Moment, PartyId, Payload, RuleSet, SiteId};
use ledger::{Ledger, ManualClock};
use projection::Until;
use serde_json::Value;
use store::{Entries, MemoryStore, Store};
use testkit::Authors;

/// Names that a scenario uses.
pub(super) struct Names {
    numbers: BTreeMap<String, u32>,
    events: BTreeMap<String, (EventId, Vec<u8>)>,
    now: Moment,
    said: usize,
    /// What an amendment restates, by party.
    registered: BTreeMap<String, Value>,
    /// Batches so far, by what they are of.
    batches: BTreeMap<String, u8>,
}

impl Names {
    /// The number of a new party.
    pub(super) fn add(&mut self, name: &str) -> u32 {
        let number = u32::try_from(self.numbers.len()).unwrap() + 1;
        let known = self.numbers.insert(name.to_owned(), number);
        assert!(known.is_none(), "{name} is registered already");
        number
    }

    pub(super) fn number(&self, name: &str) -> u32 {
        *self
            .numbers
            .get(name)
            .unwrap_or_else(|| panic!("nobody is called {name:?}"))
    }

    pub(super) fn id(&self, name: &str) -> PartyId {
        testkit::party(self.number(name))
    }

    pub(super) fn name(&self, id: &PartyId) -> &str {
        let known = self
            .numbers
            .iter()
            .find(|(_, number)| testkit::party(**number) == *id);
        known.map_or("somebody", |(name, _)| name)
    }

    /// `PARTY/CODE`, or a code of the author's own.
    pub(super) fn lot(&self, author: &str, word: &str) -> LotId {
        let (creator, code) = word.split_once('/').unwrap_or((author, word));
        LotId {
            creator: self.id(creator),
            code: code.parse().unwrap(),
        }
    }

    pub(super) fn site(&self, word: &str) -> SiteId {
        let (party, code) = word
            .split_once('/')
            .unwrap_or_else(|| panic!("{word:?} is no PARTY/SITE"));
        SiteId {
            party: self.id(party),
            code: code.parse().unwrap(),
        }
    }

    pub(super) fn event(&self, label: &str) -> EventId {
        self.body(label).0
    }

    pub(super) fn body(&self, label: &str) -> &(EventId, Vec<u8>) {
        self.events
            .get(label)
            .unwrap_or_else(|| panic!("no event is labelled ({label})"))
    }

    /// Keeps what was registered of a party, and gives it.
    pub(super) fn registered(&mut self, name: &str) -> &mut Value {
        self.registered.entry(name.to_owned()).or_default()
    }

    /// The number of the next batch of something.
    pub(super) fn next_batch(&mut self, of: String) -> u8 {
        let last = self.batches.entry(of).or_default();
        *last += 1;
        *last
    }

    pub(super) fn now(&self) -> Moment {
        self.now
    }

    /// Events so far: a number that no other event has.
    pub(super) fn count(&self) -> usize {
        self.said
    }
}

pub(super) struct Country {
    pub names: Names,
    pub books: Books,
    pub store: MemoryStore,
    ledger: Ledger,
    clock: Arc<ManualClock>,
    /// When the newest entry was received.
    heard: Moment,
    authors: Authors,
}

impl Country {
    /// Founded on 1 January 2024 by the authority.
    pub(super) fn founded() -> Self {
        let store = MemoryStore::new();
        let shared: Arc<dyn Store> = Arc::new(store.clone());
        let now = testkit::at("2024-01-01");
        let (ledger, clock) = testkit::open(&shared, now);
        let numbers = [("authority".to_owned(), 1), ("operator".to_owned(), 2)];
        let names = Names {
            numbers: BTreeMap::from(numbers),
            events: BTreeMap::new(),
            now,
            said: 0,
            registered: BTreeMap::new(),
            batches: BTreeMap::new(),
        };
        let mut country = Self {
            names,
            books: Books::default(),
            store,
            ledger,
            clock,
            heard: now,
            authors: Authors::default(),
        };
        country
            .say("authority", now, testkit::founding(), None)
            .unwrap();
        country
    }

    /// Time goes on; it never goes back.
    pub(super) fn wait(&mut self, until: Moment) {
        assert!(self.names.now <= until, "time does not go back");
        self.names.now = until;
        self.clock.set(until);
    }

    /// Signs an event, submits it, and checks the whole ledger; gives the refusal if there is one.
    pub(super) fn say(
        &mut self,
        author: &str,
        occurred: Moment,
        payload: Payload,
        label: Option<&str>,
    ) -> Result<(), String> {
        payload.check().map_err(|form| form.to_string())?;
        self.confirm_clock();
        let event = self
            .authors
            .sign(self.names.number(author), occurred, payload);
        let body = event.body.clone();
        let answers = self.ledger.submit_blocking(vec![event]).unwrap();
        for answer in answers {
            answer.map_err(|refused| refused.refusal.to_string())?;
        }
        self.names.said += 1;
        if let Some(label) = label {
            let id = wire::event_id(&body);
            self.names.events.insert(label.to_owned(), (id, body));
        }
        self.check();
        Ok(())
    }

    /// A scenario may pass over months: then the operator says first that the clock is right.
    fn confirm_clock(&mut self) {
        let now = self.names.now;
        let days = RuleSet::customary().clock_gap_days;
        if now > self.heard.plus_ms(i64::from(days) * 86_400_000) {
            let reason = "nothing happened for a while".parse().unwrap();
            let confirmed = Payload::ClockConfirmed(ClockConfirmed { shows: now, reason });
            let event = self.authors.sign(2, now, confirmed);
            testkit::accept(&self.ledger, vec![event]);
        }
        self.heard = now;
    }

    fn check(&mut self) {
        testkit::check_ledger(&self.store);
        self.books
            .advance(&self.store, self.store.size(), &mut |_, _| {})
            .unwrap();
        let mut fresh = Books::replay(&self.store, Until::End, &mut |_, _| {}).unwrap();
        assert_eq!(
            self.books.digest(),
            fresh.digest(),
            "books that followed differ from fresh ones"
        );
    }
}
