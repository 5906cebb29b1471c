//! Asks every witness of a policy to cosign a checkpoint (C2SP tlog-witness), all at once.
//!
//! Invariant: whatever one witness does or fails to do, the others' cosignatures are collected; a line gets onto the note
//! only after it was checked with the witness's key. An answer that two histories would explain is an alarm: the witness is
//! asked at once what it has cosigned, and that is handed on for the caller to judge.
//! Knows no clock beyond the time-out it is given, and no store: the caller makes the proofs.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use chain::Hash;
use signing::limits::NOTE_BYTES_MAX;
use signing::{NoteRefusal, SignedCheckpoint, WitnessKey, add_cosignature};
use thiserror::Error;
use ureq::http::Response;
use ureq::http::header::CONTENT_TYPE;
use ureq::{Agent, Body};

pub use crate::protocol::Malformed;

use crate::cosigner::monitor_name;
use crate::protocol::{Request, SIZE_MEDIA_TYPE, parse_size_body};
use policy::{CosigningKey, KnownWitness, Policy};

/// What a witness says about a refusal is shown up to so many characters.
const MESSAGE_CHARACTERS_MAX: usize = 200;

/// Makes the proof that the tree of the given size is a prefix of the checkpoint's tree, or says why it can't. Called from
/// several threads at once.
pub type Prove<'a> = &'a (dyn Fn(u64) -> Result<Vec<Hash>, String> + Sync);

/// The checkpoint with the cosignatures that came, and what happened at each witness.
#[derive(Debug)]
pub struct Collected {
    /// The note as it was given, with a line for each witness that cosigned.
    pub note: Vec<u8>,
    /// One for each witness of the policy, in its order.
    pub outcomes: Vec<Outcome>,
}

/// What happened at one witness.
#[derive(Debug)]
pub struct Outcome {
    /// Its name in the policy.
    pub witness: String,
    /// The time that its cosignature names, in seconds since 1970.
    pub cosigned_at: Result<u64, WitnessFault>,
    /// After an alarm: the bytes that the witness shows as the checkpoint it has cosigned. Nothing of them is checked.
    pub shown: Option<Vec<u8>>,
}

/// Why a witness gave no cosignature.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WitnessFault {
    #[error("the policy gives no address for it")]
    NoAddress,
    #[error("its key is of ML-DSA-44, which can't be checked yet: it was not asked")]
    Unsupported,
    #[error("it was not reached: {0}")]
    Unreachable(String),
    #[error("it refused with status {status}: {message}")]
    Refused { status: u16, message: String },
    #[error(
        "it says that it has cosigned size {known}, and this checkpoint has {ours}: if so, the log was cut, or a newer checkpoint is out"
    )]
    Ahead { known: u64, ours: u64 },
    #[error(
        "it says that it has cosigned another root for size {0}: if so, the log shows two histories; compare with its newest checkpoint at once"
    )]
    OtherRoot(u64),
    #[error(
        "it says that this checkpoint is not consistent with what it has cosigned or holds ({message}): if so, the log shows two histories; compare with its newest checkpoint at once"
    )]
    Inconsistent { message: String },
    #[error("it says that it moved on to size {0} while it was asked; ask again")]
    Moved(u64),
    #[error(
        "no proof could be made from size {from}, which it says that it has cosigned: {message}"
    )]
    NoProof { from: u64, message: String },
    #[error("the request could not be made: {0}")]
    Request(#[from] Malformed),
    #[error("its answer is not a cosignature of this checkpoint: {0}")]
    BadAnswer(#[from] NoteRefusal),
}

impl WitnessFault {
    /// Whether two histories of the log would explain the answer.
    pub fn is_alarm(&self) -> bool {
        matches!(
            self,
            Self::Ahead { .. } | Self::OtherRoot(_) | Self::Inconsistent { .. }
        )
    }
}

/// Asks every witness of the policy, each in its own thread, and puts their cosignatures onto the note. Whether they are
/// enough is for [`Policy::is_met`] to say.
///
/// `timeout` bounds one request; a witness gets at most three: the second if it names a size to prove from, the third, for
/// what it has cosigned, after an alarm.
#[must_use]
pub fn collect(
    policy: &Policy,
    checkpoint: &SignedCheckpoint,
    prove: Prove<'_>,
    timeout: Duration,
) -> Collected {
    // No proxy: by default it would be read from the environment. No redirect: the policy names the address.
    let agent = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .build()
        .new_agent();
    let inquiry = Inquiry {
        agent,
        checkpoint,
        prove,
    };
    let answers: Vec<Asked> = thread::scope(|scope| {
        let ask = |witness| {
            thread::Builder::new().spawn_scoped(scope, {
                let inquiry = &inquiry;
                move || inquiry.ask(witness)
            })
        };
        let started: Vec<_> = policy.witnesses().iter().map(ask).collect();
        let finished = started.into_iter().map(|thread| match thread {
            // A panic is a defect of this program or of the caller's proofs, never a witness's doing.
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(fault) => Asked {
                answer: Err(WitnessFault::Unreachable(format!("no thread: {fault}"))),
                shown: None,
            },
        });
        finished.collect()
    });
    let mut note = checkpoint.note().to_vec();
    let outcomes = policy
        .witnesses()
        .iter()
        .zip(answers)
        .map(|(witness, asked)| Outcome {
            witness: witness.name.clone(),
            cosigned_at: asked
                .answer
                .and_then(|(key, answer)| take(&mut note, key, &answer)),
            shown: asked.shown,
        })
        .collect();
    Collected { note, outcomes }
}

/// Puts the witness's cosignature onto the note; the time it names.
fn take(note: &mut Vec<u8>, key: &WitnessKey, answer: &[u8]) -> Result<u64, WitnessFault> {
    let signed = add_cosignature(note, key, answer)?;
    let seconds = key.cosigned_at(&signed)?;
    *note = signed;
    Ok(seconds)
}

/// What is asked of every witness.
struct Inquiry<'a> {
    agent: Agent,
    checkpoint: &'a SignedCheckpoint,
    prove: Prove<'a>,
}

/// What came of one witness.
struct Asked<'a> {
    /// Its key, and the signature lines that it answered with, unchecked.
    answer: Result<(&'a WitnessKey, Vec<u8>), WitnessFault>,
    shown: Option<Vec<u8>>,
}

/// An answer over HTTP.
enum Answer {
    /// Signature lines, unchecked.
    Lines(Vec<u8>),
    /// The size that the witness has cosigned.
    Conflict(u64),
}

impl Inquiry<'_> {
    /// Asks for a cosignature, and after an alarm for what the witness has cosigned.
    fn ask<'w>(&self, witness: &'w KnownWitness) -> Asked<'w> {
        let (key, prefix) = match (&witness.key, witness.url.as_deref()) {
            (CosigningKey::MlDsa44(_), _) => return Asked::none(WitnessFault::Unsupported),
            (_, None) => return Asked::none(WitnessFault::NoAddress),
            (CosigningKey::Ed25519(key), Some(prefix)) => (key, prefix.trim_end_matches('/')),
        };
        let lines = self.ask_at(prefix);
        let is_alarm = lines.as_ref().is_err_and(WitnessFault::is_alarm);
        Asked {
            answer: lines.map(|lines| (key, lines)),
            shown: is_alarm.then(|| self.shown_at(prefix)).flatten(),
        }
    }

    /// What the witness shows to monitors, if it shows anything (tlog-witness, "Monitor Retrieval Mechanism"). Where it shows
    /// it a policy does not say; most have one prefix for both.
    fn shown_at(&self, prefix: &str) -> Option<Vec<u8>> {
        let log = monitor_name(&self.checkpoint.checkpoint().origin);
        let mut response = self
            .agent
            .get(format!("{prefix}/{log}/checkpoint"))
            .call()
            .ok()?;
        let body = read(&mut response).ok()?;
        (response.status() == 200).then_some(body)
    }

    /// The signature lines that the witness answers with.
    fn ask_at(&self, prefix: &str) -> Result<Vec<u8>, WitnessFault> {
        let url = format!("{prefix}/add-checkpoint");
        // What the witness has seen is not kept on this side: old size 0 asks for it (tlog-witness, "add-checkpoint"), and
        // a proof from there is empty.
        let known = match self.post(&url, 0, Vec::new())? {
            Answer::Lines(lines) => return Ok(lines),
            Answer::Conflict(known) => self.next_size(0, known)?,
        };
        let proof = (self.prove)(known).map_err(|message| WitnessFault::NoProof {
            from: known,
            message,
        })?;
        match self.post(&url, known, proof)? {
            Answer::Lines(lines) => Ok(lines),
            Answer::Conflict(now) => Err(WitnessFault::Moved(self.next_size(known, now)?)),
        }
    }

    /// The size to prove from, after a conflict in answer to a proof from `asked`.
    fn next_size(&self, asked: u64, known: u64) -> Result<u64, WitnessFault> {
        let ours = self.checkpoint.checkpoint().size;
        if known > ours {
            Err(WitnessFault::Ahead { known, ours })
        } else if known != asked {
            Ok(known)
        } else if known == ours {
            Err(WitnessFault::OtherRoot(known))
        } else {
            Err(WitnessFault::Refused {
                status: 409,
                message: format!("a conflict with the very size it names, {known}"),
            })
        }
    }

    fn post(&self, url: &str, old_size: u64, proof: Vec<Hash>) -> Result<Answer, WitnessFault> {
        let unreachable = |fault: ureq::Error| WitnessFault::Unreachable(fault.to_string());
        let request = Request::new(old_size, proof, self.checkpoint.note().to_vec())?;
        let mut response = self
            .agent
            .post(url)
            .content_type("text/plain; charset=utf-8")
            .send(request.to_bytes())
            .map_err(unreachable)?;
        let body = read(&mut response).map_err(unreachable)?;
        let status = response.status().as_u16();
        let names_size = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|media_type| media_type == SIZE_MEDIA_TYPE);
        match (status, parse_size_body(&body)) {
            (200, _) => Ok(Answer::Lines(body)),
            (409, Some(known)) if names_size => Ok(Answer::Conflict(known)),
            (422, _) => Err(WitnessFault::Inconsistent {
                message: message(&body),
            }),
            _ => Err(WitnessFault::Refused {
                status,
                message: message(&body),
            }),
        }
    }
}

impl Asked<'_> {
    fn none(fault: WitnessFault) -> Self {
        Self {
            answer: Err(fault),
            shown: None,
        }
    }
}

fn read(response: &mut Response<Body>) -> Result<Vec<u8>, ureq::Error> {
    let body = response.body_mut().with_config();
    body.limit(NOTE_BYTES_MAX as u64).read_to_vec()
}

/// What a stranger's answer says, fit to be shown on a terminal.
fn message(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .trim()
        .chars()
        .map(|c| if is_unseen(c) { ' ' } else { c })
        .take(MESSAGE_CHARACTERS_MAX)
        .collect()
}

/// Control characters, and those that turn or hide the text around them.
fn is_unseen(c: char) -> bool {
    let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}');
    c.is_control() || turns
}
