//! The copy of a log that a mirror witness holds, so that it cosigns only what admission accepts.
//!
//! Invariant: a checkpoint is admitted only if every entry that it covers was read from the copy here and found good, and its
//! root is the one that those entries make. What was found good is not read again: only what is new in the copy is.
//! One request at a time goes on with it; whoever asks meanwhile is told to ask again. Knows no protocol.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, TryLockError};

use durable::Layout;
use portable::{CopyReader, Places};
use signing::{Checkpoint, VerifierKey};
use verify::{Growing, Stopped};
use witness::server::NotAdmitted;

use crate::host::Host;
use crate::refused::{LogRefused, NotDone};

/// A copy of a log, and how much of it was found good.
#[derive(Debug)]
pub struct Mirror {
    copy: PathBuf,
    /// Keys that the log has or had; one of them is enough to know it by, and others may come.
    log_keys: Vec<VerifierKey>,
    held: Mutex<Held>,
}

/// What was found good, and where the groups of the copy begin.
#[derive(Debug, Default)]
struct Held {
    log: Growing,
    places: Places,
}

impl Mirror {
    /// Verifies the copy as it is now, once. `place` is a folder that follows the log, or a copy by itself; the log is the one
    /// that one of these keys signs, or signed before it was handed over.
    ///
    /// # Errors
    /// The copy can't be read, is not good, or is of another log.
    pub fn open(
        place: &Path,
        log_keys: Vec<VerifierKey>,
        host: &dyn Host,
    ) -> Result<Self, NotDone> {
        let layout = Layout::of(place);
        let copy = if layout.follows() {
            layout.copy()
        } else {
            place.to_path_buf()
        };
        let mut mirror = Self {
            copy,
            log_keys,
            held: Mutex::default(),
        };
        let mut held = Held::default();
        let progress = host.progress("verifying", u64::MAX);
        let whole = mirror.catch_up(&mut held, None, &mut |done, size| progress(done, size));
        drop(progress);
        let copy = mirror.copy.display().to_string();
        match whole {
            Ok(()) => {}
            Err(NotAdmitted::NotYet(why)) => return Err(LogRefused::MirrorUnread { why }.into()),
            Err(NotAdmitted::Refused(why)) => {
                return Err(LogRefused::BadMirror { why, copy }.into());
            }
        }
        host.note(format!(
            "the copy in {copy} holds {} entries, all good",
            held.log.size()
        ));
        mirror.held = Mutex::new(held);
        Ok(mirror)
    }

    /// Whether the copy holds what this checkpoint covers, and all of it is as admission demands.
    ///
    /// # Errors
    /// It does not, or not yet.
    pub fn admit(&self, checkpoint: &Checkpoint) -> Result<(), NotAdmitted> {
        let mut held = match self.held.try_lock() {
            Ok(held) => held,
            // Each part of what it holds was taken in one step, after it was found good.
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
            Err(TryLockError::WouldBlock) => {
                let text = "the copy of the log held here is being verified; ask again";
                return Err(NotAdmitted::NotYet(text.to_owned()));
            }
        };
        let size = checkpoint.size;
        if size > held.log.size() {
            self.catch_up(&mut held, Some(size), &mut |_, _| {})?;
        }
        let root = match held.log.recent_root(size) {
            Some(root) => root,
            None => held
                .log
                .root_at(size, &self.reader(&held.places)?)
                .ok_or_else(|| {
                    let text = "the copy of the log held here is not the one that was verified; start the witness again";
                    NotAdmitted::NotYet(text.to_owned())
                })?,
        };
        if root == checkpoint.root {
            return Ok(());
        }
        Err(NotAdmitted::Refused(format!(
            "the copy of the log held here has the root {root} for {size} entries, and not {}",
            checkpoint.root
        )))
    }

    fn reader(&self, places: &Places) -> Result<CopyReader, NotAdmitted> {
        CopyReader::open_grown(&self.copy, places.clone())
            .map_err(|fault| NotAdmitted::NotYet(format!("the copy of the log held here: {fault}")))
    }

    /// Verifies what the copy holds beyond what was found good, up to a size or to its end.
    fn catch_up(
        &self,
        held: &mut Held,
        size: Option<u64>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), NotAdmitted> {
        let reader = self.reader(&held.places)?;
        let end = reader.size();
        let size = size.unwrap_or(end);
        if end < size {
            return Err(NotAdmitted::NotYet(format!(
                "the copy of the log held here has {end} entries of {size}; ask again when it is brought up to date"
            )));
        }
        let grown = held
            .log
            .grow(&reader, size, &mut |done| progress(done, size));
        // Where the groups of a bad copy begin says nothing of the next one.
        if grown.is_ok() {
            held.places = reader.into_places(held.log.size());
        }
        grown.map_err(|stopped| match stopped {
            Stopped::Unread(damage) => NotAdmitted::NotYet(format!(
                "the copy of the log held here can't be read at position {}: {}",
                damage.position, damage.what
            )),
            Stopped::Bad(report) => {
                let fault = report.faults.first().map(ToString::to_string);
                NotAdmitted::Refused(format!(
                    "the copy of the log held here is {}: {}",
                    report.verdict,
                    fault.unwrap_or_default()
                ))
            }
        })?;
        let keys = held.log.log_keys();
        let is_known = |key: &VerifierKey| keys.handed_over_at(key).is_some();
        if size == 0 || self.log_keys.iter().any(is_known) {
            return Ok(());
        }
        let text = "the copy of the log held here is of another log: none of the keys that were given ever signed it";
        Err(NotAdmitted::Refused(text.to_owned()))
    }
}
