//! `close`, `correct` and `heads`: how an enterprise files its month and puts right what was wrong, and how the operator
//! commits to what everyone signed.
//!
//! Invariant: what is filed is the statement that was shown, and nothing is signed without consent. Holds no rule.

use answers::Answer;
use desk::keys::KeyPlace;
use desk::{Correction, Desk, Intent, Right, Session, correction, extract, filing};
use domain::Payload;
use grammar::{Close, Correct, Form, Signing};

use super::act::{commit, look, occurred, state};
use super::preview::consent;
use crate::outcome::{CliError, Outcome};
use crate::output;

/// Shows the month's statement and files it.
pub(crate) fn close(desk: &Desk<'_>, close: &Close) -> Result<Outcome, CliError> {
    let session = Session::open_to(desk, close.out.as_deref())?;
    let now = desk.host.now();
    let filing = filing(&session, close.party, close.month, now)?;
    let statement = filing.statement;
    let (digest, nil) = (statement.digest, statement.nil);
    let exact = Form {
        exact: true,
        ..Form::default()
    };
    // What is signed is of every milligram.
    for table in Answer::Statement(statement).tables(session.registry().zone()) {
        output::paint(exact, &table)?;
    }
    output::say(format!("digest {digest}{}", if nil { ", nil" } else { "" }));
    let signing = Signing {
        out: close.out.clone(),
        dry_run: close.dry_run,
        yes: close.yes,
        ..Signing::by(close.party, close.key.clone())
    };
    let draft = Intent::of(now, Payload::MonthClosed(filing.payload));
    state(session, &signing, draft, now)
}

/// Corrects an event of the signer's own.
pub(crate) fn correct(desk: &Desk<'_>, correct: &Correct) -> Result<Outcome, CliError> {
    let signing = &correct.signing;
    let session = Session::open_to(desk, signing.out.as_deref())?;
    let zone = session.registry().zone();
    let right = correct.replacement.as_deref();
    let right = match right {
        Some(file) => Some(Right::read(file, zone)?),
        None if correct.set.is_empty() => None,
        None => Some(Right::of_fields(&session, &correct.event, &correct.set)?),
    };
    let now = desk.host.now();
    let occurred = occurred(&session, signing, now)?;
    let named = (correct.event.as_str(), correct.instead_of);
    let Correction {
        intent: draft,
        changes,
    } = correction(&session, named, &correct.reason, right, occurred)?;
    changes.iter().for_each(output::say);
    if signing.dry_run {
        draft.plain_words().for_each(output::say);
    }
    state(session, signing, draft, now)
}

/// The operator's commitment.
pub(crate) fn heads(desk: &Desk<'_>, dry_run: bool, yes: bool) -> Result<Outcome, CliError> {
    let session = Session::open_to(desk, None)?;
    let batch = extract::heads(&session, desk.host.now())?;
    let key = KeyPlace::File(desk.place.log_key());
    let signing = Signing {
        dry_run,
        yes,
        ..Signing::by(batch.author(), Some(key))
    };
    if let Some(outcome) = look(&session, &signing, &batch)? {
        return Ok(outcome);
    }
    let keys = session.signers(signing.signer, &signing.keys)?;
    consent(&batch.question(), yes)?;
    commit(session, batch, &keys)
}
