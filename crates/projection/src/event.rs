//! Events as they come from the log, and facts as folds see them.
//!
//! Invariant: a correction is never a fact of its own: it is the reversal of what stood, and what stands instead.
//! Knows nothing of stock.

use domain::{Body, Day, EventId, Moment, Month, PartyId, Payload};

use crate::amount::Amount;
use crate::fault::ProjectionFault;

/// A decoded log entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub position: u64,
    /// When the node received it: when it became known.
    pub received: Moment,
    pub id: EventId,
    pub body: Body,
}

impl Event {
    /// Decodes the entry at `position`.
    ///
    /// # Errors
    /// [`ProjectionFault::Log`]: admitted entries decode, so the log is damaged or of a newer version.
    pub fn decode(position: u64, entry: &[u8]) -> Result<Self, ProjectionFault> {
        let fault = |refusal: wire::Refusal| ProjectionFault::Log {
            position,
            what: refusal.to_string(),
        };
        let view = wire::decode_entry(entry).map_err(fault)?;
        let body = wire::decode_body(view.body).map_err(fault)?;
        Ok(Self {
            position,
            received: view.received,
            id: wire::event_id(view.body),
            body,
        })
    }
}

/// What a fold sees: a statement that holds from now on (+1), or one that no longer holds (-1).
#[derive(Debug, Clone, Copy)]
pub struct Fact<'a> {
    pub position: u64,
    pub received: Moment,
    pub author: PartyId,
    /// When it happened. A correction states the time of the event it corrects.
    pub occurred: Moment,
    /// Day and month of `occurred` in the ledger's zone.
    pub day: Day,
    pub happened_in: Month,
    /// The month in which the author's figures change: the same, or the one after the last month that the author has
    /// closed (a closed month never changes).
    pub month: Month,
    /// The event that others refer to, even after it was corrected.
    pub stated_by: EventId,
    /// Its position.
    pub stated_at: u64,
    /// Where what is stated, or taken back, was booked: the position of the event, or of the correction that put it in its
    /// place.
    pub booked_at: u64,
    /// The event that stands in the log here: `stated_by` itself or its correction.
    pub cause: EventId,
    /// Whether it is stated again, or taken back, because of what `cause` says of another event: then its author said
    /// nothing here.
    pub is_derived: bool,
    /// +1 or -1.
    pub sign: i8,
    pub payload: &'a Payload,
}

impl Fact<'_> {
    /// A quantity of the payload as a posting: positive when stated, negative when reversed.
    pub fn signed(&self, quantity: &domain::Quantity) -> Amount {
        Amount::from(quantity).times(self.sign)
    }

    /// Whether the fact comes from a correction.
    pub fn is_correction(&self) -> bool {
        self.cause != self.stated_by
    }
}
