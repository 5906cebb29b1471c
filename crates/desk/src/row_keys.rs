//! What the rows of a party were known by when they were signed: the keys of their sheets, each with its event.
//!
//! Invariant: a key is on disk before its event can be in the log, and counts only where the log or the outbox holds that event;
//! so a run that was cut off leaves nothing that hides a row. The log does not know keys: without these files rows are known
//! by their content.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::PathBuf;

use domain::{EventId, Moment, PartyId, Term};
use durable::{Access, DurableFault, Layout, SameName, create_folder, put_with};

use crate::batch::Batch;
use crate::limits::ROW_KEYS_BYTES_MAX;
use crate::refused::{EventRefused, NotDone};

/// What a file of keys begins with.
const FORMAT: &str = "ytterby rows v1";

/// The event that was signed under a key, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) event: EventId,
    pub(crate) signed: Moment,
}

/// Notes the keys of a batch, in one file that goes by the number of its first event: a run that was cut off and is started
/// again writes the same name.
pub(crate) fn note(place: &Layout, batch: &Batch) -> Result<(), NotDone> {
    let keyed = batch.events().iter();
    let mut keyed = keyed.filter_map(|event| Some((event.key.as_ref()?, event)));
    let Some((key, first)) = keyed.next() else {
        return Ok(());
    };
    let mut text = format!("{FORMAT}\n");
    for (key, event) in std::iter::once((key, first)).chain(keyed) {
        let _ = writeln!(text, "{} {} {key}", event.id, event.body.signed.ms());
    }
    let folder = place.rows(batch.author().as_str());
    create_folder(&place.all_rows(), Access::Secret)?;
    create_folder(&folder, Access::Secret)?;
    let path = folder.join(format!("{:020}", first.body.seq));
    put_with(&path, SameName::Replaced, Access::Secret, |file| {
        let written = file.write_all(text.as_bytes());
        written.map_err(DurableFault::io("write", &path))
    })?;
    Ok(())
}

/// The keys of a party, each with the event that was signed under it last.
pub(crate) fn read(place: &Layout, party: PartyId) -> Result<BTreeMap<Term, Noted>, NotDone> {
    let folder = place.rows(party.as_str());
    let listed = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        listed => listed?,
    };
    let files = listed.map(|file| file.map(|file| file.path()));
    let mut files: Vec<PathBuf> = files.collect::<Result<_, _>>()?;
    // What a run that was cut off left half written has another name.
    files.retain(|path| path.extension().is_none());
    files.sort_unstable();
    let mut noted = BTreeMap::new();
    for path in files {
        let text = files::read_text(&path, ROW_KEYS_BYTES_MAX)?;
        let mut lines = text.lines();
        let is_one = lines.next() == Some(FORMAT);
        let unread = || EventRefused::RowKeysUnreadable {
            path: path.display().to_string(),
        };
        if !is_one {
            return Err(unread().into());
        }
        for line in lines {
            let (key, row) = parsed(line).ok_or_else(unread)?;
            noted.insert(key, row);
        }
    }
    Ok(noted)
}

fn parsed(line: &str) -> Option<(Term, Noted)> {
    let (event, rest) = line.split_once(' ')?;
    let (signed, key) = rest.split_once(' ')?;
    let noted = Noted {
        event: event.parse().ok()?,
        signed: Moment::from_ms(signed.parse().ok()?).ok()?,
    };
    Some((key.parse().ok()?, noted))
}
