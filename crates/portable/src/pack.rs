//! The pack: a whole log in one file. Reader and writer of its bytes.
//!
//! Invariant: `ytterby pack v1\n`, then the checkpoint with a u32 length before it, then every entry with a u16 length, all
//! lengths big-endian, and nothing after the last entry that the checkpoint covers. The root covers every byte of every
//! entry, so the file needs no checksum.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use durable::{Access, SameName, put_with};
use verify::{Group, Source, SourceDamage, split_entries};

use crate::Entries;
use crate::fault::PortableFault;
use crate::limits::NOTE_BYTES_MAX;

pub(crate) const MAGIC: &[u8] = b"ytterby pack v1\n";
/// Entries of a group: memory stays flat whatever the length of the log.
pub(crate) const GROUP_ENTRIES: u64 = 1_024;

/// Writes a log as one file, which is replaced only when it is whole.
///
/// # Errors
/// The file can't be written, or an entry can't be read.
pub fn write_pack(
    path: &Path,
    entries: &mut Entries<'_>,
    checkpoint: &[u8],
) -> Result<u64, PortableFault> {
    let length = u32::try_from(checkpoint.len()).unwrap_or(u32::MAX);
    put_with(path, SameName::Replaced, Access::Usual, |file| {
        let mut put = |bytes: &[u8]| {
            file.write_all(bytes)
                .map_err(PortableFault::io("write", path))
        };
        put(MAGIC)?;
        put(&length.to_be_bytes())?;
        put(checkpoint)?;
        let mut size = 0;
        for entry in entries {
            let entry = entry?;
            let length = u16::try_from(entry.len()).map_err(|_| {
                PortableFault::Log("an entry is longer than 65535 bytes".to_owned())
            })?;
            put(&length.to_be_bytes())?;
            put(&entry)?;
            size += 1;
        }
        let claimed = signing::peek_unverified(checkpoint).map_or(0, |claimed| claimed.size);
        if claimed != size {
            return Err(PortableFault::Checkpoint { claimed, size });
        }
        Ok(size)
    })
}

/// Copies a pack as far as it is one: what its checkpoint does not cover, and a hole that claims to be long, is refused before
/// it fills a disk. Judges nothing else.
///
/// # Errors
/// It can't be read or is no whole pack, or the copy can't be written.
pub fn copy_pack(path: &Path, copy: &mut dyn Write) -> Result<(), PortableFault> {
    let mut source = PackSource::open(path)?;
    let mut put = |bytes: &[u8]| {
        let put = copy.write_all(bytes);
        put.map_err(PortableFault::io("copy", path))
    };
    // A checkpoint is no longer than its limit, which has as many bytes.
    let length = u32::try_from(source.checkpoint.len()).unwrap_or(u32::MAX);
    put(MAGIC)?;
    put(&length.to_be_bytes())?;
    put(&source.checkpoint)?;
    while let Some(group) = source.next_group() {
        let group = group.map_err(|damage| PortableFault::Handed {
            path: path.to_owned(),
            what: format!("the pack is not whole: {}; get it again", damage.what),
        })?;
        put(&group.packed)?;
    }
    Ok(())
}

/// The groups of a pack.
#[derive(Debug)]
pub(crate) struct PackSource {
    file: BufReader<File>,
    /// Where the first entry begins, in bytes of the file.
    start: u64,
    checkpoint: Vec<u8>,
    size: u64,
    next: u64,
    /// Met behind the last group that was handed out.
    damage: Option<SourceDamage>,
    ended: bool,
}

impl PackSource {
    pub(crate) fn open(path: &Path) -> Result<Self, PortableFault> {
        let mut file = BufReader::new(files::open(path)?.0);
        let broken = |what| PortableFault::Kind {
            path: path.to_owned(),
            what,
        };
        let mut magic = vec![0; MAGIC.len()];
        file.read_exact(&mut magic)
            .map_err(|_| broken("it is too short"))?;
        if magic != MAGIC {
            return Err(broken("it does not begin as a pack does"));
        }
        let mut length = [0; 4];
        file.read_exact(&mut length)
            .map_err(|_| broken("it ends in its head"))?;
        let length = u32::from_be_bytes(length);
        if u64::from(length) > NOTE_BYTES_MAX {
            return Err(broken("its checkpoint is too long"));
        }
        let mut checkpoint = vec![0; length as usize];
        file.read_exact(&mut checkpoint)
            .map_err(|_| broken("it ends in its checkpoint"))?;
        let start = file
            .stream_position()
            .map_err(|_| broken("it can't be read again"))?;
        // A checkpoint that says nothing is not that of a log: the verification tells so.
        let size = signing::peek_unverified(&checkpoint).map_or(0, |claimed| claimed.size);
        Ok(Self {
            file,
            start,
            checkpoint,
            size,
            next: 0,
            damage: None,
            ended: false,
        })
    }

    pub(crate) fn checkpoint(&self) -> &[u8] {
        &self.checkpoint
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Where the next group begins, in bytes from the first entry.
    pub(crate) fn offset(&mut self) -> std::io::Result<u64> {
        Ok(self.file.stream_position()?.saturating_sub(self.start))
    }

    /// As [`Self::group_at`]; one that is cut is damage.
    pub(crate) fn whole_group_at(
        &mut self,
        first: u64,
        offset: u64,
    ) -> Result<Group, SourceDamage> {
        self.damage = None;
        let group = self.group_at(first, offset)?;
        self.damage.take().map_or(Ok(group), Err)
    }

    /// The group that begins with entry `first`, so many bytes after the first entry.
    pub(crate) fn group_at(&mut self, first: u64, offset: u64) -> Result<Group, SourceDamage> {
        let moved = self
            .file
            .seek(SeekFrom::Start(self.start.saturating_add(offset)));
        moved.map_err(|error| SourceDamage {
            position: first,
            what: error.to_string(),
            missing: false,
        })?;
        self.next = first;
        self.read()
    }

    /// The next entry with its length; damage if the file ends first.
    fn read_entry(&mut self, packed: &mut Vec<u8>) -> Result<(), SourceDamage> {
        let position = self.next;
        let cut = |error: std::io::Error| SourceDamage {
            position,
            what: format!("the pack ends before this entry: {error}"),
            missing: true,
        };
        let mut length = [0; 2];
        self.file.read_exact(&mut length).map_err(cut)?;
        if length == [0, 0] {
            // No entry is empty, and a hole in a file is zeros for as long as it claims to be: nothing is looked for behind it.
            return Err(SourceDamage {
                position,
                what: "an entry of no bytes is in its place".to_owned(),
                missing: false,
            });
        }
        let mut entry = vec![0; usize::from(u16::from_be_bytes(length))];
        self.file.read_exact(&mut entry).map_err(cut)?;
        packed.extend_from_slice(&length);
        packed.extend_from_slice(&entry);
        self.next += 1;
        Ok(())
    }

    /// The next group as it lies there, whatever its entries are.
    pub(crate) fn step(&mut self) -> Option<Result<Group, SourceDamage>> {
        if let Some(damage) = self.damage.take() {
            self.ended = true;
            return Some(Err(damage));
        }
        if self.ended {
            return None;
        }
        let group = self.read();
        self.ended = group.is_err() || self.next >= self.size;
        Some(group)
    }

    /// A group without a single entry is no part of a log: what follows is not looked at, however much there is.
    fn refuse_garbage(group: Group) -> Result<Group, SourceDamage> {
        let (entries, _) = split_entries(&group.packed);
        let is_full = entries.len() as u64 == GROUP_ENTRIES;
        if is_full
            && entries
                .iter()
                .all(|entry| wire::decode_entry(entry).is_err())
        {
            return Err(SourceDamage {
                position: group.first,
                what: format!("none of the {GROUP_ENTRIES} pieces from here on is an entry"),
                missing: false,
            });
        }
        Ok(group)
    }

    fn read(&mut self) -> Result<Group, SourceDamage> {
        let first = self.next;
        let mut packed = Vec::new();
        let until = (first + GROUP_ENTRIES).min(self.size);
        while self.next < until {
            match self.read_entry(&mut packed) {
                Ok(()) => {}
                // What was read before the cut is looked at first.
                Err(damage) if self.next > first => {
                    self.damage = Some(damage);
                    break;
                }
                Err(damage) => return Err(damage),
            }
        }
        let is_last = self.next >= self.size;
        if is_last && self.file.read(&mut [0]).unwrap_or(0) > 0 {
            return Err(SourceDamage {
                position: self.size,
                what: "the pack goes on after the last entry that its checkpoint covers".to_owned(),
                missing: false,
            });
        }
        Ok(Group {
            first,
            packed,
            checkpoint: is_last.then(|| self.checkpoint.clone()),
        })
    }
}

impl Source for PackSource {
    fn next_group(&mut self) -> Option<Result<Group, SourceDamage>> {
        let group = self.step()?.and_then(Self::refuse_garbage);
        self.ended |= group.is_err();
        Some(group)
    }

    fn rewind(&mut self) -> Result<(), SourceDamage> {
        let moved = self.file.seek(SeekFrom::Start(self.start));
        moved.map_err(|error| SourceDamage {
            position: 0,
            what: error.to_string(),
            missing: false,
        })?;
        (self.next, self.ended, self.damage) = (0, false, None);
        Ok(())
    }
}
