//! `cosign`, `witness` and the witnesses' part of `verify`: who else saw the checkpoint.
//!
//! Invariant: no witness, and no lack of one, stops the log or changes it. What was asked for last (`pending`) and what
//! enough witnesses cosigned last (`witnessed`) are both kept, each replaced as a whole. Holds no rule of the protocol.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chain::{Levels, consistency_proof, leaf_hash};
use ledger::Clock;
use seal::{SignedCheckpoint, Signer, VerifierKey, WitnessKey, open_checkpoint};
use store::Store;
use store_embedded::OpenMode;
use verify::{FaultKind, Report};
use witness::client::{Collected, Outcome as Asked, WitnessFault, collect};
use witness::policy::Policy;
use witness::server::{Event, Server, Witness};

use super::lists::registry;
use crate::args::{Cosign, RunWitness};
use crate::clock::SystemClock;
use crate::keys::{self, Access};
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::place;
use crate::session::open_store;

const PENDING: &str = "pending";
const WITNESSED: &str = "witnessed";
const AHEAD: &str = "ahead";
const COLUMNS: [&str; 3] = ["witness", "cosigned", "what_happened"];

/// Reads a tlog-policy file.
pub(crate) fn policy(path: &Path) -> Result<Policy, CliError> {
    let text = fs::read_to_string(path)
        .map_err(|error| CliError::usage(format!("could not read {}: {error}", path.display())))?;
    Policy::parse(&text)
        .map_err(|refusal| CliError::usage(format!("{}: {refusal}", path.display())))
}

/// Asks every witness of a policy to cosign the newest checkpoint, and keeps what came.
pub(crate) fn cosign(folder: &Path, cosign: &Cosign) -> Result<Outcome, CliError> {
    let policy = policy(&cosign.policy)?;
    let store = open_store(folder, OpenMode::ReadOnly, false)?;
    let checkpoint = newest(&*store)?;
    let mut leaves = Vec::new();
    for frame in store.frames(0)? {
        leaves.extend(frame?.entries().map(|(_, entry)| leaf_hash(entry)));
    }
    let levels = Levels::new(leaves);
    let size = checkpoint.checkpoint().size;
    let prove = |old| consistency_proof(old, size, &levels).map_err(|fault| fault.to_string());
    let timeout = Duration::from_secs(cosign.timeout);
    let collected = collect(&policy, &checkpoint, &prove, timeout);
    let signed = open_checkpoint(&collected.note, checkpoint_key(&*store)?.as_ref())
        .map_err(CliError::fault)?;
    let is_met = policy.is_met(&signed);
    let place = place::witnesses(folder);
    keep(&place.join(PENDING), &collected.note)?;
    if is_met {
        keep(&place.join(WITNESSED), &collected.note)?;
    }
    if let Some(known) = ahead(&collected) {
        keep(&place.join(AHEAD), known.to_string().as_bytes())?;
    }
    tell(&collected, cosign)?;
    let count = collected
        .outcomes
        .iter()
        .filter(|outcome| outcome.cosigned_at.is_ok())
        .count();
    let asked = collected.outcomes.len();
    output::say(if is_met {
        format!("witnessed: size {size}, {count} of {asked} witnesses, the quorum is met")
    } else {
        format!("pending: size {size}, {count} of {asked} witnesses, the quorum is not met")
    });
    Ok(if is_met && !shows_two_histories(&collected) {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

/// The largest size that a witness has cosigned beyond this log's end.
fn ahead(collected: &Collected) -> Option<u64> {
    let known = |outcome: &Asked| match outcome.cosigned_at {
        Err(WitnessFault::Ahead { known, .. }) => Some(known),
        _ => None,
    };
    collected.outcomes.iter().filter_map(known).max()
}

/// Refuses to write onto a log that a witness has seen longer: it was restored from a backup, and what it would sign now
/// contradicts what it signed before.
pub(crate) fn refuse_behind(folder: &Path, size: u64) -> Result<(), CliError> {
    let Ok(text) = fs::read_to_string(place::witnesses(folder).join(AHEAD)) else {
        return Ok(());
    };
    match text.trim().parse::<u64>() {
        Ok(known) if known <= size => Ok(()),
        _ => Err(CliError::refused(format!(
            "the log ends at {size}, and a witness has cosigned it up to {text}: it has lost its tail"
        ))
        .help("restore the newest copy of the ledger; --accept-loss goes on without, for all witnesses to see")),
    }
}

fn shows_two_histories(collected: &Collected) -> bool {
    collected.outcomes.iter().any(|outcome| {
        matches!(
            outcome.cosigned_at,
            Err(WitnessFault::OtherRoot(_) | WitnessFault::Ahead { .. })
        )
    })
}

fn tell(collected: &Collected, cosign: &Cosign) -> Result<(), CliError> {
    let rows: Vec<Vec<String>> = collected
        .outcomes
        .iter()
        .map(|outcome| {
            let (is_cosigned, what) = match &outcome.cosigned_at {
                Ok(seconds) => ("yes", at(*seconds)),
                Err(fault) => ("no", fault.to_string()),
            };
            vec![outcome.witness.clone(), is_cosigned.to_owned(), what]
        })
        .collect();
    output::rows(cosign.form, &output::columns(&COLUMNS), &rows)
}

fn at(seconds: u64) -> String {
    let moment = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| seconds.checked_mul(1_000))
        .and_then(|ms| domain::Moment::from_ms(ms).ok());
    moment.map_or_else(
        || format!("{seconds} s since 1970"),
        |time| time.to_string(),
    )
}

fn checkpoint_key(store: &dyn Store) -> Result<Box<VerifierKey>, CliError> {
    let registry = registry(store)?;
    let founding = registry.founding();
    let founding = founding.ok_or_else(|| CliError::refused("the ledger is not founded yet"))?;
    let key = seal::PublicKey::from_bytes(&founding.log_key.0).map_err(CliError::fault)?;
    VerifierKey::new(&founding.origin, key)
        .map(Box::new)
        .map_err(CliError::fault)
}

fn newest(store: &dyn Store) -> Result<SignedCheckpoint, CliError> {
    let note = store
        .checkpoint()?
        .ok_or_else(|| CliError::refused("the ledger is empty"))?;
    open_checkpoint(&note, checkpoint_key(store)?.as_ref()).map_err(CliError::fault)
}

/// Replaces a kept checkpoint as a whole: after a crash the older or the newer one is there.
fn keep(path: &Path, note: &[u8]) -> Result<(), CliError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    let mut file = fs::File::create(&new)?;
    file.write_all(note).and_then(|()| file.sync_all())?;
    fs::rename(&new, path)?;
    Ok(())
}

/// The newest checkpoint that enough witnesses cosigned, if it is of this log as the store has it now.
pub(crate) fn witnessed_note(folder: &Path, checkpoint: &[u8]) -> Option<Vec<u8>> {
    let note = fs::read(place::witnesses(folder).join(WITNESSED)).ok()?;
    let text = |note: &[u8]| {
        let end = note.windows(2).position(|pair| pair == b"\n\n")?;
        Some(note[..end].to_vec())
    };
    (text(&note)? == text(checkpoint)?).then_some(note)
}

/// The cosigned checkpoint that lies with a ledger or a copy.
pub(crate) fn note_of(path: &Path, is_ledger: bool) -> Result<Vec<u8>, CliError> {
    let file: PathBuf = if is_ledger {
        place::witnesses(path).join(WITNESSED)
    } else {
        path.join("checkpoint")
    };
    fs::read(&file).map_err(|error| {
        CliError::refused(format!(
            "no witnessed checkpoint in {}: {error}",
            file.display()
        ))
        .help("`ytterby cosign` gets one for a ledger; a policy is checked on ledgers and exported folders")
    })
}

/// Adds to a report what the policy says of the cosigned checkpoint. Whether it is of this history was checked with it.
pub(crate) fn judge(report: &mut Report, note: &[u8], key: &VerifierKey, policy: &Policy) {
    let cosigned = open_checkpoint(note, key);
    match cosigned {
        Ok(checkpoint) if policy.is_met(&checkpoint) => {}
        Ok(checkpoint) => {
            let names = match policy.cosigners(&checkpoint) {
                Ok(cosigners) if cosigners.is_empty() => "none of its witnesses".to_owned(),
                Ok(cosigners) => cosigners
                    .iter()
                    .map(|cosigner| cosigner.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
                Err(refusal) => refusal.to_string(),
            };
            let size = checkpoint.checkpoint().size;
            report.fault(
                FaultKind::Witnesses,
                size,
                "the quorum of the policy",
                names,
            );
        }
        Err(refusal) => report.fault(
            FaultKind::Checkpoint,
            report.size,
            "a checkpoint of the policy's log",
            refusal,
        ),
    }
}

/// Runs a witness until it is stopped.
pub(crate) fn run(run: RunWitness, access: &Access) -> Result<Outcome, CliError> {
    let signer = keys::open(&run.key_file, access)?;
    let key = WitnessKey::new(&run.name, signer.public().clone()).map_err(CliError::usage)?;
    let logs = run.logs.len();
    let server = Server::start(
        run.listen,
        Witness {
            name: run.name,
            signer: Box::new(signer),
            logs: run.logs,
            folder: run.folder,
            clock: Box::new(seconds),
            tell: Box::new(|event| match event {
                Event::SplitView { origin, evidence } => output::say(format!(
                    "TWO HISTORIES of {origin}: {}",
                    evidence.as_ref().map_or_else(
                        || "no more evidence is kept of this log".to_owned(),
                        |path| format!("evidence in {}", path.display())
                    )
                )),
                Event::Fault(message) => output::say(format!("fault: {message}")),
            }),
        },
    )
    .map_err(CliError::fault)?;
    let address: SocketAddr = server.address();
    output::line(format!("witness {} http://{address}/ {key}", key.name()))?;
    output::say(format!("cosigning for {logs} logs; stop it with Ctrl-C"));
    loop {
        std::thread::park();
    }
}

/// Seconds since 1970.
fn seconds() -> u64 {
    u64::try_from(SystemClock.now().ms() / 1_000).unwrap_or_default()
}
