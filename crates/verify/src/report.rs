//! What a verification found, worded for a person and stable for a program.
//!
//! Invariant: every fault has a position where there is one, what was expected and what was computed; one constructor
//! words each kind. Knows nothing of terminals.

use std::fmt;

/// The answer in a word, from best to worst; the worst one met is the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Good,
    /// Something is missing: a gap, or a tail that was cut.
    Incomplete,
    /// Smaller than, or not a continuation of, a checkpoint known from before.
    RolledBack,
    /// Bytes that no honest writer makes.
    Malformed,
    /// Content that does not fit its hash, signature or link.
    Tampered,
}

impl Verdict {
    /// The verdict in a word, as JSON gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Incomplete => "incomplete",
            Self::RolledBack => "rolled-back",
            Self::Malformed => "malformed",
            Self::Tampered => "tampered",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which rule of a log is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The store could not hand the bytes out.
    Storage,
    /// A group does not begin where the one before ended.
    Position,
    /// The bytes of an entry are not canonical.
    Entry,
    /// A rule of admission is broken.
    Admission,
    /// A signature is wrong.
    Signature,
    /// A node's receive times run backward.
    ReceiveTime,
    /// A checkpoint is not one of this log, or its signature is wrong.
    Checkpoint,
    /// A checkpoint signs another tree than the entries make.
    Root,
    /// The log is shorter than it was known to be.
    Size,
    /// The log does not continue a checkpoint known from before.
    History,
    /// The log is empty or was founded by another authority than expected.
    Founding,
}

impl FaultKind {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Position => "position",
            Self::Entry => "entry",
            Self::Admission => "admission",
            Self::Signature => "signature",
            Self::ReceiveTime => "receive-time",
            Self::Checkpoint => "checkpoint",
            Self::Root => "root",
            Self::Size => "size",
            Self::History => "history",
            Self::Founding => "founding",
        }
    }

    const fn verdict(self) -> Verdict {
        match self {
            Self::Size => Verdict::Incomplete,
            Self::History => Verdict::RolledBack,
            Self::Entry | Self::Founding => Verdict::Malformed,
            _ => Verdict::Tampered,
        }
    }
}

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// 0-based position of the entry, or of the first entry of the group.
    pub position: u64,
    pub expected: String,
    pub computed: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at position {}: expected {}, found {}",
            self.kind.name(),
            self.position,
            self.expected,
            self.computed
        )
    }
}

/// Faults that are listed one by one; more are counted.
const FAULTS_LISTED_MAX: usize = 1_000;

/// What was checked, what was not, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub verdict: Verdict,
    pub origin: Option<String>,
    /// Entries read.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: chain::Hash,
    pub authors: u64,
    pub groups: u64,
    pub event_signatures: u64,
    pub checkpoint_signatures: u64,
    pub faults: Vec<Fault>,
    /// Faults in all, listed or not.
    pub fault_count: u64,
    /// What this run did not check, in sentences.
    pub not_checked: Vec<String>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            verdict: Verdict::Good,
            origin: None,
            size: 0,
            root: chain::empty_root(),
            authors: 0,
            groups: 0,
            event_signatures: 0,
            checkpoint_signatures: 0,
            faults: Vec::new(),
            fault_count: 0,
            not_checked: Vec::new(),
        }
    }

    pub(crate) fn fault(
        &mut self,
        kind: FaultKind,
        position: u64,
        expected: &str,
        computed: impl fmt::Display,
    ) {
        self.verdict = self.verdict.max(kind.verdict());
        self.fault_count += 1;
        if self.faults.len() < FAULTS_LISTED_MAX {
            let (expected, computed) = (expected.to_owned(), computed.to_string());
            self.faults.push(Fault {
                kind,
                position,
                expected,
                computed,
            });
        }
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.verdict == Verdict::Good
    }
}
