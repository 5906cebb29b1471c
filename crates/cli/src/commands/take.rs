//! `take`: the operator admits events that their authors signed elsewhere and sent by file.
//!
//! Invariant: everything goes through the sequencer, so taking a file again changes nothing and answers the same; one author's
//! refused event keeps no other author out, and a stranger's forged event does not keep out the true one for its place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use author::SignedEvent;
use chain::inclusion_proof;
use domain::Payload;
use ledger::{Acknowledge, Clock, Ledger, Options, with_tree};
use portable::{EventReceipt, HandedEvent, Receipts, SignedEvents};
use seal::VerifierKey;
use store::{Entries, MemoryStore, Store};
use store_embedded::EmbeddedStore;

use super::witness::witnessed;
use super::{acknowledge_of, log_key, say_unacknowledged, settle};
use crate::append::commit_heads_at_the_turn;
use crate::args::Take;
use crate::clock::SystemClock;
use crate::keys::{self, Access, Key};
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::place;
use crate::session::{Session, Way, founding};

/// Events that are submitted at once.
const GROUP_EVENTS: usize = 512;

/// An event with the file that it came in.
struct Sent {
    file: PathBuf,
    event: HandedEvent,
    /// Its position, or why it is refused; nothing before it was tried.
    answer: Option<Result<u64, String>>,
}

/// Takes files of signed events.
pub(crate) fn run(folder: &Path, take: &Take, access: &Access) -> Result<Outcome, CliError> {
    if place::follows(folder) {
        let folder = folder.display();
        return Err(
            CliError::usage(format!("{folder} follows a log that is elsewhere"))
                .help("send the file to the operator, who takes it where the log and its key are"),
        );
    }
    if !folder.join("log").exists() {
        return found(folder, take, access);
    }
    let acknowledge = acknowledge_of(folder)?;
    let session = Session::open_to(folder, access, None)?;
    let origin = founding(&session.registry())?.origin.to_string();
    let (mut sent, mut refused_files) = (Vec::new(), 0);
    for file in &take.files {
        match read(file, &origin) {
            Ok(events) => sent.extend(events),
            Err(error) => {
                refused_files += 1;
                output::say(format!("refused whole: {}", error.message()));
            }
        }
    }
    // Stable: of two events for one place the file that was named first comes first.
    sent.sort_by_key(|sent| (sent.event.body.author, sent.event.body.seq));
    let operator = founding(&session.registry())?.operator;
    let is_operators = |sent: &Sent| sent.event.body.author == operator;
    if access.clock_is_right.is_some() && sent.iter().any(is_operators) {
        // The confirmation would take their number, and they would be evidence against an honest operator.
        return Err(CliError::refused(format!(
            "the files hold events of the operator, {operator}, which have their numbers already"
        ))
        .help("take them while the clock is not in doubt, without --clock-is-right"));
    }
    if !sent.is_empty() {
        session.confirm_clock(SystemClock.now())?;
    }
    if let (Some(first), Way::Log(ledger, key)) = (sent.first(), &session.way) {
        commit_heads_at_the_turn(ledger, key, first.event.body.author, SystemClock.now())?;
    }
    // A registration may be in another author's file, so what was refused is tried again as long as anything is admitted.
    while submit(&session, &mut sent)? > 0 {}
    let wanting = answer(&session, &acknowledge, origin, &sent, take.out.as_deref())?;
    session.close()?;
    Ok(Outcome::found_if(wanting + refused_files > 0))
}

/// Tells what became of each event, and writes receipts of what is acknowledged: how many events are refused, or not
/// acknowledged.
fn answer(
    session: &Session,
    acknowledge: &Acknowledge,
    origin: String,
    sent: &[Sent],
    out: Option<&Path>,
) -> Result<usize, CliError> {
    let (folder, store) = (&session.folder, &*session.store);
    let positions = positions(sent);
    let settled = match positions.first() {
        Some(_) => settle(folder, store, acknowledge),
        None => Ok(0),
    };
    let size = settled.as_ref().copied().unwrap_or_default();
    let refused = tell(sent, size)?;
    let covered = positions.partition_point(|position| *position < size);
    let (covered, open) = positions.split_at(covered);
    if let Some(first) = open.first() {
        say_unacknowledged(open.len(), *first, size);
    }
    settled?;
    if let Some(out) = out {
        let note = match acknowledge.policy() {
            Some(_) => witnessed(folder)?,
            None => store.checkpoint()?,
        };
        match note {
            Some(note) => write_receipts(store, origin, covered, &note, out)?,
            None => {
                output::say("no receipts were written: the witnesses have cosigned nothing yet")
            }
        }
    }
    Ok(refused + open.len())
}

fn read(file: &Path, origin: &str) -> Result<Vec<Sent>, CliError> {
    let read = SignedEvents::read(file)?;
    if read.origin != origin {
        let (file, other) = (file.display(), read.origin);
        return Err(CliError::refused(format!(
            "{file} is for the log {other:?}, and this is {origin:?}"
        )));
    }
    let of_file = |event| Sent {
        file: file.to_path_buf(),
        event,
        answer: None,
    };
    Ok(read.events.into_iter().map(of_file).collect())
}

/// Submits what is not admitted yet: how many more are.
fn submit(session: &Session, sent: &mut [Sent]) -> Result<usize, CliError> {
    let mut open: Vec<_> = sent
        .iter_mut()
        .filter(|sent| !matches!(sent.answer, Some(Ok(_))))
        .collect();
    let mut admitted = 0;
    for group in open.chunks_mut(GROUP_EVENTS) {
        let events = group.iter().map(|sent| signed(&sent.event)).collect();
        let answers = session.ledger()?.submit_blocking(events)?;
        for (sent, answer) in group.iter_mut().zip(answers) {
            sent.answer = Some(match answer {
                Ok(accepted) => {
                    admitted += 1;
                    Ok(accepted.position)
                }
                Err(refused) => {
                    session.keep_two_events(&refused)?;
                    Err(format!("{} [{}]", refused.refusal, refused.refusal.code()))
                }
            });
        }
    }
    Ok(admitted)
}

fn signed(event: &HandedEvent) -> SignedEvent {
    SignedEvent {
        body: event.bytes.clone(),
        signatures: event.signatures.clone(),
    }
}

/// The positions of what was admitted, ascending.
fn positions(sent: &[Sent]) -> Vec<u64> {
    let admitted = sent.iter().filter_map(|sent| sent.answer.clone()?.ok());
    let positions: BTreeSet<u64> = admitted.collect();
    positions.into_iter().collect()
}

/// Says where each acknowledged event stands, and why others are refused: how many are.
fn tell(sent: &[Sent], acknowledged: u64) -> Result<usize, CliError> {
    let mut refused = 0;
    let mut failed = BTreeSet::new();
    for sent in sent {
        let (id, body, file) = (sent.event.id, &sent.event.body, sent.file.display());
        match sent.answer.as_ref() {
            Some(Ok(position)) if *position >= acknowledged => {}
            Some(Ok(position)) => output::line(format!("{position:>10}  {id}"))?,
            answer => {
                refused += 1;
                let why = answer.and_then(|answer| answer.as_ref().err());
                let why = why.map_or("", String::as_str);
                let is_first = failed.insert(body.author);
                let follows = !is_first && why.ends_with("[author-chain]");
                let why = if follows {
                    "it follows an event that is refused"
                } else {
                    why
                };
                output::say(format!(
                    "refused: {id}, number {} of {} in {file}: {why}",
                    body.seq, body.author
                ));
            }
        }
    }
    if refused > 0 {
        output::say(format!("{refused} of {} events are refused", sent.len()));
        output::say(
            "help: send the reasons to their authors; whatever is mended can be taken again",
        );
    }
    Ok(refused)
}

fn write_receipts(
    store: &dyn Entries,
    origin: String,
    positions: &[u64],
    note: &[u8],
    out: &Path,
) -> Result<(), CliError> {
    let checkpoint = String::from_utf8(note.to_vec()).map_err(CliError::fault)?;
    let size = seal::peek_unverified(note).map_err(CliError::fault)?.size;
    let mut receipts = Vec::with_capacity(positions.len());
    for &position in positions {
        let frame = store.frame_of(position)?;
        let proof = with_tree(store, size, |tree| inclusion_proof(position, size, tree));
        let proof = proof.map_err(CliError::fault)?;
        let entry = frame.entry(position).unwrap_or_default();
        let receipt = EventReceipt::of(position, entry, &proof);
        receipts.push(receipt.ok_or_else(|| CliError::fault("an entry of the log can't be read"))?);
    }
    let count = receipts.len();
    let receipts = Receipts::new(origin, checkpoint, receipts);
    durable::put(out, receipts.to_text().as_bytes())?;
    output::say(format!(
        "{count} receipts in {}: send it back to the authors",
        out.display()
    ));
    Ok(())
}

/// Founds the ledger by an event that the authority signed on its own machine.
fn found(folder: &Path, take: &Take, access: &Access) -> Result<Outcome, CliError> {
    let [file] = take.files.as_slice() else {
        return Err(CliError::usage(
            "there is no ledger here yet; it is founded by one file, alone",
        ));
    };
    let path = file.display();
    let read = SignedEvents::read(file)?;
    let (origin, event) = match read.events.as_slice() {
        [event] if matches!(event.body.payload, Payload::LedgerFounded(_)) => (read.origin, event),
        _ => {
            return Err(CliError::usage(format!(
                "there is no ledger here yet, and {path} does not hold the founding of one alone"
            ))
            .help("take the file that the authority made: `ytterby found --out FILE`"));
        }
    };
    let file = place::keys(folder).join(format!("{}.pem", log_key::NAME));
    // Tried in memory first, so that a founding that is refused leaves no ledger behind.
    admit_founding(
        Arc::new(MemoryStore::new()),
        keys::open(&file, access)?,
        event,
    )?;
    let key = keys::open(&file, access)?;
    let verifier = VerifierKey::new(&origin, key.public().clone()).map_err(CliError::usage)?;
    admit_founding(Arc::new(EmbeddedStore::create(folder)?), key, event)?;
    output::line(format!("founded {origin} in {}", folder.display()))?;
    output::line(format!("verifier key: {verifier}"))?;
    output::say(
        "give the verifier key to every party and auditor, by telephone or letter: with it they need trust nobody who hands them a copy",
    );
    Ok(Outcome::Done)
}

fn admit_founding(store: Arc<dyn Store>, key: Key, event: &HandedEvent) -> Result<(), CliError> {
    let ledger = Ledger::open(Options {
        store,
        signer: Arc::from(key),
        next_signer: None,
        clock: Arc::new(SystemClock),
    })?;
    let answers = ledger.submit_blocking(vec![signed(event)])?;
    ledger.close()?;
    match answers.into_iter().next() {
        Some(Err(refused)) => {
            let refusal = refused.refusal;
            Err(CliError::refused(format!(
                "the founding is refused: {refusal} [{}]",
                refusal.code()
            )))
        }
        _ => Ok(()),
    }
}
