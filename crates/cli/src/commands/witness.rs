//! `cosign`, `witness` and the witnesses' part of `verify`: who else saw the checkpoint.
//!
//! Invariant: no witness, and no lack of one, stops the log or changes it. What was asked for last (`pending`) and what
//! enough witnesses cosigned last (`witnessed`) are both kept, each replaced as a whole. Holds no rule of the protocol.

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chain::consistency_proof;
use ledger::Clock;
use portable::replace;
use projection::{Until, replay};
use seal::{VerifierKey, WitnessKey, open_checkpoint};
use store::Store;
use store_embedded::OpenMode;
use verify::{FaultKind, Report};
use witness::client::{Collected, WitnessFault, collect};
use witness::policy::Policy;
use witness::server::{Event, Server, Witness};

use super::extract::levels;
use crate::args::{Cosign, RunWitness};
use crate::clock::SystemClock;
use crate::keys::{self, Access};
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::place;
use crate::session::open_store;

const PENDING: &str = "pending";
const WITNESSED: &str = "witnessed";
/// A checkpoint that somebody else kept, laid here by the ledger's owner.
const SHOWN: &str = "shown";
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
    let key = log_key(&*store)?;
    let note = store.checkpoint()?;
    let note = note.ok_or_else(|| CliError::refused("the ledger is empty"))?;
    let checkpoint = open_checkpoint(&note, &key).map_err(CliError::fault)?;
    let levels = levels(&*store)?;
    let size = checkpoint.checkpoint().size;
    let prove = |old| consistency_proof(old, size, &levels).map_err(|fault| fault.to_string());
    let timeout = Duration::from_secs(cosign.timeout);
    let collected = collect(&policy, &checkpoint, &prove, timeout);
    let signed = open_checkpoint(&collected.note, &key).map_err(CliError::fault)?;
    let is_met = policy.is_met(&signed);
    let place = place::witnesses(folder);
    fs::create_dir_all(&place)?;
    let keep = |name| replace(&place.join(name), |file| file.write_all(&collected.note));
    keep(PENDING)?;
    if is_met {
        keep(WITNESSED)?;
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

/// Refuses to write onto a log that is shorter than a checkpoint which it signed: it was restored from a backup, and what
/// it would sign now contradicts what it signed before. A size that a witness only claims stops nothing.
pub(crate) fn refuse_behind(
    folder: &Path,
    log_key: &VerifierKey,
    size: u64,
) -> Result<(), CliError> {
    for name in [PENDING, WITNESSED, SHOWN] {
        let path = place::witnesses(folder).join(name);
        let note = match fs::read(&path) {
            Ok(note) => note,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        let signed = open_checkpoint(&note, log_key).map_err(|refusal| {
            let path = path.display();
            CliError::refused(format!("{path} is no checkpoint of this log: {refusal}"))
                .help("lay the right one there, or take it away")
        })?;
        let known = signed.checkpoint().size;
        if known > size {
            let path = path.display();
            return Err(CliError::refused(format!(
                "the log ends at {size}, and it signed {known} entries once ({path}): it has lost its tail"
            ))
            .help("restore the newest copy of the ledger; --accept-loss goes on without, for all witnesses to see"));
        }
    }
    Ok(())
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

/// The key that signs the log's checkpoints, as its first entry names it.
pub(crate) fn log_key(store: &dyn Store) -> Result<VerifierKey, CliError> {
    if store.size() == 0 {
        return Err(CliError::refused("the ledger is empty"));
    }
    let founded = replay(store, Until::Position(0), &mut [], &mut |_, _| {})?;
    verify::log_key(founded.registry())
        .ok_or_else(|| CliError::fault("the first entry does not found the ledger"))
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
                Ok(cosigners) => cosigners.join(", "),
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
    let signer = keys::open_at(&run.key, access)?;
    let key = WitnessKey::new(&run.name, signer.public().clone()).map_err(CliError::usage)?;
    let logs = run.logs.len();
    let server = Server::start(
        run.listen,
        Witness {
            name: run.name,
            signer,
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
