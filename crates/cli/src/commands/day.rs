//! `today`, `inbox`, `receive`, `shipments`, `exports` and `show`: a working day.
//!
//! Invariant: what is due is judged by the clock, or by the moment that `--as-of` names. Computes nothing.

use answers::{Answer, Question, Reading, resolve};
use desk::receive::{self, Arrival};
use desk::{Desk, evidence};
use domain::{Moment, PartyId};
use grammar::{AsOf, Daily, Exports, Inbox, Receive, Shipments, Show, Today};
use ledger::Clock;

use super::act::act;
use super::ask::{self, ALL};
use crate::clock::SystemClock;
use crate::outcome::{CliError, Outcome};
use crate::output;

/// Asks and prints.
pub(crate) fn run(desk: &Desk<'_>, asked: &Daily) -> Result<Outcome, CliError> {
    match asked {
        Daily::Today(asked) => today(desk, asked),
        Daily::Inbox(asked) => inbox(desk, asked),
        Daily::Receive(asked) => receive(desk, asked),
        Daily::Shipments(asked) => shipments(desk, asked),
        Daily::Exports(asked) => exports(desk, asked),
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
    let question = Question::Today {
        party: party(&reading, asked.party.as_deref())?,
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
        if !inbox.shipments.is_empty() {
            let party = inbox.party;
            output::say(format!(
                "`ytterby receive SHIPMENT --as {party} --all` receives one as it was sent"
            ));
        }
    }
    Ok(Outcome::Done)
}

fn shipments(desk: &Desk<'_>, asked: &Shipments) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &asked.as_of, asked.form)?;
    let question = Question::Shipments {
        party: party(&reading, asked.party.as_deref())?,
        division: asked.division,
        uninvoiced: asked.uninvoiced,
    };
    ask::put(&mut reading, question, asked.form, ALL)?;
    Ok(Outcome::Done)
}

fn exports(desk: &Desk<'_>, asked: &Exports) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &asked.as_of, asked.form)?;
    let question = Question::Exports {
        party: party(&reading, asked.party.as_deref())?,
        division: asked.division,
    };
    ask::put(&mut reading, question, asked.form, ALL)?;
    Ok(Outcome::Done)
}

/// The party that was named, if one was.
fn party(reading: &Reading, given: Option<&str>) -> Result<Option<PartyId>, CliError> {
    let registry = reading.registry()?;
    let party = given.map(|given| resolve::party(registry, given));
    Ok(party.transpose()?)
}

/// Receives a shipment: what is different from what was sent is typed, the rest is filled in.
fn receive(desk: &Desk<'_>, asked: &Receive) -> Result<Outcome, CliError> {
    let weighed = asked.set.iter().map(|line| receive::weighed(line));
    let rejected = asked.reject.iter().map(|line| receive::rejected(line));
    let mut arrival = Arrival {
        site: asked.site,
        all: asked.all,
        part: asked.part,
        reason: asked.reason.clone(),
        ..Arrival::default()
    };
    weighed
        .chain(rejected)
        .try_for_each(|came| arrival.add(came?))?;
    act(desk, &asked.signing, |session| {
        let party = asked.signing.signer;
        let receipt = receive::receipt(session, party, &asked.shipment, &arrival)?;
        receipt.lines.iter().for_each(output::say);
        Ok::<_, CliError>(receipt.payload)
    })
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
