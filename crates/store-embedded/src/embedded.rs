//! The store in a folder: the log, the index, the lock, and what opening them finds.
//! Invariant: opening changes nothing until it has decided that nothing acknowledged is lost by it.
//! Knows nothing of events; that the index can be filled again is its user's business.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use durable::FolderLock;
use store::{Entries, Frame, Frames, Side, Space, Store, StoreFault};

use crate::disk::{self, patiently};
use crate::format::{SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::index::{Index, IndexState};
use crate::log::{Log, Writer, log_folder};
use crate::reader_side::ReaderSide;
use crate::recover::{Tail, find_log};
use crate::segment::{create_segment, list_segments, segment_name, segment_path};

/// A segment that would grow beyond this many bytes is followed by a new one.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Whether a store may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Alone, reading and writing.
    ReadWrite,
    /// Together with other readers, changing nothing in the log, not even a torn tail. The side area shows
    /// the snapshots that were there on opening and refuses writes; the index, if there is one, is opened for a moment to
    /// read its mark and where they are.
    ReadOnly,
}

/// How to open a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// Go on although entries once committed are gone from the end of the log. Damage is never cut.
    pub accept_loss: bool,
    /// Whether the store may be changed.
    pub mode: OpenMode,
    /// When to begin a new segment; a larger group gets a segment of its own.
    pub segment_bytes: u64,
}

/// Reading and writing, accepting no loss, segments of [`SEGMENT_BYTES`].
impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            accept_loss: false,
            mode: OpenMode::ReadWrite,
            segment_bytes: SEGMENT_BYTES,
        }
    }
}

/// What opening a store found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Committed entries.
    pub size: u64,
    /// Number of segment files.
    pub segments: u64,
    /// Bytes after the last whole frame: an append that never returned. Cut if the store was opened for writing.
    pub torn_bytes: u64,
    /// Name of the last segment, which had the torn bytes if there were any.
    pub last_segment: String,
    /// Entries once committed and now gone, accepted by `accept_loss`.
    pub lost_entries: u64,
    /// The state of the index.
    pub index: IndexState,
}

/// A store of segment files and sled in one folder.
#[derive(Debug)]
pub struct EmbeddedStore {
    // Dropped in this order: the lock must outlive both.
    log: Arc<Log>,
    side: SideArea,
    _lock: Option<FolderLock>,
}

#[derive(Debug)]
enum SideArea {
    Index(Index),
    Reader(ReaderSide),
}

impl EmbeddedStore {
    /// Makes an empty store in `folder`, which is created if need be, and opens it with [`StoreOptions::default`].
    ///
    /// # Errors
    /// [`StoreFault::AlreadyExists`], [`StoreFault::InUse`] or [`StoreFault::Io`].
    pub fn create(folder: &Path) -> Result<Self, StoreFault> {
        let log = log_folder(folder);
        disk::ensure_folder(folder)?;
        let lock = patiently(|| FolderLock::exclusive(folder))?;
        disk::ensure_folder(&log)?;
        if !list_segments(&log)?.is_empty() {
            return Err(StoreFault::AlreadyExists {
                path: folder.to_owned(),
            });
        }
        Index::discard(folder)?;
        create_segment(
            &log,
            SegmentHeader {
                first: 0,
                previous: 0,
            },
        )?;
        let (store, _) = open_for_writing(folder, StoreOptions::default(), lock)?;
        Ok(store)
    }

    /// Opens the store in `folder`.
    ///
    /// Reads the headers of all segments and the frames of the last. Older segments are checked as they are read.
    ///
    /// # Errors
    /// [`StoreFault::NotFound`], [`StoreFault::InUse`], [`StoreFault::LostTail`], every form of damage in the last
    /// segment or in the chain of segments, and [`StoreFault::SideDamaged`], after which [`Self::discard_index`] helps.
    pub fn open(folder: &Path, options: StoreOptions) -> Result<(Self, Opened), StoreFault> {
        if !log_folder(folder).is_dir() {
            return Err(StoreFault::NotFound {
                path: folder.to_owned(),
            });
        }
        match options.mode {
            OpenMode::ReadWrite => {
                let lock = patiently(|| FolderLock::exclusive(folder))?;
                open_for_writing(folder, options, lock)
            }
            OpenMode::ReadOnly => open_for_reading(folder, options),
        }
    }

    /// Deletes the side area, with everything in it, of a store that is not open. The log is not touched.
    ///
    /// # Errors
    /// [`StoreFault::NotFound`], [`StoreFault::InUse`] or [`StoreFault::Io`].
    pub fn discard_index(folder: &Path) -> Result<(), StoreFault> {
        if !log_folder(folder).is_dir() {
            return Err(StoreFault::NotFound {
                path: folder.to_owned(),
            });
        }
        let _lock = patiently(|| FolderLock::exclusive(folder))?;
        Index::discard(folder)
    }

    #[cfg(test)]
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }
}

fn open_for_writing(
    folder: &Path,
    options: StoreOptions,
    lock: FolderLock,
) -> Result<(EmbeddedStore, Opened), StoreFault> {
    let path = log_folder(folder);
    let found = find_log(folder, &path)?;
    let (index, existed) = Index::open(folder)?;
    let mark = if existed { index.mark()? } else { None };
    let lost_entries = lost_entries(&found, mark, options.accept_loss)?;
    // From here on things are changed.
    let file = settle_end(&path, &found, mark)?;
    if lost_entries > 0 {
        Space::ALL
            .iter()
            .try_for_each(|space| index.clear(*space))?;
    }
    if mark != Some(found.size) {
        index.set_mark(found.size)?;
        index.flush()?;
    }
    let state = match mark {
        Some(mark) if lost_entries == 0 => IndexState::Present { mark },
        _ => IndexState::Empty,
    };
    let opened = opened(&found, lost_entries, state);
    let writer = Writer::new(Box::new(file), found.whole_end, options.segment_bytes);
    let log = Arc::new(Log::new(path, found, Some(writer)));
    Ok((
        EmbeddedStore {
            log,
            side: SideArea::Index(index),
            _lock: Some(lock),
        },
        opened,
    ))
}

/// A reader keeps the writer out only while it opens: what it has found by then stays as it is, since whole frames are never
/// changed and never cut off, and a snapshot that the writer replaces is as if it had not been there.
fn open_for_reading(
    folder: &Path,
    options: StoreOptions,
) -> Result<(EmbeddedStore, Opened), StoreFault> {
    let _while_it_opens = patiently(|| FolderLock::shared(folder))?;
    let path = log_folder(folder);
    let found = find_log(folder, &path)?;
    let (state, heads) = Index::peek(folder);
    let mark = match state {
        IndexState::Present { mark } => Some(mark),
        IndexState::Empty | IndexState::Unreadable => None,
    };
    let lost_entries = lost_entries(&found, mark, options.accept_loss)?;
    let opened = opened(&found, lost_entries, state);
    let log = Arc::new(Log::new(path, found, None));
    Ok((
        EmbeddedStore {
            log,
            side: SideArea::Reader(ReaderSide::new(folder, heads)),
            _lock: None,
        },
        opened,
    ))
}

/// How many entries the mark knows of that the log, without its torn tail, does not hold.
fn lost_entries(found: &Tail, mark: Option<u64>, accept_loss: bool) -> Result<u64, StoreFault> {
    match mark {
        Some(mark) if mark > found.size && !accept_loss => Err(StoreFault::LostTail {
            expected: mark,
            found: found.size,
        }),
        Some(mark) => Ok(mark.saturating_sub(found.size)),
        None => Ok(0),
    }
}

/// Cuts the torn tail and makes the last frame durable; the file is then ready to be written at its end.
fn settle_end(log: &Path, found: &Tail, mark: Option<u64>) -> Result<File, StoreFault> {
    let path = segment_path(log, found.last_segment());
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|source| StoreFault::io("open", &path, source))?;
    let writing = |source| StoreFault::io("write to", &path, source);
    if found.torn_bytes > 0 {
        file.set_len(found.whole_end)
            .map_err(|source| StoreFault::io("cut the torn end of", &path, source))?;
    }
    // A frame beyond the mark may have been read from the page cache after a sync that failed: the system then takes
    // its pages for clean, and a new sync would write nothing. Writing the same bytes again makes it honest.
    if let Some(offset) = found
        .last_frame
        .filter(|_| mark.is_none_or(|mark| mark < found.size))
    {
        let frame = read_between(&path, &mut file, offset, found.whole_end)?;
        file.seek(SeekFrom::Start(offset)).map_err(writing)?;
        file.write_all(&frame).map_err(writing)?;
    }
    file.sync_all()
        .map_err(|source| StoreFault::io("sync", &path, source))?;
    durable::sync_folder(log).map_err(disk::fault)?;
    file.seek(SeekFrom::Start(found.whole_end))
        .map_err(writing)?;
    Ok(file)
}

fn read_between(
    path: &PathBuf,
    file: &mut File,
    begin: u64,
    end: u64,
) -> Result<Vec<u8>, StoreFault> {
    let reading = |source| StoreFault::io("read", path, source);
    // Bounded: the frame has been read whole once already.
    let mut bytes = vec![0; usize::try_from(end - begin).expect("a frame fits in memory")];
    file.seek(SeekFrom::Start(begin)).map_err(reading)?;
    std::io::Read::read_exact(file, &mut bytes).map_err(reading)?;
    Ok(bytes)
}

fn opened(found: &Tail, lost_entries: u64, index: IndexState) -> Opened {
    debug_assert!(found.whole_end >= SEGMENT_HEADER_BYTES as u64);
    Opened {
        size: found.size,
        segments: found.segments.len() as u64,
        torn_bytes: found.torn_bytes,
        last_segment: segment_name(found.last_segment()),
        lost_entries,
        index,
    }
}

impl Entries for EmbeddedStore {
    fn size(&self) -> u64 {
        self.log.size()
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn frames(&self, from: u64) -> Result<Frames<'_>, StoreFault> {
        Ok(Box::new(self.log.frames(from)?))
    }

    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        self.log.frame_of(position)
    }

    fn handle(&self) -> Arc<dyn Entries> {
        Arc::new(LogHandle(Arc::clone(&self.log)))
    }

    fn kept(&self) -> Option<&dyn Side> {
        Some(self.side())
    }
}

impl Store for EmbeddedStore {
    fn append(
        &self,
        expected_size: u64,
        entries: &[&[u8]],
        checkpoint: &[u8],
    ) -> Result<(), StoreFault> {
        let size = self.log.append(expected_size, entries, checkpoint)?;
        if let SideArea::Index(index) = &self.side {
            // The group is committed and must be acknowledged; a broken index says so at the next use of the side area.
            let _ = index.raise_mark(size);
        }
        Ok(())
    }

    fn side(&self) -> &dyn Side {
        match &self.side {
            SideArea::Index(index) => index,
            SideArea::Reader(reader) => reader,
        }
    }
}

/// The log of a store that is open, without its side area.
#[derive(Debug, Clone)]
struct LogHandle(Arc<Log>);

impl Entries for LogHandle {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn frames(&self, from: u64) -> Result<Frames<'_>, StoreFault> {
        Ok(Box::new(self.0.frames(from)?))
    }

    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        self.0.frame_of(position)
    }

    fn handle(&self) -> Arc<dyn Entries> {
        Arc::new(self.clone())
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        if let SideArea::Index(index) = &self.side {
            // A clean end leaves an index that does not lag. If this fails, the next open catches up.
            let _ = index.flush();
        }
    }
}
