//! The side area over sled: one tree, the space's code before each key, one batch per put.
//! Invariant: after a crash it is as it was after some earlier put, or it is missing, or it says that it is damaged.
//! Does not know the log; the one thing it keeps for the log is the high-water mark.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use store::limits::SIDE_KEY_BYTES_MAX;
use store::{Change, KeyValue, Side, Space, StoreFault};

use crate::sled_guard::{damaged, guarded, open_sled};
use crate::stored::{Head, Heads, index_folder, plain_key, resolve, stored_key};
use crate::values::{INLINE_BYTES_MAX, ValueFile, ValueFolder};

/// Keys removed in one batch by `clear`.
const CLEAR_BATCH_KEYS: usize = 1024;

/// The high-water mark. Its first byte is no space's code.
const SIZE_KEY: &[u8] = b"\0size";

/// The state of the index when the store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexState {
    /// It was there. It knew of `mark` committed entries; fewer than the log holds if its last writes were lost.
    Present {
        /// Highest size it knew of.
        mark: u64,
    },
    /// It was missing and is empty, or was cleared because entries it covered are gone: to be filled from the log.
    Empty,
    /// It is there and could not be read, so that nothing guards the tail. Only in a store open for reading, whose log
    /// is not concerned; opening for writing gives the fault.
    Unreadable,
}

/// The index of an open store.
pub(crate) struct Index {
    folder: PathBuf,
    db: Option<sled::Db>,
    values: ValueFolder,
    /// Set once sled has failed: it is not called again, its inner state being unknown.
    broken: AtomicBool,
    large: Mutex<Large>,
    /// The mark as last written.
    mark: Mutex<u64>,
}

/// Which values live in files. Held throughout every put, so that puts are serialised.
#[derive(Debug, Default)]
struct Large {
    numbers: BTreeMap<Vec<u8>, u64>,
    /// Files that nothing refers to any more, to be removed once sled has durably forgotten them.
    replaced: Vec<u64>,
    next: u64,
}

impl Index {
    /// Opens the index, creating it where there is none; `true` if it was there.
    pub(crate) fn open(store: &Path) -> Result<(Self, bool), StoreFault> {
        let folder = index_folder(store);
        remove_folder(&discarded_folder(store))?;
        let existed = folder.is_dir();
        crate::disk::ensure_folder(&folder)?;
        let values = ValueFolder::open(folder.join("values"))?;
        let db = open_sled(&folder.join("sled"))?;
        let index = Self {
            folder,
            db: Some(db),
            values,
            broken: AtomicBool::new(false),
            large: Mutex::default(),
            mark: Mutex::default(),
        };
        index.sweep()?;
        Ok((index, existed))
    }

    /// Deletes the index. The caller holds the store's exclusive lock.
    pub(crate) fn discard(store: &Path) -> Result<(), StoreFault> {
        let (folder, discarded) = (index_folder(store), discarded_folder(store));
        remove_folder(&discarded)?;
        if folder.is_dir() {
            // Renamed first: an interrupted removal must not leave half an index in place.
            durable::rename(&folder, &discarded).map_err(crate::disk::fault)?;
            remove_folder(&discarded)?;
        }
        Ok(())
    }

    /// What a reader may know of the index: opens sled only long enough to read the mark and what it holds of snapshots,
    /// and never creates it.
    ///
    /// sled has no way to open without writing to its own files; the log is not touched.
    pub(crate) fn peek(store: &Path) -> (IndexState, Heads) {
        let folder = index_folder(store).join("sled");
        if !folder.join("db").is_file() {
            return (IndexState::Empty, Heads::new());
        }
        let seen = open_sled(&folder).and_then(|db| {
            let seen = guarded(&folder, || db.get(SIZE_KEY))
                .and_then(decode_mark)
                .and_then(|mark| Ok((mark, guarded(&folder, || snapshot_heads(&db))?)));
            guarded(&folder, || {
                drop(db);
                Ok(())
            })?;
            seen
        });
        match seen {
            Ok((Some(mark), heads)) => (IndexState::Present { mark }, heads),
            Ok((None, _)) => (IndexState::Empty, Heads::new()),
            Err(_) => (IndexState::Unreadable, Heads::new()),
        }
    }

    /// Highest size ever committed, as far as the index knows.
    pub(crate) fn mark(&self) -> Result<Option<u64>, StoreFault> {
        self.sled(|db| db.get(SIZE_KEY)).and_then(decode_mark)
    }

    /// Sets the mark on opening, lower than it was if a loss was accepted.
    pub(crate) fn set_mark(&self, size: u64) -> Result<(), StoreFault> {
        let mut mark = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        self.sled(|db| db.insert(SIZE_KEY, &size.to_le_bytes()))?;
        *mark = size;
        Ok(())
    }

    /// Raises the mark after a commit. Racing appends may call in any order.
    pub(crate) fn raise_mark(&self, size: u64) -> Result<(), StoreFault> {
        let mut mark = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        if size > *mark {
            self.sled(|db| db.insert(SIZE_KEY, &size.to_le_bytes()))?;
            *mark = size;
        }
        Ok(())
    }

    /// Finds the values in files, and removes the files that no key refers to.
    fn sweep(&self) -> Result<(), StoreFault> {
        let found = self.values.list()?;
        if found.is_empty() {
            return Ok(());
        }
        // What sled shows now may not have reached the disk; only what has may decide that a file is not needed.
        self.flush_sled()?;
        let mut large = self.large();
        for ValueFile { number, key } in found {
            large.next = large.next.max(number.saturating_add(1));
            let head = match &key {
                Some(key) => self.sled(|db| db.get(key))?,
                None => None,
            };
            match (key, head.as_deref().map(Head::decode)) {
                (Some(key), Some(Some(Head::File(referred)))) if referred == number => {
                    large.numbers.insert(key, number);
                }
                _ => self.values.remove(number)?,
            }
        }
        Ok(())
    }

    /// Calls sled, which answers damage with an error or a panic.
    fn sled<T>(&self, call: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, StoreFault> {
        let Some(db) = self
            .db
            .as_ref()
            .filter(|_| !self.broken.load(Ordering::Acquire))
        else {
            return Err(damaged("an earlier call failed"));
        };
        let outcome = guarded(&self.folder, || call(db));
        if outcome.is_err() {
            self.broken.store(true, Ordering::Release);
        }
        outcome
    }

    /// sled's own flush writes its buffers but does not sync on Linux, so its file is synced as well.
    fn flush_sled(&self) -> Result<(), StoreFault> {
        self.sled(|db| db.flush())?;
        let path = self.folder.join("sled").join("db");
        let file = File::open(&path).map_err(|source| StoreFault::io("open", &path, source))?;
        file.sync_data()
            .map_err(|source| StoreFault::io("sync", &path, source))
    }

    /// Looks up and resolves, again if a concurrent put removed the file in between.
    fn look_up(
        &self,
        find: impl Fn(&sled::Db) -> sled::Result<Option<(sled::IVec, sled::IVec)>>,
    ) -> Result<Option<KeyValue>, StoreFault> {
        for _ in 0..3 {
            let Some((key, stored)) = self.sled(&find)? else {
                return Ok(None);
            };
            if let Some(value) = resolve(&self.values, &key, &stored)? {
                return Ok(Some((key.to_vec(), value)));
            }
        }
        Err(damaged("the file of a large value is missing"))
    }

    /// Writes the large values of a put to files, so that the batch can refer to them.
    fn write_files(
        &self,
        large: &mut Large,
        last: &Stored<'_>,
    ) -> Result<BTreeMap<Vec<u8>, u64>, StoreFault> {
        let mut written = BTreeMap::new();
        for (key, value) in last {
            let Some(value) = value.filter(|value| value.len() > INLINE_BYTES_MAX) else {
                continue;
            };
            let number = large.next;
            large.next += 1;
            self.values.write(number, key, value)?;
            written.insert(key.clone(), number);
        }
        Ok(written)
    }

    fn large(&self) -> MutexGuard<'_, Large> {
        // A panic in between leaves at worst a file that the next open removes.
        self.large.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The change that stands for each stored key of a put.
type Stored<'a> = BTreeMap<Vec<u8>, Option<&'a [u8]>>;

impl Side for Index {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        let key = stored_key(space, key);
        let found = self.look_up(|db| {
            Ok(db
                .get(&key)?
                .map(|value| (sled::IVec::from(key.as_slice()), value)))
        })?;
        Ok(found.map(|(_, value)| value))
    }

    fn last_up_to(&self, space: Space, key: &[u8]) -> Result<Option<KeyValue>, StoreFault> {
        let (first, last) = (stored_key(space, b""), stored_key(space, key));
        let found = self.look_up(|db| {
            db.range(first.as_slice()..=last.as_slice())
                .next_back()
                .transpose()
        })?;
        Ok(found.map(|(key, value)| (plain_key(&key), value)))
    }

    fn put(&self, changes: &[Change]) -> Result<(), StoreFault> {
        let mut last = Stored::new();
        for change in changes {
            if change.key.len() > SIDE_KEY_BYTES_MAX {
                let bytes = change.key.len() as u64;
                return Err(StoreFault::TooLarge {
                    what: "a side key",
                    bytes,
                    max: SIDE_KEY_BYTES_MAX as u64,
                });
            }
            last.insert(
                stored_key(change.space, &change.key),
                change.value.as_deref(),
            );
        }
        let mut large = self.large();
        let written = self.write_files(&mut large, &last)?;
        let mut batch = sled::Batch::default();
        for (key, value) in &last {
            match (value, written.get(key)) {
                (None, _) => batch.remove(key.as_slice()),
                (Some(_), Some(number)) => {
                    batch.insert(key.as_slice(), Head::File(*number).encode())
                }
                (Some(value), None) => batch.insert(key.as_slice(), Head::Inline(value).encode()),
            }
        }
        self.sled(|db| db.apply_batch(batch))?;
        for key in last.keys() {
            let old = match written.get(key) {
                Some(number) => large.numbers.insert(key.clone(), *number),
                None => large.numbers.remove(key),
            };
            large.replaced.extend(old);
        }
        Ok(())
    }

    fn clear(&self, space: Space) -> Result<(), StoreFault> {
        let prefix = [space.code()];
        let mut large = self.large();
        loop {
            let keys = self.sled(|db| {
                db.scan_prefix(prefix)
                    .keys()
                    .take(CLEAR_BATCH_KEYS)
                    .collect::<sled::Result<Vec<sled::IVec>>>()
            })?;
            if keys.is_empty() {
                return Ok(());
            }
            let mut batch = sled::Batch::default();
            keys.iter().for_each(|key| batch.remove(key));
            self.sled(|db| db.apply_batch(batch))?;
            for key in &keys {
                let old = large.numbers.remove(key.as_ref());
                large.replaced.extend(old);
            }
        }
    }

    fn flush(&self) -> Result<(), StoreFault> {
        // Taken before the flush: what is replaced later may not be covered by it.
        let replaced = std::mem::take(&mut self.large().replaced);
        let flushed = self.flush_sled();
        if flushed.is_err() {
            self.large().replaced.extend(replaced);
            return flushed;
        }
        replaced
            .into_iter()
            .try_for_each(|number| self.values.remove(number))
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        // sled flushes as it goes, and may panic doing so; a drop must not.
        let db = self.db.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
    }
}

fn snapshot_heads(db: &sled::Db) -> sled::Result<Heads> {
    let items = db.scan_prefix([Space::Snapshots.code()]);
    items
        .map(|item| item.map(|(key, head)| (key.to_vec(), head.to_vec())))
        .collect()
}

fn decode_mark(stored: Option<sled::IVec>) -> Result<Option<u64>, StoreFault> {
    let Some(bytes) = stored else {
        return Ok(None);
    };
    match <[u8; 8]>::try_from(bytes.as_ref()) {
        Ok(bytes) => Ok(Some(u64::from_le_bytes(bytes))),
        Err(_) => Err(damaged("the mark of the log's size has a wrong length")),
    }
}

fn discarded_folder(store: &Path) -> PathBuf {
    store.join("index.discarded")
}

fn remove_folder(folder: &Path) -> Result<(), StoreFault> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(StoreFault::io("remove the folder", folder, source))
        }
        _ => Ok(()),
    }
}
