//! `receipts`: what the operator's receipts prove of the events that were sent.
//!
//! Invariant: the keys that judge are ones that the sender brought or remembers, never ones of the file.

use std::path::Path;

use portable::{HandedEvent, Memory, Receipts, SignedEvents};
use seal::LogKeys;

use crate::args::ReceiptsCheck;
use crate::outbox::Outbox;
use crate::outcome::{CliError, Outcome};
use crate::output;
use crate::place;

/// Checks a file of receipts against what was sent; exit 1 if anything is not in the log.
pub(crate) fn run(folder: &Path, check: &ReceiptsCheck) -> Result<Outcome, CliError> {
    let receipts = Receipts::read(&check.file)?;
    let keys = known_keys(folder, check, &receipts.origin)?;
    let sent = sent(folder, check, &receipts.origin)?;
    if sent.is_empty() {
        return Err(CliError::usage("nothing that was sent is known here")
            .help("give --sent FILE with the signed events that were sent"));
    }
    let rows = receipts.check(&sent, &keys).into_iter();
    let mut missing = 0;
    let rows: Vec<_> = rows
        .map(|answered| {
            let (position, why) = match answered.answer {
                Ok(position) => (position.to_string(), "in the log".to_owned()),
                Err(why) => {
                    missing += 1;
                    ("-".to_owned(), why)
                }
            };
            let (event, author) = (answered.event.to_string(), answered.author.to_string());
            vec![event, author, answered.seq.to_string(), position, why]
        })
        .collect();
    let columns = ["event", "author", "#seq", "#position", "answer"];
    output::table(check.form, &columns, &rows)?;
    if missing > 0 {
        output::say(format!(
            "{missing} of {} events are not proven to be in the log",
            rows.len()
        ));
    }
    Ok(Outcome::found_if(missing > 0))
}

fn known_keys(folder: &Path, check: &ReceiptsCheck, origin: &str) -> Result<LogKeys, CliError> {
    let mut keys = LogKeys::default();
    if let Some(key) = &check.log_key {
        keys.push(0, key.clone());
        return Ok(keys);
    }
    let memory = Memory::read(&place::seen(folder))?;
    memory.log_keys(origin).cloned().ok_or_else(|| {
        CliError::usage(format!("the key of the log {origin:?} is not known here")).help(
            "give --log-key KEY from your own notes, or follow a copy first: `ytterby follow`",
        )
    })
}

fn sent(folder: &Path, check: &ReceiptsCheck, origin: &str) -> Result<Vec<HandedEvent>, CliError> {
    if check.sent.is_empty() {
        return Ok(Outbox::open(folder, origin)?.events().to_vec());
    }
    let mut sent = Vec::new();
    for file in &check.sent {
        sent.extend(SignedEvents::read(file)?.events);
    }
    Ok(sent)
}
