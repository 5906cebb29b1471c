//! A disk that refuses: every step of an append, failing without and with effect.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{Entries, Store, StoreFault};

use super::{fill, filled, last_segment, open, read_all, segments_of};
use crate::EmbeddedStore;
use crate::disk::LogFile;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The write fails before any byte.
    Write,
    /// The write fails after this many bytes.
    WriteAfter(usize),
    /// The write is whole, the sync fails.
    Sync,
}

/// Fails every call once armed, and counts what reaches the file.
struct FailingFile {
    inner: Box<dyn LogFile>,
    failure: Option<Failure>,
    writes: Arc<AtomicU64>,
    syncs: Arc<AtomicU64>,
}

impl LogFile for FailingFile {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        match self.failure {
            Some(Failure::Write) => Err(io::Error::other("injected")),
            Some(Failure::WriteAfter(length)) => {
                self.inner.write_all(bytes.get(..length).unwrap())?;
                Err(io::Error::other("injected"))
            }
            _ => self.inner.write_all(bytes),
        }
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        match self.failure {
            Some(_) => Err(io::Error::other("injected")),
            None => self.inner.sync_data(),
        }
    }
}

fn arm(store: &EmbeddedStore, failure: Option<Failure>) -> (Arc<AtomicU64>, Arc<AtomicU64>) {
    let (writes, syncs) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let counters = (Arc::clone(&writes), Arc::clone(&syncs));
    store.log().replace_file(|inner| {
        Box::new(FailingFile {
            inner,
            failure,
            writes,
            syncs,
        })
    });
    counters
}

#[test]
fn a_failed_append_poisons_the_store_until_it_is_opened_again() {
    let cases = [
        (Failure::Write, false),
        (Failure::WriteAfter(1), false),
        (Failure::WriteAfter(30), false),
        (Failure::Sync, true),
    ];
    for (failure, persisted) in cases {
        let folder = tempfile::tempdir().unwrap();
        let frames = filled(folder.path(), 4, crate::SEGMENT_BYTES);
        let size = frames.last().unwrap().end();
        let (store, _) = open(folder.path()).unwrap();
        let (writes, _) = arm(&store, Some(failure));
        let fault = store.append(size, &[b"uncertain"], b"note").unwrap_err();
        assert!(
            matches!(fault, StoreFault::Io { .. }),
            "{failure:?}: {fault}"
        );
        for _ in 0..3 {
            assert!(matches!(
                store.append(size, &[b"after"], b"note"),
                Err(StoreFault::Poisoned)
            ));
        }
        assert_eq!(
            writes.load(Ordering::Relaxed),
            1,
            "{failure:?}: written after an uncertain state"
        );
        assert_eq!(
            (store.size(), read_all(&store).0),
            (size, frames.clone()),
            "{failure:?}"
        );
        assert!(store.frame_of(size).is_err());
        drop(store);

        let (store, opened) = open(folder.path()).unwrap();
        assert_eq!(store.size(), size + u64::from(persisted), "{failure:?}");
        assert_eq!(
            opened.torn_bytes > 0,
            matches!(failure, Failure::WriteAfter(_)),
            "{failure:?}"
        );
        fill(&store, 1);
        drop(store);
        assert!(read_all(&open(folder.path()).unwrap().0).1.is_none());
    }
}

#[test]
fn an_append_is_one_write_and_one_sync() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::create(folder.path()).unwrap();
    let (writes, syncs) = arm(&store, None);
    fill(&store, 10);
    assert!(store.append(3, &[b"refused"], b"").is_err());
    assert_eq!(
        (
            writes.load(Ordering::Relaxed),
            syncs.load(Ordering::Relaxed)
        ),
        (10, 10)
    );
}

#[test]
fn a_segment_that_cannot_be_created_poisons_too() {
    let folder = tempfile::tempdir().unwrap();
    let frames = filled(folder.path(), 2, 1);
    let size = frames.last().unwrap().end();
    let (store, _) = EmbeddedStore::open(folder.path(), segments_of(1)).unwrap();
    let blocker = folder.path().join("log").join(format!("{size:020}.seg"));
    std::fs::create_dir(&blocker).unwrap();
    assert!(matches!(
        store.append(size, &[b"x"], b""),
        Err(StoreFault::Io { .. })
    ));
    assert!(matches!(
        store.append(size, &[b"x"], b""),
        Err(StoreFault::Poisoned)
    ));
    assert_eq!(read_all(&store).0, frames);
    drop(store);
    std::fs::remove_dir(&blocker).unwrap();
    let (store, _) = EmbeddedStore::open(folder.path(), segments_of(1)).unwrap();
    store.append(size, &[b"x"], b"").unwrap();
    assert_eq!(
        last_segment(folder.path())
            .file_name()
            .unwrap()
            .to_str()
            .unwrap(),
        format!("{size:020}.seg")
    );
}
