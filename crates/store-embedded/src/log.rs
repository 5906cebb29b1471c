//! The log: one writer at its end, any number of readers anywhere.
//! Invariant: readers see only what a successful sync has covered, and nothing is written after a sync that failed.
//! Does not know the index, nor how a bad tail is judged.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use durable::Layout;
use store::{Frame, StoreFault, check_group};

use crate::disk::LogFile;
use crate::format::{
    FRAME_HEADER_BYTES, FRAME_TRAILER_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader, encode_frame,
};
use crate::recover::Tail;
use crate::segment::{SegmentReader, Step, create_segment, segment_path};
use crate::sparse::{SparseCache, SparseIndex};

/// Bytes read at once when frames are streamed. A frame that is longer goes past the buffer to its own place.
const STREAM_BUFFER_BYTES: usize = 128 * 1024;

/// Bytes read at once when one frame is looked for.
const LOOKUP_BUFFER_BYTES: usize = 16 * 1024;

/// An append buffer grown beyond this is given back.
const KEPT_BUFFER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// An open log.
pub(crate) struct Log {
    folder: PathBuf,
    committed: RwLock<Committed>,
    /// `None` if the log is open for reading only.
    writer: Option<Mutex<Writer>>,
    cache: Mutex<SparseCache>,
}

/// What readers may see.
#[derive(Debug, Clone)]
struct Committed {
    size: u64,
    /// First positions of the segments.
    segments: Arc<Vec<u64>>,
    /// Sparse index of the last segment.
    last: SparseIndex,
}

/// The end of the log.
pub(crate) struct Writer {
    pub(crate) file: Box<dyn LogFile>,
    /// Length of the last segment.
    pub(crate) file_bytes: u64,
    /// A segment that would grow beyond this is followed by a new one.
    pub(crate) segment_bytes: u64,
    buffer: Vec<u8>,
    poisoned: bool,
}

impl Writer {
    pub(crate) fn new(file: Box<dyn LogFile>, file_bytes: u64, segment_bytes: u64) -> Self {
        Self {
            file,
            file_bytes,
            segment_bytes,
            buffer: Vec::new(),
            poisoned: false,
        }
    }
}

impl Log {
    /// A log as recovered. The caller has cut what had to be cut.
    pub(crate) fn new(folder: PathBuf, found: Tail, writer: Option<Writer>) -> Self {
        let committed = Committed {
            size: found.size,
            segments: Arc::new(found.segments),
            last: found.sparse,
        };
        Self {
            folder,
            committed: RwLock::new(committed),
            writer: writer.map(Mutex::new),
            cache: Mutex::default(),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.committed().size
    }

    /// Commits one group and returns the new size.
    pub(crate) fn append(
        &self,
        expected: u64,
        entries: &[&[u8]],
        checkpoint: &[u8],
    ) -> Result<u64, StoreFault> {
        let packed = check_group(entries, checkpoint)?;
        let writer = self.writer.as_ref().ok_or(StoreFault::ReadOnly)?;
        let mut writer = locked(writer);
        if writer.poisoned {
            return Err(StoreFault::Poisoned);
        }
        let actual = self.size();
        if actual != expected {
            return Err(StoreFault::WrongSize { expected, actual });
        }
        // Uncertain until the commit is known: a panic or a fault on the way leaves the writer poisoned.
        writer.poisoned = true;
        let frame_bytes = FRAME_HEADER_BYTES + packed + checkpoint.len() + FRAME_TRAILER_BYTES;
        let full = writer.file_bytes + frame_bytes as u64 > writer.segment_bytes;
        if full && writer.file_bytes > SEGMENT_HEADER_BYTES as u64 {
            self.roll(&mut writer, actual)?;
        }
        let size = actual + entries.len() as u64;
        self.commit(&mut writer, size, |buffer| {
            encode_frame(buffer, actual, entries, checkpoint, packed)
        })?;
        writer.poisoned = false;
        Ok(size)
    }

    /// Begins a new segment at `first`.
    fn roll(&self, writer: &mut Writer, first: u64) -> Result<(), StoreFault> {
        let previous = self
            .committed()
            .segments
            .last()
            .copied()
            .unwrap_or_default();
        writer.file = Box::new(create_segment(
            &self.folder,
            SegmentHeader { first, previous },
        )?);
        writer.file_bytes = SEGMENT_HEADER_BYTES as u64;
        let mut committed = self
            .committed
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut committed.segments).push(first);
        let full = std::mem::take(&mut committed.last);
        drop(committed);
        locked(&self.cache).insert(previous, Arc::new(full));
        Ok(())
    }

    /// One write, one sync; then readers see it.
    fn commit(
        &self,
        writer: &mut Writer,
        size: u64,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), StoreFault> {
        encode(&mut writer.buffer);
        let path = || {
            segment_path(
                &self.folder,
                self.committed()
                    .segments
                    .last()
                    .copied()
                    .unwrap_or_default(),
            )
        };
        let Writer { file, buffer, .. } = writer;
        file.write_all(buffer)
            .map_err(|source| StoreFault::io("write to", path(), source))?;
        file.sync_data()
            .map_err(|source| StoreFault::io("sync", path(), source))?;
        let mut committed = self
            .committed
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let first = committed.size;
        committed.last.note(first, writer.file_bytes);
        committed.size = size;
        writer.file_bytes += writer.buffer.len() as u64;
        if writer.buffer.capacity() > KEPT_BUFFER_BYTES_MAX {
            writer.buffer = Vec::new();
        }
        Ok(())
    }

    /// See [`store::Store::frames`].
    pub(crate) fn frames(&self, from: u64) -> Result<LogFrames<'_>, StoreFault> {
        let (size, segments) = self.snapshot();
        if from > size {
            return Err(StoreFault::PastEnd {
                position: from,
                size,
            });
        }
        let reader = if from == size {
            None
        } else {
            Some(self.reader_at(from, &segments, STREAM_BUFFER_BYTES)?)
        };
        let next = segments.partition_point(|first| *first <= from);
        Ok(LogFrames {
            log: self,
            size,
            segments,
            next,
            reader,
        })
    }

    /// See [`store::Store::frame_of`].
    pub(crate) fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        let (size, segments) = self.snapshot();
        if position >= size {
            return Err(StoreFault::PastEnd { position, size });
        }
        let mut reader = self.reader_at(position, &segments, LOOKUP_BUFFER_BYTES)?;
        whole(reader.next_frame()?, &reader)
    }

    /// A reader that stands at the frame that contains `position`, which is committed.
    fn reader_at(
        &self,
        position: u64,
        segments: &[u64],
        buffer_bytes: usize,
    ) -> Result<SegmentReader, StoreFault> {
        let after = segments.partition_point(|first| *first <= position);
        let segment = segments
            .get(after.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        let begin = self
            .nearest_frame(segment, position)?
            .unwrap_or((segment, SEGMENT_HEADER_BYTES as u64));
        let mut reader = SegmentReader::open(&self.folder, segment, begin, buffer_bytes)?;
        loop {
            let header = whole(reader.peek()?, &reader)?;
            if header.end() > position {
                return Ok(reader);
            }
            reader.skip()?;
        }
    }

    /// Position and offset of a frame of the segment at or shortly before `position`: from memory, or from a walk over
    /// the segment's frame headers.
    fn nearest_frame(&self, segment: u64, position: u64) -> Result<Option<(u64, u64)>, StoreFault> {
        if let Some(index) = locked(&self.cache).get(segment) {
            return Ok(index.at_or_before(position));
        }
        let committed = self.committed();
        if committed.segments.last() == Some(&segment) {
            return Ok(committed.last.at_or_before(position));
        }
        drop(committed);
        let mut index = SparseIndex::default();
        let begin = (segment, SEGMENT_HEADER_BYTES as u64);
        let mut reader = SegmentReader::open(&self.folder, segment, begin, LOOKUP_BUFFER_BYTES)?;
        // A misfit ends the walk: what lies before it stays readable, and reading beyond it gives the fault.
        while let Step::Whole(_) = reader.peek()? {
            index.note(reader.position(), reader.offset());
            reader.skip()?;
        }
        let nearest = index.at_or_before(position);
        locked(&self.cache).insert(segment, Arc::new(index));
        Ok(nearest)
    }

    fn snapshot(&self) -> (u64, Arc<Vec<u64>>) {
        let committed = self.committed();
        (committed.size, Arc::clone(&committed.segments))
    }

    fn committed(&self) -> RwLockReadGuard<'_, Committed> {
        self.committed
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn replace_file(&self, wrap: impl FnOnce(Box<dyn LogFile>) -> Box<dyn LogFile>) {
        struct Nothing;
        impl LogFile for Nothing {
            fn write_all(&mut self, _: &[u8]) -> std::io::Result<()> {
                unreachable!("replaced before use")
            }
            fn sync_data(&mut self) -> std::io::Result<()> {
                unreachable!("replaced before use")
            }
        }
        let mut writer = locked(self.writer.as_ref().unwrap());
        writer.file = wrap(std::mem::replace(&mut writer.file, Box::new(Nothing)));
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("folder", &self.folder)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// Frames of a log in order. Holds one frame and one buffer.
pub(crate) struct LogFrames<'a> {
    log: &'a Log,
    /// Where to end.
    size: u64,
    segments: Arc<Vec<u64>>,
    /// Index of the segment after the reader's.
    next: usize,
    reader: Option<SegmentReader>,
}

impl LogFrames<'_> {
    fn step(&mut self) -> Result<Option<Frame>, StoreFault> {
        loop {
            let Some(reader) = &mut self.reader else {
                return Ok(None);
            };
            if reader.position() >= self.size {
                return Ok(None);
            }
            let Some(next_first) = self.segments.get(self.next).copied() else {
                return whole(reader.next_frame()?, reader).map(Some);
            };
            if reader.position() == next_first {
                if reader.offset() != reader.file_bytes() {
                    return Err(reader.damaged("bytes follow the segment's last frame"));
                }
                let begin = (next_first, SEGMENT_HEADER_BYTES as u64);
                *reader =
                    SegmentReader::open(&self.log.folder, next_first, begin, STREAM_BUFFER_BYTES)?;
                self.next += 1;
                continue;
            }
            let frame = whole(reader.next_frame()?, reader)?;
            if frame.end() > next_first {
                return Err(reader.damaged(format!(
                    "the segment runs beyond position {next_first}, where the next begins"
                )));
            }
            return Ok(Some(frame));
        }
    }
}

impl Iterator for LogFrames<'_> {
    type Item = Result<Frame, StoreFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.step().transpose();
        if !matches!(item, Some(Ok(_))) {
            self.reader = None;
        }
        item
    }
}

/// In a place that is committed, everything but a whole frame is damage.
fn whole<T>(step: Step<T>, reader: &SegmentReader) -> Result<T, StoreFault> {
    match step {
        Step::Whole(found) => Ok(found),
        Step::End => {
            Err(reader.damaged("the segment ends here, though later positions were committed"))
        }
        Step::Short => Err(reader.damaged("the segment ends within this frame")),
        Step::Bad(flaw) => Err(reader.damaged(flaw.describe())),
    }
}

// A panic under one of these locks leaves no half-made change: the writer stays poisoned, the rest is set in one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folder of the segments inside a store's folder.
pub(crate) fn log_folder(store: &Path) -> PathBuf {
    Layout::of(store).log()
}
