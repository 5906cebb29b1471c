//! A log verified as it grows: the same as in one reading, without reading twice, and no bad part of it is taken.

use std::cell::RefCell;
use std::sync::Arc;

use chain::empty_root;
use domain::{Bytes32, Seen};
use store::{MemoryStore, Store};
use testkit::{TestCountry, accept, at, open};
use wire::Entry;

use super::*;

/// A copy in groups of so many entries, and the positions that were asked for.
struct Copy {
    entries: Vec<Vec<u8>>,
    group: usize,
    asked: RefCell<Vec<u64>>,
}

impl Copy {
    fn of(entries: &[Vec<u8>], group: usize) -> Self {
        Self {
            entries: entries.to_vec(),
            group,
            asked: RefCell::default(),
        }
    }

    fn root(&self, size: u64) -> Hash {
        let mut tree = Frontier::new();
        let entries = self.entries.iter().take(usize::try_from(size).unwrap());
        entries.for_each(|entry| tree.push(leaf_hash(entry)));
        tree.root()
    }
}

impl ByPosition for Copy {
    fn group_of(&self, position: u64) -> Result<Group, SourceDamage> {
        self.asked.borrow_mut().push(position);
        let first = usize::try_from(position).unwrap() / self.group * self.group;
        let entries = self.entries.get(first..).unwrap_or_default();
        let mut packed = Vec::new();
        for entry in entries.iter().take(self.group) {
            packed.extend_from_slice(&u16::try_from(entry.len()).unwrap().to_be_bytes());
            packed.extend_from_slice(entry);
        }
        Ok(Group {
            first: first as u64,
            packed,
            checkpoint: None,
        })
    }
}

fn nothing_held_back() -> Growing {
    Growing::within(4)
}

fn entries_of(store: &dyn Store) -> Vec<Vec<u8>> {
    let frames = store.frames(0).unwrap().map(Result::unwrap);
    frames
        .flat_map(|frame| {
            let entries = frame.entries().map(|(_, entry)| entry.to_vec());
            entries.collect::<Vec<_>>()
        })
        .collect()
}

/// A log of some six hundred entries; the last few of the mine had seen these sizes of it, long ago.
fn log(seen: &[u64]) -> (Vec<Vec<u8>>, TestCountry) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let mut country = TestCountry::new();
    let (ledger, _) = open(&store, at("2024-01-10"));
    accept(&ledger, country.founding.clone());
    let lots = (0..600).map(|lot| country.mined_by(5, lot)).collect();
    accept(&ledger, lots);
    for (lot, size) in (600..).zip(seen) {
        let copy = Copy::of(&entries_of(&*store), 1);
        country.authors.seen = Seen {
            size: *size,
            root: Bytes32(*copy.root(*size).as_bytes()),
        };
        accept(&ledger, vec![country.mined(lot)]);
    }
    ledger.close().unwrap();
    (entries_of(&*store), country)
}

fn grow(growing: &mut Growing, copy: &Copy) -> Result<(), Stopped> {
    growing.grow(copy, copy.entries.len() as u64, &mut |_| {})
}

#[test]
fn it_comes_to_the_same_however_it_grew_and_reads_nothing_again() {
    let (entries, _) = log(&[]);
    for (group, steps) in [
        (100, &[50, 100, 101, 355, 605][..]),
        (256, &[605]),
        (7, &[1, 605]),
    ] {
        let mut growing = nothing_held_back();
        for size in steps {
            let before = growing.size();
            let copy = Copy::of(&entries[..*size], group);
            grow(&mut growing, &copy).unwrap();
            assert_eq!(growing.size(), *size as u64);
            assert!(copy.asked.borrow().iter().all(|asked| *asked >= before));
            assert_eq!(
                growing.root_at(*size as u64, &copy),
                Some(copy.root(*size as u64))
            );
        }
        assert!(growing.log_keys().current().is_some());
    }
}

#[test]
fn every_earlier_root_is_known_by_reading_at_most_one_group() {
    let (entries, _) = log(&[]);
    for group in [256, 512] {
        let copy = Copy::of(&entries, group);
        let mut growing = nothing_held_back();
        grow(&mut growing, &copy).unwrap();
        // The newest entries are not under a kept hash yet, and the window of this test is small.
        for size in (0..=512).chain([605]) {
            copy.asked.borrow_mut().clear();
            assert_eq!(
                growing.root_at(size, &copy),
                Some(copy.root(size)),
                "{size}"
            );
            assert!(copy.asked.borrow().len() <= 1, "{size}");
        }
        assert_eq!(growing.root_at(606, &copy), None, "not verified yet");
        assert_eq!(growing.root_at(0, &copy), Some(empty_root()));
        // A copy that was replaced by another one gives no root.
        let mut other = Copy::of(&entries, group);
        other.entries[200].push(0);
        assert_eq!(growing.root_at(210, &other), None);
        assert_eq!(growing.root_at(256, &other), Some(copy.root(256)));
        assert_eq!(growing.root_at(300, &other), Some(copy.root(300)));
    }
}

#[test]
fn what_an_author_had_seen_long_ago_is_compared_with_what_was_kept() {
    let (entries, mut country) = log(&[7, 256, 300]);
    let copy = Copy::of(&entries, 256);
    let mut growing = nothing_held_back();
    grow(&mut growing, &copy).unwrap();
    let size = growing.size();
    country.authors.seen = Seen {
        size: 300,
        root: Bytes32(*copy.root(301).as_bytes()),
    };
    let event = country.mined(700);
    let lie = Entry {
        received: at("2024-01-10"),
        body: event.body,
        signatures: event.signatures,
    };
    let mut entries = entries;
    entries.push(wire::encode_entry(&lie).unwrap());
    let Err(Stopped::Bad(report)) = grow(&mut growing, &Copy::of(&entries, 256)) else {
        panic!("an author saw another history")
    };
    assert_eq!(report.faults[0].kind, crate::FaultKind::Seen);
    assert_eq!((report.faults[0].position, growing.size()), (size, size));
}

#[test]
fn what_is_bad_leaves_no_trace_and_what_is_missing_accuses_nobody() {
    let (entries, _) = log(&[]);
    let mut growing = nothing_held_back();
    grow(&mut growing, &Copy::of(&entries[..400], 100)).unwrap();
    let mut bad = Copy::of(&entries, 100);
    *bad.entries[500].last_mut().unwrap() ^= 1;
    let Err(Stopped::Bad(report)) = grow(&mut growing, &bad) else {
        panic!("a signature is wrong")
    };
    assert_eq!(report.faults[0].position, 500);
    assert_eq!(growing.size(), 400);
    let cut = growing.grow(&Copy::of(&entries[..450], 100), 451, &mut |_| {});
    assert!(matches!(cut, Err(Stopped::Unread(_))), "{cut:?}");
    grow(&mut growing, &Copy::of(&entries, 100)).unwrap();
    assert_eq!(growing.size(), 605);
}
