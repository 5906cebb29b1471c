//! Runs of a chained verification: events of one author, one after the other, by the same keys.
//!
//! Invariant: only the newest event of a run is kept, as a copy; a slice would hold on to the whole group of every author's
//! newest event. Checks no signature.

use domain::payload::Payload;
use domain::{KeyId, PartyId};
use hashbrown::HashMap;

use crate::prepare::{Prepared, Signatures};

/// The newest event of an author, whose signatures vouch for the run before it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    pub position: u64,
    pub bytes: Vec<u8>,
    pub signatures: Signatures,
    /// Of an event that may be signed by a key that it shows itself.
    pub shows: Option<Payload>,
}

impl Run {
    fn is_by_keys_of(&self, event: &Prepared) -> bool {
        self.keys().eq(event.signatures.iter().map(|(key, _)| key))
    }

    fn keys(&self) -> impl Iterator<Item = &KeyId> {
        self.signatures.iter().map(|(key, _)| key)
    }

    fn take(&mut self, position: u64, event: &Prepared) {
        self.position = position;
        self.bytes.clear();
        self.bytes.extend_from_slice(&event.bytes);
        self.signatures.clone_from(&event.signatures);
        let payload = &event.body.payload;
        self.shows = payload.shown_key().map(|_| payload.clone());
    }
}

/// The run of every author.
#[derive(Debug, Clone, Default)]
pub(crate) struct Runs(HashMap<PartyId, Run>);

impl Runs {
    /// Goes on with the author's run; a run of other keys that ends here is given back, to be checked.
    pub(crate) fn extend(&mut self, position: u64, event: &Prepared) -> Option<Run> {
        let run = self.0.entry(event.body.author).or_default();
        let ends = !run.signatures.is_empty() && !run.is_by_keys_of(event);
        let ended = ends.then(|| std::mem::take(run));
        run.take(position, event);
        ended
    }

    /// The runs that the end of the log ends.
    pub(crate) fn into_runs(self) -> impl Iterator<Item = Run> {
        self.0.into_values()
    }
}
