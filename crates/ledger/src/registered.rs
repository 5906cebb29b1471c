//! Who is registered, read from a log without its book.
//!
//! Invariant: the registry of the admission that the running ledger has. Where the index of a ledger is at hand, only the acts
//! that it names and what came since are read.

use domain::Registry;
use store::{Entries, Frame, Side};
use verify::SealKeys;

use crate::fault::LedgerFault;
use crate::index;
use crate::receipt::ledger_id;

/// The registry as of the end of a log.
///
/// # Errors
/// The log is not founded, or can't be read.
pub fn registry(store: &dyn Entries) -> Result<Registry, LedgerFault> {
    let ledger = ledger_id(store)?;
    let keys = SealKeys { ledger };
    let mut registry = Registry::default();
    let from = match store.kept().filter(|_| store.is_whole()) {
        Some(side) => indexed(store, side, &keys, &mut registry)?,
        None => 0,
    };
    for frame in store.frames(from)? {
        let frame = frame?;
        let entries = frame.entries().skip_while(|(position, _)| *position < from);
        for (position, _) in entries {
            apply(&frame, position, &keys, &mut registry)?;
        }
    }
    Ok(registry)
}

/// The acts that the index names: up to where it speaks of the log.
fn indexed(
    store: &dyn Entries,
    side: &dyn Side,
    keys: &SealKeys,
    registry: &mut Registry,
) -> Result<u64, LedgerFault> {
    let mark = index::read_mark(side)?.filter(|mark| mark.size <= store.size());
    let Some(mark) = mark else {
        return Ok(0);
    };
    let positions = mark.registry_positions.iter();
    for &position in positions.filter(|position| **position < mark.size) {
        apply(&store.frame_of(position)?, position, keys, registry)?;
    }
    Ok(mark.size)
}

fn apply(
    frame: &Frame,
    position: u64,
    keys: &SealKeys,
    registry: &mut Registry,
) -> Result<(), LedgerFault> {
    let fault = |what: String| LedgerFault::Log { position, what };
    let entry = frame.entry(position).unwrap_or_default();
    let view = wire::decode_entry(entry).map_err(|refusal| fault(refusal.to_string()))?;
    let body = wire::decode_body(view.body).map_err(|refusal| fault(refusal.to_string()))?;
    if Registry::concerns(&body.payload) {
        let id = wire::event_id(view.body);
        registry.apply(position, view.received, id, &body, keys);
    }
    Ok(())
}
