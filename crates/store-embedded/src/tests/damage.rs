//! Bytes that changed at rest, and files that are gone or strange.

use std::fs;
use std::path::Path;

use store::{Change, Entries, Frame, Space, Store, StoreFault};

use super::{
    filled, last_segment, lose_index, open, read_all, reading, segment_files, segments_of,
};
use crate::{EmbeddedStore, StoreOptions};

/// Opens and reads everything: what was read must be the log's beginning, and there must be a fault.
fn must_be_found(folder: &Path, options: StoreOptions, frames: &[Frame], what: &str) {
    let Ok((store, opened)) = EmbeddedStore::open(folder, options) else {
        return;
    };
    assert_eq!(
        opened.torn_bytes, 0,
        "{what}: damage was taken for a torn append"
    );
    let (read, fault) = read_all(&store);
    assert!(fault.is_some(), "{what}: nobody noticed");
    assert_eq!(
        Some(read.as_slice()),
        frames.get(..read.len()),
        "{what}: other entries were handed out"
    );
    if let Some(StoreFault::Damaged { position, .. }) = fault {
        let intact = read.last().map_or(0, Frame::end);
        assert_eq!(
            position, intact,
            "{what}: the position named is not the first one affected"
        );
        assert!(
            store.frame_of(position).is_err(),
            "{what}: a single look-up did not notice"
        );
    }
}

#[test]
fn every_flipped_bit_of_a_log_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 9, 300);
    lose_index(folder.path());
    let files = segment_files(folder.path());
    assert!(files.len() >= 3, "the log must have several segments");
    for path in files {
        let bytes = fs::read(&path).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut broken = bytes.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &broken).unwrap();
            let what = format!("bit {bit} of {path:?}");
            must_be_found(folder.path(), reading(), &frames, &what);
            if bit % 171 == 0 {
                must_be_found(folder.path(), StoreOptions::default(), &frames, &what);
                lose_index(folder.path());
                assert_eq!(
                    fs::read(&path).unwrap(),
                    broken,
                    "{what}: the file was changed"
                );
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(read_all(&store).0, frames);
}

#[test]
fn every_changed_byte_is_found_with_the_index_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 5, 200);
    let files = segment_files(folder.path());
    assert!(files.len() >= 2, "the log must have several segments");
    for path in files {
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 1 << (at % 8);
            fs::write(&path, &broken).unwrap();
            let what = format!("byte {at} of {path:?}");
            must_be_found(folder.path(), StoreOptions::default(), &frames, &what);
            if at % 9 == 0 {
                must_be_found(folder.path(), reading(), &frames, &what);
            }
            assert_eq!(
                fs::read(&path).unwrap(),
                broken,
                "{what}: the file was changed"
            );
        }
        fs::write(&path, &bytes).unwrap();
    }
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(read_all(&store).0, frames);
}

#[test]
fn a_bad_frame_with_another_behind_it_is_damage_whatever_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 2, crate::SEGMENT_BYTES);
    let whole = fs::metadata(last_segment(folder.path())).unwrap().len();
    let (store, _) = open(folder.path()).unwrap();
    super::fill(&store, 2);
    drop(store);
    let bytes = fs::read(last_segment(folder.path())).unwrap();
    for offset in [1, 14, 40] {
        for accept_loss in [false, true] {
            let mut broken = bytes.clone();
            broken[usize::try_from(whole + offset).unwrap()] ^= 0x10;
            fs::write(last_segment(folder.path()), broken).unwrap();
            let fault = EmbeddedStore::open(
                folder.path(),
                StoreOptions {
                    accept_loss,
                    ..StoreOptions::default()
                },
            )
            .unwrap_err();
            let position = frames.last().unwrap().end();
            assert!(
                matches!(fault, StoreFault::Damaged { position: named, .. } if named == position),
                "{fault}"
            );
        }
    }
}

#[test]
fn frames_in_a_wrong_place_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 4, 1);
    lose_index(folder.path());
    let files = segment_files(folder.path());
    // The frame of the second segment behind the header of the last: every checksum fits.
    let other = fs::read(&files[1]).unwrap();
    let last = fs::read(&files[3]).unwrap();
    fs::write(&files[3], [&last[..32], &other[32..]].concat()).unwrap();
    let accepting = StoreOptions {
        accept_loss: true,
        ..StoreOptions::default()
    };
    for options in [StoreOptions::default(), reading(), accepting] {
        let fault = EmbeddedStore::open(folder.path(), options).unwrap_err();
        assert!(
            matches!(&fault, StoreFault::Damaged { what, .. } if what.contains("another position")),
            "{fault}"
        );
    }
}

#[test]
fn an_older_segment_cut_short_or_grown_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 9, 300);
    lose_index(folder.path());
    let files = segment_files(folder.path());
    for path in files.iter().take(files.len() - 1) {
        let bytes = fs::read(path).unwrap();
        for length in 32..bytes.len() {
            fs::write(path, &bytes[..length]).unwrap();
            must_be_found(
                folder.path(),
                reading(),
                &frames,
                &format!("{path:?} cut to {length}"),
            );
        }
        fs::write(path, [&bytes[..], b"\0"].concat()).unwrap();
        // All of its frames are whole, so only a reader that passes the end can notice.
        let (store, _) = EmbeddedStore::open(folder.path(), reading()).unwrap();
        let (read, fault) = read_all(&store);
        assert!(
            matches!(fault, Some(StoreFault::Damaged { position, .. }) if position == read.last().unwrap().end())
        );
        fs::write(path, &bytes).unwrap();
    }
}

#[test]
fn missing_strange_and_newer_segments_are_named() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 6, 1);
    let fault = || open(folder.path()).unwrap_err();
    let files = segment_files(folder.path());
    let log = folder.path().join("log");

    for (index, after, before) in [(0, 0, 1), (2, 1, 6), (4, 6, 9)] {
        let bytes = fs::read(&files[index]).unwrap();
        fs::remove_file(&files[index]).unwrap();
        let fault = fault();
        assert!(
            matches!(fault, StoreFault::SegmentMissing { after: a, before: b } if (a, b) == (after, before)),
            "segment {index}: {fault}"
        );
        fs::write(&files[index], bytes).unwrap();
    }
    for name in [
        "1.seg",
        "x.seg",
        "000000000000000000000.seg",
        "+0000000000000000001.seg",
    ] {
        fs::write(log.join(name), b"").unwrap();
        assert!(matches!(fault(), StoreFault::StrayFile { .. }), "{name}");
        fs::remove_file(log.join(name)).unwrap();
    }
    fs::write(
        log.join("00000000000000000002.seg"),
        fs::read(&files[1]).unwrap(),
    )
    .unwrap();
    assert!(
        matches!(fault(), StoreFault::StrayFile { .. }),
        "a copy under another name"
    );
    fs::remove_file(log.join("00000000000000000002.seg")).unwrap();

    let bytes = fs::read(&files[0]).unwrap();
    let mut newer = bytes.clone();
    newer[8] = 2;
    let checksum = crc32fast::hash(&newer[..28]).to_le_bytes();
    newer[28..32].copy_from_slice(&checksum);
    fs::write(&files[0], newer).unwrap();
    assert!(matches!(
        fault(),
        StoreFault::UnknownFormat {
            found: 2,
            supported: 1,
            ..
        }
    ));
    fs::write(&files[0], bytes).unwrap();
    fs::write(log.join("notes.txt"), b"other files are ignored").unwrap();
    fs::write(
        log.join("00000000000000000099.seg.new"),
        b"a segment that never came to be",
    )
    .unwrap();
    assert!(open(folder.path()).is_ok());
}

#[test]
fn a_log_shorter_than_its_mark_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 6, 1);
    let size = frames.last().unwrap().end();
    let (store, _) = open(folder.path()).unwrap();
    store
        .side()
        .put(&[Change::set(
            Space::Heads,
            *b"author",
            *b"an entry about to be lost",
        )])
        .unwrap();
    drop(store);
    let last = last_segment(folder.path());
    let bytes = fs::read(&last).unwrap();
    let short = frames.last().unwrap().first();
    for (what, left) in [
        ("cut in the frame", bytes.get(..bytes.len() - 1)),
        ("cut before the frame", bytes.get(..32)),
        ("the whole segment gone", None),
    ] {
        match left {
            Some(left) => fs::write(&last, left).unwrap(),
            None => fs::remove_file(&last).unwrap(),
        }
        for options in [StoreOptions::default(), reading()] {
            let fault = EmbeddedStore::open(folder.path(), options).unwrap_err();
            assert!(
                matches!(fault, StoreFault::LostTail { expected, found } if (expected, found) == (size, short)),
                "{what}, {options:?}: {fault}"
            );
        }
        if let Some(left) = left {
            assert_eq!(
                fs::read(&last).unwrap(),
                left,
                "{what}: a refusal must change nothing"
            );
        }
    }
    let accepting = |options| StoreOptions {
        accept_loss: true,
        ..options
    };
    let (store, opened) = EmbeddedStore::open(folder.path(), accepting(reading())).unwrap();
    assert_eq!((opened.lost_entries, opened.size), (size - short, short));
    drop(store);
    assert!(
        open(folder.path()).is_err(),
        "a reader accepts a loss for itself only"
    );
    let (store, opened) = EmbeddedStore::open(folder.path(), accepting(segments_of(1))).unwrap();
    assert_eq!(
        (opened.lost_entries, opened.index),
        (size - short, crate::IndexState::Empty)
    );
    assert_eq!(store.size(), short);
    assert_eq!(
        store.side().get(Space::Heads, b"author").unwrap(),
        None,
        "the index knows of lost entries"
    );
    super::fill(&store, 1);
    drop(store);
    let (_, opened) = open(folder.path()).unwrap();
    assert_eq!(opened.lost_entries, 0, "a loss is accepted once");
}
