//! The entries of what was verified, gone through once more for what its report does not carry: the log's keys, its tree.
//!
//! Invariant: keys come only from entries before the first one that a verification found fault with, and of a good copy only
//! if the entries are still those that were found good. Judges nothing.

use chain::{Frontier, Hash, Levels, leaf_hash};
use evidence::LogFacts;
use signing::LogKeys;
use verify::{FaultKind, Report};

use crate::fault::PortableFault;
use crate::handed::Handed;
use crate::kind::Kind;

/// The log's keys of what was found good. The root of a whole log is made again.
pub(crate) fn keys_of_good(
    handed: &mut Handed<'_>,
    report: &Report,
) -> Result<LogKeys, PortableFault> {
    let (mut log, mut tree) = (LogFacts::default(), Frontier::new());
    handed.each_entry(&mut |position, entry| {
        log.take_at(position, entry);
        tree.push(leaf_hash(entry));
    })?;
    if handed.kind() != Kind::Extract && tree.root() != report.root {
        return Err(PortableFault::Log(
            "it changed while it was verified; verify it again".to_owned(),
        ));
    }
    Ok(verify::log_keys(log.registry()))
}

/// The keys that the admitted beginning of a faulty log brings, and the tree of all its entries.
pub(crate) fn keys_and_tree_of_faulty(
    handed: &mut Handed<'_>,
    report: &Report,
) -> Result<(LogKeys, Levels), PortableFault> {
    let end = admitted(report);
    let (mut log, mut leaves) = (LogFacts::default(), Vec::<Hash>::new());
    handed.each_entry(&mut |position, entry| {
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
