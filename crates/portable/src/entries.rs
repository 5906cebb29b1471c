//! The entries of what was verified, gone through once more for what its report does not carry: the log's keys, its tree.
//!
//! Invariant: keys come only from entries before the first one that a verification found fault with, and of a good copy only
//! if the entries are still those that were found good. Judges nothing.

use std::path::Path;

use chain::{Frontier, Hash, Levels, leaf_hash};
use domain::id;
use evidence::Beside;
use seal::LogKeys;
use verify::{FaultKind, Report, split_entries};

use crate::extract::Extract;
use crate::fault::PortableFault;
use crate::look::{Kind, open};

/// Takes one entry after the other, with its position.
pub type Entered<'a> = dyn FnMut(u64, &[u8]) + 'a;

/// Goes through the entries of a log or an extract.
pub type EveryEntry<'a> = dyn Fn(&mut Entered<'_>) -> Result<(), PortableFault> + 'a;

/// The entries of a copy or an extract, as far as they can be read.
pub(crate) fn of_copy(
    path: &Path,
    kind: Kind,
    take: &mut Entered<'_>,
) -> Result<(), PortableFault> {
    if kind == Kind::Extract {
        let Ok(extract) = Extract::read(path)? else {
            return Ok(());
        };
        for entry in &extract.entries {
            if let Some(bytes) = id::from_hex(&entry.entry) {
                take(entry.position, &bytes);
            }
        }
        return Ok(());
    }
    let (mut source, _) = open(path, kind)?;
    let mut position = 0;
    while let Some(Ok(group)) = source.next_group() {
        for entry in split_entries(&group.packed).0 {
            take(position, entry);
            position += 1;
        }
    }
    Ok(())
}

/// The log's keys of what was found good. `is_whole` says that it holds every entry, so that its root can be made again.
pub(crate) fn keys_of_good(
    every: &EveryEntry<'_>,
    report: &Report,
    is_whole: bool,
) -> Result<LogKeys, PortableFault> {
    let (mut log, mut tree) = (Beside::default(), Frontier::new());
    every(&mut |position, entry| {
        log.take_at(position, entry);
        tree.push(leaf_hash(entry));
    })?;
    if is_whole && tree.root() != report.root {
        return Err(PortableFault::Log(
            "it changed while it was verified; verify it again".to_owned(),
        ));
    }
    Ok(verify::log_keys(log.registry()))
}

/// The keys that the admitted beginning of a faulty log brings, and the tree of all its entries.
pub(crate) fn keys_and_tree_of_faulty(
    every: &EveryEntry<'_>,
    report: &Report,
) -> Result<(LogKeys, Levels), PortableFault> {
    let end = admitted(report);
    let (mut log, mut leaves) = (Beside::default(), Vec::<Hash>::new());
    every(&mut |position, entry| {
        if position < end {
            log.take_at(position, entry);
        }
        leaves.push(leaf_hash(entry));
    })?;
    Ok((verify::log_keys(log.registry()), Levels::new(leaves)))
}

/// Entries before the first fault of an entry; none where not every fault is told.
fn admitted(report: &Report) -> u64 {
    if report.fault_count > report.faults.len() as u64 {
        return 0;
    }
    let of_entries = report.faults.iter().filter(|fault| {
        !matches!(
            fault.kind,
            FaultKind::Size
                | FaultKind::History
                | FaultKind::Witnesses
                | FaultKind::Tile
                | FaultKind::Checkpoint
                | FaultKind::Root
                | FaultKind::Uncovered
        )
    });
    let first = of_entries.map(|fault| fault.position).min();
    first.unwrap_or(u64::MAX)
}
