//! What a verifier remembers between two looks: for each log the highest checkpoint that it found good, as it was signed.
//!
//! Invariant: a log that does not continue what is remembered is never good; the memory only grows. One JSON file that the
//! verifier's owner keeps, and beside it evidence of whoever signed what contradicts it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chain::{Hash, Levels};
use domain::Bytes32;
use evidence::{Beginning, Evidence};
use seal::{LogKeys, VerifierKey, peek_unverified};
use serde::{Deserialize, Serialize};
use verify::{Known, Report};

use crate::fault::PortableFault;
use crate::look::{Kind, kind_of, note_of};
use crate::replace::replace;
use crate::single::keys_and_tree;

/// Size and root of a log at a look.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    size: u64,
    root: Bytes32,
    /// The signed note; files from before it was kept have none, and then a contradiction is seen but not proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
}

type Memory = BTreeMap<String, Remembered>;

fn read(path: &Path) -> Result<Memory, PortableFault> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Memory::new()),
        Err(source) => return Err(PortableFault::io("read", path)(source)),
    };
    serde_json::from_str(&text).map_err(|error| PortableFault::Remembered {
        path: path.to_owned(),
        what: error.to_string(),
    })
}

/// What is remembered, for [`verify::Trust::known`]; nothing if there is no file yet.
///
/// # Errors
/// The file can't be read or holds something else.
pub fn recall(path: &Path) -> Result<Vec<Known>, PortableFault> {
    let known = read(path)?.into_iter().map(|(origin, known)| Known {
        origin,
        size: known.size,
        root: Hash::from_bytes(known.root.0),
    });
    Ok(known.collect())
}

/// Remembers a good report, with the signed note that the log lies under; a smaller size than the remembered one changes
/// nothing.
///
/// # Errors
/// The file can't be read or written.
pub fn remember(path: &Path, report: &Report, note: Option<&[u8]>) -> Result<(), PortableFault> {
    let Some(origin) = report.origin.as_ref().filter(|_| report.is_good()) else {
        return Ok(());
    };
    let mut memory = read(path)?;
    if memory
        .get(origin)
        .is_some_and(|known| known.size >= report.tree_size)
    {
        return Ok(());
    }
    let known = Remembered {
        size: report.tree_size,
        root: Bytes32(*report.root.as_bytes()),
        checkpoint: note.and_then(|note| same_tree(note, report)),
    };
    memory.insert(origin.clone(), known);
    let text = serde_json::to_string_pretty(&memory).unwrap_or_default() + "\n";
    replace(path, |file| file.write_all(text.as_bytes()))
}

/// The note, if it is of the very tree that was found good.
fn same_tree(note: &[u8], report: &Report) -> Option<String> {
    let claimed = peek_unverified(note).ok()?;
    let same = claimed.size == report.tree_size && claimed.root == report.root;
    same.then(|| String::from_utf8(note.to_vec()).ok())?
}

/// Writes evidence beside the memory if a copy that was found not good lies under a checkpoint which contradicts the one
/// remembered, both signed by one key: where it is. `log_key` is the reader's own, else the copy's is used.
///
/// # Errors
/// The memory or the copy can't be read, or the evidence can't be written.
pub fn contradiction(
    memory: &Path,
    copy: &Path,
    report: &Report,
    log_key: Option<&VerifierKey>,
) -> Result<Option<PathBuf>, PortableFault> {
    if report.is_good() {
        return Ok(None);
    }
    let Some(shown) = note_of(copy)? else {
        return Ok(None);
    };
    let (named, tree) = if kind_of(copy)? == Kind::Extract {
        // It holds no tree; two roots of one size need none.
        (LogKeys::default(), Levels::new(Vec::new()))
    } else {
        keys_and_tree(copy)?
    };
    keep_contradiction(memory, &shown, &named.trusting(log_key), &tree)
}

/// As [`contradiction`], of a log whose note, keys and tree are at hand.
///
/// # Errors
/// The memory can't be read, or the evidence can't be written.
pub fn keep_contradiction(
    memory: &Path,
    shown: &[u8],
    keys: &LogKeys,
    tree: &Levels,
) -> Result<Option<PathBuf>, PortableFault> {
    let name = keys.current().map(VerifierKey::name);
    let remembered = name.map(|name| read(memory).map(|mut memory| memory.remove(name)));
    let remembered = remembered.transpose()?.flatten();
    let Some(note) = remembered.and_then(|known| known.checkpoint) else {
        return Ok(None);
    };
    let begin = |old, new| Beginning::of(tree, old, new);
    let Some(evidence) = Evidence::two_histories(keys.iter(), [note.as_bytes(), shown], begin)
    else {
        return Ok(None);
    };
    let mut name = OsString::from(memory);
    name.push(format!(".{}", evidence.file_name()));
    let path = PathBuf::from(name);
    replace(&path, |file| file.write_all(evidence.to_text().as_bytes()))?;
    Ok(Some(path))
}
