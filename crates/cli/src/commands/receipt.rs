//! `receipt`: the proof that one event stands in the log, in one file for whoever has nothing else.
//!
//! Invariant: needs no key and waits for no writer: everything comes from what is committed. Holds no rule.

use std::path::Path;

use answers::resolve;
use evidence::Receipt;
use store_embedded::OpenMode;

use super::acknowledge::acknowledged;
use super::acknowledge_of;
use crate::args::ReceiptOf;
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::session::open_store;

/// Writes or prints the receipt of one event.
pub(crate) fn run(folder: &Path, receipt: &ReceiptOf) -> Result<Outcome, CliError> {
    let store = open_store(folder, OpenMode::ReadOnly, false)?;
    let position = resolve::event(&*store, &receipt.event)?.position;
    let acknowledge = acknowledge_of(folder)?;
    let given = match acknowledge.policy() {
        None => ledger::receipt(&*store, position)?,
        Some(_) => {
            let (size, note) = acknowledged(folder, &*store, &acknowledge)?;
            match note.filter(|_| position < size) {
                Some(note) => ledger::receipt_under(&*store, position, &note)?,
                None => return Err(not_acknowledged(position, size)),
            }
        }
    };
    let text = Receipt::new(&given.entry, &given.proof).to_text();
    let Some(out) = &receipt.out else {
        output::line(text.trim_end())?;
        return Ok(Outcome::Done);
    };
    durable::put(out, text.as_bytes())?;
    let out = out.display();
    output::line(format!(
        "receipt of the event at position {position} in {out}"
    ))?;
    output::say("help: whoever checks it needs the log's key: `ytterby verify FILE --log-key KEY`");
    Ok(Outcome::Done)
}

fn not_acknowledged(position: u64, size: u64) -> CliError {
    CliError::refused(format!(
        "the event at position {position} is in the log and not acknowledged: the witnesses that this ledger asks for have cosigned its first {size} entries"
    ))
    .help("`ytterby cosign` asks them for the newest")
}
