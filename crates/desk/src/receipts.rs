//! What the operator's receipts prove of the events that were sent.
//!
//! Invariant: the keys that judge are ones that the sender brought or remembers, never ones of the file.

use std::path::{Path, PathBuf};

use portable::{Answered, HandedEvent, Memory, Receipts, SignedEvents};
use signing::{LogKeys, VerifierKey};

use crate::desk::Desk;
use crate::outbox::Outbox;
use crate::refused::{LogRefused, NotDone};

/// Holds a file of receipts against what was sent: what waits here, unless files are named. Gives the file and its answers.
///
/// # Errors
/// Nothing that was sent is known, or no key of the log is; or a file can't be read.
pub fn check(
    desk: &Desk<'_>,
    file: &Path,
    sent: &[PathBuf],
    log_key: Option<&VerifierKey>,
) -> Result<(Receipts, Vec<Answered>), NotDone> {
    let receipts = Receipts::read(file)?;
    let keys = known_keys(desk, log_key, &receipts.origin)?;
    let sent = read_sent(desk, sent, &receipts.origin)?;
    if sent.is_empty() {
        return Err(LogRefused::NothingSent.into());
    }
    let answered = receipts.check(&sent, &keys);
    Ok((receipts, answered))
}

fn known_keys(
    desk: &Desk<'_>,
    log_key: Option<&VerifierKey>,
    origin: &str,
) -> Result<LogKeys, NotDone> {
    let mut keys = LogKeys::default();
    if let Some(key) = log_key {
        keys.push(0, key.clone());
        return Ok(keys);
    }
    let memory = Memory::read(&desk.place.seen())?;
    let known = memory.log_keys(origin).cloned();
    Ok(known.ok_or_else(|| {
        let origin = origin.to_owned();
        LogRefused::UnknownLog { origin }
    })?)
}

fn read_sent(
    desk: &Desk<'_>,
    files: &[PathBuf],
    origin: &str,
) -> Result<Vec<HandedEvent>, NotDone> {
    if files.is_empty() {
        return Ok(Outbox::open(&desk.place, origin)?.events().to_vec());
    }
    let mut sent = Vec::new();
    for file in files {
        sent.extend(SignedEvents::read(file)?.events);
    }
    Ok(sent)
}
