//! `acknowledge`, and what it changes: where a ledger asks for witnesses, an event is called recorded, and has a receipt, only
//! once the quorum of the ledger's policy has cosigned a checkpoint that covers it.
//!
//! Invariant: the policy is read before anything is signed, and no witness keeps an event out of the log: what is not
//! acknowledged is in the log all the same, and that is said. Holds no rule: those are in the crate `ledger`.

use std::path::Path;
use std::time::Duration;

use ledger::Acknowledge;
use portable::{Judged, limits::POLICY_BYTES_MAX};
use store::Entries;
use store_embedded::OpenMode;

use super::witness::{Asked, alarm, ask, log_keys, witnessed};
use crate::args::{Acknowledging, When};
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::place;
use crate::session::open_store;

/// Seconds that one request to a witness may take while somebody waits for the answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Shows or sets when events are acknowledged.
pub(crate) fn run(folder: &Path, asked: &Acknowledging) -> Result<Outcome, CliError> {
    let own = place::policy(folder);
    match (asked.when, &asked.policy) {
        (None, None) => show(folder),
        (Some(When::Witnessed), Some(file)) => {
            let store = open_store(folder, OpenMode::ReadOnly, false)?;
            let acknowledge = read(file)?;
            if !acknowledge.accepts(&log_keys(&*store)?) {
                let file = file.display();
                return Err(CliError::refused(format!(
                    "{file} names other logs, and not the key that signs this one"
                ))
                .help("add a line `log KEY` with the key that `ytterby inspect` shows"));
            }
            let text = files::read_text(file, POLICY_BYTES_MAX)?;
            durable::create_folder(&place::witnesses(folder), durable::Access::Usual)?;
            durable::put(&own, text.as_bytes())?;
            show(folder)
        }
        (Some(When::Durable), None) => {
            if own.exists() {
                std::fs::remove_file(&own)?;
                durable::sync_folder(&place::witnesses(folder))?;
            }
            show(folder)
        }
        _ => Err(CliError::usage(
            "--policy FILE belongs to `ytterby acknowledge witnessed`",
        )),
    }
}

fn show(folder: &Path) -> Result<Outcome, CliError> {
    let acknowledge = of(folder)?;
    output::line(match acknowledge.policy() {
        None => "durable: an event is acknowledged as soon as it is on the disk".to_owned(),
        Some(policy) => format!(
            "witnessed: an event is acknowledged once the quorum of {} witnesses has cosigned it, as {} says",
            policy.witnesses().len(),
            place::policy(folder).display()
        ),
    })?;
    Ok(Outcome::Done)
}

/// When this ledger acknowledges events.
pub(crate) fn of(folder: &Path) -> Result<Acknowledge, CliError> {
    let own = place::policy(folder);
    // A link that leads nowhere is no leave to do without witnesses.
    if own.symlink_metadata().is_err() {
        return Ok(Acknowledge::default());
    }
    read(&own)
}

fn read(file: &Path) -> Result<Acknowledge, CliError> {
    Acknowledge::witnessed(Judged::policy(file)?).map_err(|refusal| {
        CliError::refused(format!("{}: {refusal}", file.display()))
            .help("`ytterby acknowledge witnessed --policy FILE` sets another one, `ytterby acknowledge durable` none")
    })
}

/// The newest checkpoint that acknowledges anything, and how many entries it covers.
pub(crate) fn acknowledged(
    folder: &Path,
    store: &dyn Entries,
    acknowledge: &Acknowledge,
) -> Result<(u64, Option<Vec<u8>>), CliError> {
    let note = witnessed(folder)?;
    let size = acknowledge.acknowledged(store, &log_keys(store)?, note.as_deref())?;
    Ok((size, note))
}

/// Asks the witnesses, if this ledger wants them, to cosign what is in the log now: how many entries are acknowledged then.
pub(crate) fn settle(
    folder: &Path,
    store: &dyn Entries,
    acknowledge: &Acknowledge,
) -> Result<u64, CliError> {
    let Some(policy) = acknowledge.policy() else {
        return Ok(store.size());
    };
    let asked = ask(folder, store, policy, TIMEOUT)?;
    alarm(&asked.collected);
    if !asked.is_met {
        say_why_not(&asked, acknowledge.accepts(&log_keys(store)?));
    }
    Ok(acknowledged(folder, store, acknowledge)?.0)
}

fn say_why_not(asked: &Asked, accepts: bool) {
    for outcome in &asked.collected.outcomes {
        if let Err(fault) = &outcome.cosigned_at {
            output::say(format!("witness {}: {fault}", outcome.witness));
        }
    }
    if !accepts {
        output::say(
            "help: the ledger's policy does not name the key that signs the log now; `ytterby acknowledge witnessed --policy FILE` sets one that does",
        );
    }
}

/// Says that so many events are in the log, the first at this position, and that they do not count as recorded yet.
pub(crate) fn say_unacknowledged(count: usize, first: u64, acknowledged: u64) {
    let events = match count {
        1 => "1 event is".to_owned(),
        count => format!("{count} events are"),
    };
    output::say(format!(
        "NOT ACKNOWLEDGED: {events} in the log, from position {first} on, and the witnesses that this ledger asks for have cosigned its first {acknowledged} entries only"
    ));
    output::say(
        "help: `ytterby cosign` asks the witnesses again, and once they have cosigned, `ytterby receipt POSITION` gives the receipts; do not sign the events again",
    );
}
