//! The operator admits events that their authors signed elsewhere and sent by file.
//!
//! Invariant: everything goes through the sequencer, so taking a file again changes nothing and answers the same; one author's
//! refused event keeps no other author out, and a stranger's forged event does not keep out the true one for its place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use author::SignedEvent;
use chain::inclusion_proof;
use domain::{EventId, PartyId, Payload};
use ledger::{Acknowledge, with_tree};
use portable::{EventReceipt, HandedEvent, Receipts, SignedEvents};
use signing::VerifierKey;
use store::{Entries, MemoryStore};
use store_embedded::EmbeddedStore;

use crate::acknowledge::{self, say_unacknowledged, settle};
use crate::desk::{Desk, founding};
use crate::evidence::keep_two_events;
use crate::founding::{admit, verifier_key};
use crate::kept::Kept;
use crate::keys;
use crate::limits::GROUP_EVENTS;
use crate::outbox::Outbox;
use crate::refused::{EventRefused, LogRefused, NotDone};
use crate::session::{Session, Way};

/// An event with the file that it came in.
struct Sent {
    file: PathBuf,
    event: HandedEvent,
    /// Its position, or why it is refused; nothing before it was tried.
    answer: Option<Result<u64, String>>,
}

/// An event and what became of it.
#[derive(Debug)]
pub struct Tried {
    pub file: PathBuf,
    pub id: EventId,
    pub author: PartyId,
    pub seq: u64,
    /// Its position, or why it is refused.
    pub answer: Result<u64, String>,
}

/// What became of files that were taken.
#[derive(Debug)]
pub enum Taken {
    /// They founded the ledger.
    Founded {
        origin: String,
        verifier: VerifierKey,
    },
    Events(TakenEvents),
}

/// What became of events.
#[derive(Debug)]
pub struct TakenEvents {
    pub tried: Vec<Tried>,
    /// Entries of the log that are acknowledged.
    pub acknowledged: u64,
    /// Files that can't be read or are not for this log.
    pub refused_files: Vec<NotDone>,
    /// Receipts that were written.
    pub receipts: Option<usize>,
    /// What stopped it: what was admitted before that is in the log all the same.
    pub stopped: Option<NotDone>,
}

impl TakenEvents {
    /// Keeps the first fault for the end: what was done before it is done, and is told.
    fn stop<T>(&mut self, done: Result<T, NotDone>) -> Option<T> {
        match done {
            Ok(done) => Some(done),
            Err(fault) => {
                self.stopped.get_or_insert(fault);
                None
            }
        }
    }

    /// The positions of what was admitted, ascending.
    fn positions(&self) -> Vec<u64> {
        let admitted = self.tried.iter();
        let admitted = admitted.filter_map(|tried| tried.answer.as_ref().ok());
        let positions: BTreeSet<u64> = admitted.copied().collect();
        positions.into_iter().collect()
    }
}

/// Takes files of signed events, and writes receipts of what is acknowledged into `out`.
///
/// # Errors
/// The log is elsewhere, or something failed. What is refused is told in the answer.
pub fn take(desk: &Desk<'_>, files: &[PathBuf], out: Option<&Path>) -> Result<Taken, NotDone> {
    if desk.place.follows() {
        let folder = desk.shown();
        return Err(LogRefused::Elsewhere { folder }.into());
    }
    if !desk.place.holds_log() {
        return found(desk, files);
    }
    let acknowledge = acknowledge::of(&desk.place)?;
    let session = Session::open_to(desk, None)?;
    let origin = founding(&session.registry())?.origin.to_string();
    let (mut sent, mut refused_files) = (Vec::new(), Vec::new());
    for file in files {
        match read(file, &origin) {
            Ok(events) => sent.extend(events),
            Err(refused) => {
                desk.host.note(format!("refused whole: {refused}"));
                refused_files.push(refused);
            }
        }
    }
    // Stable: of two events for one place the file that was named first comes first.
    sent.sort_by_key(|sent| (sent.event.body.author, sent.event.body.seq));
    settle_clock(&session, &mut sent, &origin)?;
    if let (false, Way::Log(ledger, key)) = (sent.is_empty(), &session.way) {
        let operator = founding(&session.registry())?.operator;
        let brings_its_own = sent.iter().any(|sent| sent.event.body.author == operator);
        session.commit_heads_at_the_turn(ledger, key, brings_its_own, desk.host.now())?;
    }
    let stopped = submit_all(&session, &mut sent).err();
    let mut taken = TakenEvents {
        tried: sent.into_iter().map(Tried::from).collect(),
        acknowledged: 0,
        refused_files,
        receipts: None,
        stopped,
    };
    let positions = taken.positions();
    let dropped = drop_from_outbox(desk, &origin, &taken.tried);
    taken.stop(dropped);
    let settled = match positions.first() {
        Some(_) => settle(desk, &*session.store, &acknowledge),
        None => Ok(0),
    };
    taken.acknowledged = settled.as_ref().copied().unwrap_or_default();
    taken.stop(settled);
    let covered = positions.partition_point(|position| *position < taken.acknowledged);
    let (covered, open) = positions.split_at(covered);
    if let Some(first) = open.first() {
        say_unacknowledged(desk, open.len(), *first, taken.acknowledged);
    }
    if let Some(out) = out {
        let written = receipts(&session, &acknowledge, origin, covered, out);
        taken.receipts = taken.stop(written).flatten();
    }
    taken.stop(session.close());
    Ok(Taken::Events(taken))
}

impl From<Sent> for Tried {
    fn from(sent: Sent) -> Self {
        let body = &sent.event.body;
        Self {
            file: sent.file,
            id: sent.event.id,
            author: body.author,
            seq: body.seq,
            answer: sent
                .answer
                .unwrap_or_else(|| Err("it was not tried any more".to_owned())),
        }
    }
}

/// The operator's word on the clock takes the next number of its chain. Its events that wait in the outbox here are signed
/// again behind that; others have their numbers already, and would be evidence against an honest operator.
fn settle_clock(session: &Session<'_>, sent: &mut Vec<Sent>, origin: &str) -> Result<(), NotDone> {
    let desk = &session.desk;
    if sent.is_empty() {
        return Ok(());
    }
    let operator = founding(&session.registry())?.operator;
    let now = desk.host.now();
    let in_doubt = session.ledger()?.doubts_clock(now)?.is_some();
    if desk.clock_is_right.is_some() && in_doubt {
        let waiting = Outbox::open(&desk.place, origin)?;
        let waits = |sent: &Sent| {
            let mut events = waiting.events().iter();
            events.any(|event| event.id == sent.event.id)
        };
        sent.retain(|sent| sent.event.body.author != operator || !waits(sent));
        if sent.iter().any(|sent| sent.event.body.author == operator) {
            return Err(LogRefused::OperatorsEvents { operator }.into());
        }
    }
    session.confirm_clock(now).map(|_| ())
}

/// The receipts of what is acknowledged: how many were written, if the witnesses have cosigned anything.
fn receipts(
    session: &Session<'_>,
    acknowledge: &Acknowledge,
    origin: String,
    covered: &[u64],
    out: &Path,
) -> Result<Option<usize>, NotDone> {
    let (desk, store) = (&session.desk, &*session.store);
    let note = match acknowledge.policy() {
        Some(_) => Kept::Witnessed.read(&desk.place)?,
        None => store.checkpoint()?,
    };
    note.map(|note| write_receipts(store, origin, covered, &note, out))
        .transpose()
}

fn read(file: &Path, origin: &str) -> Result<Vec<Sent>, NotDone> {
    let read = SignedEvents::read(file)?;
    if read.origin != origin {
        return Err(EventRefused::ActForAnotherLog {
            path: file.display().to_string(),
            other: read.origin,
            origin: origin.to_owned(),
        }
        .into());
    }
    let of_file = |event| Sent {
        file: file.to_path_buf(),
        event,
        answer: None,
    };
    Ok(read.events.into_iter().map(of_file).collect())
}

/// What is in the log by now waits here no longer.
fn drop_from_outbox(desk: &Desk<'_>, origin: &str, tried: &[Tried]) -> Result<(), NotDone> {
    if !desk.place.outbox().exists() {
        return Ok(());
    }
    let admitted = tried.iter().filter(|tried| tried.answer.is_ok());
    let admitted: BTreeSet<EventId> = admitted.map(|tried| tried.id).collect();
    Outbox::open(&desk.place, origin)?.drop_these(&admitted)
}

/// A registration may be in another author's file, so what was refused is tried again as long as anything is admitted.
fn submit_all(session: &Session<'_>, sent: &mut [Sent]) -> Result<(), NotDone> {
    while submit(session, sent)? > 0 {}
    Ok(())
}

/// Submits what is not admitted yet: how many more are.
fn submit(session: &Session<'_>, sent: &mut [Sent]) -> Result<usize, NotDone> {
    let mut open: Vec<_> = sent
        .iter_mut()
        .filter(|sent| !matches!(sent.answer, Some(Ok(_))))
        .collect();
    let mut admitted = 0;
    for group in open.chunks_mut(GROUP_EVENTS) {
        let events = group.iter().map(|sent| signed(&sent.event)).collect();
        let answers = session.ledger()?.submit_blocking(events)?;
        // Every answer is kept before anything can fail: what was admitted is in the log.
        let mut kept = Ok(());
        for (sent, answer) in group.iter_mut().zip(answers) {
            sent.answer = Some(match answer {
                Ok(accepted) => {
                    admitted += 1;
                    Ok(accepted.position)
                }
                Err(refused) => {
                    let (desk, registry) = (&session.desk, || session.registry());
                    let two = keep_two_events(&desk.place, registry, &refused, desk.host);
                    kept = kept.and(two);
                    Err(format!("{} [{}]", refused.refusal, refused.refusal.code()))
                }
            });
        }
        kept?;
    }
    Ok(admitted)
}

fn signed(event: &HandedEvent) -> SignedEvent {
    SignedEvent {
        body: event.bytes.clone(),
        signatures: event.signatures.clone(),
    }
}

fn write_receipts(
    store: &dyn Entries,
    origin: String,
    positions: &[u64],
    note: &[u8],
    out: &Path,
) -> Result<usize, NotDone> {
    let checkpoint = String::from_utf8(note.to_vec()).map_err(NotDone::fault)?;
    let size = signing::peek_unverified(note).map_err(NotDone::fault)?.size;
    let mut receipts = Vec::with_capacity(positions.len());
    for &position in positions {
        let frame = store.frame_of(position)?;
        let proof = with_tree(store, size, |tree| inclusion_proof(position, size, tree));
        let proof = proof.map_err(NotDone::fault)?;
        let entry = frame.entry(position).unwrap_or_default();
        let receipt = EventReceipt::of(position, entry, &proof);
        let unread = || NotDone::fault("an entry of the log can't be read");
        receipts.push(receipt.ok_or_else(unread)?);
    }
    let count = receipts.len();
    let receipts = Receipts::new(origin, checkpoint, receipts);
    durable::put(out, receipts.to_text().as_bytes())?;
    Ok(count)
}

/// Founds the ledger by an event that the authority signed on its own machine.
fn found(desk: &Desk<'_>, files: &[PathBuf]) -> Result<Taken, NotDone> {
    let [file] = files else {
        return Err(LogRefused::OneFoundingFile.into());
    };
    let read = SignedEvents::read(file)?;
    let (origin, event) = match read.events.as_slice() {
        [event] if matches!(event.body.payload, Payload::LedgerFounded(_)) => (read.origin, event),
        _ => {
            let path = file.display().to_string();
            return Err(LogRefused::NoFoundingFile { path }.into());
        }
    };
    let key = || keys::open(&desk.place.log_key(), desk.host);
    // Tried in memory first, so that a founding that is refused leaves no ledger behind.
    admit(
        Arc::new(MemoryStore::new()),
        key()?,
        signed(event),
        desk.host,
    )?;
    let key = key()?;
    let verifier = verifier_key(&origin, &*key)?;
    let store = Arc::new(EmbeddedStore::create(desk.folder())?);
    admit(store, key, signed(event), desk.host)?;
    Ok(Taken::Founded { origin, verifier })
}
