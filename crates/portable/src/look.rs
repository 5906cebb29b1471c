//! One look at a copy: which kind it is, and the verifier's report over it.
//!
//! Invariant: a copy that can be read gets a report, whatever is in it. Knows no live ledger.

use std::io::Read;
use std::path::Path;

use durable::Layout;
use evidence::{EVIDENCE_FORMAT, RECEIPT_FORMAT, Receipt};
use seal::{Checkpoint, CheckpointRefusal};
use serde::Deserialize;
use verify::{Depth, FaultKind, Report, Source, Trust, verify_history};

use crate::extract::Extract;
use crate::extract_check::check_extract;
use crate::fault::PortableFault;
use crate::folder::{CHECKPOINT, FolderSource, check_tiles};
use crate::limits::SINGLE_BYTES_MAX;
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
    /// That somebody showed two things of which only one can be.
    Evidence,
    /// One entry with its proof.
    Receipt,
}

/// The first field of a document, which says what it is.
#[derive(Deserialize)]
struct Head {
    format: String,
}

/// What a path holds, by its looks.
///
/// # Errors
/// It holds nothing that is known here.
pub fn kind_of(path: &Path) -> Result<Kind, PortableFault> {
    if Layout::of(path).holds_log() {
        return Ok(Kind::Ledger);
    }
    // Of whichever kind it is: what is no file is told when it is read.
    if path.join(CHECKPOINT).symlink_metadata().is_ok() {
        return Ok(Kind::Folder);
    }
    let what = if path.is_dir() {
        "the folder has neither a log nor a checkpoint"
    } else {
        let mut start = vec![0; MAGIC.len()];
        let (mut file, length) = files::open(path)?;
        let read = file.read_exact(&mut start).is_ok();
        if read && start == MAGIC {
            return Ok(Kind::Pack);
        }
        if read && start.starts_with(b"{") {
            return kind_of_document(path, length);
        }
        "the file begins neither as a pack nor as a JSON document does"
    };
    Err(PortableFault::Kind {
        path: path.to_owned(),
        what,
    })
}

/// What is no document at all, or too long for the other kinds, is taken for an extract, whose reader says what is wrong
/// with it.
fn kind_of_document(path: &Path, length: u64) -> Result<Kind, PortableFault> {
    if length > SINGLE_BYTES_MAX {
        return Ok(Kind::Extract);
    }
    let bytes = files::read(path, SINGLE_BYTES_MAX)?;
    let head = serde_json::from_slice::<Head>(&bytes).map(|head| head.format);
    Ok(match head.as_deref() {
        Ok(EVIDENCE_FORMAT) => Kind::Evidence,
        Ok(RECEIPT_FORMAT) => Kind::Receipt,
        _ => Kind::Extract,
    })
}

/// Verifies a folder, a pack or an extract; receipts and evidence are for [`crate::Single`]. `progress` is told the entries
/// done and how many the checkpoint claims.
///
/// # Errors
/// The copy can't be read at all.
pub fn look(
    path: &Path,
    depth: Depth,
    trust: &Trust,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Report, PortableFault> {
    let (mut source, claimed) = match kind_of(path)? {
        Kind::Extract => return look_at_extract(path, trust),
        kind => open(path, kind)?,
    };
    let size = match claimed {
        Ok(claimed) => claimed.size,
        Err(refusal) => {
            // It says nothing, so it accuses nobody: of the log nothing is known.
            let mut report = Report::default();
            let expected = "a checkpoint that can be read";
            report.fault(FaultKind::Missing, 0, expected, unreadable(path, &refusal)?);
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

/// Why a checkpoint can't be read, and the change on the way that explains it, if it is a known one.
fn unreadable(path: &Path, refusal: &CheckpointRefusal) -> Result<String, PortableFault> {
    let note = note_of(path)?.unwrap_or_default();
    Ok(if note.contains(&b'\r') {
        format!(
            "one with carriage returns (U+000D), which a mail program or an editor put in: get the file again, as it was ({refusal})"
        )
    } else {
        refusal.to_string()
    })
}

/// A whole log, with what its checkpoint claims.
type Opened = (Box<dyn Source>, Result<Checkpoint, CheckpointRefusal>);

/// Opens a whole log.
pub(crate) fn open(path: &Path, kind: Kind) -> Result<Opened, PortableFault> {
    match kind {
        Kind::Folder => {
            let source = FolderSource::open(path)?;
            let claimed = seal::peek_unverified(source.checkpoint());
            Ok((Box::new(source), claimed))
        }
        Kind::Pack => {
            let source = PackSource::open(path)?;
            let claimed = seal::peek_unverified(source.checkpoint());
            Ok((Box::new(source), claimed))
        }
        Kind::Ledger => Err(PortableFault::Kind {
            path: path.to_owned(),
            what: "it is a live ledger: `ytterby verify` reads it, or export it first",
        }),
        Kind::Extract | Kind::Evidence | Kind::Receipt => Err(PortableFault::Asked {
            path: path.to_owned(),
            what: "a copy of the whole log is needed here: a tlog-tiles folder or a pack",
        }),
    }
}

/// The signed note that a copy, an extract or a receipt lies under; nothing for evidence.
///
/// # Errors
/// It can't be read, or is a live ledger.
pub fn note_of(path: &Path) -> Result<Option<Vec<u8>>, PortableFault> {
    let kind = kind_of(path)?;
    Ok(match kind {
        Kind::Folder => Some(FolderSource::open(path)?.checkpoint().to_vec()),
        Kind::Pack => Some(PackSource::open(path)?.checkpoint().to_vec()),
        Kind::Extract => {
            let extract = Extract::read(path)?.ok();
            extract.map(|extract| extract.checkpoint.into_bytes())
        }
        Kind::Receipt => {
            let receipt = Receipt::parse(&files::read(path, SINGLE_BYTES_MAX)?);
            receipt.ok().and_then(|read| read.note())
        }
        Kind::Evidence => None,
        Kind::Ledger => return open(path, kind).map(|_| None),
    })
}

fn look_at_extract(path: &Path, trust: &Trust) -> Result<Report, PortableFault> {
    match Extract::read(path)? {
        Ok(extract) => Ok(check_extract(&extract, trust)),
        Err(error) => {
            let mut report = Report::default();
            report.fault(FaultKind::Entry, 0, "an extract", error);
            Ok(report)
        }
    }
}
