//! A desk: one folder, which holds a ledger or follows one, and the host that it is worked on with.
//!
//! Invariant: opening for reading changes nothing and needs no key. Knows no command.

use std::path::Path;
use std::sync::Arc;

use answers::{Event, LogOnly};
use domain::text::Term;
use domain::{PartyId, Payload, Registry, registry::Founding};
use durable::Layout;
use portable::CopyReader;
use signing::LogKeys;
use store::{Entries, StoreFault};
use store_embedded::{EmbeddedStore, OpenMode};

use crate::host::Host;
use crate::keys::{self, Key, KeyPlace};
use crate::refused::{LogRefused, NotDone};

/// One folder and its host.
#[expect(
    missing_debug_implementations,
    reason = "a host is whatever the program gives"
)]
#[derive(Clone)]
pub struct Desk<'a> {
    pub place: Layout,
    pub host: &'a dyn Host,
    /// Write on although the log has lost entries that were committed once.
    pub accept_loss: bool,
    /// Why the clock is right, where the operator says so.
    pub clock_is_right: Option<Term>,
}

impl<'a> Desk<'a> {
    /// A desk on a folder, which need not be there yet.
    pub fn on(folder: &Path, host: &'a dyn Host) -> Self {
        Self {
            place: Layout::of(folder),
            host,
            accept_loss: false,
            clock_is_right: None,
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.place.folder()
    }

    /// The folder, to be shown.
    pub(crate) fn shown(&self) -> String {
        self.folder().display().to_string()
    }

    /// Opens the store of a ledger and says what opening found.
    ///
    /// # Errors
    /// There is no ledger here, somebody else has it open, or it is damaged.
    pub fn open_store(&self, mode: OpenMode) -> Result<Arc<EmbeddedStore>, NotDone> {
        let options = store_embedded::StoreOptions {
            accept_loss: self.accept_loss && mode == OpenMode::ReadWrite,
            mode,
            ..store_embedded::StoreOptions::default()
        };
        let opened = EmbeddedStore::open(self.folder(), options);
        let (store, opened) = opened.map_err(|fault| self.not_opened(fault))?;
        if opened.torn_bytes > 0 {
            let (bytes, size) = (opened.torn_bytes, store.size());
            self.host.note(format!(
                "note: the last {bytes} bytes of the log were a group that was never committed; the log ends at {size}"
            ));
        }
        Ok(Arc::new(store))
    }

    fn not_opened(&self, fault: StoreFault) -> NotDone {
        match fault {
            StoreFault::NotFound { .. } => self.no_ledger(),
            fault => fault.into(),
        }
    }

    /// A folder without a ledger was named by mistake, unless what belongs to one is there: then its log was lost.
    pub(crate) fn no_ledger(&self) -> NotDone {
        let folder = self.shown();
        let is_one = self.place.index().exists();
        if is_one && !self.place.follows() {
            LogRefused::LogGone { folder }.into()
        } else {
            LogRefused::NoLedger { folder }.into()
        }
    }

    /// Opens for reading what is known here of the log: the log itself, or the copy by which the folder follows it.
    ///
    /// # Errors
    /// Neither is here, or it can't be read.
    pub fn read_store(&self) -> Result<Arc<dyn Entries>, NotDone> {
        if self.place.follows() {
            let copy = LogOnly::of_copy(CopyReader::open(&self.place.copy())?, u64::MAX);
            return Ok(Arc::new(copy));
        }
        Ok(self.open_store(OpenMode::ReadOnly)?)
    }

    /// Throws the indexes away and makes them again from the log: how many entries that took. Needs no key.
    ///
    /// # Errors
    /// There is no ledger here, somebody else has it open, or it is damaged.
    pub fn rebuild(&self) -> Result<u64, NotDone> {
        EmbeddedStore::discard_index(self.folder()).map_err(|fault| self.not_opened(fault))?;
        Ok(ledger::reindex(&*self.open_store(OpenMode::ReadWrite)?)?)
    }

    /// The key that was named, else that of the party's key file here.
    ///
    /// # Errors
    /// It can't be opened.
    pub fn key(&self, party: PartyId, named: Option<&KeyPlace>) -> Result<Key, NotDone> {
        match named {
            Some(place) => keys::open_at(place, self.host),
            None => keys::open(&self.place.key(party.as_str()), self.host),
        }
    }
}

/// The founding of the ledger.
///
/// # Errors
/// It is not founded yet.
pub fn founding(registry: &Registry) -> Result<&Founding, NotDone> {
    let founding = registry.founding();
    Ok(founding.ok_or(answers::Refused::NotFounded)?)
}

/// The name of the log of which a store holds entries.
///
/// # Errors
/// It is not founded yet, or can't be read.
pub fn origin_of(store: &dyn Entries) -> Result<String, NotDone> {
    if store.size() == 0 {
        return Err(answers::Refused::NotFounded.into());
    }
    let frame = store.frame_of(0)?;
    match Event::decode(0, frame.entry(0).unwrap_or_default())?
        .body
        .payload
    {
        Payload::LedgerFounded(founded) => Ok(founded.origin.to_string()),
        _ => Err(answers::Refused::NotFounded.into()),
    }
}

/// The keys that sign the log's checkpoints, as its founding and its rotations bring them.
///
/// # Errors
/// The log is empty, or its first entry does not found it.
pub fn log_keys(store: &dyn Entries) -> Result<LogKeys, NotDone> {
    if store.size() == 0 {
        return Err(LogRefused::Empty.into());
    }
    let keys = verify::log_keys(&ledger::registry(store)?);
    if keys.current().is_none() {
        return Err(LogRefused::NoFounding.into());
    }
    Ok(keys)
}
