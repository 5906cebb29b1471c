//! `today`, `inbox` and `show`: the questions of a working day.
//!
//! Invariant: what is due is judged by the clock, or by the moment that `--as-of` names. Computes nothing.

use answers::{Answer, Question, Reading, resolve};
use desk::{Desk, evidence};
use domain::Moment;
use grammar::{AsOf, Daily, Inbox, Show, Today};
use ledger::Clock;

use super::ask::{self, ALL};
use crate::clock::SystemClock;
use crate::outcome::{CliError, Outcome};
use crate::output;

/// Asks and prints.
pub(crate) fn run(desk: &Desk<'_>, asked: &Daily) -> Result<Outcome, CliError> {
    match asked {
        Daily::Today(asked) => today(desk, asked),
        Daily::Inbox(asked) => inbox(desk, asked),
        Daily::Show(asked) => show(desk, asked),
    }
}

/// The moment by which days are counted.
fn by(reading: &Reading, as_of: &AsOf) -> Result<Moment, CliError> {
    let known = reading.now()?;
    Ok(match as_of.as_of {
        Some(_) => known,
        None => known.max(SystemClock.now()),
    })
}

fn today(desk: &Desk<'_>, asked: &Today) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &asked.as_of, asked.form)?;
    evidence::bring(&desk.place, &mut reading, desk.host)?;
    let registry = reading.registry()?;
    let party = asked.party.as_deref();
    let party = party.map(|given| resolve::party(registry, given));
    let question = Question::Today {
        party: party.transpose()?,
        division: asked.division,
        by: by(&reading, &asked.as_of)?,
    };
    if let Answer::Today(today) = ask::put(&mut reading, question, asked.form, ALL)? {
        output::say(today.summary());
    }
    Ok(Outcome::Done)
}

fn inbox(desk: &Desk<'_>, asked: &Inbox) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &asked.as_of, asked.form)?;
    let question = Question::Inbox {
        party: resolve::party(reading.registry()?, &asked.party)?,
        by: by(&reading, &asked.as_of)?,
    };
    if let Answer::Inbox(inbox) = ask::put(&mut reading, question, asked.form, ALL)? {
        output::say(inbox.summary());
    }
    Ok(Outcome::Done)
}

fn show(desk: &Desk<'_>, asked: &Show) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &asked.as_of, asked.form)?;
    evidence::bring(&desk.place, &mut reading, desk.host)?;
    let question = Question::Show {
        id: asked.id.clone(),
        by: by(&reading, &asked.as_of)?,
    };
    ask::put(&mut reading, question, asked.form, ALL)?;
    Ok(Outcome::Done)
}
