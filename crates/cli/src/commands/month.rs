//! `close` and `correct`: how an enterprise files its month, and how it puts right what was wrong.
//!
//! Invariant: what is filed is the statement that was shown, and nothing is signed without consent. Holds no rule.

use std::path::Path;
use std::sync::Arc;

use answers::{Answer, Reading, Until, filing_of, resolve};
use details::Plain;
use domain::payload::{CorrectionCause, EventCorrected, Replacement};
use domain::{Blob, Payload, Zone};
use ledger::Clock;

use super::act::{sign_and_append, sign_and_append_sealed};
use super::record::seal_one;
use crate::args::{Close, Correct, Signing};
use crate::clock::SystemClock;
use crate::keys::Access;
use crate::limits::TYPED_BYTES_MAX;
use crate::outcome::{CliError, Outcome};
use crate::output::{self, Form};
use crate::session::Session;

/// Shows the month's statement and files it.
pub(crate) fn close(folder: &Path, close: &Close, access: &Access) -> Result<Outcome, CliError> {
    let session = Session::open_to(folder, access, close.out.as_deref())?;
    let now = SystemClock.now();
    let (party, month) = (close.party, close.month);
    let next_seq = session.author(party)?.state.head.next_seq;
    let reading = Reading::new(Arc::clone(&session.store), Until::End, |_, _| {})?;
    let filing = filing_of(&reading, party, month, (now, next_seq))?;
    if !filing.is_over {
        return Err(
            CliError::refused(format!("{month} is not over yet")).help(format!(
                "it can be filed from {} on",
                month.next().first_day()
            )),
        );
    }
    if let Some(event) = filing.filed_by {
        return Err(CliError::refused(format!("{month} was filed by event {event}"))
            .help("a closed month never changes: `ytterby correct` books the difference in the open month"));
    }
    let zone = session.registry().zone();
    let statement = filing.statement;
    let (digest, nil) = (statement.digest, statement.nil);
    for table in Answer::Statement(statement).tables(zone) {
        // What is signed is of every milligram.
        output::paint(
            Form {
                exact: true,
                ..Form::default()
            },
            &table,
        )?;
    }
    output::say(format!("digest {digest}{}", if nil { ", nil" } else { "" }));
    let payload = Payload::MonthClosed(filing.payload);
    let signing = Signing {
        signer: party,
        keys: close.key.clone().into_iter().collect(),
        occurred: None,
        prepare: None,
        out: close.out.clone(),
        dry_run: close.dry_run,
        yes: close.yes,
    };
    sign_and_append(session, &signing, (now, payload), now, access)
}

/// Corrects an event of the signer's own.
pub(crate) fn correct(
    folder: &Path,
    correct: &Correct,
    access: &Access,
) -> Result<Outcome, CliError> {
    let signing = &correct.signing;
    let session = Session::open_to(folder, access, signing.out.as_deref())?;
    let zone = session.registry().zone();
    let replacement = correct.replacement.as_deref();
    let replacement = replacement.map(|file| read_replacement(file, zone));
    let (replacement, plain) = replacement.transpose()?.unzip();
    let mut payload = correction(&session, correct, replacement)?;
    let place = correct.replacement.as_deref();
    let place = place.map_or_else(String::new, |file| file.display().to_string());
    let plain = plain.unwrap_or_default();
    let details = seal_one(&mut payload, &plain, &place, signing.dry_run)?;
    payload.check()?;
    let now = SystemClock.now();
    let occurred = signing.occurred.as_deref();
    let occurred = occurred.map_or(Ok(now), |text| zone.moment_of(text))?;
    sign_and_append_sealed(session, signing, (occurred, payload), details, now, access)
}

/// What is right, from a JSON file, and the details that it states in plain.
fn read_replacement(file: &Path, zone: Zone) -> Result<(Box<Replacement>, Plain), CliError> {
    let wrong = |why: String| CliError::usage(format!("{}: {why}", file.display()));
    let text = files::read_text(file, TYPED_BYTES_MAX)?;
    let mut value = intake::parse_json(&text).map_err(|error| wrong(error.to_string()))?;
    if let Some(object) = value.as_object_mut() {
        let spelled = intake::spell_times(object, "", zone);
        spelled.map_err(|(member, why)| wrong(format!("{member}: {why}")))?;
    }
    let plain = value.as_object_mut().map(intake::take_own).transpose();
    let plain = plain.map_err(|(member, why)| wrong(format!("{member}: {why}")))?;
    let payload: Payload =
        serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
    let replacement = Box::new(Replacement::new(payload)?);
    Ok((replacement, plain.unwrap_or_default()))
}

fn correction(
    session: &Session,
    correct: &Correct,
    replacement: Option<Box<Replacement>>,
) -> Result<Payload, CliError> {
    let signer = correct.signing.signer;
    let event = resolve::event(&*session.store, &correct.event)?;
    if event.body.author != signer {
        let author = event.body.author;
        return Err(
            CliError::refused(format!("event {} is of {author}", event.id))
                .help("only its author corrects an event"),
        );
    }
    event.body.payload.check_correctable()?;
    let same_kind = replacement
        .as_ref()
        .is_none_or(|replacement| replacement.payload().number() == event.body.payload.number());
    if !same_kind {
        let kind = event.body.payload.name();
        return Err(
            CliError::refused("the replacement is of another kind of event").help(format!(
                "give a {kind}, or correct without replacement and record a new event"
            )),
        );
    }
    let cause = if replacement.is_some() {
        CorrectionCause::IncorrectData
    } else {
        CorrectionCause::DidNotOccur
    };
    let bytes = wire::encode_body(&event.body).map_err(CliError::fault)?;
    Ok(Payload::EventCorrected(EventCorrected {
        corrected: Blob::new(&bytes)?,
        cause,
        reason: correct.reason.parse()?,
        replacement,
    }))
}
