//! Where an author's chain stands, and the ledger that it is a chain of.
//!
//! Invariant: the state behind an event follows from the state before it and the event alone. Judges nothing.

use chain::AuthorHead;
use domain::{Body, EventId, Moment, Payload};

/// Where an author stands: its chain, and what its next event may not fall behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorState {
    pub head: AuthorHead,
    /// When it signed its last event; nothing if it has signed none.
    pub signed: Option<Moment>,
    /// Entries that it had seen then.
    pub seen: u64,
}

impl AuthorState {
    /// An author that has signed nothing in this ledger.
    pub const fn start(ledger: [u8; 32]) -> Self {
        Self {
            head: AuthorHead::start(ledger),
            signed: None,
            seen: 0,
        }
    }

    /// The author behind this event.
    #[must_use]
    pub const fn behind(self, body: &Body, id: &EventId) -> Self {
        Self {
            head: self.head.extend(id.0),
            signed: Some(body.signed),
            seen: body.seen.size,
        }
    }
}

/// The id of the ledger that this event founds; nothing for any other event.
pub fn ledger_of(body: &Body, id: &EventId) -> Option<[u8; 32]> {
    match &body.payload {
        Payload::LedgerFounded(founded) => Some(chain::ledger_id(&founded.origin, &id.0)),
        _ => None,
    }
}
