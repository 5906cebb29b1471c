//! What a verifier remembers between two looks: for each log the highest checkpoint that it found good.
//!
//! Invariant: a log that does not continue what is remembered is never good; the memory only grows. One JSON file that the
//! verifier's owner keeps.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use chain::Hash;
use domain::Bytes32;
use serde::{Deserialize, Serialize};
use verify::{Known, Report};

use crate::fault::PortableFault;
use crate::replace::replace;

/// Size and root of a log at a look.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    size: u64,
    root: Bytes32,
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

/// Remembers a good report; a smaller size than the remembered one changes nothing.
///
/// # Errors
/// The file can't be read or written.
pub fn remember(path: &Path, report: &Report) -> Result<(), PortableFault> {
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
    };
    memory.insert(origin.clone(), known);
    let text = serde_json::to_string_pretty(&memory).unwrap_or_default() + "\n";
    replace(path, |file| file.write_all(text.as_bytes()))
}
