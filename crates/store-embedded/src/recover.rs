//! What a log holds when it is opened: the chain of segments, and where the last one really ends.
//! Invariant: torn is only what ends before its frame does, or zeros up to the file's end; all other misfits are damage.
//! Reads only. Does not cut, and does not know the index: `embedded` brings the high-water mark.

use std::path::Path;

use store::StoreFault;

use crate::format::SEGMENT_HEADER_BYTES;
use crate::segment::{Flaw, SegmentReader, Step, list_segments, read_segment_header};
use crate::sparse::SparseIndex;

/// Bytes read at once while scanning.
const SCAN_BUFFER_BYTES: usize = 1024 * 1024;

/// A log as found, before anything is changed.
#[derive(Debug)]
pub(crate) struct Tail {
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
    /// Bytes that follow the last whole frame: an append that never returned.
    pub(crate) torn_bytes: u64,
}

/// Reads the chain of segment headers and scans the last segment.
///
/// # Errors
/// [`StoreFault::NotFound`] without segments, and every misfit that is not a torn tail.
pub(crate) fn find_log(folder: &Path, log: &Path) -> Result<Tail, StoreFault> {
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
    let torn_bytes = loop {
        let (position, offset) = (reader.position(), reader.offset());
        let bytes = reader.file_bytes().saturating_sub(offset);
        match reader.next_frame()? {
            Step::Whole(_) => {
                sparse.note(position, offset);
                last_frame = Some(offset);
            }
            Step::End => break 0,
            Step::Short => break bytes,
            Step::Bad(flaw) => {
                // A crash may leave a file that has grown and holds zeros where the append's bytes never arrived.
                if flaw == Flaw::Header && reader.only_zeros_follow()? {
                    break bytes;
                }
                return Err(reader.damaged(flaw.describe()));
            }
        }
    };
    Ok(Tail {
        size: reader.position(),
        whole_end: reader.offset(),
        segments,
        last_frame,
        sparse,
        torn_bytes,
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

impl Tail {
    /// First position of the last segment.
    pub(crate) fn last_segment(&self) -> u64 {
        self.segments.last().copied().unwrap_or_default()
    }
}
