//! A log open for reading with nothing else: a ledger's or a copy's entries, and no index, snapshot or key.
//!
//! Invariant: whatever is replayed from here comes from entries alone, and ends where it was said to end, however much a
//! live ledger grows meanwhile. Judges nothing.

use std::sync::Arc;

use portable::CopyReader;
use store::{Entries, Frame, Frames, StoreFault};
use verify::split_entries;

/// The first entries of a whole log. Keeps nothing else: a snapshot that somebody else laid there is no evidence.
#[derive(Debug, Clone)]
pub struct LogOnly {
    log: Source,
    size: u64,
}

/// Where the entries are.
#[derive(Debug, Clone)]
enum Source {
    Log(Arc<dyn Entries>),
    Copy(Arc<CopyReader>),
    /// A log of this size, and entries that would follow it, each a group.
    Followed(Arc<dyn Entries>, u64, Arc<Vec<Vec<u8>>>),
}

impl LogOnly {
    /// The first `size` entries of a ledger.
    pub fn of(entries: &dyn Entries, size: u64) -> Self {
        let log = Source::Log(entries.handle());
        Self { log, size }
    }

    /// The first `size` entries of an opened folder or pack.
    pub fn of_copy(reader: CopyReader, size: u64) -> Self {
        let size = size.min(reader.size());
        let log = Source::Copy(Arc::new(reader));
        Self { log, size }
    }

    /// All entries of a log, and behind them what would follow it.
    pub fn followed_by(log: &dyn Entries, entries: Vec<Vec<u8>>) -> Self {
        let (log, size) = (log.handle(), log.size());
        let whole = size + entries.len() as u64;
        Self {
            log: Source::Followed(log, size, Arc::new(entries)),
            size: whole,
        }
    }
}

impl Source {
    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        match self {
            Self::Log(log) => log.frame_of(position),
            Self::Copy(reader) => copied(reader, position),
            Self::Followed(log, size, entries) => {
                let behind = position.checked_sub(*size);
                let entry = behind.and_then(|at| entries.get(usize::try_from(at).ok()?));
                match entry {
                    Some(entry) => Frame::pack(position, &[entry.as_slice()], b""),
                    None => log.frame_of(position),
                }
            }
        }
    }
}

impl Entries for LogOnly {
    fn size(&self) -> u64 {
        self.size
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn frames(&self, from: u64) -> Result<Frames<'_>, StoreFault> {
        if from > self.size {
            let (position, size) = (from, self.size);
            return Err(StoreFault::PastEnd { position, size });
        }
        let mut next = Some(from);
        Ok(Box::new(std::iter::from_fn(move || {
            let position = next.take().filter(|position| *position < self.size)?;
            let frame = self.frame_of(position);
            next = frame.as_ref().ok().map(Frame::end);
            Some(frame)
        })))
    }

    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        let size = self.size;
        if position >= size {
            return Err(StoreFault::PastEnd { position, size });
        }
        let frame = self.log.frame_of(position)?;
        if frame.end() <= size {
            return Ok(frame);
        }
        // The log was cut within a group.
        let entries = frame.entries().take_while(|(at, _)| *at < size);
        let entries: Vec<&[u8]> = entries.map(|(_, entry)| entry).collect();
        Frame::pack(frame.first(), &entries, b"")
    }

    /// A log that is cut anywhere ends where nobody signed it.
    fn checkpoint(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        Ok(None)
    }

    fn handle(&self) -> Arc<dyn Entries> {
        Arc::new(self.clone())
    }
}

/// A copy's group as a frame.
fn copied(reader: &CopyReader, position: u64) -> Result<Frame, StoreFault> {
    let group = reader.group_of(position);
    let group = group.map_err(|damage| StoreFault::Damaged {
        position: damage.position,
        segment: "the copy".to_owned(),
        offset: 0,
        what: damage.what,
    })?;
    let (entries, _) = split_entries(&group.packed);
    Frame::pack(group.first, &entries, b"")
}

#[cfg(test)]
mod tests {
    use store::contract::check_entries;
    use store::{Change, MemoryStore, Space, Store};

    use super::*;

    #[test]
    fn nothing_beside_the_log_is_believed_and_it_ends_where_it_was_said_to() {
        let ledger = MemoryStore::new();
        ledger.append(0, &[b"a", b"b"], b"2").unwrap();
        ledger.append(2, &[b"c", b"d"], b"4").unwrap();
        let snapshot = Change::set(Space::Snapshots, *b"book/", *b"forged");
        ledger.side().put(&[snapshot]).unwrap();
        let log = LogOnly::of(&ledger, 3);
        ledger.append(4, &[b"e"], b"5").unwrap();
        assert!(log.kept().is_none());
        let letters = |letters: &str| -> Vec<(u64, Vec<u8>)> {
            (0..).zip(letters.bytes().map(|byte| vec![byte])).collect()
        };
        check_entries(&log, 3, &letters("abc"));
        let followed = LogOnly::followed_by(&ledger, vec![b"f".to_vec(), b"g".to_vec()]);
        check_entries(&followed, 7, &letters("abcdefg"));
    }
}
