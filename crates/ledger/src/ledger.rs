//! The ledger's front: submissions go in through a bounded queue, answers come back one by one.
//!
//! Invariant: two stages, each on its own thread: signatures of the next group are checked on all cores while the last
//! group is written. No signature is checked and nothing is synced on an async worker.

use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;

use author::{Author, SignedEvent};
use domain::{PartyId, Registry, Seen};
use rayon::prelude::*;
use signing::Signer;
use store::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc as queue, oneshot};
use verify::{AdmissionRefusal, Prepared, prepare};

use crate::answer::Reply;
use crate::clock::Clock;
use crate::fault::LedgerFault;
use crate::limits::{
    GROUP_BYTES_MAX, GROUP_EVENTS_MAX, GROUPS_WAITING_MAX, QUEUE_BYTES_MAX, QUEUE_SUBMISSIONS_MAX,
    SUBMISSION_BYTES_MAX, SUBMISSION_EVENTS_MAX,
};
use crate::recover::recover;
use crate::sequencer::{Published, Sequencer, read};

/// What a ledger is opened with.
pub struct LedgerOptions {
    pub store: Arc<dyn Store>,
    /// The operator's log key.
    pub signer: Arc<dyn Signer>,
    /// The key that it is to be replaced by; without it a rotation is refused.
    pub next_signer: Option<Arc<dyn Signer>>,
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for LedgerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("log_key", self.signer.public())
            .finish_non_exhaustive()
    }
}

/// A ledger that takes events. Dropping it without [`Ledger::close`] loses nothing; the next open catches up.
pub struct Ledger {
    queue: Option<queue::Sender<Submission>>,
    /// One permit for each byte that may wait.
    room: Arc<Semaphore>,
    threads: Vec<JoinHandle<Result<(), LedgerFault>>>,
    store: Arc<dyn Store>,
    published: Arc<Published>,
    stopped: Arc<Mutex<Option<String>>>,
    replayed: u64,
}

struct Submission {
    events: Vec<SignedEvent>,
    answer: oneshot::Sender<Vec<Reply>>,
    /// Its bytes in the queue, given back once it is taken out.
    room: OwnedSemaphorePermit,
}

/// One group on its way from the verifiers to the writer.
struct Verified {
    events: Vec<Result<Prepared, AdmissionRefusal>>,
    /// How many of the events belong to each submission, in order.
    answers: Vec<(usize, oneshot::Sender<Vec<Reply>>)>,
}

/// Where the ledger stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Committed entries.
    pub size: u64,
    /// Entries that were replayed on open, because the indexes lagged or were gone.
    pub replayed_on_open: u64,
}

impl Ledger {
    /// Opens a ledger on a store, founded or not; catches up its indexes.
    ///
    /// # Errors
    /// The store fails, or the log does not carry the root that its last checkpoint signs, or the key is not its log key.
    pub fn open(options: LedgerOptions) -> Result<Self, LedgerFault> {
        let state = recover(&*options.store)?;
        let log_key = state.tip.admission.registry().log_keys().last();
        if log_key.is_some_and(|log_key| log_key.key.0 != *options.signer.public().as_bytes()) {
            return Err(LedgerFault::WrongLogKey);
        }
        let replayed = state.replayed;
        let store = Arc::clone(&options.store);
        let (sequencer, published) = Sequencer::new(options, state);
        let (queue, submissions) = queue::channel(QUEUE_SUBMISSIONS_MAX);
        let (hand_over, verified) = mpsc::sync_channel(GROUPS_WAITING_MAX);
        let stopped = Arc::new(Mutex::new(None));
        let verifier = {
            let published = Arc::clone(&published);
            std::thread::spawn(move || verify_groups(submissions, &published, &hand_over))
        };
        let writer = {
            let stopped = Arc::clone(&stopped);
            std::thread::spawn(move || write_groups(sequencer, &verified, &stopped))
        };
        Ok(Self {
            queue: Some(queue),
            room: Arc::new(Semaphore::new(QUEUE_BYTES_MAX)),
            threads: vec![verifier, writer],
            store,
            published,
            stopped,
            replayed,
        })
    }

    /// Submits events of any authors; answers come in the same order. Waits while the queue is full.
    ///
    /// # Errors
    /// The ledger stopped after a fault or was closed; then it is not known here whether the events are in the log:
    /// submit them again after reopening, the same event is answered as before.
    pub async fn submit(&self, events: Vec<SignedEvent>) -> Result<Vec<Reply>, LedgerFault> {
        let bytes: usize = events.iter().map(SignedEvent::bytes).sum();
        if events.len() > SUBMISSION_EVENTS_MAX || bytes > SUBMISSION_BYTES_MAX {
            let found = events.len();
            return Err(LedgerFault::SubmissionTooLarge { found, bytes });
        }
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let queue = self.queue.as_ref().ok_or(LedgerFault::Closed)?;
        let wanted = u32::try_from(bytes).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(wanted).await;
        let room = room.map_err(|_| LedgerFault::Closed)?;
        let (answer, answered) = oneshot::channel();
        let submission = Submission {
            events,
            answer,
            room,
        };
        queue
            .send(submission)
            .await
            .map_err(|_| self.why_stopped())?;
        answered.await.map_err(|_| self.why_stopped())
    }

    /// As [`Self::submit`], for callers without a runtime.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub fn submit_blocking(&self, events: Vec<SignedEvent>) -> Result<Vec<Reply>, LedgerFault> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|error| LedgerFault::Stopped(error.to_string()))?;
        runtime.block_on(self.submit(events))
    }

    fn why_stopped(&self) -> LedgerFault {
        let stopped = self
            .stopped
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        stopped
            .as_ref()
            .map_or(LedgerFault::Closed, |why| LedgerFault::Stopped(why.clone()))
    }

    /// Where the ledger stands.
    pub fn status(&self) -> Status {
        Status {
            size: self.store.size(),
            replayed_on_open: self.replayed,
        }
    }

    /// The store, for reading.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Who may sign what, as of now.
    pub fn registry(&self) -> Registry {
        read(&self.published.tip).admission.registry().clone()
    }

    /// The id of the ledger.
    ///
    /// # Errors
    /// It is not founded.
    pub fn id(&self) -> Result<[u8; 32], LedgerFault> {
        let tip = read(&self.published.tip);
        tip.admission
            .ledger()
            .copied()
            .ok_or(LedgerFault::NotFounded)
    }

    /// A party as it may go on here: its chain, and the log as it is, of which it has seen all.
    ///
    /// # Errors
    /// The ledger is not founded, or its checkpoint can't be read.
    pub fn author(&self, party: PartyId) -> Result<Author, LedgerFault> {
        let (ledger, state) = {
            let tip = read(&self.published.tip);
            let ledger = tip
                .admission
                .ledger()
                .copied()
                .ok_or(LedgerFault::NotFounded)?;
            (ledger, tip.admission.author(&party))
        };
        let mut author = Author::new(party, ledger);
        author.state = state.unwrap_or(author.state);
        author.seen = self.seen()?;
        Ok(author)
    }

    /// The newest state of the log that is committed.
    ///
    /// # Errors
    /// Its checkpoint can't be read.
    pub fn seen(&self) -> Result<Seen, LedgerFault> {
        crate::receipt::seen(&*self.store)
    }

    /// What the operator may commit to now: every author's newest event.
    pub fn heads_commitment(&self) -> domain::payload::HeadsCommitted {
        read(&self.published.tip).admission.heads_commitment()
    }

    /// Stops taking events, finishes what waits, brings the indexes up to date and makes them durable.
    ///
    /// # Errors
    /// The fault that stopped the ledger, or the one that came while closing.
    pub fn close(mut self) -> Result<(), LedgerFault> {
        self.queue = None;
        let mut outcome = Ok(());
        for thread in self.threads.drain(..) {
            let ended = thread
                .join()
                .unwrap_or_else(|_| Err(LedgerFault::Stopped("a thread panicked".to_owned())));
            outcome = outcome.and(ended);
        }
        outcome
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// Takes whatever waits, up to a group, and checks its signatures on all cores.
fn verify_groups(
    mut submissions: queue::Receiver<Submission>,
    published: &Published,
    hand_over: &mpsc::SyncSender<Verified>,
) -> Result<(), LedgerFault> {
    while let Some(first) = submissions.blocking_recv() {
        let (mut count, mut bytes) = (first.events.len(), first.room.num_permits());
        let mut waiting = vec![first];
        while count < GROUP_EVENTS_MAX
            && bytes < GROUP_BYTES_MAX
            && let Ok(next) = submissions.try_recv()
        {
            count += next.events.len();
            bytes += next.room.num_permits();
            waiting.push(next);
        }
        let directory = read(&published.tip).admission.directory();
        let (mut events, mut answers) =
            (Vec::with_capacity(count), Vec::with_capacity(waiting.len()));
        for submission in waiting {
            answers.push((submission.events.len(), submission.answer));
            events.extend(submission.events);
        }
        let check = |event: SignedEvent| {
            let signatures = event.signatures.into();
            prepare(event.body.into(), signatures, &directory)
        };
        let events = events.into_par_iter().with_min_len(8).map(check).collect();
        if hand_over.send(Verified { events, answers }).is_err() {
            break;
        }
    }
    Ok(())
}

/// Commits group after group until there are no more, or a fault stops it.
fn write_groups(
    mut sequencer: Sequencer,
    groups: &mpsc::Receiver<Verified>,
    stopped: &Mutex<Option<String>>,
) -> Result<(), LedgerFault> {
    while let Ok(group) = groups.recv() {
        match sequencer.commit(group.events) {
            Ok(answers) => {
                let mut answers = answers.into_iter();
                for (count, answer) in group.answers {
                    // A submitter that went away finds its events when it submits them again.
                    let _gone = answer.send(answers.by_ref().take(count).collect());
                }
            }
            Err(fault) => {
                let mut why = stopped
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                *why = Some(fault.with_causes());
                return Err(fault);
            }
        }
    }
    sequencer.close()
}
