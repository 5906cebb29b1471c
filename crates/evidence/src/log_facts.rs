//! What a reader has next to a single file: the log's key from its own notes, and what a copy of the log says.
//!
//! Invariant: says of a log only what its entries say; whether the log is sound was verified by whoever feeds it in.
//! Knows no files.

use std::collections::HashMap;

use domain::{EventId, Registry};
use signing::{LogKeys, VerifierKey};
use verify::{Report, SealKeys};

/// A log that is at hand, as far as single files ask for it: who held which key, and where some events stand.
#[derive(Debug, Default)]
pub struct LogFacts {
    registry: Registry,
    wanted: Vec<EventId>,
    positions: HashMap<EventId, u64>,
    /// None before the founding.
    keys: Option<SealKeys>,
    size: u64,
}

impl LogFacts {
    /// Of these events the places will be known.
    pub fn of(wanted: Vec<EventId>) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// Takes in the next entry; bytes that are no entry are passed over, since the log's own verification names them.
    pub fn take(&mut self, entry: &[u8]) {
        self.take_at(self.size, entry);
    }

    /// As [`Self::take`], of an entry that others may be missing before.
    pub fn take_at(&mut self, position: u64, entry: &[u8]) {
        // A position is what a document claims: it may be any number.
        self.size = position.saturating_add(1);
        let Ok(view) = wire::decode_entry(entry) else {
            return;
        };
        let Ok(body) = wire::decode_body(view.body) else {
            return;
        };
        let id = wire::event_id(view.body);
        if self.wanted.contains(&id) {
            self.positions.entry(id).or_insert(position);
        }
        if let Some(ledger) = author::ledger_of(&body, &id) {
            self.keys.get_or_insert(SealKeys { ledger });
        }
        if let Some(keys) = &self.keys {
            self.registry
                .apply(position, view.received, id, &body, keys);
        }
    }

    /// Who held which key.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The ledger's id, once it is founded.
    pub fn ledger(&self) -> Option<[u8; 32]> {
        self.keys.as_ref().map(|keys| keys.ledger)
    }

    /// Where one of the wanted events stands.
    pub fn position(&self, event: &EventId) -> Option<u64> {
        self.positions.get(event).copied()
    }

    /// Entries of the log.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// What the reader of a single file brings; all of it optional.
#[derive(Debug, Clone, Copy, Default)]
pub struct AtHand<'a> {
    /// The log's key, from the reader's own notes or its policy.
    pub log_key: Option<&'a VerifierKey>,
    /// The log's keys, as an earlier look found them.
    pub remembered: Option<&'a LogKeys>,
    pub log: Option<&'a LogFacts>,
}

/// Whose word it is that keys are a log's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rests {
    Own,
    Memory,
    Log,
    /// Only the file's, which is nobody's.
    File,
}

impl Rests {
    /// The words behind "by"; nothing for a file that knows no better.
    pub(crate) const fn words(self) -> Option<&'static str> {
        match self {
            Self::Own => Some("the log key that you gave or that your policy names"),
            Self::Memory => Some("the log keys that you remember from an earlier look"),
            Self::Log => Some("the log keys of the log copy next to it"),
            Self::File => None,
        }
    }
}

impl AtHand<'_> {
    /// The log's keys: those of the log at hand, if the reader's own is among them; else the reader's own alone. What it
    /// remembers is its own too.
    pub fn keys(&self) -> LogKeys {
        let of_log = self.log.map(|log| verify::log_keys(log.registry()));
        let Some(remembered) = self.remembered else {
            return of_log.unwrap_or_default().trusting(self.log_key);
        };
        let follows = |keys: &LogKeys| {
            let newest = remembered.current();
            newest.is_none_or(|newest| keys.handed_over_at(newest).is_some())
        };
        let known = of_log.filter(follows);
        let known = known.unwrap_or_else(|| remembered.clone());
        known.trusting(self.log_key)
    }

    /// Says of what holds only by a copy that it does: whoever made the file may have made the copy too.
    pub(crate) fn say_what_it_rests_on(&self, report: &mut Report) {
        if self.rests() == Rests::Log {
            let line =
                "the log key against your own notes: the one that the log copy names was used";
            report.not_checked.push(line.to_owned());
        }
    }

    /// Whose word the log's keys are.
    pub(crate) fn rests(&self) -> Rests {
        if self.log_key.is_some() {
            Rests::Own
        } else if self.remembered.is_some() {
            Rests::Memory
        } else if self.log.is_some() {
            Rests::Log
        } else {
            Rests::File
        }
    }
}
