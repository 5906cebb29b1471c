//! `receipts`: what the operator's receipts prove of the events that were sent.
//!
//! Invariant: the keys that judge are ones that the sender brought or remembers, never ones of the file.

use std::path::Path;

use answers::Document;
use answers::checks::{Check, EventSent, ReceiptsChecked};
use portable::{Answered, HandedEvent, Memory, Receipts, SignedEvents};
use seal::{LogKeys, peek_unverified};

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
    let events: Vec<_> = receipts
        .check(&sent, &keys)
        .into_iter()
        .map(sent_event)
        .collect();
    let missing = events
        .iter()
        .filter(|event| event.position.is_none())
        .count();
    let count = events.len();
    if check.form.json {
        let answer = ReceiptsChecked { events };
        let size = peek_unverified(receipts.checkpoint.as_bytes()).map_or(0, |of| of.size);
        let of = (&*receipts.origin, size, None);
        output::json(&Document::of_check(of, Check::Receipts {}, answer))?;
    } else {
        let columns = ["event", "author", "#seq", "#position", "answer"];
        let rows: Vec<_> = events.iter().map(row).collect();
        output::table(check.form, &columns, &rows)?;
    }
    if missing > 0 {
        output::say(format!(
            "{missing} of {count} events are not proven to be in the log"
        ));
    }
    Ok(Outcome::found_if(missing > 0))
}

fn sent_event(answered: Answered) -> EventSent {
    let (position, fault) = match answered.answer {
        Ok(position) => (Some(position), None),
        Err(why) => (None, Some(why)),
    };
    EventSent {
        event: answered.event,
        author: answered.author,
        seq: answered.seq,
        position,
        fault,
    }
}

fn row(sent: &EventSent) -> Vec<String> {
    let position = sent.position.map(|position| position.to_string());
    let answer = sent.fault.clone();
    vec![
        sent.event.to_string(),
        sent.author.to_string(),
        sent.seq.to_string(),
        position.unwrap_or_else(|| "-".to_owned()),
        answer.unwrap_or_else(|| "in the log".to_owned()),
    ]
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
