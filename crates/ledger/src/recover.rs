//! Opening: from the mark of the side area, or from nothing, to the end of the log, through the functions that the
//! running sequencer uses.
//!
//! Invariant: the tree recomputed from the entries carries the root that the last checkpoint signs, else the ledger
//! refuses to open. Signatures are not checked again here: whoever doubts the store runs the verifier.

use chain::{Frontier, TileBuilder};
use domain::Moment;
use store::Store;
use verify::{Admission, EntryPlace, Prepared, prepare};

use crate::fault::LedgerFault;
use crate::index::{self, Pending, StoredTiles};
use crate::tip::Tip;

/// The state of the writer after some position.
pub(crate) struct Recovered {
    pub tip: Tip,
    /// Entries that were replayed, because the side area lagged or was gone.
    pub replayed: u64,
}

/// Brings admission, tiles and indexes to the end of the log.
pub(crate) fn recover(store: &dyn Store) -> Result<Recovered, LedgerFault> {
    let mut tip = from_mark(store)?.unwrap_or_default();
    let from = tip.size();
    for frame in store.frames(from)? {
        let frame = frame?;
        for (position, entry) in frame.entries().skip_while(|(position, _)| *position < from) {
            let (received, event) = decode(position, entry)?;
            tip.take(received, &event, entry);
        }
        tip.take_tiles();
    }
    check_against_checkpoint(store, &tip)?;
    let replayed = tip.size() - from;
    Ok(Recovered { tip, replayed })
}

/// Brings the indexes in the side area to the end of the log, without a key and without writing to the log: how many entries
/// were replayed for it.
///
/// # Errors
/// The store fails, or the log does not carry the root that its last checkpoint signs.
pub fn reindex(store: &dyn Store) -> Result<u64, LedgerFault> {
    let Recovered { mut tip, replayed } = recover(store)?;
    let Tip {
        admission,
        tiles,
        pending,
        ..
    } = &mut tip;
    if replayed > 0 {
        pending.flush(store.side(), tiles, admission.authors())?;
        store.side().flush()?;
    }
    Ok(replayed)
}

fn decode(position: u64, entry: &[u8]) -> Result<(Moment, Prepared), LedgerFault> {
    let view = wire::decode_entry(entry).map_err(|refusal| LedgerFault::Log {
        position,
        what: refusal.to_string(),
    })?;
    let event = prepare(
        view.body.to_vec().into(),
        view.signatures().collect(),
        &verify::KeyDirectory::default(),
    );
    let event = event.map_err(|refusal| LedgerFault::Log {
        position,
        what: refusal.to_string(),
    })?;
    Ok((view.received, event))
}

/// The mark is used only if everything it speaks of is there and agrees; else the log is replayed from the start.
fn from_mark(store: &dyn Store) -> Result<Option<Tip>, LedgerFault> {
    let Some(mark) =
        index::read_mark(store.side())?.filter(|mark| mark.size > 0 && mark.size <= store.size())
    else {
        return Ok(None);
    };
    let Ok(frontier) = Frontier::from_bytes(&mark.frontier) else {
        return Ok(None);
    };
    let Ok(tiles) = TileBuilder::resume(frontier, &StoredTiles(store.side())) else {
        return Ok(None);
    };
    if tiles.size() != mark.size {
        return Ok(None);
    }
    let mut admission = Admission::new();
    for position in mark
        .registry_positions
        .iter()
        .copied()
        .filter(|position| *position < mark.size)
    {
        let frame = store.frame_of(position)?;
        let Some(entry) = frame.entry(position) else {
            return Ok(None);
        };
        let (received, event) = decode(position, entry)?;
        admission.apply(&EntryPlace { position, received }, &event);
    }
    if admission.ledger().is_none() {
        return Ok(None);
    }
    admission.restore_authors(mark.size, mark.authors);
    let last = store.frame_of(mark.size - 1)?;
    let Some(entry) = last.entry(mark.size - 1) else {
        return Ok(None);
    };
    let received = Some(decode(mark.size - 1, entry)?.0);
    Ok(Some(Tip {
        admission,
        tiles,
        pending: Pending::default(),
        received,
    }))
}

fn check_against_checkpoint(store: &dyn Store, tip: &Tip) -> Result<(), LedgerFault> {
    let size = store.size();
    let Some(note) = store.checkpoint()? else {
        return Ok(());
    };
    let fault = |what: String| {
        Err(LedgerFault::Log {
            position: size.saturating_sub(1),
            what,
        })
    };
    match signing::peek_unverified(&note) {
        Ok(checkpoint) if checkpoint.size == size && checkpoint.root == tip.tiles.root() => Ok(()),
        Ok(checkpoint) => fault(format!(
            "the last checkpoint signs size {} and root {}, the entries make size {size} and root {}",
            checkpoint.size,
            checkpoint.root,
            tip.tiles.root()
        )),
        Err(refusal) => fault(format!("the last checkpoint can't be read: {refusal}")),
    }
}
