//! `export`: a copy of the log that needs no ledger.
//!
//! Invariant: says how much is in it, and what is new. Holds no rule.

use desk::{Copy, Desk};
use grammar::Export;

use crate::outcome::{CliError, Outcome};
use crate::output;

/// Writes a tlog-tiles folder or a pack.
pub(crate) fn run(desk: &Desk<'_>, export: &Export) -> Result<Outcome, CliError> {
    let (copy, place) = match (&export.pack, &export.out) {
        (Some(pack), _) => (Copy::Pack(pack), pack.display()),
        (None, Some(out)) => (Copy::Folder(out), out.display()),
        (None, None) => return Err(CliError::usage("say where to: a folder, or --pack FILE")),
    };
    let exported = desk::export(desk, copy)?;
    let size = exported.size;
    match exported.folder {
        None => output::line(format!("{size} entries in {place}"))?,
        Some((new, files, key)) => {
            output::line(format!(
                "{size} entries in {place}, {new} of them new, {files} files written"
            ))?;
            output::line(format!("log key {key}"))?;
        }
    }
    Ok(Outcome::Done)
}
