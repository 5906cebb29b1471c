//! Projections over a part of a log: what one party may see of it.
//! Invariant: a gap is never a fault of the replay, and moves no figure that the part itself decides.

use std::collections::BTreeMap;

use domain::{PartyId, Registry};
use proptest::prelude::*;
use store::{Entries, SparseEntries};

use super::cuts::{choices, history};
use super::history::{History, dispatched, id, lost, lot, mined, received};
use super::{Sums, folded};
use crate::book::Book;
use crate::event::Event;
use crate::fold::Projected;
use crate::replay::{Until, advance, feed, replay, size_at, walk};
use crate::snapshot::state_digest;

/// The entries of a history for which `wanted` holds, at their positions.
fn part(history: &History, wanted: impl Fn(&Event) -> bool) -> SparseEntries {
    let store = history.store();
    let mut held = BTreeMap::new();
    feed(&store, 0, store.size(), &mut |event| {
        if wanted(event) {
            let frame = store.frame_of(event.position).unwrap();
            held.insert(
                event.position,
                frame.entry(event.position).unwrap().to_vec(),
            );
        }
    })
    .unwrap();
    SparseEntries::new(store.size(), held).unwrap()
}

fn concerns(event: &Event, party: PartyId) -> bool {
    event.body.author == party || Registry::concerns(&event.body.payload)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn all_entries_alone_are_the_log(choices in choices()) {
        let history = history(&choices);
        let (book, mut sums) = folded(&history);
        let all = part(&history, |_| true);
        let mut alone = Projected::<Sums>::new();
        let replayed = replay(&all, Until::End, &mut [&mut alone], &mut |_, _| {}).unwrap();
        prop_assert_eq!(
            state_digest(&replayed, &[&mut alone]),
            state_digest(&book, &[&mut sums])
        );
    }

    #[test]
    fn a_part_is_folded_without_the_rest(choices in choices(), cut in any::<prop::sample::Index>()) {
        let history = history(&choices);
        for party in [4, 5] {
            let entries = part(&history, |event| concerns(event, id(party)));
            let mut sums = Projected::<Sums>::new();
            let book = replay(&entries, Until::End, &mut [&mut sums], &mut |_, _| {}).unwrap();
            prop_assert_eq!(book.size(), entries.size());
            let expected = state_digest(&book, &[&mut sums]);
            // Cut in a gap or not, the state is the same.
            let cut = cut.index(history.size() as usize + 1) as u64;
            let (mut book, mut sums) = (Book::default(), Projected::<Sums>::new());
            for size in [cut, entries.size()] {
                advance(&entries, size, &mut book, &mut [&mut sums], &mut |_, _| {}).unwrap();
                prop_assert_eq!(book.size(), size);
            }
            prop_assert_eq!(state_digest(&book, &[&mut sums]), expected);
        }
    }
}

/// Party 5 sends and receives around events of party 4 that it does not see.
fn scattered() -> History {
    let mut history = History::founded();
    history.say(4, "2024-01-05", mined("M-0", 1000));
    let sent = history.say(4, "2024-01-06", dispatched(lot(4, "M-0"), 300, 5));
    history.say(5, "2024-01-08", received(sent, Some(300), "final"));
    let slip = history.say(4, "2024-01-09", lost(lot(4, "M-0"), 100));
    history.say(4, "2024-01-10", mined("M-1", 50));
    history.correct(4, slip, None);
    history
}

#[test]
fn another_authors_chain_is_seen_in_part() {
    let history = scattered();
    // Of party 4 only the first lot, the slip and its correction: seqs 0, 2 and 4.
    let entries = part(&history, |event| ![2, 5].contains(&event.position));
    assert!(!entries.is_whole());
    let mut signs = Vec::new();
    walk(&entries, Until::End, &mut |_, fact, _| {
        signs.push((fact.position, fact.sign));
    })
    .unwrap();
    // The correction finds the event that it reverses by its seq, over the gap.
    assert_eq!(signs, [(0, 1), (1, 1), (3, 1), (4, 1), (6, -1)]);
    // And what it reverses may lie in a gap itself: then nothing is reversed.
    let entries = part(&history, |event| event.position != 4);
    let mut facts = 0;
    walk(&entries, Until::End, &mut |_, fact, _| {
        assert!(fact.sign == 1);
        facts += 1;
    })
    .unwrap();
    assert_eq!(facts, 5);
}

#[test]
fn a_moment_is_found_between_gaps() {
    let history = scattered();
    let entries = part(&history, |event| [0, 3, 4].contains(&event.position));
    let size = |position, ms| {
        let moment = history.received(position).plus_ms(ms);
        size_at(&entries, Until::Received(moment)).unwrap()
    };
    assert_eq!(size(0, -1), 0);
    assert_eq!(size(0, 0), 1);
    assert_eq!(size(3, -1), 1);
    assert_eq!(size(3, 0), 4);
    assert_eq!(size(6, 0), 5);
}
