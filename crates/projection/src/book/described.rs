//! What was known of a lot at an earlier position of the log.
//!
//! Invariant: whoever asks about the position at which a statement was booked is told what that statement met, so that its
//! reversal is the exact opposite. Memory: one description for each that a correction replaced or took back; that a lot
//! was unknown before it was described needs none. Knows nothing of stock.

use bincode::{Decode, Encode};
use domain::LotId;

use super::{Book, LotRecord};

/// A description that no longer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(super) struct Earlier {
    record: LotRecord,
    /// The last position whose statements met it.
    last: u64,
}

impl Book {
    /// What the log up to `position`, with the event there, made known of a lot. Folds ask it of [`crate::Fact::booked_at`],
    /// so that a reversal finds what the statement found.
    pub fn lot_at(&self, lot: &LotId, position: u64) -> Option<LotRecord> {
        self.described(lot, position, |since| since <= position)
    }

    /// The same without what the event at `position` itself brings forth: an event draws before it creates.
    pub(super) fn lot_before(&self, lot: &LotId, position: u64) -> Option<LotRecord> {
        self.described(lot, position, |since| since < position)
    }

    fn described(
        &self,
        lot: &LotId,
        position: u64,
        holds: impl Fn(u64) -> bool,
    ) -> Option<LotRecord> {
        let now = self.lot(lot).filter(|known| holds(known.first_position));
        let before = || {
            // Oldest first, and the next begins where one ended.
            let known = self.earlier.get(lot)?;
            let after = known.partition_point(|known| holds(known.record.first_position));
            let known = known.get(after.checked_sub(1)?)?;
            (position <= known.last).then_some(known)
        };
        now.or_else(|| before().map(|known| known.record))
    }

    /// Keeps a description that a correction ends.
    pub(super) fn keep_earlier(&mut self, lot: LotId, record: LotRecord, last: u64) {
        let known = self.earlier.entry(lot).or_default();
        known.push(Earlier { record, last });
    }
}
