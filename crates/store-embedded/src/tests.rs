//! Tests of the embedded store, and the small logs they share.
//! Invariant: entries are unique, so that a lost, repeated or altered one shows.

mod contract;
mod damage;
mod failure;
mod golden;
mod index;
mod opening;
mod torn;

use std::fs;
use std::path::{Path, PathBuf};

use store::{Entries, Frame, Store, StoreFault};

use crate::{EmbeddedStore, OpenMode, Opened, StoreOptions};

pub(crate) fn reading() -> StoreOptions {
    StoreOptions {
        mode: OpenMode::ReadOnly,
        ..StoreOptions::default()
    }
}

pub(crate) fn segments_of(segment_bytes: u64) -> StoreOptions {
    StoreOptions {
        segment_bytes,
        ..StoreOptions::default()
    }
}

pub(crate) fn open(folder: &Path) -> Result<(EmbeddedStore, Opened), StoreFault> {
    EmbeddedStore::open(folder, StoreOptions::default())
}

/// Appends groups of 1, 2, 3, 1, 2, 3... entries until `groups` are there; returns them as frames.
pub(crate) fn fill(store: &EmbeddedStore, groups: u64) -> Vec<Frame> {
    (0..groups)
        .map(|group| {
            let first = store.size();
            let entries: Vec<String> = (first..=first + group % 3)
                .map(|position| format!("entry {position}"))
                .collect();
            let views: Vec<&[u8]> = entries.iter().map(String::as_bytes).collect();
            let checkpoint = format!("note {}", first + views.len() as u64);
            store.append(first, &views, checkpoint.as_bytes()).unwrap();
            Frame::pack(first, &views, checkpoint.as_bytes()).unwrap()
        })
        .collect()
}

/// Makes a store with these many groups in segments of this many bytes, and closes it.
pub(crate) fn filled(folder: &Path, groups: u64, segment_bytes: u64) -> Vec<Frame> {
    drop(EmbeddedStore::create(folder).unwrap());
    let (store, _) = EmbeddedStore::open(folder, segments_of(segment_bytes)).unwrap();
    fill(&store, groups)
}

/// Every frame, or the first fault and what came before it.
pub(crate) fn read_all(store: &EmbeddedStore) -> (Vec<Frame>, Option<StoreFault>) {
    let mut frames = Vec::new();
    let stream = match store.frames(0) {
        Ok(stream) => stream,
        Err(fault) => return (frames, Some(fault)),
    };
    for frame in stream {
        match frame {
            Ok(frame) => frames.push(frame),
            Err(fault) => return (frames, Some(fault)),
        }
    }
    (frames, None)
}

/// Segment files in order of position.
pub(crate) fn segment_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder.join("log"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .collect();
    files.sort();
    files
}

pub(crate) fn last_segment(folder: &Path) -> PathBuf {
    segment_files(folder).pop().unwrap()
}

/// A store whose index is lost, so that nothing is known of its former size.
pub(crate) fn lose_index(folder: &Path) {
    EmbeddedStore::discard_index(folder).unwrap();
}
