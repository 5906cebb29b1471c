//! Batches: groups of entries read, split and checked on all cores, before the rules that need an order run over them.
//!
//! Invariant: what is checked here depends on the entry alone. Knows no head and no tree.

use bytes::Bytes;
use domain::Moment;
use rayon::prelude::*;

use crate::keys::KeyDirectory;
use crate::prepare::{Prepared, prepare};
use crate::refusal::AdmissionRefusal;
use crate::trust::Depth;

/// Entries with u16 big-endian length prefixes, and the checkpoint that covers the log up to their end. A ledger has one
/// for each group that it committed; a copy has one at its end.
#[derive(Debug, Clone)]
pub struct Group {
    /// Position of the first entry.
    pub first: u64,
    pub packed: Vec<u8>,
    pub checkpoint: Option<Vec<u8>>,
}

/// The store could not read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDamage {
    /// First position that is affected.
    pub position: u64,
    pub what: String,
    /// Bytes are not there, as against being there and wrong.
    pub missing: bool,
}

/// Hands out a log's groups in order; `None` at the end. After damage nothing more is asked.
pub trait Source: Send {
    /// The next group.
    fn next_group(&mut self) -> Option<Result<Group, SourceDamage>>;

    /// Begins again with the first group.
    ///
    /// # Errors
    /// What was read can't be read again.
    fn rewind(&mut self) -> Result<(), SourceDamage>;
}

/// Bytes of entries that one step of a verification holds at least, unless the log ends: about four thousand entries.
pub(crate) const BATCH_BYTES: usize = 1_600_000;

/// Entries that a core takes at once. One that is done early helps the others only with what is not taken yet: in longer pieces
/// it would wait for the last one of each batch.
const STOLEN_ENTRIES_MAX: usize = 64;

/// When an entry was received, and its event; or why it is no entry at all.
type CheckedEntry = Result<(Moment, Result<Prepared, AdmissionRefusal>), AdmissionRefusal>;

/// A group whose entries were checked one by one.
pub(crate) struct Checked {
    pub first: u64,
    pub entries: Vec<(chain::Hash, CheckedEntry)>,
    pub checkpoint: Option<Vec<u8>>,
    pub malformed: bool,
}

pub(crate) fn read_batch(
    source: &mut dyn Source,
    wanted: usize,
) -> (Vec<Group>, Option<SourceDamage>) {
    let (mut groups, mut bytes) = (Vec::new(), 0);
    while bytes < wanted {
        match source.next_group() {
            Some(Ok(group)) => {
                bytes += group.packed.len();
                groups.push(group);
            }
            Some(Err(damage)) => return (groups, Some(damage)),
            None => break,
        }
    }
    (groups, None)
}

/// The entries of a group, and whether bytes are left over that make no entry.
pub fn split_entries(packed: &[u8]) -> (Vec<&[u8]>, bool) {
    let (mut entries, mut rest) = (Vec::new(), packed);
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let Some((entry, tail)) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        else {
            return (entries, true);
        };
        entries.push(entry);
        rest = tail;
    }
    (entries, !rest.is_empty())
}

pub(crate) fn check_batch(
    groups: Vec<Group>,
    directory: &KeyDirectory,
    depth: Depth,
) -> Vec<Checked> {
    let check = |packed: &Bytes, entry: &[u8]| {
        let leaf = chain::leaf_hash(entry);
        let view = match wire::decode_entry(entry) {
            Ok(view) => view,
            Err(refusal) => return (leaf, Err(AdmissionRefusal::Form(refusal))),
        };
        let signatures = view.signatures().collect();
        let body = packed.slice_ref(view.body);
        let prepared = match depth {
            Depth::Full => prepare(body, signatures, directory),
            Depth::Chained => Prepared::form_only(body, signatures),
        };
        (leaf, Ok((view.received, prepared)))
    };
    let check_group = |group: Group| {
        let packed = Bytes::from(group.packed);
        let (entries, malformed) = split_entries(&packed);
        let entries = entries.par_iter().with_max_len(STOLEN_ENTRIES_MAX);
        Checked {
            first: group.first,
            entries: entries.map(|entry| check(&packed, entry)).collect(),
            checkpoint: group.checkpoint,
            malformed,
        }
    };
    groups.into_par_iter().map(check_group).collect()
}
