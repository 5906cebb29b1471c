//! What a verifier remembers between two looks: for each log the highest checkpoint that it found good.
//!
//! Invariant: a log that does not continue what is remembered is never good; the memory only grows. One JSON file that the
//! verifier's owner keeps.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use chain::Hash;
use serde::{Deserialize, Serialize};
use verify::Report;

use crate::fault::PortableFault;

/// Size and root of a log at a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    pub size: u64,
    /// 64 hexadecimal digits.
    pub root: String,
}

type Memory = BTreeMap<String, Remembered>;

impl Remembered {
    /// For [`verify::Trust::known`].
    pub fn known(&self) -> Option<(u64, Hash)> {
        let bytes: domain::Bytes32 = self.root.parse().ok()?;
        Some((self.size, Hash::from_bytes(bytes.0)))
    }
}

fn read(path: &Path) -> Result<Memory, PortableFault> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Memory::new()),
        Err(source) => return Err(PortableFault::io("read", path)(source)),
    };
    let wrong = |what: String| PortableFault::Remembered {
        path: path.to_owned(),
        what,
    };
    let memory: Memory = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    match memory.iter().find(|(_, known)| known.known().is_none()) {
        Some((origin, _)) => Err(wrong(format!(
            "the root of {origin} is not 64 hexadecimal digits"
        ))),
        None => Ok(memory),
    }
}

/// What is remembered of the log with this origin; nothing if it was never looked at, or if there is no file yet.
///
/// # Errors
/// The file can't be read or holds something else.
pub fn recall(path: &Path, origin: &str) -> Result<Option<Remembered>, PortableFault> {
    Ok(read(path)?.remove(origin))
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
        .is_some_and(|known| known.size >= report.size)
    {
        return Ok(());
    }
    let known = Remembered {
        size: report.size,
        root: report.root.to_string(),
    };
    memory.insert(origin.clone(), known);
    let text = serde_json::to_string_pretty(&memory).unwrap_or_default() + "\n";
    let new = path.with_extension("new");
    fs::write(&new, text).map_err(PortableFault::io("write", &new))?;
    fs::rename(&new, path).map_err(PortableFault::io("replace", path))
}
