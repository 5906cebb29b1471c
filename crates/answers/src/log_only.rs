//! A log open for reading with nothing beside it: a ledger's or a copy's entries, and no index, snapshot or key.
//!
//! Invariant: whatever is replayed from here comes from entries alone, and ends where it was said to end, however much a
//! live ledger grows meanwhile. Judges nothing.

use std::sync::Arc;

use portable::Reader;
use store::{Frame, Frames, MemoryStore, Past, Side, Store, StoreFault};
use verify::split_entries;

/// The first entries of a log.
#[derive(Debug, Clone)]
pub struct LogOnly {
    log: Arc<dyn Past>,
    size: u64,
    /// Empty: a snapshot that somebody else laid beside a log is no evidence.
    nothing: MemoryStore,
}

impl LogOnly {
    /// The first `size` entries of a ledger.
    pub fn of(store: &dyn Store, size: u64) -> Self {
        Self::on(store.past(), size)
    }

    /// The first `size` entries of an opened folder or pack.
    pub fn of_copy(reader: Reader, size: u64) -> Self {
        let size = size.min(reader.size());
        Self::on(Arc::new(Copied(reader)), size)
    }

    /// All entries of a log, and behind them what would follow it.
    pub fn followed_by(store: &dyn Store, entries: Vec<Vec<u8>>) -> Self {
        let size = store.size();
        let whole = size + entries.len() as u64;
        let log = store.past();
        Self::on(Arc::new(Followed { log, size, entries }), whole)
    }

    fn on(log: Arc<dyn Past>, size: u64) -> Self {
        Self {
            log,
            size,
            nothing: MemoryStore::new(),
        }
    }
}

impl Store for LogOnly {
    fn size(&self) -> u64 {
        self.size
    }

    fn append(&self, _: u64, _: &[&[u8]], _: &[u8]) -> Result<(), StoreFault> {
        Err(StoreFault::ReadOnly)
    }

    fn frames(&self, from: u64) -> Result<Frames<'_>, StoreFault> {
        let mut next = Some(from);
        Ok(Box::new(std::iter::from_fn(move || {
            let position = next.take().filter(|position| *position < self.size)?;
            let frame = self.log.frame_of(position);
            next = frame.as_ref().ok().map(Frame::end);
            Some(frame)
        })))
    }

    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        self.log.frame_of(position)
    }

    fn checkpoint(&self) -> Result<Option<Vec<u8>>, StoreFault> {
        Ok(None)
    }

    fn side(&self) -> &dyn Side {
        self.nothing.side()
    }

    fn past(&self) -> Arc<dyn Past> {
        Arc::clone(&self.log)
    }
}

/// A log with entries behind it that it does not hold yet, each a group.
#[derive(Debug)]
struct Followed {
    log: Arc<dyn Past>,
    size: u64,
    entries: Vec<Vec<u8>>,
}

impl Past for Followed {
    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        let behind = position.checked_sub(self.size);
        let entry = behind.and_then(|at| self.entries.get(usize::try_from(at).ok()?));
        match entry {
            Some(entry) => Frame::pack(position, &[entry.as_slice()], b""),
            None => self.log.frame_of(position),
        }
    }
}

/// A copy's groups as frames.
#[derive(Debug)]
struct Copied(Reader);

impl Past for Copied {
    fn frame_of(&self, position: u64) -> Result<Frame, StoreFault> {
        let group = self.0.group_of(position);
        let group = group.map_err(|damage| StoreFault::Damaged {
            position: damage.position,
            segment: "the copy".to_owned(),
            offset: 0,
            what: damage.what,
        })?;
        let (entries, _) = split_entries(&group.packed);
        Frame::pack(group.first, &entries, b"")
    }
}

#[cfg(test)]
mod tests {
    use store::{Change, Space};

    use super::*;

    #[test]
    fn nothing_beside_the_log_is_believed_and_it_ends_where_it_was_said_to() {
        let ledger = MemoryStore::new();
        ledger.append(0, &[b"a", b"b"], b"2").unwrap();
        ledger.append(2, &[b"c"], b"3").unwrap();
        let snapshot = Change::set(Space::Snapshots, *b"book/", *b"forged");
        ledger.side().put(&[snapshot]).unwrap();
        let log = LogOnly::of(&ledger, 3);
        ledger.append(3, &[b"d"], b"4").unwrap();
        let seen = log.side().last_up_to(Space::Snapshots, b"z").unwrap();
        assert_eq!((log.size(), seen), (3, None));
        let entries = |from| -> Vec<_> {
            let frames = log.frames(from).unwrap().map(Result::unwrap);
            frames
                .flat_map(|frame| frame.entries().map(|(at, _)| at).collect::<Vec<_>>())
                .collect()
        };
        assert_eq!(entries(0), [0, 1, 2]);
        assert_eq!(entries(2), [2]);
        assert_eq!(entries(3), [0; 0]);
        assert!(log.append(3, &[b"e"], b"5").is_err());
    }
}
