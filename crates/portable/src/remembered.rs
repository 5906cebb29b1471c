//! What a verifier remembers between two looks: for each log the highest checkpoint that it found good, as it was signed, and
//! the keys that signed the log up to there.
//!
//! Invariant: a log that does not continue what is remembered is never good; nothing is taken in from what is not good; the
//! memory only grows. One JSON file that the verifier's owner keeps (`docs/spec/remembered.md`), and next to it evidence of
//! whoever signed what contradicts it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chain::{Hash, Levels};
use domain::Bytes32;
use evidence::{Beginning, Evidence};
use serde::{Deserialize, Serialize};
use signing::{LogKeys, SignedCheckpoint, VerifierKey, peek_unverified};
use verify::{FaultKind, Known, Report};

use crate::fault::PortableFault;
use crate::limits::MEMORY_BYTES_MAX;

/// A log at a look.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    size: u64,
    root: Bytes32,
    /// The signed note; files from before it was kept have none, and then a contradiction is seen but not proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
    /// Oldest first; files from before they were kept have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    log_keys: Vec<RememberedKey>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RememberedKey {
    /// The size of the first checkpoint that it signs.
    from: u64,
    key: String,
}

/// The memory of one verifier.
#[derive(Debug, Clone)]
pub struct Memory {
    path: PathBuf,
    logs: BTreeMap<String, Remembered>,
    keys: BTreeMap<String, LogKeys>,
}

impl Memory {
    /// Reads it; empty if there is no file yet.
    ///
    /// # Errors
    /// The file can't be read or holds something else.
    pub fn read(path: &Path) -> Result<Self, PortableFault> {
        let not_this = |what: String| PortableFault::Remembered {
            path: path.to_owned(),
            what,
        };
        let logs: BTreeMap<String, Remembered> = match files::read_text(path, MEMORY_BYTES_MAX) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| not_this(error.to_string()))?,
            Err(fault) if fault.is_missing() => BTreeMap::new(),
            Err(fault) => return Err(fault.into()),
        };
        let mut keys = BTreeMap::new();
        for (origin, log) in &logs {
            let read = parse_keys(origin, &log.log_keys).map_err(not_this)?;
            keys.insert(origin.clone(), read);
        }
        let path = path.to_owned();
        Ok(Self { path, logs, keys })
    }

    /// The checkpoints, for [`verify::Trust::known`].
    pub fn known(&self) -> impl Iterator<Item = Known> {
        self.logs.iter().map(|(origin, log)| Known {
            origin: origin.clone(),
            size: log.size,
            root: Hash::from_bytes(log.root.0),
        })
    }

    /// The keys of the log with this origin; none if it was never seen, or before keys were remembered.
    pub fn log_keys(&self, origin: &str) -> Option<&LogKeys> {
        self.keys
            .get(origin)
            .filter(|keys| keys.current().is_some())
    }

    /// The remembered checkpoint of the log with this origin, as it was signed.
    pub(crate) fn signed(&self, origin: &str) -> Option<SignedCheckpoint> {
        let note = self.logs.get(origin)?.checkpoint.as_ref()?;
        self.log_keys(origin)?.open(note.as_bytes()).ok()
    }

    /// Adds a fault for each remembered key that the log's own neither include nor follow. A log that ends before a key came
    /// can't have it.
    pub(crate) fn judge_keys(&self, report: &mut Report, keys: &LogKeys) {
        let Some(remembered) = report
            .origin
            .as_ref()
            .and_then(|origin| self.log_keys(origin))
        else {
            return;
        };
        let shown = with_sizes(keys);
        for (from, key) in with_sizes(remembered) {
            if from <= report.tree_size && !shown.contains(&(from, key)) {
                let current = keys.current().map(ToString::to_string);
                report.fault(
                    FaultKind::Checkpoint,
                    0,
                    &format!(
                        "a log with the key that is remembered of it, {key}, from size {from} on"
                    ),
                    current.map_or_else(|| "no log key".to_owned(), |key| format!("one of {key}")),
                );
            }
        }
    }

    /// Takes in a good report, with the signed note that the log lies under and the keys that the log brings; a smaller size
    /// than the remembered one changes nothing.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn remember(
        &mut self,
        report: &Report,
        note: Option<&[u8]>,
        keys: &LogKeys,
    ) -> Result<(), PortableFault> {
        let Some(origin) = report.origin.as_ref().filter(|_| report.is_good()) else {
            return Ok(());
        };
        let is_new = self.logs.get(origin).is_none_or(|log| {
            log.size < report.tree_size || (log.size == report.tree_size && log.log_keys.is_empty())
        });
        if !is_new {
            return Ok(());
        }
        let log_keys = with_sizes(keys)
            .into_iter()
            .map(|(from, key)| RememberedKey {
                from,
                key: key.to_string(),
            });
        let log = Remembered {
            size: report.tree_size,
            root: Bytes32(*report.root.as_bytes()),
            checkpoint: note.and_then(|note| same_tree(note, report)),
            log_keys: log_keys.collect(),
        };
        self.logs.insert(origin.clone(), log);
        self.keys.insert(origin.clone(), keys.clone());
        let text = serde_json::to_string_pretty(&self.logs).unwrap_or_default() + "\n";
        Ok(durable::put(&self.path, text.as_bytes())?)
    }

    /// Writes evidence next to the memory if a log that was found not good lies under a checkpoint which contradicts the one
    /// remembered, each signed by one of these keys: where it is.
    ///
    /// # Errors
    /// The evidence can't be written.
    pub(crate) fn keep_contradiction(
        &self,
        shown: &[u8],
        keys: &LogKeys,
        tree: &Levels,
    ) -> Result<Option<PathBuf>, PortableFault> {
        let log = keys.current().and_then(|key| self.logs.get(key.name()));
        let Some(note) = log.and_then(|log| log.checkpoint.as_ref()) else {
            return Ok(None);
        };
        let begin = |old, new| Beginning::of(tree, old, new);
        let Some(evidence) = Evidence::two_histories(keys.iter(), [note.as_bytes(), shown], begin)
        else {
            return Ok(None);
        };
        let mut name = OsString::from(&self.path);
        name.push(format!(".{}", evidence.file_name()));
        let path = PathBuf::from(name);
        durable::put(&path, evidence.to_text().as_bytes())?;
        Ok(Some(path))
    }
}

/// The note, if it is of the very tree that was found good.
fn same_tree(note: &[u8], report: &Report) -> Option<String> {
    let claimed = peek_unverified(note).ok()?;
    let same = claimed.size == report.tree_size && claimed.root == report.root;
    same.then(|| String::from_utf8(note.to_vec()).ok())?
}

fn parse_keys(origin: &str, remembered: &[RememberedKey]) -> Result<LogKeys, String> {
    let mut keys = LogKeys::default();
    let mut last = None;
    for RememberedKey { from, key } in remembered {
        let wrong = |what: &str| format!("a log key of {origin:?}, {key:?}: {what}");
        let parsed: VerifierKey = key
            .parse()
            .map_err(|refusal: signing::NoteRefusal| wrong(&refusal.to_string()))?;
        if parsed.name() != origin {
            return Err(wrong("it is of another log"));
        }
        if last.is_some_and(|last| last >= *from) {
            return Err(wrong("log keys stand by the sizes that they begin at"));
        }
        last = Some(*from);
        keys.push(*from, parsed);
    }
    Ok(keys)
}

/// Each key with the size of the first checkpoint that it signs; 0 for the first, which signs from the start.
fn with_sizes(keys: &LogKeys) -> Vec<(u64, &VerifierKey)> {
    let mut from = 0;
    let mut all = Vec::new();
    for key in keys.iter() {
        all.push((from, key));
        from = keys.handed_over_at(key).flatten().unwrap_or_default();
    }
    all
}
