//! What a verification found, worded for a person and stable for a program.
//!
//! Invariant: every fault has a position where there is one, what was expected and what was computed; one constructor
//! words each kind. Knows nothing of terminals.

use std::fmt;

use chain::LinkRefusal;
use domain::EventId;
use domain::text::printable;

use crate::refusal::AdmissionRefusal;

/// The answer in a word, from best to worst; the worst one met is the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Good,
    /// Sound, but not cosigned by as many witnesses as the reader asks for.
    Unwitnessed,
    /// Sound, but shorter than the log is known to have been.
    Stale,
    /// Something is missing: a gap, or a tail that was cut.
    Incomplete,
    /// Not a continuation of a checkpoint known from before: another history is shown.
    RolledBack,
    /// An author signed two different events for one place, or a log two histories.
    Equivocation,
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
            Self::Unwitnessed => "unwitnessed",
            Self::Stale => "stale",
            Self::Incomplete => "incomplete",
            Self::RolledBack => "rolled-back",
            Self::Equivocation => "equivocation",
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
    /// Part of a copy is not there.
    Missing,
    /// A group does not begin where the one before ended.
    Position,
    /// The bytes of an entry are not canonical.
    Entry,
    /// A rule of admission is broken.
    Admission,
    /// A signature is wrong.
    Signature,
    /// A node's receive times run backward, or ahead of the time at which enough witnesses had cosigned.
    ReceiveTime,
    /// A checkpoint is not one of this log, or its signature is wrong.
    Checkpoint,
    /// A checkpoint signs another tree than the entries make.
    Root,
    /// The log is shorter than it was known to be.
    Size,
    /// No checkpoint covers the end.
    Uncovered,
    /// An event of an author's chain is not there.
    Gap,
    /// An event stands again for a place of its author's chain. Whoever wrote the log may have done it.
    Repeated,
    /// An author signed two different events for one place of its chain, or a log two checkpoints that contradict.
    Equivocation,
    /// The log does not continue a checkpoint known from before.
    History,
    /// A commitment to every author's newest event names other events than the log holds.
    Heads,
    /// An author signed for another history than the log shows.
    Seen,
    /// A tile of a copy does not hold the hashes of its entries.
    Tile,
    /// Too few witnesses cosigned the checkpoint.
    Witnesses,
    /// The log is empty or was founded by another authority than expected.
    Founding,
}

impl FaultKind {
    /// The kind of a refused event. `signed` is what its author is known to have signed for the same place before; nothing
    /// if signatures are not checked, since a repeated event accuses its author only with two events that it signed.
    pub fn of(
        refusal: &AdmissionRefusal,
        event: EventId,
        signed: impl FnOnce() -> Option<[u8; 32]>,
    ) -> Self {
        match refusal {
            AdmissionRefusal::Signature { .. } => Self::Signature,
            AdmissionRefusal::Link(LinkRefusal::Gap { .. }) => Self::Gap,
            AdmissionRefusal::Link(LinkRefusal::Repeated { .. }) => match signed() {
                Some(signed) if signed != event.0 => Self::Equivocation,
                _ => Self::Repeated,
            },
            AdmissionRefusal::FalseHeads { .. } => Self::Heads,
            AdmissionRefusal::SeenOtherwise { .. } | AdmissionRefusal::SeenAhead { .. } => {
                Self::Seen
            }
            _ => Self::Admission,
        }
    }

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Missing => "missing",
            Self::Position => "position",
            Self::Entry => "entry",
            Self::Admission => "admission",
            Self::Signature => "signature",
            Self::ReceiveTime => "receive-time",
            Self::Checkpoint => "checkpoint",
            Self::Root => "root",
            Self::Size => "size",
            Self::Uncovered => "uncovered",
            Self::Gap => "gap",
            Self::Repeated => "repeated",
            Self::Equivocation => "equivocation",
            Self::History => "history",
            Self::Heads => "heads",
            Self::Seen => "seen",
            Self::Tile => "tile",
            Self::Witnesses => "witnesses",
            Self::Founding => "founding",
        }
    }

    const fn verdict(self) -> Verdict {
        match self {
            Self::Witnesses => Verdict::Unwitnessed,
            Self::Size => Verdict::Stale,
            Self::Missing | Self::Uncovered | Self::Gap => Verdict::Incomplete,
            Self::Equivocation => Verdict::Equivocation,
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

/// The first faults of each kind are listed all the same, so that a flood of one hides no other.
const FAULTS_OF_KIND_LISTED_MIN: u64 = 3;

/// What was checked, what was not, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub verdict: Verdict,
    pub origin: Option<String>,
    /// Entries read.
    pub size: u64,
    /// Entries of the tree that `root` is the root of: all that were read, or, of an extract, those of its checkpoint.
    pub tree_size: u64,
    /// RFC 6962 root.
    pub root: chain::Hash,
    pub authors: u64,
    pub groups: u64,
    pub event_signatures: u64,
    pub checkpoint_signatures: u64,
    pub faults: Vec<Fault>,
    /// Faults in all, listed or not.
    pub fault_count: u64,
    /// The same of each kind that there is, in the order in which their first ones were found.
    pub counts: Vec<(FaultKind, u64)>,
    /// What a single file proves by itself, in sentences: receipts, extracts and evidence have it, whole logs do not.
    pub proven: Vec<String>,
    /// What a reader should look into although it breaks no rule, in sentences: of the verdict it changes nothing.
    pub notices: Vec<String>,
    /// What this run did not check, in sentences.
    pub not_checked: Vec<String>,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            verdict: Verdict::Good,
            origin: None,
            size: 0,
            tree_size: 0,
            root: chain::empty_root(),
            authors: 0,
            groups: 0,
            event_signatures: 0,
            checkpoint_signatures: 0,
            faults: Vec::new(),
            fault_count: 0,
            counts: Vec::new(),
            proven: Vec::new(),
            notices: Vec::new(),
            not_checked: Vec::new(),
        }
    }
}

impl Report {
    /// Adds a broken rule. The place words it: what was expected, what was found.
    pub fn fault(
        &mut self,
        kind: FaultKind,
        position: u64,
        expected: &str,
        computed: impl fmt::Display,
    ) {
        self.verdict = self.verdict.max(kind.verdict());
        self.fault_count += 1;
        if self.count(kind) <= FAULTS_OF_KIND_LISTED_MIN || self.lists_more() {
            let (expected, computed) = (
                printable(expected).into_owned(),
                printable(&computed.to_string()).into_owned(),
            );
            self.faults.push(Fault {
                kind,
                position,
                expected,
                computed,
            });
        }
    }

    /// Counts a fault, and says how many of its kind there are.
    fn count(&mut self, kind: FaultKind) -> u64 {
        let mut counts = self.counts.iter_mut();
        if let Some((_, count)) = counts.find(|(of, _)| *of == kind) {
            *count += 1;
            return *count;
        }
        self.counts.push((kind, 1));
        1
    }

    /// Adds a notice, once.
    pub fn notice(&mut self, sentence: String) {
        let sentence = printable(&sentence).into_owned();
        if !self.notices.contains(&sentence) {
            self.notices.push(sentence);
        }
    }

    /// Whether the next fault is listed, and not only counted.
    pub(crate) fn lists_more(&self) -> bool {
        self.faults.len() < FAULTS_LISTED_MAX
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.verdict == Verdict::Good
    }
}
