//! Locks, quick reopening, modes, segments that roll, and reading while writing.

use std::fs;

use store::{Change, Entries, Space, Store, StoreFault};

use super::{fill, filled, open, read_all, reading, segment_files, segments_of};
use crate::{EmbeddedStore, IndexState, OpenMode, StoreOptions};

#[test]
fn one_writer_and_readers_that_never_hold_it_up() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3, 1);
    let in_use = |mode| {
        let fault = EmbeddedStore::open(
            folder.path(),
            StoreOptions {
                mode,
                ..StoreOptions::default()
            },
        )
        .unwrap_err();
        assert!(
            matches!(fault, StoreFault::InUse { .. }),
            "{mode:?}: {fault}"
        );
    };
    let (writer, _) = open(folder.path()).unwrap();
    in_use(OpenMode::ReadWrite);
    in_use(OpenMode::ReadOnly);
    assert!(matches!(
        EmbeddedStore::discard_index(folder.path()),
        Err(StoreFault::InUse { .. })
    ));
    assert!(matches!(
        EmbeddedStore::create(folder.path()),
        Err(StoreFault::InUse { .. })
    ));
    drop(writer);
    let (one, _) = EmbeddedStore::open(folder.path(), reading()).unwrap();
    let (two, _) = EmbeddedStore::open(folder.path(), reading()).unwrap();
    // Readers that are open see what they found, whatever is written meanwhile.
    let (writer, _) = open(folder.path()).unwrap();
    let found = read_all(&one).0;
    fill(&writer, 2);
    assert_eq!(read_all(&one).0, found);
    assert_eq!(read_all(&two).0, found);
    assert!(writer.size() > one.size());
}

#[test]
fn a_store_reopens_at_once_every_time() {
    let folder = tempfile::tempdir().unwrap();
    drop(EmbeddedStore::create(folder.path()).unwrap());
    for round in 0..50u64 {
        let (store, opened) = open(folder.path()).unwrap();
        assert_eq!(
            (opened.size, opened.index),
            (round, IndexState::Present { mark: round })
        );
        store.append(round, &[&round.to_be_bytes()], b"").unwrap();
        store
            .side()
            .put(&[Change::set(Space::Marks, *b"round", round.to_be_bytes())])
            .unwrap();
        if round > 0 {
            store.side().flush().unwrap();
        }
    }
}

#[test]
fn a_reader_changes_nothing_and_needs_no_lock_file() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 5, 200);
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("log")).unwrap();
    for path in segment_files(folder.path()) {
        fs::copy(
            &path,
            copy.path().join("log").join(path.file_name().unwrap()),
        )
        .unwrap();
    }
    let (store, opened) = EmbeddedStore::open(copy.path(), reading()).unwrap();
    assert_eq!(opened.index, IndexState::Empty);
    assert_eq!(read_all(&store).0, frames);
    assert!(matches!(
        store.append(store.size(), &[b"x"], b""),
        Err(StoreFault::ReadOnly)
    ));
    let change = [Change::set(Space::Heads, *b"k", *b"v")];
    assert!(matches!(
        store.side().put(&change),
        Err(StoreFault::ReadOnly)
    ));
    assert!(matches!(
        store.side().clear(Space::Heads),
        Err(StoreFault::ReadOnly)
    ));
    assert_eq!(store.side().get(Space::Heads, b"k").unwrap(), None);
    assert_eq!(store.side().last_up_to(Space::Heads, b"k").unwrap(), None);
    let left: Vec<_> = fs::read_dir(copy.path())
        .unwrap()
        .map(|item| item.unwrap().file_name())
        .collect();
    assert_eq!(left, ["log"]);
}

#[test]
fn folders_without_a_store_and_with_one_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("deeper").join("ledger");
    for options in [StoreOptions::default(), reading()] {
        assert!(matches!(
            EmbeddedStore::open(&place, options),
            Err(StoreFault::NotFound { .. })
        ));
    }
    assert!(matches!(
        EmbeddedStore::discard_index(&place),
        Err(StoreFault::NotFound { .. })
    ));
    assert!(!place.exists(), "a failed open must not create anything");
    drop(EmbeddedStore::create(&place).unwrap());
    assert!(matches!(
        EmbeddedStore::create(&place),
        Err(StoreFault::AlreadyExists { .. })
    ));
    open(&place).unwrap();

    // Interrupted after the folders were made: there is no store yet, and creating it again works.
    fs::remove_dir_all(&place).unwrap();
    fs::create_dir_all(place.join("log")).unwrap();
    assert!(matches!(open(&place), Err(StoreFault::NotFound { .. })));
    EmbeddedStore::create(&place).unwrap();
}

#[test]
fn segments_roll_and_look_ups_cross_them() {
    let folder = tempfile::tempdir().unwrap();
    drop(EmbeddedStore::create(folder.path()).unwrap());
    let (store, _) = EmbeddedStore::open(folder.path(), segments_of(8000)).unwrap();
    let frames = fill(&store, 600);
    let files = segment_files(folder.path());
    assert!(files.len() > 4, "{} segments", files.len());
    assert!(
        files
            .iter()
            .all(|path| fs::metadata(path).unwrap().len() <= 8000)
    );
    // With the indexes the writer left, then with indexes built from the files.
    let (reopened, opened) = {
        check_look_ups(&store, &frames);
        drop(store);
        EmbeddedStore::open(folder.path(), segments_of(8000)).unwrap()
    };
    assert_eq!(opened.segments, files.len() as u64);
    check_look_ups(&reopened, &frames);
}

fn check_look_ups(store: &EmbeddedStore, frames: &[store::Frame]) {
    for (index, frame) in frames.iter().enumerate() {
        assert_eq!(&store.frame_of(frame.end() - 1).unwrap(), frame);
        if index % 37 == 0 {
            let rest: Vec<_> = store
                .frames(frame.end() - 1)
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert_eq!(Some(rest.as_slice()), frames.get(index..));
        }
    }
}

#[test]
fn readers_see_only_whole_commits_while_a_writer_runs() {
    let folder = tempfile::tempdir().unwrap();
    drop(EmbeddedStore::create(folder.path()).unwrap());
    let (store, _) = EmbeddedStore::open(folder.path(), segments_of(2000)).unwrap();
    let store = &store;
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || fill(store, 300));
        while !writer.is_finished() {
            let size = store.size();
            let mut next = 0;
            for frame in store.frames(0).unwrap() {
                let frame = frame.unwrap();
                assert_eq!(frame.first(), next);
                next = frame.end();
            }
            assert!(next >= size);
            if let Some(last) = size.checked_sub(1) {
                assert_eq!(store.frame_of(last).unwrap().end(), size);
            }
        }
    });
}

#[test]
fn a_reader_sees_the_snapshots_and_nothing_else_of_the_side_area() {
    let folder = tempfile::tempdir().unwrap();
    let large = vec![7; 100_000];
    {
        let store = EmbeddedStore::create(folder.path()).unwrap();
        store.append(0, &[b"entry"], b"checkpoint").unwrap();
        let set = |space, key: &str, value: &[u8]| Change::set(space, key, value);
        let changes = [
            set(Space::Snapshots, "book/1", b"small"),
            set(Space::Snapshots, "book/2", &large),
            set(Space::Tiles, "book/3", b"a tile"),
        ];
        store.side().put(&changes).unwrap();
    }
    let options = StoreOptions {
        mode: OpenMode::ReadOnly,
        ..StoreOptions::default()
    };
    let (reader, _) = EmbeddedStore::open(folder.path(), options).unwrap();
    let side = reader.side();
    assert_eq!(
        side.get(Space::Snapshots, b"book/1").unwrap().unwrap(),
        b"small"
    );
    let (key, value) = side
        .last_up_to(Space::Snapshots, b"book/9")
        .unwrap()
        .unwrap();
    assert_eq!((key.as_slice(), value.len()), (&b"book/2"[..], large.len()));
    assert_eq!(side.last_up_to(Space::Snapshots, b"book/0").unwrap(), None);
    assert_eq!(side.get(Space::Tiles, b"book/3").unwrap(), None);
    assert!(side.put(&[]).is_err() && side.clear(Space::Snapshots).is_err());
}
