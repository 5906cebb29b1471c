//! Positions of one author's events, by seq.
//!
//! Invariant: gives the position under which a seq was added, and nothing for one that was not. A word an event and a few
//! words a gap: a whole log has no gaps, and whoever holds a part of one sees other authors in part.

use bincode::{Decode, Encode};

/// The events of one author that are held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct AuthorChain {
    /// Seqs that follow each other without a gap.
    runs: Vec<Run>,
    positions: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
struct Run {
    first_seq: u64,
    /// Index in `positions` of the first seq.
    begin: u64,
}

impl AuthorChain {
    /// Adds an event. Seqs rise with positions; admission saw to it, and one that does not is passed over.
    pub(super) fn add(&mut self, seq: u64, position: u64) {
        let begin = self.positions.len() as u64;
        let next = self
            .runs
            .last()
            .map(|run| run.first_seq + (begin - run.begin));
        match next {
            Some(next) if seq == next => {}
            Some(next) if seq < next => return,
            _ => self.runs.push(Run {
                first_seq: seq,
                begin,
            }),
        }
        self.positions.push(position);
    }

    /// Where the event of this seq is, if it is held.
    pub(super) fn position(&self, seq: u64) -> Option<u64> {
        let after = self.runs.partition_point(|run| run.first_seq <= seq);
        let run = self.runs.get(after.checked_sub(1)?)?;
        let end = self.runs.get(after).map(|next| next.begin);
        let at = run.begin.checked_add(seq - run.first_seq)?;
        let is_held = end.is_none_or(|end| at < end);
        let at = usize::try_from(at).ok().filter(|_| is_held)?;
        self.positions.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seq_is_found_where_it_was_added_and_nowhere_else() {
        let mut chain = AuthorChain::default();
        assert_eq!(chain.position(0), None);
        let held = [(0, 3), (1, 5), (4, 6), (5, 9), (6, 10), (u64::MAX - 1, 30)];
        for (seq, position) in held {
            chain.add(seq, position);
        }
        for seq in (0..9).chain([u64::MAX - 1, u64::MAX]) {
            let expected = held.iter().find(|(held, _)| *held == seq);
            let expected = expected.map(|(_, position)| *position);
            assert_eq!(chain.position(seq), expected, "{seq}");
        }
        assert_eq!(chain.runs.len(), 3);
        chain.add(5, 99);
        assert_eq!(chain.position(5), Some(9), "the first one stays");
    }
}
