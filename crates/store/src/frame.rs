//! A committed group as it is read back, and the checks every group passes before it is written.
//! Invariant: a `Frame` is well packed: its entries fill the packed bytes exactly and none is empty.
//! Does not know how a store wraps these bytes in files or messages.

use crate::StoreFault;
use crate::limits::{CHECKPOINT_BYTES_MAX, ENTRY_BYTES_MAX, ENTRY_PREFIX_BYTES, GROUP_BYTES_MAX};

/// One committed group: its entries and the checkpoint that covers them.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    first: u64,
    /// Entries, each behind its big-endian `u16` length; then the checkpoint.
    bytes: Vec<u8>,
    /// Where each packed entry begins (at its prefix), then where the checkpoint begins.
    offsets: Vec<u32>,
}

impl Frame {
    /// Packs a group.
    ///
    /// # Errors
    /// What [`check_group`] refuses.
    pub fn pack(first: u64, entries: &[&[u8]], checkpoint: &[u8]) -> Result<Self, StoreFault> {
        let packed = check_group(entries, checkpoint)?;
        let mut bytes = Vec::with_capacity(packed + checkpoint.len());
        let mut offsets = Vec::with_capacity(entries.len() + 1);
        for entry in entries {
            offsets.push(offset_u32(bytes.len()));
            pack_entry(&mut bytes, entry);
        }
        offsets.push(offset_u32(bytes.len()));
        bytes.extend_from_slice(checkpoint);
        Ok(Self {
            first,
            bytes,
            offsets,
        })
    }

    /// A frame from stored bytes: `packed` bytes of `count` entries, then the checkpoint.
    ///
    /// # Errors
    /// Says what does not fit, if the bytes are not exactly such a group; a store makes it [`StoreFault::Damaged`].
    pub fn unpack(
        first: u64,
        count: u32,
        bytes: Vec<u8>,
        packed: usize,
    ) -> Result<Self, &'static str> {
        if packed > GROUP_BYTES_MAX
            || packed > bytes.len()
            || bytes.len() - packed > CHECKPOINT_BYTES_MAX
        {
            return Err("the lengths of the group exceed its bytes or their limits");
        }
        if count == 0 || first.checked_add(u64::from(count)).is_none() {
            return Err("the group is empty or its positions overflow");
        }
        let group = bytes.get(..packed).unwrap_or_default();
        // Each entry takes at least three bytes, so this allocation is bounded by bytes already held.
        if u64::from(count) > (packed / (ENTRY_PREFIX_BYTES + 1)) as u64 {
            return Err("the group is too short for its number of entries");
        }
        let mut offsets = Vec::with_capacity(count as usize + 1);
        let mut at = 0usize;
        while at < packed {
            let length = entry_length(group, at).ok_or("an entry's length is cut off")?;
            if length == 0 {
                return Err("an entry is empty");
            }
            offsets.push(offset_u32(at));
            at += ENTRY_PREFIX_BYTES + length;
        }
        if at != packed || offsets.len() != count as usize {
            return Err("the entries do not fill the group exactly");
        }
        offsets.push(offset_u32(at));
        Ok(Self {
            first,
            bytes,
            offsets,
        })
    }

    /// Position of the first entry.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number of entries, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a frame is never empty")]
    pub fn len(&self) -> u64 {
        self.offsets.len() as u64 - 1
    }

    /// Position after the last entry: the size of the log once this frame was committed.
    pub fn end(&self) -> u64 {
        self.first + self.len()
    }

    /// The entry at `position` of the log, if this frame contains it.
    pub fn entry(&self, position: u64) -> Option<&[u8]> {
        let index = usize::try_from(position.checked_sub(self.first)?).ok()?;
        let begin = *self.offsets.get(index)? as usize + ENTRY_PREFIX_BYTES;
        let end = *self.offsets.get(index.checked_add(1)?)? as usize;
        self.bytes.get(begin..end)
    }

    /// Every entry with its position.
    pub fn entries(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.offsets
            .iter()
            .zip(self.offsets.iter().skip(1))
            .zip(self.first..)
            .map(|((begin, end), position)| {
                let bytes = self
                    .bytes
                    .get(*begin as usize + ENTRY_PREFIX_BYTES..*end as usize);
                (position, bytes.unwrap_or_default())
            })
    }

    /// The entries as stored: each behind its big-endian `u16` length, the form of a tlog-tiles entry bundle.
    pub fn packed(&self) -> &[u8] {
        self.bytes.get(..self.packed_end()).unwrap_or_default()
    }

    /// Bytes of the checkpoint note that covers the entries up to [`Frame::end`].
    pub fn checkpoint(&self) -> &[u8] {
        self.bytes.get(self.packed_end()..).unwrap_or_default()
    }

    /// What [`Frame::packed`] and [`Frame::checkpoint`] give, to own; the entries are not copied for it.
    pub fn into_parts(mut self) -> (Vec<u8>, Vec<u8>) {
        let checkpoint = self.bytes.split_off(self.packed_end());
        (self.bytes, checkpoint)
    }

    fn packed_end(&self) -> usize {
        self.offsets.last().map_or(0, |end| *end as usize)
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame")
            .field("first", &self.first)
            .field("end", &self.end())
            .field("packed_bytes", &self.packed_end())
            .finish_non_exhaustive()
    }
}

/// Checks a group against the contract and returns its packed length in bytes.
///
/// # Errors
/// [`StoreFault::EmptyGroup`], [`StoreFault::EmptyEntry`] or [`StoreFault::TooLarge`].
pub fn check_group(entries: &[&[u8]], checkpoint: &[u8]) -> Result<usize, StoreFault> {
    if entries.is_empty() {
        return Err(StoreFault::EmptyGroup);
    }
    if checkpoint.len() > CHECKPOINT_BYTES_MAX {
        return Err(too_large(
            "the checkpoint",
            checkpoint.len(),
            CHECKPOINT_BYTES_MAX,
        ));
    }
    for (index, entry) in entries.iter().enumerate() {
        if entry.is_empty() {
            return Err(StoreFault::EmptyEntry { index });
        }
        if entry.len() > ENTRY_BYTES_MAX {
            return Err(too_large(
                "an entry of the group",
                entry.len(),
                ENTRY_BYTES_MAX,
            ));
        }
    }
    let packed = packed_bytes(entries);
    if packed > GROUP_BYTES_MAX {
        return Err(too_large("the group", packed, GROUP_BYTES_MAX));
    }
    Ok(packed)
}

/// Length of a group once packed, prefixes included: what a caller adds up to close a group in time.
pub fn packed_bytes(entries: &[&[u8]]) -> usize {
    entries
        .iter()
        .map(|entry| ENTRY_PREFIX_BYTES + entry.len())
        .sum()
}

/// Appends one entry in packed form. The caller has checked its length.
pub(crate) fn pack_entry(into: &mut Vec<u8>, entry: &[u8]) {
    let length =
        u16::try_from(entry.len()).expect("check_group bounds an entry to the range of its prefix");
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(entry);
}

fn entry_length(group: &[u8], at: usize) -> Option<usize> {
    let prefix = group.get(at..at + ENTRY_PREFIX_BYTES)?;
    let length = usize::from(u16::from_be_bytes(prefix.try_into().ok()?));
    (at + ENTRY_PREFIX_BYTES + length <= group.len()).then_some(length)
}

fn offset_u32(offset: usize) -> u32 {
    u32::try_from(offset).expect("GROUP_BYTES_MAX lies within u32")
}

fn too_large(what: &'static str, bytes: usize, max: usize) -> StoreFault {
    StoreFault::TooLarge {
        what,
        bytes: bytes as u64,
        max: max as u64,
    }
}

#[cfg(test)]
mod tests;
