//! `cosign`, `witness` and the witnesses' part of `verify`: who else saw the checkpoint.
//!
//! Invariant: no witness, and no lack of one, stops the log or changes it. What was asked for last (`pending`) and what
//! enough witnesses cosigned last (`witnessed`) are both kept, each replaced as a whole. Holds no rule of the protocol.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use answers::checks::{Check, Cosignatures, WitnessAnswer};
use answers::{Document, registry};
use chain::consistency_proof;
use evidence::{Beginning, Evidence};
use ledger::{Clock, with_tree};
use policy::Policy;
use portable::Judged;
use portable::limits::NOTE_BYTES_MAX;
use seal::{LogKeys, VerifierKey, WitnessKey};
use store::Entries;
use store_embedded::OpenMode;
use verify::shown_seconds;
use witness::client::{Collected, collect};
use witness::server::{Admit, Caps, Event, Server, Witness};

use super::acknowledge;
use super::mirror::Mirror;
use crate::append::keep_evidence;
use crate::args::{Cosign, RunWitness};
use crate::clock::SystemClock;
use crate::keys::{self, Access};
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::place;
use crate::session::{founding, open_store};

const PENDING: &str = "pending";
const WITNESSED: &str = "witnessed";
/// A checkpoint that somebody else kept, laid here by the ledger's owner.
const SHOWN: &str = "shown";
const COLUMNS: [&str; 3] = ["witness", "cosigned", "what happened"];

/// What asking the witnesses came to.
pub(crate) struct Asked {
    pub collected: Collected,
    /// Entries that the checkpoint covers, and the root of their tree.
    pub size: u64,
    root: String,
    /// Enough of them cosigned.
    pub is_met: bool,
    /// The checkpoint contradicts one that is known here; evidence was kept.
    pub contradicted: bool,
}

/// Asks the witnesses, says what each answered, and whether they are enough.
pub(crate) fn cosign(folder: &Path, cosign: &Cosign) -> Result<Outcome, CliError> {
    let policy = policy_for(folder, cosign.policy.as_deref())?;
    let store = open_store(folder, OpenMode::ReadOnly, false)?;
    let asked = ask(
        folder,
        &*store,
        &policy,
        Duration::from_secs(cosign.timeout),
    )?;
    let registry = registry(&*store)?;
    let origin = founding(&registry)?.origin.clone();
    tell(&asked, &origin, cosign.form)?;
    let alarmed = alarm(&asked.collected);
    let outcomes = asked.collected.outcomes.iter();
    let count = outcomes
        .filter(|outcome| outcome.cosigned_at.is_ok())
        .count();
    let (size, all) = (asked.size, asked.collected.outcomes.len());
    output::say(if asked.is_met {
        format!("witnessed: size {size}, {count} of {all} witnesses, the quorum is met")
    } else {
        format!("pending: size {size}, {count} of {all} witnesses, the quorum is not met")
    });
    Ok(Outcome::found_if(
        !asked.is_met || asked.contradicted || alarmed,
    ))
}

/// The policy to ask by: the ledger's own, or the one that is given where it has none.
fn policy_for(folder: &Path, given: Option<&Path>) -> Result<Policy, CliError> {
    match (acknowledge::of(folder)?.policy(), given) {
        (Some(own), None) => Ok(own.clone()),
        (None, Some(given)) => Ok(Judged::policy(given)?),
        (Some(_), Some(_)) => Err(CliError::usage(
            "this ledger acknowledges by a policy of its own, and what another one is content with must not take the place of that",
        )
        .help("leave out --policy, or set another one: `ytterby acknowledge witnessed --policy FILE`")),
        (None, None) => Err(CliError::usage("no witnesses are named")
            .help("give --policy FILE; `ytterby acknowledge witnessed --policy FILE` makes it the ledger's own")),
    }
}

/// Asks every witness of a policy to cosign the newest checkpoint, and keeps what came.
pub(crate) fn ask(
    folder: &Path,
    store: &dyn Entries,
    policy: &Policy,
    timeout: Duration,
) -> Result<Asked, CliError> {
    let keys = log_keys(store)?;
    let note = store.checkpoint()?;
    let note = note.ok_or_else(|| CliError::refused("the ledger is empty"))?;
    let checkpoint = keys.open(&note).map_err(CliError::fault)?;
    let size = checkpoint.checkpoint().size;
    let root = checkpoint.checkpoint().root.to_string();
    let prove = |old| {
        let proof = with_tree(store, size, |tree| consistency_proof(old, size, tree));
        proof.map_err(|fault| fault.to_string())
    };
    let collected = collect(policy, &checkpoint, &prove, timeout);
    let signed = keys.open(&collected.note).map_err(CliError::fault)?;
    let is_met = policy.is_met(&signed);
    // Before this checkpoint takes the place of one that it contradicts.
    let contradicted = contradict_known(folder, &collected, &note, &keys, store)?;
    let place = place::witnesses(folder);
    durable::create_folder(&place, durable::Access::Usual)?;
    let keep = |name| durable::put(&place.join(name), &collected.note);
    keep(PENDING)?;
    if is_met {
        keep(WITNESSED)?;
    }
    Ok(Asked {
        collected,
        size,
        root,
        is_met,
        contradicted,
    })
}

/// Keeps evidence if the newest checkpoint contradicts one that is kept here, by this log or by somebody else, or one that a
/// witness showed after an alarm. Says whether one does.
fn contradict_known(
    folder: &Path,
    collected: &Collected,
    note: &[u8],
    keys: &LogKeys,
    store: &dyn Entries,
) -> Result<bool, CliError> {
    let shown = collected.outcomes.iter();
    let mut known: Vec<Vec<u8>> = shown.filter_map(|outcome| outcome.shown.clone()).collect();
    for name in [PENDING, WITNESSED, SHOWN] {
        if let Some(kept) = kept_note(folder, name)? {
            known.push(kept);
        }
    }
    let mut found = BTreeMap::new();
    for other in &known {
        let begin = |old, new| with_tree(store, new, |tree| Beginning::of(tree, old, new));
        if let Some(evidence) = Evidence::two_histories(keys.iter(), [other, note], begin) {
            found.insert(evidence.file_name(), evidence);
        }
    }
    for evidence in found.values() {
        keep_evidence(folder, evidence)?;
    }
    Ok(!found.is_empty())
}

/// Refuses to write onto a log that is shorter than a checkpoint which it signed: it was restored from a backup, and what
/// it would sign now contradicts what it signed before. A size that a witness only claims stops nothing.
pub(crate) fn refuse_behind(folder: &Path, log_keys: &LogKeys, size: u64) -> Result<(), CliError> {
    for name in [PENDING, WITNESSED, SHOWN] {
        let path = place::witnesses(folder).join(name);
        let Some(note) = kept_note(folder, name)? else {
            continue;
        };
        let signed = log_keys.open(&note).map_err(|refusal| {
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

/// Says of each witness whose answer two histories would explain that it is so. Whether there is one.
pub(crate) fn alarm(collected: &Collected) -> bool {
    let mut is_alarm = false;
    for outcome in &collected.outcomes {
        if let Err(fault) = &outcome.cosigned_at
            && fault.is_alarm()
        {
            is_alarm = true;
            output::say(format!("ALARM: {}: {fault}", outcome.witness));
        }
    }
    is_alarm
}

/// A signed note that lies with a ledger, if it does.
fn kept_note(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, CliError> {
    match files::read(&place::witnesses(folder).join(name), NOTE_BYTES_MAX) {
        Ok(note) => Ok(Some(note)),
        Err(fault) if fault.is_missing() => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

fn tell(asked: &Asked, origin: &str, form: Form) -> Result<(), CliError> {
    let witness = |outcome: &witness::client::Outcome| {
        let (cosigned_at, fault) = match &outcome.cosigned_at {
            Ok(seconds) => (Some(shown_seconds(*seconds)), None),
            Err(fault) => (None, Some(fault.to_string())),
        };
        WitnessAnswer {
            witness: outcome.witness.clone(),
            cosigned_at,
            fault,
        }
    };
    let witnesses: Vec<_> = asked.collected.outcomes.iter().map(witness).collect();
    if form.json {
        let is_met = asked.is_met;
        let answer = Cosignatures { is_met, witnesses };
        let root = Some(asked.root.clone());
        let of = (origin, asked.size, root);
        return output::json(&Document::of_check(of, Check::Cosign {}, answer));
    }
    let row = |one: &WitnessAnswer| {
        let is_cosigned = if one.fault.is_none() { "yes" } else { "no" };
        let what = one.cosigned_at.as_ref().or(one.fault.as_ref());
        let what = what.cloned().unwrap_or_default();
        vec![one.witness.clone(), is_cosigned.to_owned(), what]
    };
    let rows: Vec<_> = witnesses.iter().map(row).collect();
    output::table(form, &COLUMNS, &rows)
}

/// The keys that sign the log's checkpoints, as its founding and its rotations bring them.
pub(crate) fn log_keys(store: &dyn Entries) -> Result<LogKeys, CliError> {
    if store.size() == 0 {
        return Err(CliError::refused("the ledger is empty"));
    }
    let keys = verify::log_keys(&registry(store)?);
    if keys.current().is_none() {
        return Err(CliError::fault("the first entry does not found the ledger"));
    }
    Ok(keys)
}

/// The newest checkpoint that enough witnesses cosigned, if it is of this log as the store has it now.
pub(crate) fn witnessed_note(folder: &Path, checkpoint: &[u8]) -> Option<Vec<u8>> {
    let note = kept_note(folder, WITNESSED).ok()??;
    let text = |note: &[u8]| {
        let end = note.windows(2).position(|pair| pair == b"\n\n")?;
        Some(note[..end].to_vec())
    };
    (text(&note)? == text(checkpoint)?).then_some(note)
}

/// The newest checkpoint that enough witnesses cosigned, if there is one.
pub(crate) fn witnessed(folder: &Path) -> Result<Option<Vec<u8>>, CliError> {
    kept_note(folder, WITNESSED)
}

/// The cosigned checkpoint that lies with a ledger.
pub(crate) fn witnessed_in(folder: &Path) -> Result<Vec<u8>, CliError> {
    let file = place::witnesses(folder).join(WITNESSED);
    files::read(&file, NOTE_BYTES_MAX).map_err(|error| {
        CliError::refused(format!("no witnessed checkpoint is at hand: {error}"))
            .help("`ytterby cosign` gets one")
    })
}

/// Runs a witness until it is stopped.
pub(crate) fn run(run: RunWitness, access: &Access) -> Result<Outcome, CliError> {
    let signer = keys::open_at(&run.key, access)?;
    let key = WitnessKey::new(&run.name, signer.public().clone()).map_err(CliError::usage)?;
    // A log that was handed over has several keys.
    let origins: BTreeSet<&str> = run.logs.iter().map(VerifierKey::name).collect();
    let logs = origins.len();
    let admit = match &run.mirror {
        Some(_) if logs > 1 => {
            return Err(CliError::usage(
                "--mirror holds a copy of one log: run a witness of its own for each log",
            ));
        }
        Some(place) => Some(Mirror::open(place, run.logs.clone())?),
        None => None,
    };
    let admit = admit.map(|mirror| -> Admit { Box::new(move |next| mirror.admit(next)) });
    let caps = Caps {
        connections: run.connections.get(),
        connections_by_address: run.by_address.get(),
        ..Caps::default()
    };
    let server = Server::start(
        run.listen,
        Witness {
            name: run.name,
            signer,
            logs: run.logs,
            folder: run.folder,
            admit,
            clock: Box::new(seconds),
            tell: Box::new(|event| match event {
                Event::SplitView { origin, evidence } => output::say(format!(
                    "TWO HISTORIES of {origin}: {}",
                    evidence.as_ref().map_or_else(
                        || "no more evidence is kept of this log".to_owned(),
                        |path| format!("evidence in {}", path.display())
                    )
                )),
                Event::FalseRoot { origin, evidence } => output::say(format!(
                    "FALSE ROOT of {origin}, which has no entries: its note is in {}",
                    evidence.display()
                )),
                Event::NotAdmitted { origin, why } => {
                    output::say(format!("NOT COSIGNED for {origin}: {why}"));
                }
                Event::Fault(message) => output::say(format!("fault: {message}")),
            }),
        },
        caps,
    )
    .map_err(CliError::fault)?;
    server.stop_on_signals().map_err(CliError::fault)?;
    let address: SocketAddr = server.address();
    output::line(format!("witness {} http://{address}/ {key}", key.name()))?;
    output::say(format!("cosigning for {logs} logs; stop it with Ctrl-C"));
    server.wait();
    output::say("stopped: every answer under way was given its time".to_owned());
    Ok(Outcome::Done)
}

/// Seconds since 1970.
fn seconds() -> u64 {
    u64::try_from(SystemClock.now().ms() / 1_000).unwrap_or_default()
}
