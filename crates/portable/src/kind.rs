//! What a path holds, by its looks.
//!
//! Invariant: a file is told by how it begins; whether it is what it says is asked by whoever opens it.

use std::io::Read;
use std::path::Path;

use durable::Layout;
use evidence::{EVIDENCE_FORMAT, RECEIPT_FORMAT};
use serde::Deserialize;

use crate::fault::PortableFault;
use crate::folder::CHECKPOINT;
use crate::limits::SINGLE_BYTES_MAX;
use crate::pack::MAGIC;

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
