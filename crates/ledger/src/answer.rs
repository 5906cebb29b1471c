//! What goes in and what comes back.
//!
//! Invariant: every submitted event gets exactly one answer, and an accepted one is durable. The same event again gets
//! the answer of the first time.

use std::sync::Arc;

use author::SignedEvent;
use domain::EventId;
use verify::AdmissionRefusal;

/// An event that is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub position: u64,
    pub id: EventId,
    /// It was in the log before; this is the answer of the first time.
    pub repeated: bool,
    /// The signed checkpoint of the group that committed it.
    pub checkpoint: Arc<[u8]>,
}

/// An event that is not in the log, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAdmitted {
    pub refusal: AdmissionRefusal,
    /// Both events, where one author signed two for one place.
    pub evidence: Option<Box<Conflict>>,
}

/// Two signed events of one author at one place of its chain. Whoever holds the author's key can check it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The event in the log.
    pub held: SignedEvent,
    /// Its position.
    pub held_position: u64,
    /// The event that was offered later.
    pub offered: SignedEvent,
}

/// The answer to one event.
pub type Reply = Result<Accepted, NotAdmitted>;
