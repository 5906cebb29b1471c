//! An open ledger, or what is known of one that is elsewhere: what everyone needs who signs.
//!
//! Invariant: an event is numbered, shown, then signed, then appended; or, where the log key is not at hand, kept in the
//! outbox. What is refused leaves no trace.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use answers::Until;
use author::Author;
use books::Books;
use details::Vault;
use domain::{Moment, PartyId, Registry};
use ledger::{Ledger, LedgerFault, LedgerOptions};
use portable::SignedEvents;
use signing::Signer;
use store::{Entries, Store};
use store_embedded::OpenMode;

use crate::batch::{Batch, Intent};
use crate::desk::{Desk, founding};
use crate::foresight::Foresight;
use crate::kept::refuse_behind;
use crate::keys::{self, Key, KeyPlace};
use crate::outbox::{Ahead, last_received};
use crate::refused::{LogRefused, NotDone};
use crate::standing;

/// A ledger open for signing.
#[expect(missing_debug_implementations, reason = "it holds a host and keys")]
pub struct Session<'a> {
    pub desk: Desk<'a>,
    /// The log; where it is elsewhere, what is known of it and then what waits in the outbox.
    pub store: Arc<dyn Entries>,
    pub(crate) way: Way,
}

/// Where signed events go.
pub(crate) enum Way {
    /// Into the log, whose key is at hand; it signs the operator's events as well.
    Log(Ledger, Arc<dyn Signer>),
    /// Into the outbox, and into a file that takes them to the operator, if one is named.
    File(Box<RefCell<Ahead>>, Option<PathBuf>),
}

impl<'a> Session<'a> {
    /// Opens what there is: the ledger with its operator's key; or, where the log is elsewhere or the signed events are to go
    /// into the file `out`, what is known of it.
    ///
    /// # Errors
    /// There is no ledger here, its key can't be opened, or it has lost its tail.
    pub fn open_to(desk: &Desk<'a>, out: Option<&Path>) -> Result<Self, NotDone> {
        if out.is_none() && !desk.place.follows() {
            return Self::open(desk);
        }
        if desk.clock_is_right.is_some() {
            return Err(LogRefused::ClockNotAsked.into());
        }
        // What is signed waits, and would be signed again by whoever names another file.
        if let Some(out) = out {
            durable::check_place(out, durable::SameName::Replaced)?;
        }
        let ahead = Ahead::of(&desk.place, &*desk.read_store()?)?;
        Ok(Self {
            desk: desk.clone(),
            store: Arc::new(ahead.store.clone()),
            way: Way::File(Box::new(RefCell::new(ahead)), out.map(Path::to_path_buf)),
        })
    }

    /// Opens the ledger with the log key in its key files.
    ///
    /// # Errors
    /// As [`Self::open_to`].
    pub fn open(desk: &Desk<'a>) -> Result<Self, NotDone> {
        if !desk.place.holds_log() {
            return Err(desk.no_ledger());
        }
        let signer = keys::open(&desk.place.log_key(), desk.host)?;
        let store = desk.open_store(OpenMode::ReadWrite)?;
        let session = match Self::with(desk, store, signer, None) {
            Err(fault @ LedgerFault::WrongLogKey) => {
                let why = fault.to_string();
                return Err(LogRefused::WrongLogKey { why }.into());
            }
            session => session?,
        };
        session.refuse_behind()?;
        Ok(session)
    }

    /// Opens the ledger on a store that is open already, to replace its log key by the next one.
    pub(crate) fn rotating(
        desk: &Desk<'a>,
        store: Arc<dyn Store>,
        signer: Key,
        next: Key,
    ) -> Result<Self, NotDone> {
        let session = Self::with(desk, store, signer, Some(Arc::from(next)))?;
        session.refuse_behind()?;
        Ok(session)
    }

    fn refuse_behind(&self) -> Result<(), NotDone> {
        let keys = verify::log_keys(&self.registry());
        if self.desk.accept_loss || keys.current().is_none() {
            return Ok(());
        }
        refuse_behind(&self.desk.place, &keys, self.store.size())
    }

    /// Opens the ledger on a store that is open already.
    pub(crate) fn with(
        desk: &Desk<'a>,
        store: Arc<dyn Store>,
        signer: Key,
        next_signer: Option<Arc<dyn Signer>>,
    ) -> Result<Self, LedgerFault> {
        let operator_key: Arc<dyn Signer> = Arc::from(signer);
        let ledger = Ledger::open(LedgerOptions {
            store: Arc::clone(&store),
            signer: Arc::clone(&operator_key),
            next_signer,
            clock: desk.host.clock(),
        })?;
        Ok(Self {
            desk: desk.clone(),
            store,
            way: Way::Log(ledger, operator_key),
        })
    }

    /// The log itself, for what only the operator does.
    ///
    /// # Errors
    /// The log is elsewhere.
    pub fn ledger(&self) -> Result<&Ledger, NotDone> {
        match &self.way {
            Way::Log(ledger, _) => Ok(ledger),
            Way::File(..) => Err(LogRefused::NotWrittenHere.into()),
        }
    }

    /// Who may sign what, as of now; where events wait, as if they were in the log.
    pub fn registry(&self) -> Registry {
        match &self.way {
            Way::Log(ledger, _) => ledger.registry(),
            Way::File(ahead, _) => ahead.borrow().registry.clone(),
        }
    }

    /// The ledger's id.
    ///
    /// # Errors
    /// It is not founded.
    pub fn id(&self) -> Result<[u8; 32], NotDone> {
        Ok(match &self.way {
            Way::Log(ledger, _) => ledger.id()?,
            Way::File(ahead, _) => ahead.borrow().ledger(),
        })
    }

    /// The keys that sign for a party: the first of these, or that of its key file, and the others besides.
    ///
    /// # Errors
    /// The party is not registered, or a key can't be opened.
    pub fn signers(&self, party: PartyId, places: &[KeyPlace]) -> Result<Vec<Key>, NotDone> {
        answers::resolve::registered(&self.registry(), &party)?;
        let first = self.desk.key(party, places.first())?;
        let more = places.get(1..).unwrap_or_default();
        let others = keys::more_keys(&*first, more, self.desk.host)?;
        Ok(std::iter::once(first).chain(others).collect())
    }

    /// Where a party's chain stands.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn author(&self, party: PartyId) -> Result<Author, NotDone> {
        Ok(match &self.way {
            Way::Log(ledger, _) => ledger.author(party)?,
            Way::File(ahead, _) => ahead.borrow().author(party),
        })
    }

    /// When the log would receive what is submitted now: its times never run back, whatever the clock does.
    ///
    /// # Errors
    /// The log is empty or can't be read.
    pub fn received(&self, now: Moment) -> Result<Moment, NotDone> {
        Ok(last_received(&*self.store)?.max(now))
    }

    /// Gives drafts of a party their numbers.
    ///
    /// # Errors
    /// The party is not registered, or a draft is not well formed.
    pub fn number(
        &self,
        party: PartyId,
        drafts: impl IntoIterator<Item = Intent>,
        now: Moment,
    ) -> Result<Batch, NotDone> {
        answers::resolve::registered(&self.registry(), &party)?;
        Batch::number(self.author(party)?, drafts, now)
    }

    /// What a batch would raise: asked while slips are still free. What the registry would refuse whoever signs, and what
    /// was stated before and stands in the way, is refused here.
    ///
    /// # Errors
    /// It is refused, or the log can't be read.
    pub fn preview(&self, batch: &Batch) -> Result<Foresight, NotDone> {
        let received = self.received(batch.now())?;
        batch.judge(self.registry(), self.store.size(), received)?;
        let progress = self.desk.host.progress("replaying", self.store.size());
        let mut books = Books::replay(&*self.store, Until::End, &mut |done, size| {
            progress(done, size)
        })?;
        drop(progress);
        // A writer has the books at hand, so it is the one who keeps a snapshot for those who only read.
        books.keep(&*self.store)?;
        standing::check(batch, &books, received)?;
        let preview = batch.preview(books, received)?;
        Ok(Foresight::of(&self.registry(), &preview))
    }

    /// Writes a batch unsigned into a file, for several people to sign. Its confidential values are kept here first: whoever
    /// signs later has the commitments alone.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn prepare(&self, batch: &Batch, file: &Path) -> Result<(), NotDone> {
        let origin = founding(&self.registry())?.origin.to_string();
        batch.keep(&Vault::in_ledger(self.desk.folder()))?;
        let events = batch.unsigned()?;
        let text = SignedEvents { origin, events }.to_text();
        Ok(durable::put(file, text.as_bytes())?)
    }

    /// Stops the sequencer, where there is one.
    ///
    /// # Errors
    /// What it had still to write can't be written.
    pub fn close(self) -> Result<(), NotDone> {
        match self.way {
            Way::Log(ledger, _) => Ok(ledger.close()?),
            Way::File(..) => Ok(()),
        }
    }
}
