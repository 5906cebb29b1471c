//! `acknowledge` and `cosign`: when a ledger calls an event recorded, and the witnesses who are asked for that.
//!
//! Invariant: says what each witness answered. Holds no rule: those are in the crate `ledger`.

use std::time::Duration;

use answers::Document;
use answers::checks::{Check, Cosignatures, WitnessAnswer};
use desk::witnesses::{Asked, ask};
use desk::{Desk, acknowledge};
use grammar::{Acknowledging, Cosign, Form, When};
use signing::peek_unverified;
use store_embedded::OpenMode;
use verify::shown_seconds;

use crate::outcome::{CliError, Outcome};
use crate::output;

const COLUMNS: [&str; 3] = ["witness", "cosigned", "what happened"];

/// Shows or sets when events are acknowledged.
pub(crate) fn run(desk: &Desk<'_>, asked: &Acknowledging) -> Result<Outcome, CliError> {
    match (asked.when, &asked.policy) {
        (None, None) => {}
        (Some(When::Witnessed), Some(file)) => acknowledge::set_witnessed(desk, file)?,
        (Some(When::Durable), None) => acknowledge::set_durable(desk)?,
        _ => {
            return Err(CliError::usage(
                "--policy FILE belongs to `ytterby acknowledge witnessed`",
            ));
        }
    }
    output::line(match acknowledge::of(&desk.place)?.policy() {
        None => "durable: an event is acknowledged as soon as it is on the disk".to_owned(),
        Some(policy) => format!(
            "witnessed: an event is acknowledged once the quorum of {} witnesses has cosigned it, as {} says",
            policy.witnesses().len(),
            desk.place.policy().display()
        ),
    })?;
    Ok(Outcome::Done)
}

/// Asks the witnesses, says what each answered, and whether they are enough.
pub(crate) fn cosign(desk: &Desk<'_>, cosign: &Cosign) -> Result<Outcome, CliError> {
    let policy = acknowledge::policy_for(&desk.place, cosign.policy.as_deref())?;
    let store = desk.open_store(OpenMode::ReadOnly)?;
    let timeout = Duration::from_secs(cosign.timeout);
    let asked = ask(desk, &*store, &policy, timeout)?;
    tell(&asked, cosign.form)?;
    let alarmed = asked.alarm(desk);
    let outcomes = &asked.collected.outcomes;
    let cosigned = outcomes
        .iter()
        .filter(|outcome| outcome.cosigned_at.is_ok());
    let (size, count, all) = (asked.size, cosigned.count(), outcomes.len());
    output::say(if asked.is_met {
        format!("witnessed: size {size}, {count} of {all} witnesses, the quorum is met")
    } else {
        format!("pending: size {size}, {count} of {all} witnesses, the quorum is not met")
    });
    Ok(Outcome::found_if(
        !asked.is_met || asked.contradicted || alarmed,
    ))
}

fn tell(asked: &Asked, form: Form) -> Result<(), CliError> {
    let witness = |outcome: &witness::client::Outcome| {
        let (cosigned_at, fault) = match &outcome.cosigned_at {
            Ok(seconds) => (Some(shown_seconds(*seconds)), None),
            Err(fault) => (None, Some(fault.to_string())),
        };
        WitnessAnswer {
            witness: outcome.witness.clone(),
            cosigned_at,
            fault,
        }
    };
    let witnesses: Vec<_> = asked.collected.outcomes.iter().map(witness).collect();
    if form.json {
        // The note is the ledger's own.
        let note = peek_unverified(&asked.collected.note).map_err(CliError::fault)?;
        let is_met = asked.is_met;
        let answer = Cosignatures { is_met, witnesses };
        let of = (&*note.origin, note.size, Some(note.root.to_string()));
        return output::json(&Document::of_check(of, Check::Cosign {}, answer));
    }
    let row = |one: &WitnessAnswer| {
        let is_cosigned = if one.fault.is_none() { "yes" } else { "no" };
        let what = one.cosigned_at.as_ref().or(one.fault.as_ref());
        let what = what.cloned().unwrap_or_default();
        vec![one.witness.clone(), is_cosigned.to_owned(), what]
    };
    let rows: Vec<_> = witnesses.iter().map(row).collect();
    output::table(form, &COLUMNS, &rows)
}
