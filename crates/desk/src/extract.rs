//! What one enterprise signed, for whoever may see only that; and the operator's commitment that makes it whole.
//!
//! Invariant: an extract is made from the log alone, and checked as its reader will before it is written. Holds no rule.

use std::path::Path;

use chain::{Hash, Levels, inclusion_proof, leaf_hash};
use domain::{Moment, PartyId, Payload};
use portable::{Extract, ExtractOrigin, PortableFault, check_extract, extract};
use store::Entries;
use store_embedded::{EmbeddedStore, OpenMode};
use verify::{Report, Trust, Verdict};

use crate::batch::{Batch, Intent};
use crate::desk::{Desk, founding};
use crate::refused::{LogRefused, NotDone};
use crate::session::Session;

struct Log<'a> {
    store: &'a EmbeddedStore,
    levels: Levels,
}

impl ExtractOrigin for Log<'_> {
    fn each(&self, take: &mut dyn FnMut(u64, &[u8])) -> Result<(), PortableFault> {
        let fault = |fault: store::StoreFault| PortableFault::Log(fault.to_string());
        for frame in self.store.frames(0).map_err(fault)? {
            let frame = frame.map_err(fault)?;
            frame
                .entries()
                .for_each(|(position, entry)| take(position, entry));
        }
        Ok(())
    }

    fn prove(&self, position: u64) -> Result<Vec<Hash>, PortableFault> {
        let proof = inclusion_proof(position, self.levels.size(), &self.levels);
        proof.map_err(|fault| PortableFault::Log(fault.to_string()))
    }
}

/// The tree of the whole log.
fn levels(store: &dyn Entries) -> Result<Levels, NotDone> {
    let mut leaves = Vec::new();
    for frame in store.frames(0)? {
        leaves.extend(frame?.entries().map(|(_, entry)| leaf_hash(entry)));
    }
    Ok(Levels::new(leaves))
}

/// Writes an extract of what a party signed, and says what it proves.
///
/// # Errors
/// The log is empty, can't be read, or gives no good extract; or the file can't be written.
pub fn write(desk: &Desk<'_>, party: PartyId, out: &Path) -> Result<(Extract, Report), NotDone> {
    let store = desk.open_store(OpenMode::ReadOnly)?;
    let checkpoint = store.checkpoint()?.ok_or(LogRefused::Empty)?;
    let log = Log {
        store: &store,
        levels: levels(&*store)?,
    };
    let extract = extract(&log, party, &checkpoint)?;
    let report = check_extract(&extract, &Trust::default());
    // What is missing is missing in the log, and its reader is told the same; anything else is no extract to hand over.
    if !report.is_good() && report.verdict != Verdict::Incomplete {
        desk.host.result(portable::text(&report).trim_end())?;
        return Err(LogRefused::BadExtract.into());
    }
    let text = serde_json::to_string_pretty(&extract).map_err(NotDone::fault)? + "\n";
    durable::put(out, text.as_bytes())?;
    Ok((extract, report))
}

/// The operator's commitment to every author's newest event.
///
/// # Errors
/// The log is elsewhere.
pub fn heads(session: &Session<'_>, now: Moment) -> Result<Batch, NotDone> {
    let operator = founding(&session.registry())?.operator;
    let payload = Payload::HeadsCommitted(session.ledger()?.heads_commitment());
    session.number(operator, [Intent::of(now, payload)], now)
}
