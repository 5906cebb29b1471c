//! When this ledger calls an event recorded: once it is durable, or once the quorum of the ledger's policy has cosigned a
//! checkpoint that covers it.
//!
//! Invariant: the policy is read before anything is signed, and no witness keeps an event out of the log: what is not
//! acknowledged is in the log all the same, and that is said. Holds no rule: those are in the crate `ledger`.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use durable::Layout;
use ledger::Acknowledge;
use policy::Policy;
use portable::{QuorumCheck, limits::POLICY_BYTES_MAX};
use store::Entries;
use store_embedded::OpenMode;

use crate::desk::{Desk, log_keys};
use crate::kept::Kept;
use crate::refused::{LogRefused, NotDone};
use crate::witnesses::{Asked, ask};

/// Seconds that one request to a witness may take while somebody waits for the answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Lets the ledger acknowledge what the quorum of this policy has cosigned.
///
/// # Errors
/// The policy can't be read, has no quorum, or does not know the key that signs this log.
pub fn set_witnessed(desk: &Desk<'_>, file: &Path) -> Result<(), NotDone> {
    let store = desk.open_store(OpenMode::ReadOnly)?;
    if !read(file)?.accepts(&log_keys(&*store)?) {
        let path = file.display().to_string();
        return Err(LogRefused::PolicyOfOtherLogs { path }.into());
    }
    let text = files::read_text(file, POLICY_BYTES_MAX)?;
    durable::create_folder(&desk.place.witnesses(), durable::Access::Usual)?;
    Ok(durable::put(&desk.place.policy(), text.as_bytes())?)
}

/// Lets the ledger acknowledge what is durable.
///
/// # Errors
/// The disk failed.
pub fn set_durable(desk: &Desk<'_>) -> Result<(), NotDone> {
    match std::fs::remove_file(desk.place.policy()) {
        Ok(()) => Ok(durable::sync_folder(&desk.place.witnesses())?),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// When this ledger acknowledges events.
///
/// # Errors
/// Its policy can't be read, or has no quorum.
pub fn of(place: &Layout) -> Result<Acknowledge, NotDone> {
    let own = place.policy();
    // A link that leads nowhere, or a folder that can't be searched, is no leave to do without witnesses.
    match own.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Acknowledge::default()),
        Err(error) => Err(error.into()),
        Ok(_) => read(&own),
    }
}

fn read(file: &Path) -> Result<Acknowledge, NotDone> {
    let acknowledge = Acknowledge::witnessed(QuorumCheck::policy(file)?);
    Ok(acknowledge.map_err(|refusal| {
        let (path, why) = (file.display().to_string(), refusal.to_string());
        LogRefused::NoQuorum { path, why }
    })?)
}

/// The policy to ask witnesses by: the ledger's own, or the one that is given where it has none.
///
/// # Errors
/// There are both, or neither, or it can't be read.
pub fn policy_for(place: &Layout, given: Option<&Path>) -> Result<Policy, NotDone> {
    match (of(place)?.policy(), given) {
        (Some(own), None) => Ok(own.clone()),
        (None, Some(given)) => Ok(QuorumCheck::policy(given)?),
        (Some(_), Some(_)) => Err(LogRefused::OwnPolicy.into()),
        (None, None) => Err(LogRefused::NoPolicy.into()),
    }
}

/// The newest checkpoint that acknowledges anything, and how many entries it covers.
pub(crate) fn acknowledged(
    place: &Layout,
    store: &dyn Entries,
    acknowledge: &Acknowledge,
) -> Result<(u64, Option<Vec<u8>>), NotDone> {
    let note = Kept::Witnessed.read(place)?;
    let size = acknowledge.acknowledged(store, &log_keys(store)?, note.as_deref())?;
    Ok((size, note))
}

/// The receipt of an event that is acknowledged.
///
/// # Errors
/// It is not, or the log can't be read.
pub fn receipt(
    place: &Layout,
    store: &dyn Entries,
    position: u64,
) -> Result<ledger::Inclusion, NotDone> {
    let acknowledge = of(place)?;
    if acknowledge.policy().is_none() {
        return Ok(ledger::receipt(store, position)?);
    }
    let (size, note) = acknowledged(place, store, &acknowledge)?;
    match note.filter(|_| position < size) {
        Some(note) => Ok(ledger::receipt_under(store, position, &note)?),
        None => Err(LogRefused::NotAcknowledged { position, size }.into()),
    }
}

/// Asks the witnesses, if this ledger wants them, to cosign what is in the log now: how many entries are acknowledged then.
pub(crate) fn settle(
    desk: &Desk<'_>,
    store: &dyn Entries,
    acknowledge: &Acknowledge,
) -> Result<u64, NotDone> {
    let Some(policy) = acknowledge.policy() else {
        return Ok(store.size());
    };
    let asked = ask(desk, store, policy, TIMEOUT)?;
    asked.alarm(desk);
    if !asked.is_met {
        say_why_not(desk, &asked, acknowledge.accepts(&log_keys(store)?));
    }
    Ok(acknowledged(&desk.place, store, acknowledge)?.0)
}

fn say_why_not(desk: &Desk<'_>, asked: &Asked, accepts: bool) {
    for outcome in &asked.collected.outcomes {
        if let Err(fault) = &outcome.cosigned_at {
            desk.host
                .note(format!("witness {}: {fault}", outcome.witness));
        }
    }
    if !accepts {
        desk.host.note(
            "help: the ledger's policy does not name the key that signs the log now; `ytterby acknowledge witnessed --policy FILE` sets one that does",
        );
    }
}

/// Says that so many events are in the log, the first at this position, and that they do not count as recorded yet.
pub(crate) fn say_unacknowledged(desk: &Desk<'_>, count: usize, first: u64, acknowledged: u64) {
    let events = match count {
        1 => "1 event is".to_owned(),
        count => format!("{count} events are"),
    };
    desk.host.note(format!(
        "NOT ACKNOWLEDGED: {events} in the log, from position {first} on, and the witnesses that this ledger asks for have cosigned its first {acknowledged} entries only"
    ));
    desk.host.note(
        "help: `ytterby cosign` asks the witnesses again, and once they have cosigned, `ytterby receipt POSITION` gives the receipts; do not sign the events again",
    );
}
