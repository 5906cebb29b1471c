//! `today`, `inbox` and `show`: the questions of a working day.
//!
//! Invariant: what is due is judged by the clock, or by the moment that `--as-of` names. Computes nothing.

use std::path::Path;

use answers::{Answer, Question, Reading, resolve};
use domain::Moment;
use ledger::Clock;

use super::ask::{self, ALL};
use super::evidence;
use crate::args::{AsOf, Daily, Inbox, Show, Today};
use crate::clock::SystemClock;
use crate::outcome::{CliError, Outcome};
use crate::output;

/// Asks and prints.
pub(crate) fn run(folder: &Path, asked: &Daily) -> Result<Outcome, CliError> {
    match asked {
        Daily::Today(asked) => today(folder, asked),
        Daily::Inbox(asked) => inbox(folder, asked),
        Daily::Show(asked) => show(folder, asked),
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

fn today(folder: &Path, asked: &Today) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(folder, &asked.as_of, asked.form)?;
    evidence::bring(folder, &mut reading)?;
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

fn inbox(folder: &Path, asked: &Inbox) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(folder, &asked.as_of, asked.form)?;
    let question = Question::Inbox {
        party: resolve::party(reading.registry()?, &asked.party)?,
        by: by(&reading, &asked.as_of)?,
    };
    if let Answer::Inbox(inbox) = ask::put(&mut reading, question, asked.form, ALL)? {
        output::say(inbox.summary());
    }
    Ok(Outcome::Done)
}

fn show(folder: &Path, asked: &Show) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(folder, &asked.as_of, asked.form)?;
    evidence::bring(folder, &mut reading)?;
    let question = Question::Show {
        id: asked.id.clone(),
        by: by(&reading, &asked.as_of)?,
    };
    ask::put(&mut reading, question, asked.form, ALL)?;
    Ok(Outcome::Done)
}
