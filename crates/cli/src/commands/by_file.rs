//! `take`, `receipts`, `sign` and `follow`: what parties hand to each other by file.
//!
//! Invariant: everything that is signed is shown first; what became of every event of a file is told. Holds no rule.

use std::collections::BTreeSet;

use answers::Document;
use answers::checks::{Check, EventSent, ReceiptsChecked};
use desk::{Desk, PreparedAct, Taken, TakenEvents, receipts};
use domain::text::counted;
use grammar::{Follow, ReceiptsCheck, Sign, Take};
use portable::Answered;
use signing::peek_unverified;

use super::preview::consent;
use crate::outcome::{CliError, Outcome};
use crate::output;

/// Takes files of signed events.
pub(crate) fn take(desk: &Desk<'_>, take: &Take) -> Result<Outcome, CliError> {
    let taken = match desk::take(desk, &take.files, take.out.as_deref())? {
        Taken::Events(taken) => taken,
        Taken::Founded { origin, verifier } => {
            output::line(format!("founded {origin} in {}", desk.folder().display()))?;
            output::line(format!("verifier key: {verifier}"))?;
            output::say(
                "give the verifier key to every party and auditor, by telephone or letter: with it they need trust nobody who hands them a copy",
            );
            return Ok(Outcome::Done);
        }
    };
    let wanting = tell(&taken);
    let out = take.out.as_ref();
    if let Some(out) = out.filter(|_| taken.receipts.is_some() || taken.stopped.is_none()) {
        output::say(match taken.receipts {
            Some(count) => format!(
                "{count} receipts in {}: send it back to the authors",
                out.display()
            ),
            None => "no receipts were written: the witnesses have cosigned nothing yet".to_owned(),
        });
    }
    if let Some(fault) = taken.stopped {
        output::say("what is listed above is in the log; take the files again for the rest");
        return Err(fault.into());
    }
    let is_whole = wanting? == 0 && taken.refused_files.is_empty();
    Ok(Outcome::found_if(!is_whole))
}

/// Says where each acknowledged event stands, and why others are refused: how many are refused or not acknowledged.
fn tell(taken: &TakenEvents) -> Result<usize, CliError> {
    let (mut refused, mut open, mut told) = (0, 0, Ok(()));
    let mut failed = BTreeSet::new();
    for tried in &taken.tried {
        let (id, author, seq, file) = (tried.id, tried.author, tried.seq, tried.file.display());
        match &tried.answer {
            Ok(position) if *position >= taken.acknowledged => open += 1,
            Ok(position) if told.is_ok() => {
                told = output::line(format!("{position:>10}  {id}"));
            }
            Ok(_) => {}
            Err(why) => {
                refused += 1;
                let is_first = failed.insert(author);
                let follows = !is_first && why.ends_with("[author-chain]");
                let why = if follows {
                    "it follows an event that is refused"
                } else {
                    why
                };
                output::say(format!(
                    "refused: {id}, number {seq} of {author} in {file}: {why}"
                ));
            }
        }
    }
    if refused > 0 {
        let count = taken.tried.len();
        output::say(format!("{refused} of {count} events are refused"));
        output::say(
            "help: send the reasons to their authors; whatever is mended can be taken again",
        );
    }
    match refused + open {
        // What is wanting is told by the exit code, whoever reads the lines.
        0 => Ok(told.map(|()| 0)?),
        wanting => Ok(wanting),
    }
}

/// Checks a file of receipts against what was sent; exit 1 if anything is not in the log.
pub(crate) fn receipts(desk: &Desk<'_>, check: &ReceiptsCheck) -> Result<Outcome, CliError> {
    let (file, answered) = receipts::check(desk, &check.file, &check.sent, check.log_key.as_ref())?;
    let events: Vec<_> = answered.into_iter().map(sent_event).collect();
    let missing = events.iter().filter(|event| event.position.is_none());
    let (missing, count) = (missing.count(), events.len());
    if check.form.json {
        // The signature was checked with the receipts.
        let size = peek_unverified(file.checkpoint.as_bytes()).map_or(0, |of| of.size);
        let of = (&*file.origin, size, None);
        let answer = ReceiptsChecked { events };
        output::json(&Document::of_check(of, Check::Receipts {}, answer))?;
    } else {
        let columns = ["event", "author", "#seq", "#position", "answer"];
        let rows: Vec<_> = events.iter().map(row).collect();
        output::table(check.form, &columns, &rows)?;
    }
    if missing > 0 {
        output::say(format!(
            "{missing} of {} not proven to be in the log",
            counted(count as u64, "event is", "events are")
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

/// Signs the act in a file and writes it back.
pub(crate) fn sign(desk: &Desk<'_>, sign: &Sign) -> Result<Outcome, CliError> {
    let act = PreparedAct::read(desk, &sign.file)?;
    act.words().into_iter().for_each(output::say);
    let key = act.key(desk, sign.key.as_ref())?;
    if sign.dry_run {
        output::say("dry run: nothing was signed");
        return Ok(Outcome::Done);
    }
    consent(&act.question(), sign.yes)?;
    let count = act.sign(&key)?;
    let path = sign.file.display();
    output::line(format!("{path} bears {count} signatures"))?;
    output::say(
        "when it bears as many as the rules ask for, the operator takes it: `ytterby take`",
    );
    Ok(Outcome::Done)
}

/// Verifies a pack and keeps it.
pub(crate) fn follow(desk: &Desk<'_>, follow: &Follow) -> Result<Outcome, CliError> {
    let followed = desk::follow(desk, &follow.pack, follow.log_key.as_ref())?;
    output::line(format!(
        "follows {}: {} entries, all good; {} signed events wait",
        followed.origin, followed.size, followed.waiting
    ))?;
    Ok(Outcome::Done)
}
