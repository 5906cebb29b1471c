//! `extract` and `receipt`: what is handed to those who may see only a part.
//!
//! Invariant: both are made from the log alone, and need no key. Holds no rule.

use answers::resolve;
use desk::{Desk, acknowledge, extract};
use evidence::Receipt;
use grammar::{ExtractFile, ReceiptOf};
use portable::Extract;
use store_embedded::OpenMode;
use verify::Report;

use crate::outcome::{CliError, Outcome};
use crate::output;

/// Writes an extract, and says what it proves.
pub(crate) fn run(desk: &Desk<'_>, file: &ExtractFile) -> Result<Outcome, CliError> {
    let (extract, report) = extract::write(desk, file.party, &file.out)?;
    output::line(format!(
        "{} entries by {} authors in {}",
        report.size,
        report.authors,
        file.out.display()
    ))?;
    say_reach(&extract, &report)?;
    Ok(Outcome::found_if(!report.is_good()))
}

/// How far the extract reaches, and what in it is another's.
fn say_reach(extract: &Extract, report: &Report) -> Result<(), CliError> {
    for line in &report.proven {
        output::line(line)?;
    }
    for fault in &report.faults {
        output::say(format!("note: the extract is incomplete: {fault}"));
    }
    let has_leaves = extract.heads.is_some();
    if !has_leaves {
        output::say(
            "note: the log commits to no heads yet, so the extract does not prove that nothing was left out",
        );
    }
    if !has_leaves || !report.faults.is_empty() {
        output::say("help: the operator runs `ytterby heads`; then make the extract again");
    }
    if let Some(author) = extract.last_author() {
        output::say(format!(
            "note: the log's last entry is in the extract too, to date it: an event of {author}"
        ));
    }
    Ok(())
}

/// Writes or prints the receipt of one event.
pub(crate) fn receipt(desk: &Desk<'_>, receipt: &ReceiptOf) -> Result<Outcome, CliError> {
    let store = desk.open_store(OpenMode::ReadOnly)?;
    let position = resolve::event(&*store, &receipt.event)?.position;
    let given = acknowledge::receipt(&desk.place, &*store, position)?;
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
