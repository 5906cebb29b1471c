//! `export`: a copy of the log that needs no ledger.
//!
//! Invariant: opens the ledger for reading only; the copy lies under the newest checkpoint, with the cosignatures at hand.

use std::path::Path;

use portable::{PortableFault, write_folder, write_pack};
use store::Entries;
use store_embedded::OpenMode;

use super::witness;
use crate::args::Export;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::session::open_store;

/// Writes a tlog-tiles folder or a pack.
pub(crate) fn run(folder: &Path, export: &Export) -> Result<Outcome, CliError> {
    let store = open_store(folder, OpenMode::ReadOnly, false)?;
    let checkpoint = store.checkpoint()?;
    let checkpoint = checkpoint.ok_or_else(|| CliError::refused("the ledger is empty"))?;
    let checkpoint = witness::witnessed_note(folder, &checkpoint).unwrap_or(checkpoint);
    let bar = output::progress(store.size(), "exporting", Form::default());
    let mut entries = store.frames(0)?.flat_map(|frame| match frame {
        Ok(frame) => {
            let entries: Vec<_> = frame
                .entries()
                .map(|(_, entry)| Ok(entry.to_vec()))
                .collect();
            bar.inc(entries.len() as u64);
            entries
        }
        Err(fault) => vec![Err(PortableFault::Log(fault.to_string()))],
    });
    if let Some(pack) = &export.pack {
        let size = write_pack(pack, &mut entries, &checkpoint)?;
        bar.finish_and_clear();
        output::line(format!("{size} entries in {}", pack.display()))?;
        return Ok(Outcome::Done);
    }
    let Some(out) = &export.out else {
        return Err(CliError::usage("say where to: a folder, or --pack FILE"));
    };
    let keys = witness::log_keys(&*store)?;
    let key = keys
        .current()
        .ok_or_else(|| CliError::refused("the ledger is not founded yet"))?;
    let done = write_folder(out, &mut entries, &checkpoint, key)?;
    bar.finish_and_clear();
    output::line(format!(
        "{} entries in {}, {} of them new, {} files written",
        done.size,
        out.display(),
        done.size - done.before,
        done.files
    ))?;
    output::line(format!("log key {key}"))?;
    Ok(Outcome::Done)
}
