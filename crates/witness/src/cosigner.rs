//! A witness without its network: takes the bytes of a request, decides, keeps, cosigns, answers.
//!
//! Invariant: from reading the newest checkpoint of a log to replacing it, nobody else does either; the cosignature is made
//! after the checkpoint is durable.
//! Knows no sockets. The time is asked of the clock it was given.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use seal::{NoteRefusal, SignedCheckpoint, Signer, VerifierKey, WitnessKey, cosign};
use thiserror::Error;

use crate::folder::{Folder, FolderFault};
use crate::protocol::{Decision, Request, SIZE_MEDIA_TYPE, SplitView, decide, size_body};

const TEXT: &str = "text/plain; charset=utf-8";

/// All that makes a witness.
pub struct Witness {
    /// The name it cosigns under, best its address without `http://`.
    pub name: String,
    /// Its key, of its own: not that of a log, nor of another witness.
    pub signer: Box<dyn Signer>,
    /// The logs it cosigns for. Several keys of one origin are those that the log was handed over to, oldest first.
    pub logs: Vec<VerifierKey>,
    /// Where it keeps the newest checkpoints (`checkpoints`) and evidence of split views (`evidence`).
    pub folder: PathBuf,
    /// Seconds since 1970.
    pub clock: Box<dyn Fn() -> u64 + Send + Sync>,
    /// Told what its operator must know. Called from several threads at once.
    pub tell: Box<dyn Fn(&Event) + Send + Sync>,
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness")
            .field("name", &self.name)
            .field("logs", &self.logs)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// What the operator of a witness must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A log showed two histories; where the evidence is. `None`: as much as is ever kept was kept before.
    SplitView {
        origin: String,
        evidence: Option<PathBuf>,
    },
    /// The witness could not do its work: its disk, its key or its network.
    Fault(String),
}

/// Why a witness can't start.
#[derive(Debug, Error)]
pub enum StartFault {
    #[error("the witness can't have this name: {0}")]
    Name(#[from] NoteRefusal),
    #[error("a key of the log {0} is given twice; give each once, the oldest first")]
    KeyTwice(String),
    #[error(transparent)]
    Folder(#[from] FolderFault),
    #[error("the address can't be listened on: {0}")]
    Address(#[source] std::io::Error),
}

/// What goes back to whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media_type: &'static str,
    pub(crate) body: String,
}

impl Answer {
    /// A line of text.
    pub(crate) fn text(status: u16, line: &str) -> Self {
        Self {
            status,
            media_type: TEXT,
            body: format!("{line}\n"),
        }
    }
}

/// Names the size that a proof must begin at (tlog-witness, "add-checkpoint").
fn conflict(known_size: u64) -> Answer {
    Answer {
        status: 409,
        media_type: SIZE_MEDIA_TYPE,
        body: size_body(known_size),
    }
}

/// A witness at work.
pub(crate) struct Cosigner {
    key: WitnessKey,
    signer: Box<dyn Signer>,
    clock: Box<dyn Fn() -> u64 + Send + Sync>,
    tell: Box<dyn Fn(&Event) + Send + Sync>,
    folder: Folder,
    logs: BTreeMap<String, Log>,
}

struct Log {
    keys: Vec<VerifierKey>,
    newest: Mutex<Option<SignedCheckpoint>>,
}

impl Cosigner {
    pub(crate) fn open(witness: Witness) -> Result<Self, StartFault> {
        let key = WitnessKey::new(&witness.name, witness.signer.public().clone())?;
        let folder = Folder::open(&witness.folder)?;
        let mut keys: BTreeMap<String, Vec<VerifierKey>> = BTreeMap::new();
        for key in witness.logs {
            let of_log = keys.entry(key.name().to_owned()).or_default();
            if of_log.contains(&key) {
                return Err(StartFault::KeyTwice(key.name().to_owned()));
            }
            of_log.push(key);
        }
        let mut logs = BTreeMap::new();
        for (origin, keys) in keys {
            let newest = Mutex::new(folder.newest(&origin, &keys)?);
            logs.insert(origin, Log { keys, newest });
        }
        Ok(Self {
            key,
            signer: witness.signer,
            clock: witness.clock,
            tell: witness.tell,
            folder,
            logs,
        })
    }

    /// Its name and verifier key, a line each.
    pub(crate) fn introduction(&self) -> Answer {
        Answer::text(200, &format!("{}\n{}", self.key.name(), self.key))
    }

    /// Answers a request to cosign.
    pub(crate) fn add_checkpoint(&self, body: &[u8]) -> Answer {
        let request = match Request::parse(body) {
            Ok(request) => request,
            Err(malformed) => return Answer::text(400, &malformed.to_string()),
        };
        let nothing = Mutex::new(None);
        let (newest, keys) = self
            .logs
            .get(request.origin())
            .map_or((&nothing, &[][..]), |log| (&log.newest, &log.keys[..]));
        // A poisoned lock is sound: the checkpoint is replaced in one step, after it was kept.
        let mut newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
        let decision = decide(newest.as_ref(), &request, keys);
        let status = decision.status();
        match decision {
            Decision::Cosign(checkpoint) => self.take(&mut newest, checkpoint),
            Decision::Conflict { known_size } => conflict(known_size),
            Decision::SplitView(views) => self.accuse(&views, keys, status),
            Decision::UnknownOrigin(origin) => {
                Answer::text(status, &format!("no key is known for the log {origin}"))
            }
            Decision::Malformed(malformed) => Answer::text(status, &malformed.to_string()),
            Decision::BadSignature(refusal) => Answer::text(status, &refusal.to_string()),
            Decision::BadProof(refusal) => Answer::text(status, &refusal.to_string()),
        }
    }

    /// Keeps the checkpoint, then cosigns it.
    fn take(&self, newest: &mut Option<SignedCheckpoint>, checkpoint: SignedCheckpoint) -> Answer {
        // Kept already, if it is asked for again: nobody may wear the disk out or swap the lines of unknown keys.
        let is_kept = newest
            .as_ref()
            .is_some_and(|kept| kept.checkpoint() == checkpoint.checkpoint());
        if !is_kept && let Err(fault) = self.folder.keep(&checkpoint) {
            return self.fail("the checkpoint could not be kept", &fault);
        }
        let answer = self.cosign(&checkpoint);
        if !is_kept {
            *newest = Some(checkpoint);
        }
        answer
    }

    fn cosign(&self, checkpoint: &SignedCheckpoint) -> Answer {
        match cosign(checkpoint, self.key.name(), &*self.signer, (self.clock)()) {
            Ok(line) => Answer {
                status: 200,
                media_type: TEXT,
                body: line,
            },
            Err(fault) => self.fail("the key did not cosign", &fault),
        }
    }

    /// Keeps the evidence, tells the operator, refuses.
    fn accuse(&self, views: &SplitView, keys: &[VerifierKey], status: u16) -> Answer {
        let evidence = match self.folder.keep_evidence(views, keys) {
            Ok(evidence) => evidence,
            Err(fault) => return self.fail("the evidence could not be kept", &fault),
        };
        let known = views.known.checkpoint();
        (self.tell)(&Event::SplitView {
            origin: known.origin.clone(),
            evidence,
        });
        if views.same_size() {
            conflict(known.size)
        } else {
            Answer::text(status, "the log shows two histories")
        }
    }

    /// The one who asked learns that it failed, the operator why.
    fn fail(&self, what: &str, fault: &dyn fmt::Display) -> Answer {
        self.tell_fault(format!("{what}: {fault}"));
        Answer::text(500, what)
    }

    pub(crate) fn tell_fault(&self, message: String) {
        (self.tell)(&Event::Fault(message));
    }
}
