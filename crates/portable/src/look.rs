//! One look at a copy: which kind it is, and the verifier's report over it.
//!
//! Invariant: a copy that can be read gets a report, whatever is in it. Knows no live ledger.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use verify::{Depth, FaultKind, Report, Source, Trust, verify_history};

use crate::extract::Extract;
use crate::extract_check::check_extract;
use crate::fault::PortableFault;
use crate::folder::{CHECKPOINT, FolderSource, check_tiles};
use crate::pack::{MAGIC, PackSource};

/// What a path holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A live ledger's folder; only its own store reads it.
    Ledger,
    /// A tlog-tiles folder.
    Folder,
    Pack,
    /// An extract for one enterprise.
    Extract,
}

/// What a path holds, by its looks.
///
/// # Errors
/// It holds nothing that is known here.
pub fn kind_of(path: &Path) -> Result<Kind, PortableFault> {
    if path.join("log").is_dir() {
        return Ok(Kind::Ledger);
    }
    if path.join(CHECKPOINT).is_file() {
        return Ok(Kind::Folder);
    }
    let what = if path.is_dir() {
        "the folder has neither a log nor a checkpoint"
    } else {
        let mut start = vec![0; MAGIC.len()];
        let mut file = File::open(path).map_err(PortableFault::io("read", path))?;
        let read = file.read_exact(&mut start).is_ok();
        if read && start == MAGIC {
            return Ok(Kind::Pack);
        }
        if read && start.starts_with(b"{") {
            return Ok(Kind::Extract);
        }
        "the file begins neither as a pack nor as an extract does"
    };
    Err(PortableFault::Kind {
        path: path.to_owned(),
        what,
    })
}

/// Verifies a folder, a pack or an extract. `progress` is told the entries done and how many the checkpoint claims.
///
/// # Errors
/// The copy can't be read at all.
pub fn look(
    path: &Path,
    depth: Depth,
    trust: &Trust,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Report, PortableFault> {
    let (mut source, claimed): (Box<dyn Source>, _) = match kind_of(path)? {
        Kind::Extract => return look_at_extract(path, trust),
        Kind::Folder => {
            let source = FolderSource::open(path)?;
            let claimed = seal::peek_unverified(source.checkpoint());
            (Box::new(source), claimed)
        }
        Kind::Pack => {
            let source = PackSource::open(path)?;
            let claimed = seal::peek_unverified(source.checkpoint());
            (Box::new(source), claimed)
        }
        Kind::Ledger => {
            return Err(PortableFault::Kind {
                path: path.to_owned(),
                what: "it is a live ledger: `ytterby verify` reads it, or export it first",
            });
        }
    };
    let size = match claimed {
        Ok(claimed) => claimed.size,
        Err(refusal) => {
            let mut report = Report::default();
            report.fault(FaultKind::Checkpoint, 0, "a checkpoint", refusal);
            return Ok(report);
        }
    };
    let mut report = verify_history(&mut *source, depth, trust, &mut |done| progress(done, size));
    if path.is_dir() {
        for (position, tile) in check_tiles(path)? {
            report.fault(FaultKind::Tile, position, "the hashes of its entries", tile);
        }
    }
    let note = "checkpoints of single commit groups: a copy holds only the newest one";
    report.not_checked.push(note.to_owned());
    Ok(report)
}

fn look_at_extract(path: &Path, trust: &Trust) -> Result<Report, PortableFault> {
    let bytes = std::fs::read(path).map_err(PortableFault::io("read", path))?;
    match serde_json::from_slice::<Extract>(&bytes) {
        Ok(extract) => Ok(check_extract(&extract, trust)),
        Err(error) => {
            let mut report = Report::default();
            report.fault(FaultKind::Entry, 0, "an extract", error);
            Ok(report)
        }
    }
}
