//! Opening: from the mark of the side area, or from nothing, to the end of the log, through the functions that the
//! running sequencer uses.
//!
//! Invariant: the tree recomputed from the entries carries the root that the last checkpoint signs, else the ledger
//! refuses to open. Signatures are not checked again here: whoever doubts the store runs the verifier.

use chain::{Frontier, TileBuilder};
use domain::Moment;
use store::Store;
use verify::{Admission, Place, Prepared, prepare};

use crate::fault::LedgerFault;
use crate::index::{self, Pending, StoredTiles};

/// The state of the writer after some position.
pub(crate) struct Recovered {
    pub admission: Admission,
    pub tiles: TileBuilder,
    pub pending: Pending,
    pub received: Option<Moment>,
    /// Entries that were replayed, because the side area lagged or was gone.
    pub replayed: u64,
}

/// Brings admission, tiles and indexes to the end of the log.
pub(crate) fn recover(store: &dyn Store) -> Result<Recovered, LedgerFault> {
    let mut state = from_mark(store)?.unwrap_or_else(|| Recovered {
        admission: Admission::new(),
        tiles: TileBuilder::new(),
        pending: Pending::default(),
        received: None,
        replayed: 0,
    });
    let from = state.tiles.size();
    for frame in store.frames(from)? {
        let frame = frame?;
        for (position, entry) in frame.entries().skip_while(|(position, _)| *position < from) {
            replay(&mut state, position, entry)?;
        }
        state.pending.take_tiles(&mut state.tiles);
    }
    check_against_checkpoint(store, &state)?;
    Ok(state)
}

fn replay(state: &mut Recovered, position: u64, entry: &[u8]) -> Result<(), LedgerFault> {
    let event = decode(position, entry)?;
    let place = Place {
        position,
        received: event.0,
    };
    state.admission.apply(&place, &event.1);
    let registry = domain::Registry::concerns(&event.1.body.payload);
    state
        .pending
        .note(event.1.body.author, event.1.body.seq, position, registry);
    state.tiles.push(chain::leaf_hash(entry));
    state.received = Some(event.0);
    state.replayed += 1;
    Ok(())
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
fn from_mark(store: &dyn Store) -> Result<Option<Recovered>, LedgerFault> {
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
        admission.apply(&Place { position, received }, &event);
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
    Ok(Some(Recovered {
        admission,
        tiles,
        pending: Pending::default(),
        received,
        replayed: 0,
    }))
}

fn check_against_checkpoint(store: &dyn Store, state: &Recovered) -> Result<(), LedgerFault> {
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
    match seal::peek_unverified(&note) {
        Ok(checkpoint) if checkpoint.size == size && checkpoint.root == state.tiles.root() => {
            Ok(())
        }
        Ok(checkpoint) => fault(format!(
            "the last checkpoint signs size {} and root {}, the entries make size {size} and root {}",
            checkpoint.size,
            checkpoint.root,
            state.tiles.root()
        )),
        Err(refusal) => fault(format!("the last checkpoint can't be read: {refusal}")),
    }
}
