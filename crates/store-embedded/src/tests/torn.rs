//! A last append that was interrupted: at every byte, with and without the index.

use std::fs;

use store::{Entries, StoreFault};

use super::{fill, filled, last_segment, lose_index, open, read_all, reading};
use crate::{EmbeddedStore, StoreOptions};

/// Writes one more frame beyond what the index knows of, as a killed process leaves it, and returns its length.
fn with_unacknowledged_frame(folder: &std::path::Path) -> (Vec<store::Frame>, u64, u64) {
    let frames = filled(folder, 5, crate::SEGMENT_BYTES);
    let path = last_segment(folder);
    let whole = fs::metadata(&path).unwrap().len();
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("log")).unwrap();
    fs::copy(
        &path,
        copy.path().join("log").join(path.file_name().unwrap()),
    )
    .unwrap();
    let (longer, _) = open(copy.path()).unwrap();
    fill(&longer, 1);
    drop(longer);
    fs::copy(last_segment(copy.path()), &path).unwrap();
    let length = fs::metadata(&path).unwrap().len();
    (frames, whole, length - whole)
}

#[test]
fn a_frame_torn_at_any_byte_is_cut_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let (frames, whole, frame_bytes) = with_unacknowledged_frame(folder.path());
    let path = last_segment(folder.path());
    let bytes = fs::read(&path).unwrap();
    for torn in 0..frame_bytes {
        let cut = usize::try_from(whole + torn).unwrap();
        fs::write(&path, bytes.get(..cut).unwrap()).unwrap();
        if torn % 2 == 0 {
            lose_index(folder.path());
        }
        let (store, opened) = EmbeddedStore::open(folder.path(), reading()).unwrap();
        assert_eq!(opened.torn_bytes, torn, "reading with {torn} torn bytes");
        assert_eq!(read_all(&store).0, frames);
        drop(store);
        assert_eq!(
            fs::metadata(&path).unwrap().len(),
            whole + torn,
            "a reader must not cut"
        );

        let (store, opened) = open(folder.path()).unwrap();
        assert_eq!(opened.torn_bytes, torn, "with {torn} torn bytes");
        assert_eq!(fs::metadata(&path).unwrap().len(), whole);
        assert_eq!(read_all(&store).0, frames);
        if torn == frame_bytes / 2 {
            fill(&store, 2);
            drop(store);
            let (store, opened) = open(folder.path()).unwrap();
            assert_eq!(
                (opened.torn_bytes, read_all(&store).0.len()),
                (0, frames.len() + 2)
            );
            drop(store);
            // The next rounds start from the shorter log again.
            lose_index(folder.path());
        }
    }
    fs::write(&path, &bytes).unwrap();
    let (store, opened) = open(folder.path()).unwrap();
    assert_eq!(
        opened.torn_bytes, 0,
        "a whole frame is a commit, acknowledged or not"
    );
    assert_eq!(store.size(), frames.last().unwrap().end() + 1);
}

/// Accepting a loss at the end of the log is no leave to cut what is damaged.
#[test]
fn a_last_frame_that_is_all_there_and_does_not_fit_is_never_cut() {
    let folder = tempfile::tempdir().unwrap();
    let (frames, whole, frame_bytes) = with_unacknowledged_frame(folder.path());
    let path = last_segment(folder.path());
    let bytes = fs::read(&path).unwrap();
    let size = frames.last().unwrap().end();
    let accepting = StoreOptions {
        accept_loss: true,
        ..StoreOptions::default()
    };
    // First with the index in place, whose mark lags behind this frame, then without.
    for _ in 0..2 {
        // In the header, in an entry, in the checkpoint, in the checksum.
        for offset in [0, 9, 26, 31, frame_bytes - 6, frame_bytes - 1] {
            let mut broken = bytes.clone();
            broken[usize::try_from(whole + offset).unwrap()] ^= 1;
            fs::write(&path, &broken).unwrap();
            for options in [StoreOptions::default(), reading(), accepting] {
                let fault = EmbeddedStore::open(folder.path(), options).unwrap_err();
                assert!(
                    matches!(&fault, StoreFault::Damaged { position, offset, .. } if (*position, *offset) == (size, whole)),
                    "byte {offset}: {fault}"
                );
            }
            assert_eq!(fs::read(&path).unwrap(), broken);
        }
        lose_index(folder.path());
    }
}

#[test]
fn zeros_up_to_the_end_of_the_file_are_torn() {
    let folder = tempfile::tempdir().unwrap();
    let (frames, whole, _) = with_unacknowledged_frame(folder.path());
    let path = last_segment(folder.path());
    let bytes = fs::read(&path).unwrap();
    let sound = bytes.get(..usize::try_from(whole).unwrap()).unwrap();
    for zeros in [1usize, 27, 28, 29, 4096, 200_000] {
        let tail = vec![0; zeros];
        fs::write(&path, [sound, &tail].concat()).unwrap();
        for options in [reading(), StoreOptions::default()] {
            let (store, opened) = EmbeddedStore::open(folder.path(), options).unwrap();
            assert_eq!(opened.torn_bytes, zeros as u64, "{options:?}");
            assert_eq!(read_all(&store).0, frames);
        }
        assert_eq!(fs::read(&path).unwrap(), sound);
        if zeros > 28 {
            let mut tail = tail;
            tail[zeros - 1] = 1;
            fs::write(&path, [sound, &tail].concat()).unwrap();
            assert!(
                matches!(open(folder.path()), Err(StoreFault::Damaged { .. })),
                "{zeros} bytes that do not end in zero"
            );
        }
    }
}
