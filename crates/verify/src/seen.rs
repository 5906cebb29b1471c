//! What authors had seen when they signed, compared with what the log holds: whoever signs vouches for all before it, so a
//! history from which anything below that size was dropped, or in which it was changed, contradicts a signature.
//!
//! Invariant: every root that an author names is compared, recent ones at once, older ones in one more reading of the log;
//! memory is bounded. Knows nothing of files.

use std::collections::BTreeMap;

use chain::{Frontier, Hash, HashReader, Window, leaf_hash};
use domain::{Bytes32, Seen};
use rayon::prelude::*;

use crate::batch::{Source, SourceDamage, split_entries};

/// Sizes so far back are answered at once.
const BACK: u64 = 1 << 17;
/// Older sizes that wait for the next reading; then it is done, and they are forgotten.
const WAITING_MAX: usize = 1 << 18;
/// Roots that are remembered.
const REMEMBERED: usize = 256;

/// Whether the log had the root that an author names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    Agrees,
    /// It had this one at that size.
    Differs(Hash),
    /// The tree does not reach back so far.
    Unknown,
}

/// The roots that a log had at its earlier sizes.
pub trait Roots {
    /// Compares what the event at `position` names with the log before it. `seen.size` is at most `position`.
    fn compare(&mut self, seen: &Seen, position: u64) -> Agreement;
}

impl Agreement {
    /// What comes of comparing a claim with the true root, if that is known.
    pub fn of(root: Option<Hash>, seen: &Seen) -> Self {
        match root {
            Some(root) if *root.as_bytes() == seen.root.0 => Self::Agrees,
            Some(root) => Self::Differs(root),
            None => Self::Unknown,
        }
    }
}

/// Roots that were asked for before, by size: most authors had seen the same few states.
#[derive(Debug, Clone)]
pub struct RememberedRoots(Vec<(u64, Hash)>);

impl Default for RememberedRoots {
    fn default() -> Self {
        Self(vec![(0, chain::empty_root()); REMEMBERED])
    }
}

impl RememberedRoots {
    /// The root at this size; told by `find` if it is not remembered.
    pub fn at(&mut self, size: u64, find: impl FnOnce() -> Option<Hash>) -> Option<Hash> {
        // Sizes of one month lie close together: neighbours must not drive each other out.
        let place = usize::try_from(size % REMEMBERED as u64).unwrap_or(0);
        if let Some((_, root)) = self.0.get(place).filter(|(of, _)| *of == size) {
            return Some(*root);
        }
        let root = find()?;
        if let Some(slot) = self.0.get_mut(place) {
            *slot = (size, root);
        }
        Some(root)
    }
}

/// What one more reading found.
#[derive(Debug, Default)]
pub(crate) struct Again {
    /// Groups that were read for it.
    pub groups: u64,
    /// Events whose author had seen something else: position, what it names, and what there was.
    pub contradicted: Vec<(u64, Seen, Hash)>,
}

/// The tree of a log that is read from its start to its end.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    window: Window,
    remembered: RememberedRoots,
    /// Sizes and roots that lie too far back, each with the first event that names it.
    waiting: BTreeMap<(u64, Bytes32), u64>,
    waiting_max: usize,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self::within(BACK, WAITING_MAX)
    }

    /// With other bounds than the usual ones.
    pub(crate) fn within(back: u64, waiting_max: usize) -> Self {
        Self {
            window: Window::new(back),
            remembered: RememberedRoots::default(),
            waiting: BTreeMap::new(),
            waiting_max,
        }
    }

    pub(crate) fn push(&mut self, leaf: Hash) {
        self.window.push(leaf);
    }

    pub(crate) fn size(&self) -> u64 {
        self.window.size()
    }

    pub(crate) fn root(&self) -> Hash {
        self.window.root()
    }

    /// The root at an earlier size, if that is not too long ago.
    pub(crate) fn root_at(&self, size: u64) -> Option<Hash> {
        self.window.root_at(size)
    }

    /// A node of the tree, if it is among the newest.
    pub(crate) fn node(&self, level: u8, index: u64) -> Option<Hash> {
        self.window.hash(level, index)
    }

    /// What waits to be compared, to be answered otherwise than by a reading: size, root, and the first event that names it.
    pub(crate) fn take_waiting(&mut self) -> impl Iterator<Item = (u64, Hash, u64)> + use<> {
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        waiting.map(|((size, root), position)| (size, Hash::from_bytes(root.0), position))
    }

    /// The next reading should be done before more comes.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= self.waiting_max
    }

    /// Reads the log again as far as it was read, and compares what waits.
    ///
    /// # Errors
    /// The source can't be read again, or hands out other bytes than before.
    pub(crate) fn read_again(&mut self, source: &mut dyn Source) -> Result<Again, SourceDamage> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut again = Again::default();
        if waiting.is_empty() {
            return Ok(again);
        }
        source.rewind()?;
        let mut tree = Frontier::new();
        let mut claims = waiting.into_iter().peekable();
        while tree.size() < self.size() {
            let Some(group) = source.next_group().transpose()? else {
                break;
            };
            again.groups += 1;
            let (entries, _) = split_entries(&group.packed);
            let leaves: Vec<Hash> = entries.par_iter().map(|entry| leaf_hash(entry)).collect();
            for leaf in leaves {
                if tree.size() == self.size() {
                    break;
                }
                tree.push(leaf);
                while let Some(((size, root), position)) =
                    claims.next_if(|((size, _), _)| *size <= tree.size())
                {
                    let computed = tree.root();
                    if *computed.as_bytes() != root.0 {
                        again
                            .contradicted
                            .push((position, Seen { size, root }, computed));
                    }
                }
            }
        }
        // A disk that hands out one log for the hashes and another for the events would prove nothing.
        if tree.size() != self.size() || tree.root() != self.root() {
            return Err(SourceDamage {
                position: 0,
                what: "read a second time, the log holds other bytes than the first time"
                    .to_owned(),
                missing: false,
            });
        }
        Ok(again)
    }
}

impl Roots for Reading {
    fn compare(&mut self, seen: &Seen, position: u64) -> Agreement {
        let (size, window) = (seen.size, &self.window);
        let root = self.remembered.at(size, || window.root_at(size));
        let agreement = Agreement::of(root, seen);
        if agreement == Agreement::Unknown {
            self.waiting
                .entry((seen.size, seen.root))
                .or_insert(position);
            return Agreement::Agrees;
        }
        agreement
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Group;

    /// A log of so many entries in groups of three; from the second reading on, one entry may be another one.
    struct Log {
        size: u64,
        next: u64,
        readings: u64,
        changed: Option<u64>,
        rewinds: bool,
    }

    impl Log {
        fn of(size: u64) -> Self {
            Self {
                size,
                next: 0,
                readings: 1,
                changed: None,
                rewinds: true,
            }
        }

        fn entry(&self, position: u64) -> Vec<u8> {
            let other = self.readings > 1 && self.changed == Some(position);
            [position.to_le_bytes(), u64::from(other).to_le_bytes()].concat()
        }
    }

    impl Source for Log {
        fn next_group(&mut self) -> Option<Result<Group, SourceDamage>> {
            let first = self.next;
            self.next = (first + 3).min(self.size);
            let mut packed = Vec::new();
            for position in first..self.next {
                let entry = self.entry(position);
                packed.extend_from_slice(&(entry.len() as u16).to_be_bytes());
                packed.extend_from_slice(&entry);
            }
            let checkpoint = None;
            let group = Group {
                first,
                packed,
                checkpoint,
            };
            (first < self.size).then_some(Ok(group))
        }

        fn rewind(&mut self) -> Result<(), SourceDamage> {
            (self.next, self.readings) = (0, self.readings + 1);
            self.rewinds.then_some(()).ok_or_else(|| SourceDamage {
                position: 0,
                what: "gone".to_owned(),
                missing: true,
            })
        }
    }

    fn root(size: u64) -> Hash {
        let (log, mut tree) = (Log::of(size), Frontier::new());
        (0..size).for_each(|position| tree.push(leaf_hash(&log.entry(position))));
        tree.root()
    }

    fn seen(size: u64, root: Hash) -> Seen {
        let root = Bytes32(*root.as_bytes());
        Seen { size, root }
    }

    /// All of a log was read, with a window of four sizes.
    fn read(size: u64) -> Reading {
        let (log, mut reading) = (Log::of(size), Reading::within(4, 3));
        (0..size).for_each(|position| reading.push(leaf_hash(&log.entry(position))));
        reading
    }

    #[test]
    fn recent_sizes_are_answered_at_once() {
        let mut reading = read(20);
        for size in [0, 16, 19, 20] {
            let true_one = seen(size, root(size));
            assert_eq!(reading.compare(&true_one, 20), Agreement::Agrees, "{size}");
            let false_one = seen(size, root(21));
            let differs = Agreement::Differs(root(size));
            assert_eq!(reading.compare(&false_one, 20), differs, "{size}");
        }
        assert!(reading.waiting.is_empty());
    }

    #[test]
    fn older_sizes_are_answered_by_one_more_reading() {
        let mut reading = read(20);
        for (size, named, position) in [(7, 7, 11), (9, 9, 12), (7, 8, 13), (7, 8, 14)] {
            let agreement = reading.compare(&seen(size, root(named)), position);
            assert_eq!(agreement, Agreement::Agrees, "not known yet");
        }
        assert!(reading.is_full(), "two that are the same are one");
        let again = reading.read_again(&mut Log::of(26)).unwrap();
        assert_eq!(again.contradicted, [(13, seen(7, root(8)), root(7))]);
        assert_eq!(again.groups, 7, "as far as was read before");
        // What was answered waits no more, and nothing is read for nothing.
        let mut gone = Log::of(26);
        gone.rewinds = false;
        assert_eq!(reading.read_again(&mut gone).unwrap().groups, 0);
    }

    #[test]
    fn a_second_reading_is_of_the_same_bytes_or_no_answer() {
        let asked = || {
            let mut reading = read(20);
            reading.compare(&seen(7, root(7)), 11);
            reading
        };
        for changed in [0, 6, 7, 19] {
            let mut source = Log::of(20);
            source.changed = Some(changed);
            assert!(asked().read_again(&mut source).is_err(), "{changed}");
        }
        let mut source = Log::of(20);
        source.rewinds = false;
        assert!(asked().read_again(&mut source).is_err());
        assert!(asked().read_again(&mut Log::of(19)).is_err(), "cut");
        assert!(asked().read_again(&mut Log::of(20)).is_ok());
    }
}
