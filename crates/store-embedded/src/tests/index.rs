//! The side area on disk: loss, damage, and large values in files.

use std::fs;
use std::path::Path;

use store::{Change, Entries, Space, Store, StoreFault};

use super::{fill, filled, lose_index, open, read_all};
use crate::values::INLINE_BYTES_MAX;
use crate::{EmbeddedStore, IndexState};

fn value_files(folder: &Path) -> usize {
    fs::read_dir(folder.join("index").join("values"))
        .unwrap()
        .count()
}

fn large(seed: u8) -> Vec<u8> {
    vec![seed; INLINE_BYTES_MAX + 1]
}

#[test]
fn a_lost_index_leaves_the_log_whole_and_the_side_area_empty() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 7, 200);
    let (store, _) = open(folder.path()).unwrap();
    store
        .side()
        .put(&[
            Change::set(Space::Tiles, *b"k", *b"v"),
            Change::set(Space::Snapshots, *b"s", large(1)),
        ])
        .unwrap();
    drop(store);
    lose_index(folder.path());
    assert!(!folder.path().join("index").exists());
    let (store, opened) = open(folder.path()).unwrap();
    assert_eq!(opened.index, IndexState::Empty);
    assert_eq!(read_all(&store).0, frames);
    assert_eq!(store.side().get(Space::Tiles, b"k").unwrap(), None);
    assert_eq!(store.side().get(Space::Snapshots, b"s").unwrap(), None);
    fill(&store, 1);
    drop(store);
    let mark = frames.last().unwrap().end() + 1;
    assert_eq!(
        open(folder.path()).unwrap().1.index,
        IndexState::Present { mark }
    );
}

#[test]
fn a_reader_knows_the_mark_and_is_not_stopped_by_a_damaged_index() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 3, crate::SEGMENT_BYTES);
    let read_only = || EmbeddedStore::open(folder.path(), super::reading()).unwrap();
    let mark = frames.last().unwrap().end();
    let (one, opened) = read_only();
    assert_eq!(opened.index, IndexState::Present { mark });
    let (_two, opened) = read_only();
    assert_eq!(
        opened.index,
        IndexState::Present { mark },
        "sled is not kept open by a reader"
    );
    drop(one);
    let conf = folder.path().join("index").join("sled").join("conf");
    fs::write(&conf, b"these are no settings").unwrap();
    let (store, opened) = read_only();
    assert_eq!(opened.index, IndexState::Unreadable);
    assert_eq!(read_all(&store).0, frames);
}

#[test]
fn a_removal_of_the_index_that_was_interrupted_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 2, 200);
    fs::rename(
        folder.path().join("index"),
        folder.path().join("index.discarded"),
    )
    .unwrap();
    let (_store, opened) = open(folder.path()).unwrap();
    assert_eq!(opened.index, IndexState::Empty);
    assert!(!folder.path().join("index.discarded").exists());
}

#[test]
fn a_damaged_index_gives_no_wrong_value_and_discarding_it_helps() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 3, 200);
    let value = |key: u64| key.to_be_bytes().repeat(1024);
    let (store, _) = open(folder.path()).unwrap();
    for key in 0..200u64 {
        store
            .side()
            .put(&[Change::set(Space::Tiles, key.to_be_bytes(), value(key))])
            .unwrap();
    }
    drop(store);
    let blobs = folder.path().join("index").join("sled").join("blobs");
    assert_eq!(
        fs::read_dir(blobs).unwrap().count(),
        0,
        "sled wrote a file that it never syncs"
    );
    let saved = tempfile::tempdir().unwrap();
    copy_folder(&folder.path().join("index"), saved.path());
    let bytes = fs::read(saved.path().join("sled").join("db")).unwrap();
    let mut noticed = 0;
    for round in 0..12 {
        fs::remove_dir_all(folder.path().join("index")).unwrap();
        copy_folder(saved.path(), &folder.path().join("index"));
        let mut broken = bytes.clone();
        // One flip in every 64 KiB, so that live pages are hit wherever sled put them.
        (4000 + round * 5000..bytes.len())
            .step_by(65_536)
            .for_each(|at| broken[at] ^= 0x40);
        fs::write(folder.path().join("index").join("sled").join("db"), broken).unwrap();
        let mut lost = 0;
        let outcome = open(folder.path()).and_then(|(store, _)| {
            (0..200).try_for_each(|key: u64| {
                // sled may take damage for the end of its own log: lost, which the contract allows, but never altered.
                let found = store.side().get(Space::Tiles, &key.to_be_bytes())?;
                lost += u32::from(found.is_none());
                assert!(
                    found.is_none_or(|found| found == value(key)),
                    "key {key} in round {round}"
                );
                Ok(())
            })
        });
        if let Err(fault) = outcome {
            assert!(matches!(fault, StoreFault::SideDamaged { .. }), "{fault}");
            assert!(fault.to_string().contains("ytterby rebuild"));
            noticed += 1;
        }
        noticed += lost;
    }
    assert!(noticed > 0, "no flip was noticed");
    lose_index(folder.path());
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(read_all(&store).0, frames);
}

#[test]
fn files_of_large_values_come_and_go_with_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::create(folder.path()).unwrap();
    let side = store.side();
    let set = |key: &[u8], value: Vec<u8>| {
        side.put(&[Change::set(Space::Snapshots, key, value)])
            .unwrap()
    };
    set(b"a", large(1));
    set(b"b", large(2));
    assert_eq!(value_files(folder.path()), 2);
    set(b"a", large(3));
    assert_eq!(
        value_files(folder.path()),
        3,
        "the replaced file stays until the change is durable"
    );
    side.flush().unwrap();
    assert_eq!(value_files(folder.path()), 2);
    set(b"b", b"small".to_vec());
    side.put(&[
        Change::set(Space::Heads, *b"c", large(4)),
        Change::set(Space::Heads, *b"c", large(5)),
    ])
    .unwrap();
    side.flush().unwrap();
    assert_eq!(value_files(folder.path()), 2);
    assert_eq!(side.get(Space::Snapshots, b"a").unwrap(), Some(large(3)));
    assert_eq!(side.get(Space::Heads, b"c").unwrap(), Some(large(5)));
    side.clear(Space::Snapshots).unwrap();
    side.put(&[Change::remove(Space::Heads, *b"c")]).unwrap();
    side.flush().unwrap();
    assert_eq!(value_files(folder.path()), 0);
}

#[test]
fn left_over_files_are_swept_and_damaged_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::create(folder.path()).unwrap();
    store
        .side()
        .put(&[Change::set(Space::Snapshots, *b"a", large(1))])
        .unwrap();
    drop(store);
    let values = folder.path().join("index").join("values");
    let file = values.join("0000000000000000.value");
    fs::copy(&file, values.join("0000000000000009.value")).unwrap();
    fs::write(values.join("0000000000000003.value"), b"half").unwrap();
    fs::write(values.join("0000000000000004.value.new"), b"half").unwrap();
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(value_files(folder.path()), 1);
    store
        .side()
        .put(&[Change::set(Space::Snapshots, *b"b", large(2))])
        .unwrap();
    assert!(
        values.join("000000000000000a.value").exists(),
        "numbers are not used twice"
    );

    let sound = fs::read(&file).unwrap();
    for at in [0, 9, 13, 20, 25, 40, sound.len() - 1] {
        let mut broken = sound.clone();
        broken[at] ^= 1;
        fs::write(&file, broken).unwrap();
        assert!(
            matches!(
                store.side().get(Space::Snapshots, b"a"),
                Err(StoreFault::SideDamaged { .. })
            ),
            "byte {at}"
        );
    }
    fs::remove_file(&file).unwrap();
    assert!(matches!(
        store.side().get(Space::Snapshots, b"a"),
        Err(StoreFault::SideDamaged { .. })
    ));
    assert_eq!(
        store.side().get(Space::Snapshots, b"b").unwrap(),
        Some(large(2))
    );
}

#[test]
fn a_mark_that_lags_is_brought_up_on_open() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 3, crate::SEGMENT_BYTES);
    let saved = tempfile::tempdir().unwrap();
    copy_folder(&folder.path().join("index"), &saved.path().join("index"));
    let (store, _) = open(folder.path()).unwrap();
    fill(&store, 2);
    let size = store.size();
    drop(store);
    // The index lost its newest writes.
    fs::remove_dir_all(folder.path().join("index")).unwrap();
    copy_folder(&saved.path().join("index"), &folder.path().join("index"));
    let mark = frames.last().unwrap().end();
    let (store, opened) = open(folder.path()).unwrap();
    assert_eq!(
        (opened.size, opened.index),
        (size, IndexState::Present { mark })
    );
    drop(store);
    assert_eq!(
        open(folder.path()).unwrap().1.index,
        IndexState::Present { mark: size }
    );
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target)
        } else {
            fs::copy(&path, &target).map(|_| ()).unwrap()
        }
    }
}
