//! A log read up to a size: what a question is put to.
//!
//! Invariant: its size is settled once, so that a log which grows meanwhile changes no answer; nothing is folded before a
//! question needs it. Knows no question.

use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

use books::Books;
use chain::{Frontier, Hash, leaf_hash};
use domain::registry::Founding;
use domain::{Division, Moment, PartyId, Registry};
use evidence::Evidence;
use projection::{Until, replay, size_at};
use signing::peek_unverified;
use store::Entries;

use crate::refused::{NoAnswer, Refused};

/// Told the entries that are folded, out of all that will be.
type Progress = Box<dyn Fn(u64, u64)>;

/// A log up to a size, folded as far as questions ask.
pub struct Reading {
    pub store: Arc<dyn Entries>,
    size: u64,
    until: Until,
    /// Whether a snapshot outside the log may be believed.
    with_snapshots: bool,
    books: OnceCell<Books>,
    registry: OnceCell<Registry>,
    /// Evidence that was handed over outside the log.
    pub evidence: Vec<Evidence>,
    progress: Progress,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Reading");
        shown.field("size", &self.size).finish_non_exhaustive()
    }
}

impl Reading {
    /// A log up to some moment or position.
    ///
    /// # Errors
    /// The log has no entry by then, or can't be read.
    pub fn new(
        store: Arc<dyn Entries>,
        until: Until,
        progress: impl Fn(u64, u64) + 'static,
    ) -> Result<Self, NoAnswer> {
        let size = size_at(&*store, until)?;
        Self::of(store, size, until, true, Box::new(progress))
    }

    /// The first entries of a log, folded from nothing but entries.
    ///
    /// # Errors
    /// The size is 0.
    pub fn of_entries(store: Arc<dyn Entries>, size: u64) -> Result<Self, NoAnswer> {
        Self::of(store, size, Until::End, false, Box::new(|_, _| {}))
    }

    fn of(
        store: Arc<dyn Entries>,
        size: u64,
        until: Until,
        with_snapshots: bool,
        progress: Progress,
    ) -> Result<Self, NoAnswer> {
        if size == 0 {
            return Err(Refused::Empty.into());
        }
        Ok(Self {
            store,
            size,
            until,
            with_snapshots,
            books: OnceCell::new(),
            registry: OnceCell::new(),
            evidence: Vec::new(),
            progress,
        })
    }

    /// How many entries are read.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The same, as projections are told it.
    pub fn until(&self) -> Until {
        Until::Position(self.size.saturating_sub(1))
    }

    /// Every projection.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn books(&self) -> Result<&Books, NoAnswer> {
        if self.books.get().is_none() {
            let mut told = |done, size| (self.progress)(done, size);
            let books = if self.with_snapshots {
                Books::replay(&*self.store, self.until(), &mut told)?
            } else {
                let mut books = Books::default();
                books.advance(&*self.store, self.size, &mut told)?;
                books
            };
            // It was empty a moment ago, and nobody else can fill it.
            let _ = self.books.set(books);
        }
        self.books.get().ok_or_else(|| Refused::Empty.into())
    }

    /// The same, to be worked with.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn books_mut(&mut self) -> Result<&mut Books, NoAnswer> {
        self.books()?;
        self.books.get_mut().ok_or_else(|| Refused::Empty.into())
    }

    /// Who is registered.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn registry(&self) -> Result<&Registry, NoAnswer> {
        if let Some(books) = self.books.get() {
            return Ok(books.book.registry());
        }
        if self.registry.get().is_none() {
            let registry = if self.with_snapshots {
                let book = replay(&*self.store, self.until(), &mut [], &mut |_, _| {})?;
                book.registry().clone()
            } else {
                self.books()?.book.registry().clone()
            };
            let _ = self.registry.set(registry);
        }
        self.registry.get().ok_or_else(|| Refused::Empty.into())
    }

    /// The founding of the ledger.
    ///
    /// # Errors
    /// The first entry does not found it, or the log can't be read.
    pub fn founding(&self) -> Result<&Founding, NoAnswer> {
        let founding = self.registry()?.founding();
        founding.ok_or_else(|| Refused::NotFounded.into())
    }

    /// The root of the tree of what is read: from the newest checkpoint where it is of this size, else from the entries.
    /// Nothing where entries are missing and no checkpoint says it.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn root(&self) -> Result<Option<Hash>, NoAnswer> {
        let note = self.store.checkpoint()?;
        let newest = note.and_then(|note| peek_unverified(&note).ok());
        if let Some(newest) = newest.filter(|newest| newest.size == self.size) {
            return Ok(Some(newest.root));
        }
        if !self.store.is_whole() {
            return Ok(None);
        }
        root_of_entries(&*self.store, self.size).map(Some)
    }

    /// The moment that lateness is judged by: what was asked for, else when the last entry was received.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn now(&self) -> Result<Moment, NoAnswer> {
        if let Until::Received(moment) = self.until {
            return Ok(moment);
        }
        let last = crate::resolve::event_at(&*self.store, self.size.saturating_sub(1))?;
        Ok(last.received)
    }

    /// Whether a party is registered in the division that was asked for; without a division, everything is within.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn is_within(
        &self,
        division: Option<Division>,
        party: Option<&PartyId>,
    ) -> Result<bool, NoAnswer> {
        let Some(division) = division else {
            return Ok(true);
        };
        let registry = self.registry()?;
        let record = party.and_then(|party| registry.party(party));
        Ok(record.is_some_and(|record| division.covers(record.division)))
    }
}

/// The root of the tree of the first entries of a log, from nothing but the entries.
pub(crate) fn root_of_entries(store: &dyn Entries, size: u64) -> Result<Hash, NoAnswer> {
    let mut tree = Frontier::new();
    for frame in store.frames(0)? {
        let frame = frame?;
        let within = frame.entries().filter(|(position, _)| *position < size);
        within.for_each(|(_, entry)| tree.push(leaf_hash(entry)));
        if frame.end() >= size {
            break;
        }
    }
    Ok(tree.root())
}

/// A position, or a time in the ledger's zone; without either, all that is known.
///
/// # Errors
/// It is neither, or the log can't be read.
pub fn until(store: &dyn Entries, as_of: Option<&str>) -> Result<Until, NoAnswer> {
    let Some(text) = as_of else {
        return Ok(Until::End);
    };
    if let Ok(position) = text.parse() {
        return Ok(Until::Position(position));
    }
    let founded = replay(store, Until::Position(0), &mut [], &mut |_, _| {})?;
    Ok(Until::Received(founded.registry().zone().moment_of(text)?))
}

/// The registry as of the end of a log.
///
/// # Errors
/// The log can't be read.
pub fn registry(store: &dyn Entries) -> Result<Registry, NoAnswer> {
    let book = replay(store, Until::End, &mut [], &mut |_, _| {})?;
    Ok(book.registry().clone())
}
