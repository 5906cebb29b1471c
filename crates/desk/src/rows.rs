//! Which rows of a file were recorded before: twice is once.
//!
//! Invariant: a row is known by its key where its sheet has one, else by what it states of when; one without a time states
//! something of today. A row that is left out is told with the place where it stands, and none is left out for an event that
//! neither the log nor the outbox holds. Signs nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use answers::{Event, feed};
use details::Vault;
use domain::payload::SealedFields;
use domain::{Day, EventId, Moment, PartyId, Payload, Term, Zone};
use intake::Draft;
use store::Entries;
use verify::CLOCK_AHEAD_MS_MAX;

use crate::outbox::first_received;
use crate::refused::{EventRefused, NotDone};
use crate::row_keys::{self, Noted};
use crate::session::{Session, Way};

/// Rows as they are to be recorded, and those that are left out.
#[derive(Debug, Default)]
pub struct Sorted {
    pub fresh: Vec<Draft>,
    pub known: Vec<KnownRow>,
}

/// A row that was recorded before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownRow {
    /// File, sheet and row.
    pub place: String,
    pub stands: Stands,
}

/// Where the statement of a row stands already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// In the log; its author corrected it at the second position.
    InLog(u64, Option<u64>),
    /// In the outbox.
    Waits,
    /// In another row of these files.
    InRow(String),
}

impl std::fmt::Display for KnownRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = &self.place;
        match &self.stands {
            Stands::InLog(at, None) => write!(f, "{place}: already recorded at {at}"),
            Stands::InLog(at, Some(by)) => {
                write!(
                    f,
                    "{place}: already recorded at {at}, and corrected at {by}"
                )
            }
            Stands::Waits => write!(f, "{place}: already signed, and waits in the outbox"),
            Stands::InRow(other) => write!(f, "{place}: the same as {other}"),
        }
    }
}

/// A row as it is compared.
struct Row {
    draft: Draft,
    /// What it states, without what it seals.
    content: String,
    /// Commitments that the file itself states; those of values in plain have a new salt each time.
    sealed: Option<SealedFields>,
}

impl Row {
    fn of(draft: Draft) -> Self {
        let (content, sealed) = content(&draft.payload);
        Self {
            draft,
            content,
            sealed,
        }
    }

    fn is_twin_of(&self, other: &Self) -> bool {
        let (draft, other_draft) = (&self.draft, &other.draft);
        self.content == other.content
            && self.sealed == other.sealed
            && draft.occurred == other_draft.occurred
            && draft.details == other_draft.details
    }
}

/// What a payload states, without its seals, and these.
fn content(payload: &Payload) -> (String, Option<SealedFields>) {
    let mut bare = payload.clone();
    let sealed = bare.sealed_mut().map(std::mem::take);
    let sealed = sealed.filter(|sealed| !sealed.is_empty());
    // Payloads are written as text by one form, and none fails to be.
    let text = serde_json::to_string(&bare).unwrap_or_else(|error| error.to_string());
    (text, sealed)
}

/// An event of the party that may be what a row states.
struct Said {
    event: EventId,
    position: u64,
    occurred: Moment,
    /// Its author named no time: it occurred when it was signed.
    at_signing: bool,
    sealed: Option<SealedFields>,
}

/// What the log and the outbox hold of the party, as far as the rows can mean it.
#[derive(Default)]
struct Spoken {
    by_content: HashMap<String, Vec<Said>>,
    /// Where the events are that go by a key.
    positions: BTreeMap<EventId, u64>,
    /// Which of its events its author corrected, and where.
    corrected: BTreeMap<EventId, u64>,
}

impl Spoken {
    /// Walks what was received since the rows can have been signed: an event is signed after it occurred, and received at
    /// most a day before that by its author's clock. So the work grows with what came since, and not with the log; an index
    /// from contents to positions would take the place of this walk.
    fn since(
        store: &dyn Entries,
        party: PartyId,
        from: Moment,
        rows: &[Row],
        noted: &BTreeMap<Term, Noted>,
    ) -> Result<Self, NotDone> {
        let first = first_received(store, from.plus_ms(-CLOCK_AHEAD_MS_MAX))?;
        let kinds: BTreeSet<u16> = rows.iter().map(|row| row.draft.payload.number()).collect();
        let wanted: HashSet<&str> = rows.iter().map(|row| row.content.as_str()).collect();
        let keyed: BTreeSet<EventId> = noted.values().map(|noted| noted.event).collect();
        let mut spoken = Self::default();
        feed(store, first, store.size(), &mut |event: &Event| {
            let body = &event.body;
            if body.author != party {
                return;
            }
            if let Payload::EventCorrected(correction) = &body.payload {
                let corrected = wire::event_id(&correction.corrected);
                spoken.corrected.insert(corrected, event.position);
            }
            if keyed.contains(&event.id) {
                spoken.positions.insert(event.id, event.position);
            }
            if !kinds.contains(&body.payload.number()) {
                return;
            }
            let (content, sealed) = content(&body.payload);
            if wanted.contains(content.as_str()) {
                let said = Said {
                    event: event.id,
                    position: event.position,
                    occurred: body.occurred,
                    at_signing: body.occurred == body.signed,
                    sealed,
                };
                spoken.by_content.entry(content).or_default().push(said);
            }
        })?;
        Ok(spoken)
    }
}

/// The rows of one run against what was said before.
struct Sorting<'a> {
    spoken: &'a Spoken,
    noted: &'a BTreeMap<Term, Noted>,
    waits: BTreeSet<EventId>,
    vault: Vault,
    today: Day,
    zone: Zone,
    /// Events that go by the key of another row.
    claimed: BTreeSet<EventId>,
    /// Rows so far, by what they state and by their keys.
    by_content: HashMap<&'a str, Vec<&'a Row>>,
    by_key: BTreeMap<&'a Term, &'a Row>,
}

impl<'a> Sorting<'a> {
    /// Where a row stands already, if it does.
    fn stands(&mut self, row: &'a Row) -> Result<Option<Stands>, NotDone> {
        let stands = match &row.draft.key {
            Some(key) => self.by_its_key(row, key)?,
            None => None,
        };
        let stands = match stands {
            None => self.by_what_it_states(row)?,
            stands => stands,
        };
        let stands = stands.or_else(|| self.in_another_row(row));
        self.by_content.entry(&row.content).or_default().push(row);
        if let Some(key) = &row.draft.key {
            self.by_key.insert(key, row);
        }
        Ok(stands)
    }

    /// One key goes by one statement, unless its author has corrected that since.
    fn by_its_key(&self, row: &Row, key: &Term) -> Result<Option<Stands>, NotDone> {
        let place = || row.draft.place.clone();
        if let Some(other) = self.by_key.get(key) {
            let other_place = other.draft.place.clone();
            if row.is_twin_of(other) {
                return Ok(Some(Stands::InRow(other_place)));
            }
            return Err(EventRefused::KeyTwice {
                key: key.to_string(),
                place: place(),
                other: other_place,
            }
            .into());
        }
        let Some(noted) = self.noted.get(key) else {
            return Ok(None);
        };
        let Some(position) = self.spoken.positions.get(&noted.event) else {
            return Ok(None);
        };
        let stands = self.place_of(noted.event, *position);
        let said = self.spoken.by_content.get(&row.content);
        let said = said.and_then(|said| said.iter().find(|said| said.event == noted.event));
        let is_corrected = self.spoken.corrected.contains_key(&noted.event);
        let is_same = match said {
            Some(said) => self.is_said(row, said)?,
            None => false,
        };
        if is_same || is_corrected {
            return Ok(Some(stands));
        }
        Err(EventRefused::KeyRecorded {
            key: key.to_string(),
            place: place(),
            at: *position,
        }
        .into())
    }

    fn by_what_it_states(&mut self, row: &Row) -> Result<Option<Stands>, NotDone> {
        let said = self.spoken.by_content.get(&row.content);
        for said in said.into_iter().flatten() {
            let is_of_another = row.draft.key.is_some() && self.claimed.contains(&said.event);
            if !is_of_another && self.is_said(row, said)? {
                if row.draft.key.is_some() {
                    self.claimed.insert(said.event);
                }
                return Ok(Some(self.place_of(said.event, said.position)));
            }
        }
        Ok(None)
    }

    /// Two rows that state the same are one, unless each has a key of its own.
    fn in_another_row(&self, row: &Row) -> Option<Stands> {
        let others = self.by_content.get(row.content.as_str())?;
        let is_one = |other: &&&Row| {
            let both_keyed = row.draft.key.is_some() && other.draft.key.is_some();
            !both_keyed && row.is_twin_of(other)
        };
        let other = others.iter().find(is_one)?;
        Some(Stands::InRow(other.draft.place.clone()))
    }

    fn place_of(&self, event: EventId, position: u64) -> Stands {
        if self.waits.contains(&event) {
            return Stands::Waits;
        }
        Stands::InLog(position, self.spoken.corrected.get(&event).copied())
    }

    /// Whether an event that states the same is of the same time, with the same values sealed. A value that is not kept here
    /// any more tells nothing apart.
    fn is_said(&self, row: &Row, said: &Said) -> Result<bool, NotDone> {
        let is_then = match row.draft.occurred {
            Some(occurred) => said.occurred == occurred,
            None => said.at_signing && self.zone.day_of(said.occurred) == self.today,
        };
        if !is_then {
            return Ok(false);
        }
        if row.draft.details.is_empty() {
            return Ok(said.sealed == row.sealed);
        }
        let sealed = said.sealed.as_deref().unwrap_or_default();
        let sealed = sealed.iter().map(|sealed| sealed.field);
        if !sealed.eq(row.draft.details.keys().copied()) {
            return Ok(false);
        }
        let kept = self.vault.read(&said.event)?;
        let mut plain = row.draft.details.iter();
        Ok(plain.all(|(field, value)| {
            let kept = kept.as_ref().and_then(|kept| kept.get(*field));
            kept.is_none_or(|kept| kept.value == *value)
        }))
    }
}

impl Session<'_> {
    /// Parts the rows that a party hands in into those that are to be recorded and those that were recorded before.
    ///
    /// # Errors
    /// A key goes by another statement, or the log can't be read.
    pub fn sort(&self, party: PartyId, drafts: Vec<Draft>, now: Moment) -> Result<Sorted, NotDone> {
        let zone = self.registry().zone();
        let today = zone.day_of(now);
        let is_keyed = drafts.iter().any(|draft| draft.key.is_some());
        let mut noted = match is_keyed {
            true => row_keys::read(&self.desk.place, party)?,
            false => BTreeMap::new(),
        };
        let rows: Vec<Row> = drafts.into_iter().map(Row::of).collect();
        let claimed = noted.values().map(|noted| noted.event).collect();
        let own: BTreeSet<&Term> = rows
            .iter()
            .filter_map(|row| row.draft.key.as_ref())
            .collect();
        noted.retain(|key, _| own.contains(key));
        let times = rows.iter().map(|row| row.draft.occurred);
        let times = times.map(|occurred| occurred.unwrap_or_else(|| zone.start_of(today)));
        let Some(from) = times.chain(noted.values().map(|noted| noted.signed)).min() else {
            return Ok(Sorted::default());
        };
        let spoken = Spoken::since(&*self.store, party, from, &rows, &noted)?;
        let mut sorting = Sorting {
            spoken: &spoken,
            noted: &noted,
            waits: self.waiting_ids(),
            vault: Vault::in_ledger(self.desk.folder()),
            today,
            zone,
            claimed,
            by_content: HashMap::new(),
            by_key: BTreeMap::new(),
        };
        let stands = rows.iter().map(|row| sorting.stands(row));
        let stands: Vec<Option<Stands>> = stands.collect::<Result<_, _>>()?;
        let mut sorted = Sorted::default();
        for (row, stands) in rows.into_iter().zip(stands) {
            let draft = row.draft;
            match stands {
                Some(stands) => sorted.known.push(KnownRow {
                    place: draft.place,
                    stands,
                }),
                None => sorted.fresh.push(draft),
            }
        }
        Ok(sorted)
    }

    /// What waits in the outbox.
    fn waiting_ids(&self) -> BTreeSet<EventId> {
        match &self.way {
            Way::Log(..) => BTreeSet::new(),
            Way::File(ahead, _) => {
                let ahead = ahead.borrow();
                ahead.outbox.events().iter().map(|event| event.id).collect()
            }
        }
    }
}
