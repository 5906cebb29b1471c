//! What can go wrong in a store, worded for the person who must act.
//! Invariant: a message says what is wrong, where, and what to do next.
//! Does not know why an entry was refused by the ledger: refusals of events are not store faults.

use std::io;
use std::path::PathBuf;

/// A failure of the store. See [`crate::Store`] for which of them leave the store usable.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The operating system refused an operation.
    #[error(
        "could not {doing} {path:?}; check the disk's health and free space, then open the ledger again"
    )]
    Io {
        /// A verb phrase that fits between "could not" and the path.
        doing: &'static str,
        /// File or folder concerned.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },

    /// Committed bytes are not as they were written.
    #[error(
        "the log is damaged at position {position} ({segment}, byte {offset}): {what}; \
         nothing was changed; restore the segment from a copy and run `ytterby verify`"
    )]
    Damaged {
        /// First position that cannot be read.
        position: u64,
        /// File name of the segment, or another name of the place.
        segment: String,
        /// Byte offset of the broken frame in the segment.
        offset: u64,
        /// What does not fit.
        what: String,
    },

    /// Another writer was faster, or the caller's picture of the log is old.
    #[error(
        "the log holds {actual} entries, not the {expected} this group was built upon; read the log again"
    )]
    WrongSize {
        /// Size the caller named.
        expected: u64,
        /// Size of the log.
        actual: u64,
    },

    /// A group without entries.
    #[error("a group must hold at least one entry; append only when something waits")]
    EmptyGroup,

    /// An entry without bytes.
    #[error("entry {index} of the group is empty; an entry has at least one byte")]
    EmptyEntry {
        /// Index in the group, from 0.
        index: usize,
    },

    /// Something exceeds a limit of [`crate::limits`].
    #[error("{what} is {bytes} bytes long, more than the {max} allowed; split it")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its length.
        bytes: u64,
        /// The limit.
        max: u64,
    },

    /// The position does not exist yet.
    #[error("position {position} does not exist: the log holds {size} entries")]
    PastEnd {
        /// Position asked for.
        position: u64,
        /// Size of the log.
        size: u64,
    },

    /// The position exists in the log, and its entry is not among those held here.
    #[error(
        "the entry at position {position} is not held here; ask the node, or use a copy of the whole log"
    )]
    NotHeld {
        /// Position asked for.
        position: u64,
    },

    /// An earlier append ended in an uncertain state.
    #[error(
        "an earlier write failed and it is not known whether it reached the disk; open the ledger again"
    )]
    Poisoned,

    /// The store was opened for reading only.
    #[error("the ledger is open for reading only; open it for writing to change it")]
    ReadOnly,

    /// Another process, or another handle in this one, holds the store.
    #[error(
        "the ledger in {path:?} is in use by another process; stop it first, or read from a copy"
    )]
    InUse {
        /// Folder of the store.
        path: PathBuf,
    },

    /// There is no store in this folder.
    #[error("{path:?} holds no ledger; found one with `ytterby found`, or name another folder")]
    NotFound {
        /// Folder named.
        path: PathBuf,
    },

    /// A store is already there.
    #[error("{path:?} already holds a ledger; name another folder")]
    AlreadyExists {
        /// Folder named.
        path: PathBuf,
    },

    /// The log is shorter than it once was.
    #[error(
        "the log has lost its tail: {expected} entries were once committed, {found} are left; \
         restore the newest copy, or open with `--accept-loss` to go on without them"
    )]
    LostTail {
        /// Highest size known to have been committed.
        expected: u64,
        /// Size found.
        found: u64,
    },

    /// A file of a format this program does not read.
    #[error(
        "{path:?} has format version {found}, this program reads {supported}; use a newer program"
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// Version found.
        found: u32,
        /// Version this program reads.
        supported: u32,
    },

    /// A file in the log folder that does not belong there.
    #[error("{path:?} is not a segment of this log: {what}; move it away")]
    StrayFile {
        /// The file.
        path: PathBuf,
        /// Why it does not belong.
        what: String,
    },

    /// A segment is gone.
    #[error(
        "the log's segment that begins at or after position {after} and ends before {before} is missing; restore it from a copy"
    )]
    SegmentMissing {
        /// First position that no segment covers, as far as known.
        after: u64,
        /// First position of the next segment there is.
        before: u64,
    },

    /// The side area cannot be read or written. The log is not concerned.
    #[error("the index is damaged ({what}); the log is not concerned: run `ytterby rebuild`")]
    SideDamaged {
        /// What was found.
        what: String,
    },
}

impl StoreFault {
    /// An [`StoreFault::Io`]; `doing` fits between "could not" and the path.
    pub fn io(doing: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Io {
            doing,
            path: path.into(),
            source,
        }
    }
}
