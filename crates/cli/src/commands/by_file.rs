//! `take`, `receipts`, `sign` and `follow`: what parties hand to each other by file.
//!
//! Invariant: everything that is signed is shown first; what became of every event of a file is told. Holds no rule.

use std::collections::BTreeSet;

use desk::{Act, Desk, Taken, TakenEvents, receipts};

use super::preview::consent;
use crate::args::{Follow, ReceiptsCheck, Sign, Take};
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
    let wanting = tell(&taken)?;
    if let Some(out) = &take.out {
        output::say(match taken.receipts {
            Some(count) => format!(
                "{count} receipts in {}: send it back to the authors",
                out.display()
            ),
            None => "no receipts were written: the witnesses have cosigned nothing yet".to_owned(),
        });
    }
    let is_whole = wanting == 0 && taken.refused_files.is_empty();
    Ok(Outcome::found_if(!is_whole))
}

/// Says where each acknowledged event stands, and why others are refused: how many are refused or not acknowledged.
fn tell(taken: &TakenEvents) -> Result<usize, CliError> {
    let (mut refused, mut open) = (0, 0);
    let mut failed = BTreeSet::new();
    for tried in &taken.tried {
        let (id, author, seq, file) = (tried.id, tried.author, tried.seq, tried.file.display());
        match &tried.answer {
            Ok(position) if *position >= taken.acknowledged => open += 1,
            Ok(position) => output::line(format!("{position:>10}  {id}"))?,
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
    Ok(refused + open)
}

/// Checks a file of receipts against what was sent; exit 1 if anything is not in the log.
pub(crate) fn receipts(desk: &Desk<'_>, check: &ReceiptsCheck) -> Result<Outcome, CliError> {
    let answered = receipts::check(desk, &check.file, &check.sent, check.log_key.as_ref())?;
    let mut missing = 0;
    let rows: Vec<_> = answered
        .into_iter()
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
        let count = rows.len();
        output::say(format!(
            "{missing} of {count} events are not proven to be in the log"
        ));
    }
    Ok(Outcome::found_if(missing > 0))
}

/// Signs the act in a file and writes it back.
pub(crate) fn sign(desk: &Desk<'_>, sign: &Sign) -> Result<Outcome, CliError> {
    let act = Act::read(desk, &sign.file)?;
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
