//! The questions of a verification in their order, the same for every program: what the reader brings, what it is asked of,
//! what is remembered after.
//!
//! Invariant: keys that judge come from what the reader brought, from what it remembers, or from the admitted beginning of
//! what it looks at, in this order; nothing is remembered of what is not good. Opens nothing that was handed over.

use std::path::{Path, PathBuf};

use chain::Levels;
use signing::{LogKeys, VerifierKey};
use verify::{Depth, Report, Trust};

use crate::entries::{keys_and_tree_of_faulty, keys_of_good};
use crate::fault::PortableFault;
use crate::handed::Handed;
use crate::kind::Kind;
use crate::proof_file::{KnownKeys, LogCopy, ProofFile};
use crate::quorum::QuorumCheck;
use crate::remembered::Memory;

/// What the reader brings to what was handed over; all of it optional.
#[derive(Debug, Default)]
pub struct Brought<'a> {
    /// The log's key, from the reader's own notes.
    pub log_key: Option<&'a VerifierKey>,
    /// A log next to a single file.
    pub log: Option<Handed<'a>>,
    pub at_least: u64,
    pub remember: Option<&'a Path>,
    pub policy: Option<&'a Path>,
}

/// One verification, from what is brought to what is remembered.
#[derive(Debug)]
pub struct Inquiry<'a> {
    handed: Handed<'a>,
    /// Beside a single file.
    log: Option<Handed<'a>>,
    quorum: Option<QuorumCheck>,
    memory: Option<Memory>,
    trust: Trust,
    /// Whether the key of `trust` is one that was only remembered.
    remembers_key: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub report: Report,
    /// Where evidence was written, if what was shown contradicts what is remembered.
    pub evidence: Option<PathBuf>,
}

impl Outcome {
    /// What its reader is told with the report.
    pub fn note(&self) -> Option<String> {
        let path = self.evidence.as_ref()?.display();
        Some(format!(
            "two histories, both signed: the evidence is in {path}"
        ))
    }
}

impl<'a> Inquiry<'a> {
    /// Reads what the reader brings.
    ///
    /// # Errors
    /// Something can't be read, or was asked wrongly.
    pub fn begin(handed: Handed<'a>, brought: Brought<'a>) -> Result<Self, PortableFault> {
        if brought.log.is_some() && handed.single().is_none() {
            return Err(PortableFault::Asked {
                path: handed.path().to_owned(),
                what: "--log is for a receipt or evidence; this is judged by itself",
            });
        }
        let (quorum, named) = quorum(&handed, &brought)?;
        let memory = brought.remember.map(Memory::read).transpose()?;
        let mut known: Vec<_> = memory.iter().flat_map(Memory::known).collect();
        // A log copy next to a receipt may be older than what is judged.
        let judges_log = quorum.as_ref().filter(|_| handed.single().is_none());
        known.extend(judges_log.and_then(QuorumCheck::known));
        let cosigned = judges_log.map_or_else(Vec::new, |judged| {
            let remembered = memory
                .as_ref()
                .and_then(|memory| memory.signed(judged.key().name()));
            let remembered = remembered.and_then(|signed| judged.cosigned_on(&signed));
            judged.cosigned().into_iter().chain(remembered).collect()
        });
        let given = brought.log_key.cloned().or(named);
        let remembered = handed.claimed().and_then(|(origin, size)| {
            let keys = memory.as_ref()?.log_keys(&origin)?;
            keys.as_of(size).cloned()
        });
        let remembers_key = given.is_none() && remembered.is_some();
        let trust = Trust {
            log_key: given.or(remembered),
            size_at_least: brought.at_least,
            known,
            cosigned,
        };
        Ok(Self {
            handed,
            log: brought.log,
            quorum,
            memory,
            trust,
            remembers_key,
        })
    }

    /// What it is asked of.
    pub fn handed(&self) -> &Handed<'a> {
        &self.handed
    }

    /// What is known from elsewhere of the log that is looked at.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Verifies, judges and remembers. `progress` is told the entries done and how many there should be.
    ///
    /// # Errors
    /// What was handed over can't be read, nobody says what the log's key is, or something can't be written.
    pub fn run(
        mut self,
        depth: Depth,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<Outcome, PortableFault> {
        let mut report = match self.handed.single() {
            Some(single) => {
                let log = self.log.as_mut().map(|log| log.whole(&self.trust));
                let copy = log.transpose()?;
                let copy = copy.map(|log| LogCopy::read(log, depth, single));
                self.check_single(single, copy.as_ref())?
            }
            None => self.handed.verify(depth, &self.trust, progress)?,
        };
        if let Some(judged) = &self.quorum {
            judged.judge(&mut report);
            if let (Some(ProofFile::Receipt(receipt)), true) =
                (self.handed.single(), report.is_good())
            {
                judged.compare_receipt(receipt, &mut report);
            }
        }
        let evidence = self.remember(&mut report)?;
        Ok(Outcome { report, evidence })
    }

    /// Verifies a single file, next to a log if there is one.
    fn check_single(
        &self,
        single: &ProofFile,
        copy: Option<&LogCopy>,
    ) -> Result<Report, PortableFault> {
        let origin = single.claimed().map(|(origin, _)| origin);
        let remembered = origin.and_then(|origin| self.memory.as_ref()?.log_keys(&origin));
        let given = self.trust.log_key.as_ref();
        let known = KnownKeys {
            given: given.filter(|_| !self.remembers_key),
            remembered,
        };
        Ok(single.check(known, copy)?)
    }

    /// Takes in what is good, and keeps evidence of what contradicts it: where that is.
    fn remember(mut self, report: &mut Report) -> Result<Option<PathBuf>, PortableFault> {
        // A single file is no look at the log: nothing of it is remembered.
        let (Some(mut memory), None) = (self.memory, self.handed.single()) else {
            return Ok(None);
        };
        let note = self.handed.note();
        if report.is_good() {
            let keys = keys_of_good(&mut self.handed, report)?;
            memory.judge_keys(report, &keys);
            memory.remember(report, note.as_deref(), &keys)?;
            return Ok(None);
        }
        let (Some(note), Some(origin)) = (note, report.origin.as_ref()) else {
            return Ok(None);
        };
        let (shown, tree) = match self.handed.kind() {
            // It holds no tree; two roots of one size need none.
            Kind::Extract => (LogKeys::default(), Levels::new(Vec::new())),
            _ => keys_and_tree_of_faulty(&mut self.handed, report)?,
        };
        let own = self.trust.log_key.as_ref();
        let keys = memory.log_keys(origin).cloned();
        // What is remembered tells more than one key of it, unless the reader's own is another.
        let keys = match keys {
            Some(keys) if own.is_none_or(|own| keys.handed_over_at(own).is_some()) => {
                match keys.current() {
                    Some(newest) if shown.handed_over_at(newest).is_some() => shown,
                    _ => keys,
                }
            }
            _ => shown.trusting(own),
        };
        memory.keep_contradiction(&note, &keys, &tree)
    }
}

/// The policy with what it is asked of, and the log's key that it names. Evidence lies under no checkpoint: of it, a policy
/// says only whose the keys are.
fn quorum(
    handed: &Handed<'_>,
    brought: &Brought<'_>,
) -> Result<(Option<QuorumCheck>, Option<VerifierKey>), PortableFault> {
    let Some(file) = brought.policy else {
        return Ok((None, None));
    };
    if handed.kind() != Kind::Evidence {
        let judged = QuorumCheck::read(file, handed.note().unwrap_or_default(), brought.log_key)?;
        let named = judged.key().clone();
        return Ok((Some(judged), Some(named)));
    }
    let policy = QuorumCheck::policy(file)?;
    let origin = handed.claimed().map(|(origin, _)| origin);
    let of_origin = policy
        .logs()
        .iter()
        .rfind(|key| origin.as_deref() == Some(key.name()));
    match of_origin {
        Some(key) => Ok((None, Some(key.clone()))),
        None => Err(PortableFault::Asked {
            path: handed.path().to_owned(),
            what: "evidence lies under no checkpoint to be witnessed, and the policy does not name its log",
        }),
    }
}
