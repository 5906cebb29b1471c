//! Where the writer stands: what every event leaves behind in it, and the one way in which an event is taken.
//!
//! Invariant: admission, tiles, indexes and clock speak of the same entries. The running sequencer and a restart call
//! [`Tip::take`] alike. Knows no store and no keys.

use chain::{TileBuilder, leaf_hash};
use domain::{Moment, Registry};
use verify::{Admission, EntryPlace, Prepared};

use crate::index::Pending;

/// The state of the writer after the entries that it has taken.
#[derive(Debug, Default)]
pub(crate) struct Tip {
    pub admission: Admission,
    pub tiles: TileBuilder,
    pub pending: Pending,
    /// When the last entry was received.
    pub received: Option<Moment>,
}

impl Tip {
    /// Entries taken, which is the position of the next one.
    pub(crate) fn size(&self) -> u64 {
        self.tiles.size()
    }

    /// Takes the next event, which was admitted, and the entry that holds it.
    pub(crate) fn take(&mut self, received: Moment, event: &Prepared, entry: &[u8]) {
        let position = self.size();
        self.admission
            .apply(&EntryPlace { position, received }, event);
        let concerns_registry = Registry::concerns(&event.body.payload);
        let (author, seq) = (event.body.author, event.body.seq);
        self.pending.note(author, seq, position, concerns_registry);
        self.tiles.push(leaf_hash(entry));
        self.received = Some(received);
    }

    /// Tiles that became full wait for the side area, no longer for the tree.
    pub(crate) fn take_tiles(&mut self) {
        self.pending.take_tiles(&mut self.tiles);
    }
}
