//! What every reader of entries keeps to, whole or in part.
//! Invariant: checks only what the trait promises, against the entries that are expected.
//! Does not know where the entries come from.

use crate::{Entries, StoreFault};

/// Checks that these are exactly the expected entries, by position, of a log of that size.
///
/// # Panics
/// With the broken promise, if they do not keep the contract.
pub fn check_entries(entries: &dyn Entries, size: u64, expected: &[(u64, Vec<u8>)]) {
    assert_eq!(entries.size(), size, "size of the log");
    let is_whole = expected.len() as u64 == size;
    assert_eq!(entries.is_whole(), is_whole, "whether they are all");
    let handle = entries.handle();
    for entries in [entries, &*handle] {
        for from in 0..=size {
            assert_eq!(
                entries_from(entries, from),
                held(expected, from),
                "from {from}"
            );
        }
        for position in 0..size {
            let known = expected.binary_search_by_key(&position, |(at, _)| *at);
            match (entries.frame_of(position), known) {
                (Ok(frame), Ok(at)) => {
                    let entry = frame.entry(position);
                    assert_eq!(entry, expected.get(at).map(|(_, entry)| entry.as_slice()));
                }
                (Err(StoreFault::NotHeld { position: named }), Err(_)) => {
                    assert_eq!(named, position, "the gap that is named");
                }
                (found, _) => panic!("position {position}: {found:?}"),
            }
        }
        for beyond in [size, size + 1, u64::MAX] {
            let found = entries.frame_of(beyond);
            assert!(
                matches!(found, Err(StoreFault::PastEnd { .. })),
                "{found:?}"
            );
        }
        let beyond = entries.frames(size + 1).map(|_| ());
        assert!(
            matches!(beyond, Err(StoreFault::PastEnd { .. })),
            "{beyond:?}"
        );
    }
}

fn held(expected: &[(u64, Vec<u8>)], from: u64) -> Vec<(u64, Vec<u8>)> {
    let held = expected.iter().filter(|(at, _)| *at >= from);
    held.cloned().collect()
}

/// Entries at and after a position; the first frame may begin before it, and must not end before it.
fn entries_from(entries: &dyn Entries, from: u64) -> Vec<(u64, Vec<u8>)> {
    let mut found = Vec::new();
    for frame in entries.frames(from).expect("frames within the log") {
        let frame = frame.expect("a frame of an undamaged log");
        assert!(frame.end() > from, "a frame that ends before {from}");
        let wanted = frame.entries().filter(|(at, _)| *at >= from);
        found.extend(wanted.map(|(at, entry)| (at, entry.to_vec())));
    }
    assert!(found.is_sorted_by(|(a, _), (b, _)| a < b), "ascending");
    found
}
