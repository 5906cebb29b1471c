//! What may be a stranger's, opened to be verified: a ledger by its store, anything else by `portable`.
//!
//! Invariant: its files are looked at before the store opens them, and nothing in it is changed. Judges nothing.

use std::path::Path;

use portable::{Handed, Kind, LiveLedger, kind_of};
use store::Entries;
use store_embedded::{EmbeddedStore, OpenMode, Opened, Options};

use crate::limits::SEGMENT_BYTES_MAX;
use crate::outcome::CliError;

/// A ledger open for reading.
pub(super) struct OpenLedger {
    store: EmbeddedStore,
    opened: Opened,
}

impl OpenLedger {
    /// The checkpoint of its newest group.
    fn note(&self) -> Result<Option<Vec<u8>>, CliError> {
        Ok(self.store.checkpoint()?)
    }

    /// Its entries.
    pub(super) fn store(&self) -> &dyn Entries {
        &self.store
    }

    /// As it is handed to an inquiry, under this note.
    pub(super) fn handed(&self, path: &Path, note: Option<Vec<u8>>) -> Handed<'_> {
        let ledger = LiveLedger {
            source: Box::new(ledger::source_of(&self.store)),
            size: self.store.size(),
            note,
            torn_bytes: self.opened.torn_bytes,
        };
        Handed::ledger(path, ledger)
    }
}

/// The ledger at this path, if one is there.
pub(super) fn ledger_at(path: &Path) -> Result<Option<OpenLedger>, CliError> {
    let kind = kind_of(path).map_err(CliError::usage)?;
    (kind == Kind::Ledger)
        .then(|| open_ledger(path))
        .transpose()
}

/// What is at this path: the ledger that was opened there, or what is opened now.
pub(super) fn open<'a>(
    path: &Path,
    ledger: Option<&'a OpenLedger>,
) -> Result<Handed<'a>, CliError> {
    match ledger {
        Some(ledger) => Ok(ledger.handed(path, ledger.note()?)),
        None => Ok(Handed::open(path)?),
    }
}

/// Opens a ledger that may be a stranger's: the store opens its files by itself, so they are looked at before.
fn open_ledger(path: &Path) -> Result<OpenLedger, CliError> {
    files::Folder::open(path)?.check_below(&[
        ("lock", u64::MAX),
        ("log", SEGMENT_BYTES_MAX),
        ("index", u64::MAX),
    ])?;
    let options = Options {
        accept_loss: false,
        mode: OpenMode::ReadOnly,
        ..Options::default()
    };
    let (store, opened) = EmbeddedStore::open(path, options).map_err(refused_to_open)?;
    Ok(OpenLedger { store, opened })
}

/// A store that refuses to open a damaged log has found what the auditor looks for.
fn refused_to_open(fault: store::StoreFault) -> CliError {
    use store::StoreFault as Fault;
    match fault {
        Fault::InUse { .. } | Fault::Io { .. } => fault.into(),
        damage => CliError::refused(format!("the store refuses to open: {damage}")),
    }
}
