//! A file that proves one thing, and the copy of the log that may lie next to it.
//!
//! Invariant: a file that is malformed gets a report like any other; a log copy that is not good vouches for nothing, and
//! then its own report is the answer. What is checked stands in `evidence`.
//! Knows no live ledger: its groups are handed in as those of a copy.

use std::path::Path;

use domain::EventId;
use evidence::{
    AtHand, Evidence, LogFacts, Receipt, ReceiptRefusal, check_evidence, check_receipt,
};
use signing::{LogKeys, VerifierKey};
use verify::{
    Depth, FaultKind, Group, Known, Report, Source, SourceDamage, Trust, split_entries,
    verify_history,
};

use crate::fault::PortableFault;
use crate::kind::Kind;
use crate::limits::SINGLE_BYTES_MAX;

/// A file that proves one thing.
#[derive(Debug)]
pub(crate) enum ProofFile {
    Evidence(Evidence),
    Receipt(Receipt),
    /// It says that it is one of these and is not, for this reason.
    Malformed(String),
}

/// The log's keys that the reader of a single file knows by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownKeys<'a> {
    /// From its own notes or its policy.
    pub(crate) given: Option<&'a VerifierKey>,
    /// From an earlier look.
    pub(crate) remembered: Option<&'a LogKeys>,
}

/// A copy of the log as a single file needs it: its own report, and who held which key in it.
#[derive(Debug)]
pub(crate) struct LogCopy {
    report: Report,
    beside: LogFacts,
}

impl ProofFile {
    /// Reads evidence or a receipt.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn read(path: &Path, kind: Kind) -> Result<Self, PortableFault> {
        let bytes = files::read(path, SINGLE_BYTES_MAX)?;
        let malformed = |refusal: String| Self::Malformed(refusal);
        Ok(if kind == Kind::Evidence {
            Evidence::parse(&bytes).map_or_else(|no| malformed(no.to_string()), Self::Evidence)
        } else {
            Receipt::parse(&bytes).map_or_else(|no| malformed(no.to_string()), Self::Receipt)
        })
    }

    /// The events that it is about.
    pub(crate) fn events(&self) -> Vec<EventId> {
        match self {
            Self::Evidence(evidence) => evidence.events(),
            Self::Receipt(receipt) => receipt.event().into_iter().collect(),
            Self::Malformed(_) => Vec::new(),
        }
    }

    /// What a log copy of `size` entries must continue: a receipt's checkpoint, unless the copy is the older of the two.
    pub(crate) fn must_continue(&self, size: u64) -> Option<Known> {
        match self {
            Self::Receipt(receipt) => receipt.claimed().filter(|known| known.size <= size),
            Self::Evidence(_) | Self::Malformed(_) => None,
        }
    }

    /// The log that it says it is of, and the size that it reaches.
    pub(crate) fn claimed(&self) -> Option<(String, u64)> {
        match self {
            Self::Receipt(receipt) => receipt.claimed().map(|known| (known.origin, known.size)),
            Self::Evidence(evidence) => evidence.origin().map(|origin| (origin, u64::MAX)),
            Self::Malformed(_) => None,
        }
    }

    /// Verifies it, next to a copy of the log if there is one; of `known` the log in it is asked for.
    ///
    /// # Errors
    /// It is a receipt, and nobody says what the log's key is.
    pub(crate) fn check(
        &self,
        known: KnownKeys<'_>,
        copy: Option<&LogCopy>,
    ) -> Result<Report, ReceiptRefusal> {
        if let Some(bad) = copy.filter(|copy| !copy.report.is_good()) {
            let mut report = bad.report.clone();
            let line = "the file itself: the log copy next to it is not good";
            report.not_checked.insert(0, line.to_owned());
            return Ok(report);
        }
        let log = copy.map(|copy| &copy.beside);
        let KnownKeys { given, remembered } = known;
        let reader = AtHand {
            log_key: given,
            remembered,
            log,
        };
        match self {
            Self::Evidence(evidence) => Ok(check_evidence(evidence, &reader)),
            Self::Receipt(receipt) => check_receipt(receipt, &reader),
            Self::Malformed(reason) => {
                let mut report = Report::default();
                report.fault(FaultKind::Entry, 0, "a receipt or evidence", reason);
                Ok(report)
            }
        }
    }
}

impl LogCopy {
    /// Verifies a log of so many entries, and takes from it what this file asks for: both in one reading.
    pub(crate) fn read(
        (source, size, mut trust): (&mut dyn Source, u64, Trust),
        depth: Depth,
        file: &ProofFile,
    ) -> Self {
        trust.known.extend(file.must_continue(size));
        let mut tee = Tee {
            source,
            beside: LogFacts::of(file.events()),
            read: 0,
            shown: 0,
        };
        let report = verify_history(&mut tee, depth, &trust, &mut |_| {});
        Self {
            report,
            beside: tee.beside,
        }
    }
}

/// Hands groups on, and shows their entries on the way.
struct Tee<'a> {
    source: &'a mut dyn Source,
    beside: LogFacts,
    /// Groups read since the start, or since it was rewound; those that were shown before are not shown again.
    read: u64,
    shown: u64,
}

impl Source for Tee<'_> {
    fn next_group(&mut self) -> Option<Result<Group, SourceDamage>> {
        let next = self.source.next_group();
        if let Some(Ok(group)) = &next {
            self.read += 1;
            if self.read > self.shown {
                self.shown = self.read;
                let (entries, _) = split_entries(&group.packed);
                entries.iter().for_each(|entry| self.beside.take(entry));
            }
        }
        next
    }

    fn rewind(&mut self) -> Result<(), SourceDamage> {
        self.read = 0;
        self.source.rewind()
    }
}
