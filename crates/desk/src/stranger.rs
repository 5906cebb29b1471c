//! A ledger that may be a stranger's, opened by its store to be verified.
//!
//! Invariant: its files are looked at before the store opens them, and nothing in it is changed. Judges nothing.

use std::path::Path;

use durable::Layout;
use portable::{Handed, LiveLedger};
use store::{Entries, StoreFault};
use store_embedded::{EmbeddedStore, OpenMode, Opened, StoreOptions};

use crate::limits::SEGMENT_BYTES_MAX;
use crate::refused::{LogRefused, NotDone};

/// A ledger open for reading.
#[derive(Debug)]
pub struct OpenLedger {
    store: EmbeddedStore,
    opened: Opened,
}

impl OpenLedger {
    /// Opens the ledger in this folder.
    ///
    /// # Errors
    /// Something in it is not a file to be read, or the store refuses to open it.
    pub fn open(path: &Path) -> Result<Self, NotDone> {
        let [lock, log, index] = Layout::OF_STORE;
        files::Folder::open(path)?.check_below(&[
            (lock, u64::MAX),
            (log, SEGMENT_BYTES_MAX),
            (index, u64::MAX),
        ])?;
        let options = StoreOptions {
            accept_loss: false,
            mode: OpenMode::ReadOnly,
            ..StoreOptions::default()
        };
        let opened = EmbeddedStore::open(path, options);
        let (store, opened) = opened.map_err(refused_to_open)?;
        Ok(Self { store, opened })
    }

    /// Its entries.
    pub fn store(&self) -> &dyn Entries {
        &self.store
    }

    /// As it is handed to an inquiry: under this note, or under the checkpoint of its newest group.
    ///
    /// # Errors
    /// The checkpoint can't be read.
    pub fn handed(&self, path: &Path, note: Option<Vec<u8>>) -> Result<Handed<'_>, NotDone> {
        let note = match note {
            Some(note) => Some(note),
            None => self.store.checkpoint()?,
        };
        let ledger = LiveLedger {
            source: Box::new(ledger::source_of(&self.store)),
            size: self.store.size(),
            note,
            torn_bytes: self.opened.torn_bytes,
        };
        Ok(Handed::ledger(path, ledger))
    }
}

/// A store that refuses to open a damaged log has found what the auditor looks for.
fn refused_to_open(fault: StoreFault) -> NotDone {
    match fault {
        StoreFault::InUse { .. } | StoreFault::Io { .. } => fault.into(),
        damage => {
            let why = damage.to_string();
            LogRefused::DamagedStore { why }.into()
        }
    }
}
