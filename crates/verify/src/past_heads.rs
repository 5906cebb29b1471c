//! Heads as they were a while ago: what a commitment covers lies a little before the place where it stands.
//!
//! Invariant: undoing what was noted, newest first, gives the heads of that size exactly. Memory is bounded; what lies
//! further back is said not to be known.

use std::collections::{BTreeMap, VecDeque};

use chain::AuthorHead;
use domain::PartyId;

/// Events that can be undone: a commitment is written within so many.
const UNDONE_MAX: usize = 65_536;

/// The newest events, each with the head that its author had before.
#[derive(Debug, Default)]
pub(crate) struct PastHeads(VecDeque<(u64, PartyId, Option<AuthorHead>)>);

impl PastHeads {
    pub(crate) fn note(&mut self, position: u64, author: PartyId, before: Option<AuthorHead>) {
        if self.0.len() == UNDONE_MAX {
            self.0.pop_front();
        }
        self.0.push_back((position, author, before));
    }

    /// The heads when the log had `covered` entries, of which it has `size` now; nothing if that is too far back.
    pub(crate) fn at(
        &self,
        covered: u64,
        size: u64,
        now: impl Iterator<Item = (PartyId, AuthorHead)>,
    ) -> Option<BTreeMap<PartyId, AuthorHead>> {
        if size.saturating_sub(covered) > self.0.len() as u64 {
            return None;
        }
        let mut heads: BTreeMap<_, _> = now.collect();
        let since = self.0.iter().rev();
        for (_, author, before) in since.take_while(|(position, ..)| *position >= covered) {
            match before {
                Some(before) => heads.insert(*author, *before),
                None => heads.remove(author),
            };
        }
        Some(heads)
    }
}
