//! One segment file: its name, its creation, and reading it frame by frame.
//! Invariant: a frame is handed out only if its position, lengths and both checksums fit.
//! Does not decide what a bad tail means; `recover` does.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use durable::Access;
use store::{Frame, StoreFault};

use crate::disk;
use crate::format::{
    FORMAT_VERSION, FRAME_HEADER_BYTES, FRAME_TRAILER_BYTES, FrameHeader, SEGMENT_HEADER_BYTES,
    SegmentHeader, SegmentHeaderFlaw, frame_checksum_fits,
};

/// Bytes read at once when the end of a segment is searched for anything but zeros.
const ZERO_SEARCH_BUFFER_BYTES: usize = 64 * 1024;

/// File name of the segment that begins at `first`: 20 digits, so that names sort as positions do.
pub(crate) fn segment_name(first: u64) -> String {
    format!("{first:020}.seg")
}

pub(crate) fn segment_path(log: &Path, first: u64) -> PathBuf {
    log.join(segment_name(first))
}

/// First positions of the segments in the log folder, ascending. Names alone; headers are not read.
pub(crate) fn list_segments(log: &Path) -> Result<Vec<u64>, StoreFault> {
    let listing = |source| StoreFault::io("list", log, source);
    let mut found = Vec::new();
    for item in fs::read_dir(log).map_err(listing)? {
        let path = item.map_err(listing)?.path();
        if path.extension().is_none_or(|extension| extension != "seg") {
            continue;
        }
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        match stem.parse::<u64>() {
            Ok(first) if path.ends_with(segment_name(first)) => found.push(first),
            _ => {
                return Err(StoreFault::StrayFile {
                    path,
                    what: "its name is not 20 digits and `.seg`".to_owned(),
                });
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Creates a segment with its header, durable when this returns.
pub(crate) fn create_segment(log: &Path, header: SegmentHeader) -> Result<File, StoreFault> {
    let path = segment_path(log, header.first);
    durable::create(&path, &header.encode(), Access::Usual).map_err(disk::fault)?;
    let opening = |source| StoreFault::io("open", &path, source);
    let mut file = File::options()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(opening)?;
    file.seek(SeekFrom::End(0)).map_err(opening)?;
    Ok(file)
}

/// Reads and checks a segment's header.
pub(crate) fn read_segment_header(log: &Path, first: u64) -> Result<SegmentHeader, StoreFault> {
    let path = segment_path(log, first);
    let mut file = File::open(&path).map_err(|source| StoreFault::io("open", &path, source))?;
    let damaged = |what: &str| StoreFault::Damaged {
        position: first,
        segment: segment_name(first),
        offset: 0,
        what: what.to_owned(),
    };
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    match file.read_exact(&mut bytes) {
        Ok(()) => {}
        Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(damaged("the file is shorter than a segment's header"));
        }
        Err(source) => return Err(StoreFault::io("read", &path, source)),
    }
    let header = match SegmentHeader::decode(&bytes) {
        Ok(header) => header,
        Err(SegmentHeaderFlaw::Damaged(what)) => return Err(damaged(what)),
        Err(SegmentHeaderFlaw::Version(found)) => {
            return Err(StoreFault::UnknownFormat {
                path,
                found,
                supported: FORMAT_VERSION,
            });
        }
    };
    if header.first != first {
        let what = format!("its header says it begins at position {}", header.first);
        return Err(StoreFault::StrayFile { path, what });
    }
    Ok(header)
}

/// What stands at a reader's place in a segment.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// What was asked for.
    Whole(T),
    /// The segment ends here.
    End,
    /// The file ends before the frame does.
    Short,
    /// All bytes are there and do not fit.
    Bad(Flaw),
}

/// How a frame does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The header's magic or checksum; its lengths mean nothing.
    Header,
    /// The checksum over the frame.
    Body,
    /// Checksums fit and what they cover is not this frame of this log; no interrupted write does that.
    Content(&'static str),
}

impl Flaw {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Header => "the frame's header is not as it was written",
            Self::Body => "the frame's checksum does not fit its bytes",
            Self::Content(what) => what,
        }
    }
}

/// Reads a segment's frames in order, through one buffer.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    path: PathBuf,
    first: u64,
    reader: BufReader<File>,
    file_bytes: u64,
    /// Offset of the next frame.
    offset: u64,
    /// Position the next frame must begin at.
    position: u64,
    /// Header of the next frame if it was already read, with its raw bytes.
    pending: Option<(FrameHeader, [u8; FRAME_HEADER_BYTES])>,
}

impl SegmentReader {
    /// Opens the segment at a frame known to begin at `offset` with `position`.
    pub(crate) fn open(
        log: &Path,
        first: u64,
        (position, offset): (u64, u64),
        buffer_bytes: usize,
    ) -> Result<Self, StoreFault> {
        let path = segment_path(log, first);
        let opening = |source| StoreFault::io("open", &path, source);
        let mut file = File::open(&path).map_err(opening)?;
        let file_bytes = file.metadata().map_err(opening)?.len();
        file.seek(SeekFrom::Start(offset)).map_err(opening)?;
        let reader = BufReader::with_capacity(buffer_bytes, file);
        Ok(Self {
            path,
            first,
            reader,
            file_bytes,
            offset,
            position,
            pending: None,
        })
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// The next frame's header, without moving on.
    pub(crate) fn peek(&mut self) -> Result<Step<FrameHeader>, StoreFault> {
        if let Some((header, _)) = self.pending {
            return Ok(Step::Whole(header));
        }
        let left = self.file_bytes.saturating_sub(self.offset);
        if left == 0 {
            return Ok(Step::End);
        }
        if left < FRAME_HEADER_BYTES as u64 {
            return Ok(Step::Short);
        }
        let mut raw = [0; FRAME_HEADER_BYTES];
        self.fill(&mut raw)?;
        let Some(header) = FrameHeader::decode(&raw) else {
            return Ok(Step::Bad(Flaw::Header));
        };
        if header.first != self.position {
            return Ok(Step::Bad(Flaw::Content(
                "the frame belongs to another position",
            )));
        }
        if !header.within_limits() {
            return Ok(Step::Bad(Flaw::Content(
                "the frame's lengths exceed their limits",
            )));
        }
        if header.frame_bytes() > left {
            return Ok(Step::Short);
        }
        self.pending = Some((header, raw));
        Ok(Step::Whole(header))
    }

    /// Steps over the frame that [`Self::peek`] has shown.
    pub(crate) fn skip(&mut self) -> Result<(), StoreFault> {
        if let Some((header, _)) = self.pending.take() {
            let body = i64::try_from(header.body_bytes())
                .expect("a frame within limits is shorter than 2^63");
            self.reader
                .seek_relative(body)
                .map_err(|source| StoreFault::io("read", &self.path, source))?;
            self.advance(header);
        }
        Ok(())
    }

    /// The next frame, checked.
    pub(crate) fn next_frame(&mut self) -> Result<Step<Frame>, StoreFault> {
        match self.peek()? {
            Step::Whole(_) => {}
            Step::End => return Ok(Step::End),
            Step::Short => return Ok(Step::Short),
            Step::Bad(flaw) => return Ok(Step::Bad(flaw)),
        }
        let Some((header, raw)) = self.pending.take() else {
            return Ok(Step::End);
        };
        // Bounded: peek has compared it with the file's length and the group's limit.
        let mut body =
            vec![0; usize::try_from(header.body_bytes()).expect("a frame fits in memory")];
        self.fill(&mut body)?;
        if !frame_checksum_fits(&raw, &body) {
            return Ok(Step::Bad(Flaw::Body));
        }
        body.truncate(body.len() - FRAME_TRAILER_BYTES);
        match Frame::unpack(header.first, header.count, body, header.packed as usize) {
            Ok(frame) => {
                self.advance(header);
                Ok(Step::Whole(frame))
            }
            Err(what) => Ok(Step::Bad(Flaw::Content(what))),
        }
    }

    /// Whether every byte from the reader's place to the end of the file is zero.
    pub(crate) fn only_zeros_follow(&self) -> Result<bool, StoreFault> {
        let reading = |source| StoreFault::io("read", &self.path, source);
        let mut file = File::open(&self.path).map_err(reading)?;
        file.seek(SeekFrom::Start(self.offset)).map_err(reading)?;
        let mut reader = BufReader::with_capacity(ZERO_SEARCH_BUFFER_BYTES, file);
        loop {
            let bytes = reader.fill_buf().map_err(reading)?;
            if bytes.is_empty() {
                return Ok(true);
            }
            if bytes.iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            let length = bytes.len();
            reader.consume(length);
        }
    }

    /// A fault at the reader's place.
    pub(crate) fn damaged(&self, what: impl Into<String>) -> StoreFault {
        StoreFault::Damaged {
            position: self.position,
            segment: segment_name(self.first),
            offset: self.offset,
            what: what.into(),
        }
    }

    fn advance(&mut self, header: FrameHeader) {
        self.offset += header.frame_bytes();
        self.position = header.end();
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), StoreFault> {
        match self.reader.read_exact(buffer) {
            Ok(()) => Ok(()),
            Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
                Err(self.damaged("the file became shorter while it was read"))
            }
            Err(source) => Err(StoreFault::io("read", &self.path, source)),
        }
    }
}
