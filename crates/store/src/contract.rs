//! The contract as a test that every store's own tests call.
//! Invariant: checks only what the traits promise, through nothing but the traits.
//! Does not know how a store is made or where it lives: a [`StoreUnderTest`] does.

mod entries;

pub use entries::check_entries;

use crate::limits::{CHECKPOINT_BYTES_MAX, ENTRY_BYTES_MAX, SIDE_KEY_BYTES_MAX};
use crate::{Change, Frame, Side, Space, Store, StoreFault};

/// A store under test and the way to close and open it.
pub trait StoreUnderTest {
    /// The open store.
    fn store(&self) -> &dyn Store;

    /// Closes the store cleanly and opens it again; a store in memory keeps its contents.
    fn reopen(&mut self);
}

/// Runs every check, each on a fresh, empty store.
///
/// # Panics
/// With the broken promise, if the store does not keep the contract.
pub fn check(fresh: &dyn Fn() -> Box<dyn StoreUnderTest>) {
    let checks: [fn(&mut dyn StoreUnderTest); 8] = [
        an_empty_store_is_empty,
        groups_come_back_as_frames,
        an_iterator_keeps_to_what_was_committed,
        the_expected_size_decides,
        groups_outside_the_limits_are_refused,
        the_side_area_keeps_spaces_apart,
        the_last_key_up_to_is_found,
        side_values_of_every_size_come_back,
    ];
    for check in checks {
        check(&mut *fresh());
    }
    writers_are_serialised(&*fresh());
}

fn an_empty_store_is_empty(subject: &mut dyn StoreUnderTest) {
    for _ in 0..2 {
        let store = subject.store();
        assert_eq!(store.size(), 0, "size of an empty store");
        assert_eq!(
            store.checkpoint().expect("checkpoint of an empty store"),
            None
        );
        assert_eq!(
            frames(store, 0),
            Vec::<Frame>::new(),
            "frames of an empty store"
        );
        assert!(matches!(
            store.frames(1).map(|_| ()),
            Err(StoreFault::PastEnd {
                position: 1,
                size: 0
            })
        ));
        assert!(matches!(
            store.frame_of(0),
            Err(StoreFault::PastEnd {
                position: 0,
                size: 0
            })
        ));
        subject.reopen();
    }
}

/// Groups of several shapes; entries are unique, so that a misplaced one shows.
fn sample_groups() -> Vec<Frame> {
    let mut first = 0u64;
    let mut groups = Vec::new();
    for (count, bytes) in [
        (1u64, 1usize),
        (3, 20),
        (1, ENTRY_BYTES_MAX),
        (200, 8),
        (1, 300),
        (2, 40_000),
        (7, 350),
    ] {
        let entries: Vec<Vec<u8>> = (first..first + count)
            .map(|position| {
                position
                    .to_be_bytes()
                    .iter()
                    .rev()
                    .copied()
                    .cycle()
                    .take(bytes)
                    .collect()
            })
            .collect();
        let checkpoint = format!("checkpoint of size {}", first + count);
        let views: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        groups.push(
            Frame::pack(first, &views, checkpoint.as_bytes()).expect("a group within the limits"),
        );
        first += count;
    }
    groups.push(Frame::pack(first, &[b"last"], b"").expect("a group without a checkpoint"));
    groups
}

fn append(store: &dyn Store, group: &Frame) {
    let entries: Vec<&[u8]> = group.entries().map(|(_, entry)| entry).collect();
    store
        .append(group.first(), &entries, group.checkpoint())
        .expect("an append at the right size");
    assert_eq!(store.size(), group.end(), "size after an append");
    let checkpoint = store.checkpoint().expect("checkpoint after an append");
    assert_eq!(
        checkpoint.as_deref(),
        Some(group.checkpoint()),
        "checkpoint after an append"
    );
}

fn frames(store: &dyn Store, from: u64) -> Vec<Frame> {
    let frames = store.frames(from).expect("frames within the log");
    frames
        .map(|frame| frame.expect("a frame of an undamaged log"))
        .collect()
}

fn groups_come_back_as_frames(subject: &mut dyn StoreUnderTest) {
    let groups = sample_groups();
    for (index, group) in groups.iter().enumerate() {
        append(subject.store(), group);
        if index % 3 == 2 {
            subject.reopen();
            assert_eq!(subject.store().size(), group.end(), "size after reopening");
        }
    }
    for _ in 0..2 {
        let store = subject.store();
        let size = store.size();
        for position in 0..size {
            let index = groups.partition_point(|group| group.end() <= position);
            let expected = groups.get(index..).unwrap_or_default();
            let first = store
                .frames(position)
                .expect("frames within the log")
                .next();
            let first = first
                .expect("a frame at a committed position")
                .expect("a frame of an undamaged log");
            assert_eq!(
                Some(&first),
                expected.first(),
                "first frame from position {position}"
            );
            let single = store
                .frame_of(position)
                .expect("a frame of an undamaged log");
            assert_eq!(
                Some(&single),
                expected.first(),
                "frame of position {position}"
            );
        }
        for from in groups
            .iter()
            .flat_map(|group| [group.first(), group.end() - 1])
        {
            let index = groups.partition_point(|group| group.end() <= from);
            assert_eq!(
                frames(store, from),
                groups.get(index..).unwrap_or_default(),
                "frames from {from}"
            );
        }
        assert_eq!(
            frames(store, size),
            Vec::<Frame>::new(),
            "frames from the size"
        );
        assert!(matches!(
            store.frames(size + 1).map(|_| ()),
            Err(StoreFault::PastEnd { .. })
        ));
        assert!(matches!(
            store.frame_of(size),
            Err(StoreFault::PastEnd { .. })
        ));
        assert!(matches!(
            store.frame_of(u64::MAX),
            Err(StoreFault::PastEnd { .. })
        ));
        let entries = groups.iter().flat_map(Frame::entries);
        let entries: Vec<_> = entries.map(|(at, entry)| (at, entry.to_vec())).collect();
        check_entries(store, size, &entries);
        subject.reopen();
    }
}

fn an_iterator_keeps_to_what_was_committed(subject: &mut dyn StoreUnderTest) {
    let groups = sample_groups();
    let (before, after) = groups.split_at(4);
    before
        .iter()
        .for_each(|group| append(subject.store(), group));
    let seen = subject.store().frames(0).expect("frames within the log");
    after
        .iter()
        .for_each(|group| append(subject.store(), group));
    let seen: Vec<Frame> = seen
        .map(|frame| frame.expect("a frame of an undamaged log"))
        .collect();
    assert_eq!(
        seen, before,
        "an iterator must not see groups committed after it was made"
    );
}

fn the_expected_size_decides(subject: &mut dyn StoreUnderTest) {
    let store = subject.store();
    store
        .append(0, &[b"a", b"b"], b"2")
        .expect("an append at the right size");
    for expected in [0, 1, 3, u64::MAX] {
        let fault = store
            .append(expected, &[b"c"], b"3")
            .expect_err("an append at a wrong size");
        assert!(
            matches!(
                fault,
                StoreFault::WrongSize { expected: named, actual: 2 } if named == expected
            ),
            "an append at {expected} of 2 gave {fault:?}"
        );
    }
    assert_eq!(store.size(), 2, "size after refused appends");
    store
        .append(2, &[b"c"], b"3")
        .expect("a refused append must not disturb the next one");
    assert_eq!(frames(store, 0).len(), 2);
}

fn groups_outside_the_limits_are_refused(subject: &mut dyn StoreUnderTest) {
    let store = subject.store();
    let long = vec![7u8; ENTRY_BYTES_MAX + 1];
    let longest = long.get(1..).unwrap_or_default();
    assert!(matches!(
        store.append(0, &[], b""),
        Err(StoreFault::EmptyGroup)
    ));
    assert!(matches!(
        store.append(0, &[b"a", b""], b""),
        Err(StoreFault::EmptyEntry { index: 1 })
    ));
    assert!(matches!(
        store.append(0, &[b"a", &long], b""),
        Err(StoreFault::TooLarge { .. })
    ));
    assert!(matches!(
        store.append(0, &[b"a"], &long),
        Err(StoreFault::TooLarge { .. })
    ));
    assert_eq!(store.size(), 0, "size after refused appends");
    assert_eq!(CHECKPOINT_BYTES_MAX, longest.len());
    store
        .append(0, &[longest], longest)
        .expect("the longest entry and checkpoint are allowed");
    subject.reopen();
    let frame = subject.store().frame_of(0).expect("the longest entry");
    assert_eq!(
        (frame.entry(0), frame.checkpoint()),
        (Some(longest), longest)
    );
}

fn the_side_area_keeps_spaces_apart(subject: &mut dyn StoreUnderTest) {
    let key = b"key".as_slice();
    let set: Vec<Change> = Space::ALL
        .iter()
        .map(|space| Change::set(*space, key, [space.code()]))
        .collect();
    subject
        .store()
        .side()
        .put(&set)
        .expect("a put in every space");
    subject.store().side().flush().expect("a flush");
    subject.reopen();
    let side = subject.store().side();
    for space in Space::ALL {
        assert_eq!(
            get(side, space, key),
            Some(vec![space.code()]),
            "{space:?} after reopening"
        );
        assert_eq!(get(side, space, b"ke"), None);
        assert_eq!(get(side, space, b"key\0"), None);
    }
    let changes = [
        Change::remove(Space::Tiles, key),
        Change::set(Space::Heads, key, *b"first"),
        Change::set(Space::Heads, key, *b"second"),
        Change::set(Space::Marks, *b"gone", *b"x"),
        Change::remove(Space::Marks, *b"gone"),
        Change::remove(Space::Marks, *b"never there"),
    ];
    side.put(&changes).expect("a put over several spaces");
    assert_eq!(get(side, Space::Tiles, key), None, "a removed key");
    assert_eq!(
        get(side, Space::Heads, key),
        Some(b"second".to_vec()),
        "the later of two changes stands"
    );
    assert_eq!(
        get(side, Space::Marks, b"gone"),
        None,
        "the later of two changes stands"
    );

    side.put(&[Change::set(Space::Registry, Vec::new(), *b"empty key")])
        .expect("an empty key");
    side.clear(Space::Registry).expect("a clear");
    assert_eq!(get(side, Space::Registry, key), None, "a cleared space");
    assert_eq!(get(side, Space::Registry, b""), None, "a cleared space");
    assert_eq!(
        get(side, Space::AuthorBlocks, key),
        Some(vec![2]),
        "clear touched another space"
    );
    assert_eq!(
        get(side, Space::Snapshots, key),
        Some(vec![5]),
        "clear touched another space"
    );
    let long = vec![0; SIDE_KEY_BYTES_MAX + 1];
    let fault = side.put(&[
        Change::set(Space::Heads, key, *b"third"),
        Change::set(Space::Heads, long, *b""),
    ]);
    assert!(
        matches!(fault, Err(StoreFault::TooLarge { .. })),
        "a key beyond its limit"
    );
    assert_eq!(
        get(side, Space::Heads, key),
        Some(b"second".to_vec()),
        "a refused put changed a key"
    );
}

fn get(side: &dyn Side, space: Space, key: &[u8]) -> Option<Vec<u8>> {
    side.get(space, key)
        .expect("a get of an undamaged side area")
}

fn the_last_key_up_to_is_found(subject: &mut dyn StoreUnderTest) {
    let keys: [&[u8]; 5] = [b"\0", b"\x05", b"\x05\0", b"\x05\x01", b"\xff\xff"];
    let mut changes: Vec<Change> = keys
        .iter()
        .map(|key| Change::set(Space::Snapshots, *key, *key))
        .collect();
    changes.push(Change::set(
        Space::Registry,
        *b"\xff\xff\xff",
        *b"another space",
    ));
    changes.push(Change::set(Space::Marks, *b"", *b"another space"));
    subject.store().side().put(&changes).expect("a put");
    for _ in 0..2 {
        let side = subject.store().side();
        let cases: [(&[u8], Option<&[u8]>); 9] = [
            (b"", None),
            (b"\0", Some(b"\0")),
            (b"\x04\xff", Some(b"\0")),
            (b"\x05", Some(b"\x05")),
            (b"\x05\0\0", Some(b"\x05\0")),
            (b"\x06", Some(b"\x05\x01")),
            (b"\xff", Some(b"\x05\x01")),
            (b"\xff\xff", Some(b"\xff\xff")),
            (b"\xff\xff\xff\xff", Some(b"\xff\xff")),
        ];
        for (key, expected) in cases {
            let found = side
                .last_up_to(Space::Snapshots, key)
                .expect("a search of an undamaged side area");
            let expected = expected.map(|key| (key.to_vec(), key.to_vec()));
            assert_eq!(found, expected, "last key up to {key:?}");
        }
        side.flush().expect("a flush");
        subject.reopen();
    }
}

fn side_values_of_every_size_come_back(subject: &mut dyn StoreUnderTest) {
    let value = |bytes: usize, seed: u8| -> Vec<u8> {
        (0..=250u8)
            .map(|byte| byte ^ seed)
            .cycle()
            .take(bytes)
            .collect()
    };
    let sizes = [
        0usize, 1, 8192, 16_384, 16_385, 65_536, 262_144, 262_145, 3_000_000,
    ];
    for seed in [0u8, 9] {
        for bytes in sizes {
            let key = (bytes as u64).to_be_bytes();
            let changes = [
                Change::set(Space::Snapshots, key, value(bytes, seed)),
                Change::set(Space::Marks, key, [seed]),
            ];
            subject
                .store()
                .side()
                .put(&changes)
                .expect("a put of a large value");
        }
    }
    for _ in 0..2 {
        for bytes in sizes {
            let key = (bytes as u64).to_be_bytes();
            let side = subject.store().side();
            assert!(
                get(side, Space::Snapshots, &key) == Some(value(bytes, 9)),
                "a value of {bytes} bytes"
            );
            assert_eq!(get(side, Space::Marks, &key), Some(vec![9]));
            let (found, newest) = side
                .last_up_to(Space::Snapshots, &key)
                .expect("a search")
                .expect("a value");
            assert!(
                found == key && newest == value(bytes, 9),
                "last value up to {bytes}"
            );
        }
        subject.store().side().flush().expect("a flush");
        subject.reopen();
    }
    let side = subject.store().side();
    let largest = 3_000_000u64.to_be_bytes();
    side.put(&[Change::set(Space::Snapshots, largest, *b"small now")])
        .expect("a put");
    assert_eq!(
        get(side, Space::Snapshots, &largest),
        Some(b"small now".to_vec())
    );
    side.clear(Space::Snapshots).expect("a clear");
    assert_eq!(
        side.last_up_to(Space::Snapshots, &[0xff; 9])
            .expect("a search"),
        None
    );
}

/// Four threads append as fast as the expected size lets them: every acknowledged group must be there once.
fn writers_are_serialised(subject: &dyn StoreUnderTest) {
    const GROUPS_EACH: u64 = 20;
    let store = subject.store();
    std::thread::scope(|scope| {
        for writer in 0..4u64 {
            scope.spawn(move || {
                for number in 0..GROUPS_EACH {
                    let entry = [writer.to_be_bytes(), number.to_be_bytes()].concat();
                    while let Err(fault) = store.append(store.size(), &[&entry], b"") {
                        assert!(
                            matches!(fault, StoreFault::WrongSize { .. }),
                            "a race gave {fault:?}"
                        );
                    }
                }
            });
        }
    });
    assert_eq!(store.size(), 4 * GROUPS_EACH, "groups of racing writers");
    let mut next = [0u64; 4];
    for frame in frames(store, 0) {
        let entry = frame
            .entry(frame.first())
            .expect("the only entry of the group");
        let writer = next
            .iter_mut()
            .zip(0u64..)
            .find(|(_, writer)| entry.starts_with(&writer.to_be_bytes()));
        let (expected, _) = writer.expect("an entry of one of the writers");
        assert!(
            entry.ends_with(&expected.to_be_bytes()),
            "a group was lost, repeated or reordered"
        );
        *expected += 1;
    }
}
