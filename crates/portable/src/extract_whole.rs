//! Whether an extract holds all of its authors' events up to a commitment to heads, and whether who is not in it is not in
//! the log.
//!
//! Invariant: believes no leaf that is not proven under the commitment, and no index that is only claimed. That the commitment
//! itself is true only the whole log shows, and that is said.

use std::collections::BTreeSet;

use chain::{Hash, verify_inclusion};
use domain::PartyId;
use domain::payload::HeadsCommitted;
use verify::FaultKind;

use crate::extract::ExtractedHeads;
use crate::extract_check::{Check, hashes};

impl Check<'_> {
    pub(crate) fn completeness(&mut self) {
        let (Some(heads), Some(commitment)) = (&self.extract.heads, self.commitment.clone()) else {
            let note = "whether events were left out: no commitment to every author's newest event is in the extract";
            self.report.not_checked.push(note.to_owned());
            if let Some(heads) = &self.extract.heads {
                let expected = "a heads commitment at this position";
                self.report
                    .fault(FaultKind::Heads, heads.position, expected, "none");
            }
            return;
        };
        let heads = heads.clone();
        if commitment.covered > heads.position {
            let expected = "a commitment that covers what lies before it";
            let found = format!("one over {} entries", commitment.covered);
            self.report
                .fault(FaultKind::Heads, heads.position, expected, found);
        }
        self.leaves(&heads, &commitment);
        let mut authors: BTreeSet<PartyId> = self.seen.keys().copied().collect();
        authors.insert(self.extract.party);
        for author in authors {
            self.author(&heads, &commitment, &author);
        }
        let note = format!(
            "whether events of these authors from position {} on were left out: the commitment at position {} covers what lies before {}",
            commitment.covered, heads.position, commitment.covered
        );
        self.report.not_checked.push(note);
        let note = format!(
            "whether the commitment at position {} is true: only the whole log shows what its operator left out of it",
            heads.position
        );
        self.report.not_checked.push(note);
    }

    fn leaves(&mut self, heads: &ExtractedHeads, commitment: &HeadsCommitted) {
        let root = Hash::from_bytes(commitment.root.0);
        for leaf in &heads.leaves {
            let proof = hashes(&leaf.proof);
            let proven =
                verify_inclusion(&leaf.leaf(), leaf.index, commitment.authors, &proof, &root);
            if let Err(refusal) = proven {
                let expected = format!("a head of {} under the commitment", leaf.author);
                self.report
                    .fault(FaultKind::Heads, heads.position, &expected, refusal);
            }
        }
    }

    /// An author's events up to the commitment end with its head; one without a head has none, and its neighbours in the
    /// tree stand side by side.
    fn author(&mut self, heads: &ExtractedHeads, commitment: &HeadsCommitted, author: &PartyId) {
        let none = Vec::new();
        let seen = self.seen.get(author).unwrap_or(&none);
        let mut covered = seen
            .iter()
            .filter(|(position, ..)| *position < commitment.covered);
        let last = covered.next_back().map(|(_, seq, id)| (*seq, *id));
        let leaf = heads.leaves.iter().find(|leaf| leaf.author == *author);
        let agrees = match (leaf, last) {
            (Some(leaf), Some((seq, id))) => leaf.last_seq == seq && leaf.last.0 == id,
            (None, None) => is_absent(heads, commitment, author),
            _ => false,
        };
        if !agrees {
            let found = last.map_or_else(
                || "none".to_owned(),
                |(seq, _)| format!("the last has seq {seq}"),
            );
            let expected = format!("every event of {author} up to its head");
            self.report
                .fault(FaultKind::Missing, heads.position, &expected, found);
        }
    }
}

/// Two neighbouring leaves between which the author would stand, or one end of the tree.
fn is_absent(heads: &ExtractedHeads, commitment: &HeadsCommitted, author: &PartyId) -> bool {
    let below = heads
        .leaves
        .iter()
        .filter(|leaf| leaf.author < *author)
        .map(|leaf| leaf.index)
        .max();
    let above = heads
        .leaves
        .iter()
        .filter(|leaf| leaf.author > *author)
        .map(|leaf| leaf.index)
        .min();
    match (below, above) {
        // An index may be any number that the document claims.
        (Some(below), Some(above)) => above.checked_sub(1) == Some(below),
        (Some(below), None) => commitment.authors.checked_sub(1) == Some(below),
        (None, Some(above)) => above == 0,
        (None, None) => commitment.authors == 0,
    }
}
