//! What a reader asks of a log, and what it knows of it from elsewhere.
//!
//! Invariant: nothing here was taken from the log that is verified. Checks nothing.

use signing::VerifierKey;

/// How much of the signatures is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every signature.
    Full,
    /// The newest signature of each run of one author's keys; the author's chain makes it vouch for those before it.
    Chained,
}

/// What the reader knows from elsewhere; all of it optional.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The operator's log key, current or handed over since, from the reader's own notes instead of from the log.
    pub log_key: Option<VerifierKey>,
    /// The log had at least this size once.
    pub size_at_least: u64,
    /// Checkpoints seen before. The log must continue those of its own origin; the others are about other logs.
    pub known: Vec<Known>,
    /// Checkpoints that witnesses cosigned, with their times, against which receive times are held.
    pub cosigned: Vec<Cosigned>,
}

/// A checkpoint seen before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub origin: String,
    pub size: u64,
    /// RFC 6962 root over so many entries.
    pub root: chain::Hash,
}

/// A checkpoint that witnesses cosigned, and when by their clocks, in seconds since 1970; the cosignatures were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    pub checkpoint: Known,
    /// Each witness that the reader knows.
    pub each: Vec<(String, u64)>,
    /// The earliest time by which enough of them for the reader's policy had cosigned.
    pub quorum: Option<u64>,
}

impl Trust {
    /// What is known of the log with this origin.
    pub fn known_of<'a>(&'a self, origin: &'a str) -> impl Iterator<Item = &'a Known> {
        self.known
            .iter()
            .filter(move |known| known.origin == origin)
    }

    /// The least size that the log with this origin must have.
    pub fn least_size(&self, origin: &str) -> u64 {
        let seen = self.known_of(origin).map(|known| known.size);
        seen.fold(self.size_at_least, u64::max)
    }
}
