//! `key list`, `party list`, `site list`, `act list`: what the log holds, as questions.
//!
//! Invariant: what a list depends on except the log is settled before it is asked. Computes nothing.

use answers::{Answer, OneKey, Question, resolve};
use desk::Desk;
use domain::Zone;
use grammar::{ActList, AsOf, Form};
use ledger::Clock;

use super::ask::{self, ALL};
use crate::clock::SystemClock;
use crate::outcome::{CliError, Outcome};
use crate::output;

fn list(desk: &Desk<'_>, question: Question, form: Form) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &AsOf::default(), form)?;
    ask::put(&mut reading, question, form, ALL)?;
    Ok(Outcome::Done)
}

/// Every party.
pub(crate) fn parties(desk: &Desk<'_>, form: Form) -> Result<Outcome, CliError> {
    list(desk, Question::Parties {}, form)
}

/// Every licensed site.
pub(crate) fn sites(desk: &Desk<'_>, form: Form) -> Result<Outcome, CliError> {
    list(desk, Question::Sites {}, form)
}

/// Every key ever registered, as the log would have it that received something now.
pub(crate) fn keys(desk: &Desk<'_>, form: Form) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &AsOf::default(), form)?;
    let by = reading.now()?.max(SystemClock.now());
    let zone = reading.registry()?.zone();
    if let Answer::Keys(keys) = ask::put(&mut reading, Question::Keys { by }, form, ALL)? {
        keys.keys.iter().for_each(|key| tell_pending(key, zone));
    }
    Ok(Outcome::Done)
}

/// The party may not know of it, and has only some days.
fn tell_pending(key: &OneKey, zone: Zone) {
    let Some(from) = key.signs_from else { return };
    let (id, party, by, until) = (key.key, key.party, key.added_by, zone.show(from));
    output::say(format!(
        "note: {by} granted key {id} to {party}; it signs from {until} on, unless {party} objects before: `ytterby key object {party} {id}`"
    ));
}

/// The acts that were asked for.
pub(crate) fn acts(desk: &Desk<'_>, asked: &ActList) -> Result<Outcome, CliError> {
    let mut reading = ask::reading(desk, &AsOf::default(), asked.form)?;
    let registry = reading.registry()?;
    let party = |given: &Option<String>| {
        let given = given.as_deref();
        given
            .map(|given| resolve::party(registry, given))
            .transpose()
    };
    let question = Question::Acts {
        about: party(&asked.about)?,
        by: party(&asked.by)?,
        events: asked.events.iter().map(ToString::to_string).collect(),
    };
    ask::put(&mut reading, question, asked.form, ALL)?;
    Ok(Outcome::Done)
}
