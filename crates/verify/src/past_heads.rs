//! Heads as they were a while ago: what a commitment covers lies a little before the place where it stands.
//!
//! Invariant: undoing what was noted, newest first, gives the heads of that size exactly. Memory is bounded; no commitment
//! may cover what lies further back, so that a false one is always found.

use std::collections::{BTreeMap, VecDeque};

use chain::AuthorHead;
use domain::PartyId;

/// Entries that can be undone: a commitment must be written within so many.
pub(crate) const UNDONE_MAX: usize = 65_536;

/// The newest events, each with the head that its author had before.
#[derive(Debug, Clone, Default)]
pub(crate) struct PastHeads {
    events: VecDeque<(u64, PartyId, Option<AuthorHead>)>,
    /// Nothing before this size was noted.
    since: u64,
}

impl PastHeads {
    /// Of a log that is taken up in the middle.
    pub(crate) fn since(size: u64) -> Self {
        Self {
            events: VecDeque::new(),
            since: size,
        }
    }

    pub(crate) fn note(&mut self, position: u64, author: PartyId, before: Option<AuthorHead>) {
        if self.events.len() == UNDONE_MAX {
            self.events.pop_front();
        }
        self.events.push_back((position, author, before));
    }

    /// The heads when the log had `covered` entries, of which it has `size` now; nothing if that is too far back.
    pub(crate) fn at(
        &self,
        covered: u64,
        size: u64,
        now: impl Iterator<Item = (PartyId, AuthorHead)>,
    ) -> Option<BTreeMap<PartyId, AuthorHead>> {
        if covered < self.since || size.saturating_sub(covered) > UNDONE_MAX as u64 {
            return None;
        }
        let mut heads: BTreeMap<_, _> = now.collect();
        let since = self.events.iter().rev();
        for (_, author, before) in since.take_while(|(position, ..)| *position >= covered) {
            match before {
                Some(before) => heads.insert(*author, *before),
                None => heads.remove(author),
            };
        }
        Some(heads)
    }

    /// The id of an author's event by its seq, if one was its head a while ago.
    pub(crate) fn event(&self, author: &PartyId, seq: u64) -> Option<[u8; 32]> {
        let heads = self.events.iter().rev().filter(|(_, of, _)| of == author);
        let mut heads = heads.filter_map(|(_, _, before)| *before);
        let head = heads.find(|head| head.next_seq.checked_sub(1) == Some(seq))?;
        Some(head.last)
    }
}
