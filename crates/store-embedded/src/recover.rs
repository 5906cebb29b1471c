//! What a log holds when it is opened: the chain of segments, and where the last one really ends.
//! Invariant: only bytes that no acknowledged append can have written are ever called torn; all other misfits are damage.
//! Reads only. Does not cut, and does not know the index: `store` brings the high-water mark.

use std::path::Path;

use store::StoreFault;

use crate::format::{FRAME_HEADER_BYTES, FRAME_MAGIC, FrameHeader, SEGMENT_HEADER_BYTES};
use crate::segment::{Flaw, SegmentReader, Step, list_segments, read_segment_header, segment_name};
use crate::sparse::SparseIndex;

/// Bytes read at once while scanning.
const SCAN_BUFFER_BYTES: usize = 1024 * 1024;

/// No segment of ours leaves more than this behind one frame: a group at its limit, and some.
const TAIL_SEARCH_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A log as found, before anything is changed.
#[derive(Debug)]
pub(crate) struct Found {
    /// First positions of the segments, ascending; never empty, begins with 0.
    pub(crate) segments: Vec<u64>,
    /// Entries in whole frames.
    pub(crate) size: u64,
    /// Offset in the last segment after its last whole frame.
    pub(crate) whole_end: u64,
    /// Offset of the last whole frame of the last segment, if it has one.
    pub(crate) last_frame: Option<u64>,
    /// Sparse index of the last segment.
    pub(crate) sparse: SparseIndex,
    /// What follows the last whole frame.
    pub(crate) tail: Tail,
}

/// What follows the last whole frame of the last segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing.
    Clean,
    /// Less than a frame: an append that never returned.
    Short { bytes: u64 },
    /// As much as a frame, but not one: an append that never returned and whose blocks reached the disk out of order,
    /// or the damage of a committed frame.
    Unclear { bytes: u64, flaw: Flaw },
}

/// Reads the chain of segment headers and scans the last segment.
///
/// # Errors
/// [`StoreFault::NotFound`] without segments, and every misfit that is not a torn tail.
pub(crate) fn find_log(folder: &Path, log: &Path) -> Result<Found, StoreFault> {
    if !log.is_dir() {
        return Err(StoreFault::NotFound {
            path: folder.to_owned(),
        });
    }
    let segments = list_segments(log)?;
    let Some(last) = segments.last().copied() else {
        return Err(StoreFault::NotFound {
            path: folder.to_owned(),
        });
    };
    check_chain(log, &segments)?;
    let begin = (last, SEGMENT_HEADER_BYTES as u64);
    let mut reader = SegmentReader::open(log, last, begin, SCAN_BUFFER_BYTES)?;
    let mut sparse = SparseIndex::default();
    let mut last_frame = None;
    let tail = loop {
        let (position, offset) = (reader.position(), reader.offset());
        let bytes = reader.file_bytes().saturating_sub(offset);
        match reader.next_frame()? {
            Step::Whole(_) => {
                sparse.note(position, offset);
                last_frame = Some(offset);
            }
            Step::End => break Tail::Clean,
            Step::Short => break Tail::Short { bytes },
            Step::Bad(flaw) => {
                damage_before_the_end(&reader, flaw)?;
                break Tail::Unclear { bytes, flaw };
            }
        }
    };
    Ok(Found {
        size: reader.position(),
        whole_end: reader.offset(),
        segments,
        last_frame,
        sparse,
        tail,
    })
}

/// Each header names the segment before it, so that a missing file is found without reading any frame.
fn check_chain(log: &Path, segments: &[u64]) -> Result<(), StoreFault> {
    let mut previous = 0;
    for (index, first) in segments.iter().copied().enumerate() {
        let header = read_segment_header(log, first)?;
        if (index == 0 && first != 0) || header.previous != previous {
            return Err(StoreFault::SegmentMissing {
                after: previous,
                before: first,
            });
        }
        previous = first;
    }
    Ok(())
}

/// A bad frame with something behind it was synced before that was written: it is damage, whatever it looks like.
fn damage_before_the_end(reader: &SegmentReader, flaw: Flaw) -> Result<(), StoreFault> {
    let damaged = match flaw {
        Flaw::Content(_) => true,
        Flaw::Body { end } => end < reader.file_bytes(),
        Flaw::Header => {
            reader.file_bytes() - reader.offset() > TAIL_SEARCH_BYTES_MAX
                || later_header(&reader.rest(TAIL_SEARCH_BYTES_MAX)?, reader.position())
        }
    };
    if damaged {
        Err(reader.damaged(flaw.describe()))
    } else {
        Ok(())
    }
}

/// Whether the header of a frame after `position` stands anywhere in these bytes. An entry that holds such bytes makes
/// us refuse where we might have cut, which is the safe side.
fn later_header(bytes: &[u8], position: u64) -> bool {
    bytes.windows(FRAME_HEADER_BYTES).any(|window| {
        window.starts_with(&FRAME_MAGIC)
            && <&[u8; FRAME_HEADER_BYTES]>::try_from(window)
                .ok()
                .and_then(FrameHeader::decode)
                .is_some_and(|header| header.first > position)
    })
}

impl Found {
    /// The fault of an unclear tail that nothing allows to cut.
    pub(crate) fn tail_is_damaged(&self, flaw: Flaw) -> StoreFault {
        StoreFault::Damaged {
            position: self.size,
            segment: segment_name(self.last_segment()),
            offset: self.whole_end,
            what: format!(
                "{}, and it is the last frame: nothing shows whether it was ever committed; if no copy has it, \
                 `--accept-loss` goes on without it",
                flaw.describe()
            ),
        }
    }

    /// First position of the last segment.
    pub(crate) fn last_segment(&self) -> u64 {
        self.segments.last().copied().unwrap_or_default()
    }
}
