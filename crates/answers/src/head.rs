//! The head of a log: its name, how much it holds, who signs it, and the newest checkpoint.
//!
//! Invariant: it needs the registry and folds nothing else. The checkpoint is not in the entries, so a copy can have another one.

use domain::{Bytes32, Moment, Registry};

use crate::reading::Reading;
use crate::refused::NoAnswer;
use crate::schema::answers;

answers! {
    /// The head of a log.
    pub struct LogHead {
        pub name: String,
        /// The zone of its business days, such as +08:00.
        pub zone: String,
        pub founded: Moment,
        pub parties: u64,
        pub keys: u64,
        pub sites: u64,
        /// Every key that signed checkpoints; the last one signs now.
        pub log_keys: Vec<LogKey>,
        /// The newest signed note, also where less than the whole log is read.
        pub checkpoint: Option<String>,
    }

    /// A key that signs checkpoints.
    pub struct LogKey {
        /// Its id, if the registry has it.
        pub key: Option<String>,
        pub public_key: Bytes32,
        /// The position that brought it.
        pub since: u64,
    }
}

/// The head of the log that is read.
///
/// # Errors
/// It is not founded, or can't be read.
pub fn head(reading: &Reading) -> Result<LogHead, NoAnswer> {
    let registry = reading.registry()?;
    let founding = reading.founding()?;
    let note = reading.store.checkpoint()?;
    Ok(LogHead {
        name: founding.name.clone(),
        zone: registry.zone().to_string(),
        founded: crate::resolve::event_at(&*reading.store, 0)?.received,
        parties: registry.parties().count() as u64,
        keys: registry.keys().count() as u64,
        sites: registry.sites().count() as u64,
        log_keys: log_keys(registry),
        checkpoint: note.map(|note| String::from_utf8_lossy(&note).into_owned()),
    })
}

fn log_keys(registry: &Registry) -> Vec<LogKey> {
    let log_keys = registry.log_keys().iter();
    let shown = log_keys.map(|log_key| {
        let mut keys = registry.keys();
        let known = keys.find(|(_, record)| record.key == log_key.key);
        LogKey {
            key: known.map(|(id, _)| id.to_string()),
            public_key: log_key.key,
            since: log_key.brought_at,
        }
    });
    shown.collect()
}
