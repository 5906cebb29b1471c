//! The bytes of segment files: writer and reader of each header, side by side. Drawn in docs/spec/store.md.
//! Invariant: every byte of a segment lies under a CRC-32, and no length is believed before its header's has been checked.
//! Knows nothing of files: bytes in, bytes out.

use store::limits::{CHECKPOINT_BYTES_MAX, GROUP_BYTES_MAX};

/// Version of the segment format this program reads and writes.
pub(crate) const FORMAT_VERSION: u32 = 1;

pub(crate) const SEGMENT_HEADER_BYTES: usize = 32;
pub(crate) const FRAME_HEADER_BYTES: usize = 28;
/// CRC-32 behind the entries and the checkpoint.
pub(crate) const FRAME_TRAILER_BYTES: usize = 4;

const SEGMENT_MAGIC: [u8; 8] = *b"YTSEG1\0\0";
const FRAME_MAGIC: [u8; 4] = *b"YTFR";

/// The head of a segment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// Position of the segment's first entry.
    pub(crate) first: u64,
    /// First position of the segment before it; 0 in the first segment.
    pub(crate) previous: u64,
}

/// Why the bytes are no segment header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SegmentHeaderFlaw {
    /// They are another format version, and otherwise sound as far as this program can tell.
    Version(u32),
    /// They are damaged or something else.
    Damaged(&'static str),
}

impl SegmentHeader {
    pub(crate) fn encode(self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES);
        bytes.extend_from_slice(&SEGMENT_MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.first.to_le_bytes());
        bytes.extend_from_slice(&self.previous.to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes
            .try_into()
            .expect("the parts above add up to the header's length")
    }

    pub(crate) fn decode(bytes: &[u8; SEGMENT_HEADER_BYTES]) -> Result<Self, SegmentHeaderFlaw> {
        let mut fields = Fields(bytes);
        if fields.take() != SEGMENT_MAGIC {
            return Err(SegmentHeaderFlaw::Damaged(
                "the segment's magic bytes are wrong",
            ));
        }
        let version = u32::from_le_bytes(fields.take());
        let header = Self {
            first: u64::from_le_bytes(fields.take()),
            previous: u64::from_le_bytes(fields.take()),
        };
        // A flipped bit in the version must read as damage, so the checksum comes first; every version keeps it here.
        if u32::from_le_bytes(fields.take()) != crc32_of_all_but_last_four(bytes) {
            return Err(SegmentHeaderFlaw::Damaged(
                "the checksum of the segment's header does not fit",
            ));
        }
        if version != FORMAT_VERSION {
            return Err(SegmentHeaderFlaw::Version(version));
        }
        Ok(header)
    }
}

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    /// Position of the first entry.
    pub(crate) first: u64,
    /// Number of entries.
    pub(crate) count: u32,
    /// Bytes of the packed entries.
    pub(crate) packed: u32,
    /// Bytes of the checkpoint note.
    pub(crate) checkpoint: u16,
}

impl FrameHeader {
    pub(crate) fn encode(self) -> [u8; FRAME_HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(FRAME_HEADER_BYTES);
        bytes.extend_from_slice(&FRAME_MAGIC);
        bytes.extend_from_slice(&self.first.to_le_bytes());
        bytes.extend_from_slice(&self.count.to_le_bytes());
        bytes.extend_from_slice(&self.packed.to_le_bytes());
        bytes.extend_from_slice(&self.checkpoint.to_le_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes
            .try_into()
            .expect("the parts above add up to the header's length")
    }

    /// `None` unless magic, reserved bytes and checksum fit.
    pub(crate) fn decode(bytes: &[u8; FRAME_HEADER_BYTES]) -> Option<Self> {
        let mut fields = Fields(bytes);
        let magic: [u8; 4] = fields.take();
        let header = Self {
            first: u64::from_le_bytes(fields.take()),
            count: u32::from_le_bytes(fields.take()),
            packed: u32::from_le_bytes(fields.take()),
            checkpoint: u16::from_le_bytes(fields.take()),
        };
        let reserved: [u8; 2] = fields.take();
        let checksum = u32::from_le_bytes(fields.take());
        let sound = magic == FRAME_MAGIC
            && reserved == [0, 0]
            && checksum == crc32_of_all_but_last_four(bytes);
        sound.then_some(header)
    }

    /// Whether the lengths are such as a writer may have written.
    pub(crate) fn within_limits(self) -> bool {
        self.count > 0
            && self.packed as usize <= GROUP_BYTES_MAX
            && usize::from(self.checkpoint) <= CHECKPOINT_BYTES_MAX
            && self.first.checked_add(u64::from(self.count)).is_some()
    }

    /// Position after the last entry. Only for headers within limits.
    pub(crate) fn end(self) -> u64 {
        self.first + u64::from(self.count)
    }

    /// Bytes behind the header: packed entries, checkpoint, trailer.
    pub(crate) fn body_bytes(self) -> u64 {
        u64::from(self.packed) + u64::from(self.checkpoint) + FRAME_TRAILER_BYTES as u64
    }

    /// Bytes of the whole frame.
    pub(crate) fn frame_bytes(self) -> u64 {
        FRAME_HEADER_BYTES as u64 + self.body_bytes()
    }
}

/// Writes a whole frame into `into`, replacing what was there. The group has passed [`store::check_group`], which gave
/// `packed`.
pub(crate) fn encode_frame(
    into: &mut Vec<u8>,
    first: u64,
    entries: &[&[u8]],
    checkpoint: &[u8],
    packed: usize,
) {
    let header = FrameHeader {
        first,
        count: u32::try_from(entries.len())
            .expect("a group within its limit has fewer than 2^32 entries"),
        packed: u32::try_from(packed).expect("a group within its limit is shorter than 2^32 bytes"),
        checkpoint: u16::try_from(checkpoint.len())
            .expect("a checkpoint within its limit fits a u16"),
    };
    into.clear();
    into.reserve(FRAME_HEADER_BYTES + packed + checkpoint.len() + FRAME_TRAILER_BYTES);
    into.extend_from_slice(&header.encode());
    for entry in entries {
        let length = u16::try_from(entry.len()).expect("an entry within its limit fits a u16");
        into.extend_from_slice(&length.to_be_bytes());
        into.extend_from_slice(entry);
    }
    into.extend_from_slice(checkpoint);
    let checksum = crc32fast::hash(into);
    into.extend_from_slice(&checksum.to_le_bytes());
}

/// Checks the trailer of a frame; `body` is everything behind the header.
pub(crate) fn frame_checksum_fits(header: &[u8; FRAME_HEADER_BYTES], body: &[u8]) -> bool {
    let Some((covered, trailer)) = body.split_last_chunk::<FRAME_TRAILER_BYTES>() else {
        return false;
    };
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(covered);
    hasher.finalize() == u32::from_le_bytes(*trailer)
}

fn crc32_of_all_but_last_four(bytes: &[u8]) -> u32 {
    crc32fast::hash(
        bytes
            .split_last_chunk::<4>()
            .map_or(&[], |(covered, _)| covered),
    )
}

/// Takes fields off the front of a header whose length the caller's type guarantees.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) = self
            .0
            .split_first_chunk::<N>()
            .expect("the fields add up to the header's length");
        self.0 = rest;
        *field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_and_every_bit_counts() {
        let segment = SegmentHeader {
            first: 7,
            previous: 3,
        };
        assert_eq!(SegmentHeader::decode(&segment.encode()), Ok(segment));
        for bit in 0..SEGMENT_HEADER_BYTES * 8 {
            let mut bytes = segment.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(
                matches!(
                    SegmentHeader::decode(&bytes),
                    Err(SegmentHeaderFlaw::Damaged(_))
                ),
                "bit {bit}"
            );
        }
        let frame = FrameHeader {
            first: u64::MAX,
            count: 1,
            packed: 2,
            checkpoint: 3,
        };
        assert_eq!(FrameHeader::decode(&frame.encode()), Some(frame));
        assert!(!frame.within_limits());
        for bit in 0..FRAME_HEADER_BYTES * 8 {
            let mut bytes = frame.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(FrameHeader::decode(&bytes), None, "bit {bit}");
        }
    }

    #[test]
    fn a_newer_version_is_named() {
        let mut bytes = SegmentHeader {
            first: 0,
            previous: 0,
        }
        .encode();
        bytes[8] = 9;
        let checksum = crc32_of_all_but_last_four(&bytes);
        bytes[28..].copy_from_slice(&checksum.to_le_bytes());
        assert_eq!(
            SegmentHeader::decode(&bytes),
            Err(SegmentHeaderFlaw::Version(9))
        );
    }
}
