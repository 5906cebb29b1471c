//! A witness without its network: takes the bytes of a request, decides, keeps, cosigns, answers.
//!
//! Invariant: from reading the newest checkpoint of a log to replacing it, nobody else does either; a cosignature is made
//! after the checkpoint is durable, and leaves after it is itself.
//! Knows no sockets. The time is asked of the clock it was given.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use signing::{
    Checkpoint, NoteRefusal, SignedCheckpoint, Signer, VerifierKey, WitnessKey, add_cosignature,
    cosign,
};
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
    /// Asked of every checkpoint before it is cosigned, for instance whether a copy of the log holds what it covers. May take
    /// its time: nothing is held meanwhile.
    pub admit: Option<Admit>,
    /// Seconds since 1970.
    pub clock: Box<dyn Fn() -> u64 + Send + Sync>,
    /// Told what its operator must know. Called from several threads at once.
    pub tell: Box<dyn Fn(&Event) + Send + Sync>,
}

/// Whether what a checkpoint covers is as this witness demands. Called from several threads at once.
pub type Admit = Box<dyn Fn(&Checkpoint) -> Result<(), NotAdmitted> + Send + Sync>;

/// Why a checkpoint that extends the one kept is not cosigned all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAdmitted {
    /// Nothing is wrong as far as it is known; to be asked again.
    NotYet(String),
    /// What it covers is not as it must be.
    Refused(String),
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
    /// A log signed, for no entries, a root that no empty tree has; where the note is.
    FalseRoot { origin: String, evidence: PathBuf },
    /// A checkpoint covers what this witness does not admit; why.
    NotAdmitted { origin: String, why: String },
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
    #[error("the threads of the server can't be started: {0}")]
    Threads(#[source] std::io::Error),
}

/// What goes back to whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media_type: &'static str,
    pub(crate) body: String,
}

impl Answer {
    /// Signature lines or a note.
    fn ok(body: String) -> Self {
        Self {
            status: 200,
            media_type: TEXT,
            body,
        }
    }

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
    admit: Option<Admit>,
    clock: Box<dyn Fn() -> u64 + Send + Sync>,
    tell: Box<dyn Fn(&Event) + Send + Sync>,
    folder: Folder,
    logs: BTreeMap<String, Log>,
}

struct Log {
    /// What monitors ask for it by.
    name: String,
    keys: Vec<VerifierKey>,
    seen: Mutex<Seen>,
}

/// What was seen of a log.
#[derive(Default)]
struct Seen {
    newest: Option<SignedCheckpoint>,
    /// The newest one that was cosigned, with the cosignature.
    cosigned: Option<Vec<u8>>,
}

/// How a log is named where monitors ask for it (tlog-witness, "Monitor Retrieval Mechanism").
pub(crate) fn monitor_name(origin: &str) -> String {
    let digest = Sha256::digest(origin);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
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
            let seen = Seen {
                newest: folder.newest(&origin, &keys)?,
                cosigned: folder.cosigned(&origin, &keys, &key)?,
            };
            let (name, seen) = (monitor_name(&origin), Mutex::new(seen));
            logs.insert(origin, Log { name, keys, seen });
        }
        Ok(Self {
            key,
            signer: witness.signer,
            admit: witness.admit,
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
        let nothing = Mutex::new(Seen::default());
        let (seen, keys) = self
            .logs
            .get(request.origin())
            .map_or((&nothing, &[][..]), |log| (&log.seen, &log.keys[..]));
        if let Some(answer) = self.refuse_unadmitted(seen, &request, keys) {
            return answer;
        }
        // Decided again if it was before: another checkpoint may have come between.
        let mut seen = lock(seen);
        let decision = decide(seen.newest.as_ref(), &request, keys);
        let status = decision.status();
        match decision {
            Decision::Cosign(checkpoint) => self.take(&mut seen, checkpoint),
            Decision::Conflict { known_size } => conflict(known_size),
            Decision::SplitView(views) => self.accuse(&views, keys, status),
            Decision::FalseRoot(checkpoint) => self.accuse_of_false_root(&checkpoint, status),
            Decision::UnknownOrigin(origin) => {
                Answer::text(status, &format!("no key is known for the log {origin}"))
            }
            Decision::Malformed(malformed) => Answer::text(status, &malformed.to_string()),
            Decision::BadSignature(refusal) => Answer::text(status, &refusal.to_string()),
            Decision::BadProof(refusal) => Answer::text(status, &refusal.to_string()),
        }
    }

    /// The refusal of a checkpoint that would be cosigned, if what it covers is not admitted.
    fn refuse_unadmitted(
        &self,
        seen: &Mutex<Seen>,
        request: &Request,
        keys: &[VerifierKey],
    ) -> Option<Answer> {
        let admit = self.admit.as_ref()?;
        let newest = lock(seen).newest.clone();
        let Decision::Cosign(signed) = decide(newest.as_ref(), request, keys) else {
            return None;
        };
        match admit(signed.checkpoint()).err()? {
            NotAdmitted::NotYet(why) => Some(Answer::text(503, &why)),
            NotAdmitted::Refused(why) => {
                let origin = signed.checkpoint().origin.clone();
                let answer = Answer::text(422, &why);
                (self.tell)(&Event::NotAdmitted { origin, why });
                Some(answer)
            }
        }
    }

    /// The newest checkpoint of a log that this witness cosigned, for whoever monitors the log. `name` is the SHA-256 hash of
    /// its origin in lower-case hexadecimal digits.
    pub(crate) fn checkpoint(&self, name: &str) -> Answer {
        let log = self.logs.values().find(|log| log.name == name);
        let cosigned = log.and_then(|log| lock(&log.seen).cosigned.clone());
        let note = cosigned.and_then(|note| String::from_utf8(note).ok());
        note.map_or_else(
            || Answer::text(404, "no checkpoint of such a log was cosigned here"),
            Answer::ok,
        )
    }

    /// Keeps the checkpoint, cosigns it, keeps the cosignature, and only then answers with it.
    fn take(&self, seen: &mut Seen, checkpoint: SignedCheckpoint) -> Answer {
        // Kept already, if it is asked for again: nobody may wear the disk out.
        let is_kept = |kept: &SignedCheckpoint| kept.checkpoint() == checkpoint.checkpoint();
        if !seen.newest.as_ref().is_some_and(is_kept) {
            if let Err(fault) = self.folder.keep(&checkpoint) {
                return self.fail("the checkpoint could not be kept", &fault);
            }
            seen.newest = Some(checkpoint.clone());
        }
        let line = match cosign(&checkpoint, self.key.name(), &*self.signer, (self.clock)()) {
            Ok(line) => line,
            Err(fault) => return self.fail("the key did not cosign", &fault),
        };
        let note = match add_cosignature(checkpoint.note(), &self.key, line.as_bytes()) {
            Ok(note) => note,
            Err(refusal) => return self.fail("the note has no room to be cosigned", &refusal),
        };
        let text = |note: &[u8]| signing::peek_unverified(note).ok();
        let is_cosigned = seen.cosigned.as_deref().and_then(text) == text(&note);
        let origin = &checkpoint.checkpoint().origin;
        if !is_cosigned && let Err(fault) = self.folder.keep_cosigned(origin, &note) {
            return self.fail("the cosignature could not be kept", &fault);
        }
        seen.cosigned = Some(note);
        Answer::ok(line)
    }

    /// Keeps the evidence, tells the operator, refuses.
    fn accuse(&self, views: &SplitView, keys: &[VerifierKey], status: u16) -> Answer {
        let evidence = match self.folder.keep_evidence(views, keys) {
            Ok(evidence) => evidence,
            Err(fault) => return self.fail("the evidence could not be kept", &fault),
        };
        let origin = views.known.checkpoint().origin.clone();
        (self.tell)(&Event::SplitView { origin, evidence });
        views.conflict.map_or_else(
            || Answer::text(status, "the log shows two histories"),
            conflict,
        )
    }

    fn accuse_of_false_root(&self, checkpoint: &SignedCheckpoint, status: u16) -> Answer {
        match self.folder.keep_false_root(checkpoint) {
            Ok(evidence) => {
                let origin = checkpoint.checkpoint().origin.clone();
                (self.tell)(&Event::FalseRoot { origin, evidence });
                Answer::text(status, "the log has no entries and not the root of none")
            }
            Err(fault) => self.fail("the evidence could not be kept", &fault),
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

/// A poisoned lock is sound: each part is replaced in one step, after it was kept.
fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
